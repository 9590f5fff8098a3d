"""HTTP/1.1 as bytes, with the core's values at both ends: the same whatever carries the bytes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

import h11
from disk import content

import gradio_protocol as gp

Part: TypeAlias = "gp.Head | bytes | None"
"Of a reply: its head, bytes of its body, its end."


def unbounded(size: int) -> None:
    """A stream may be as long as it likes."""


class Exchange:
    """One request and its reply, on a connection that serves no other.

    `check` is told how long the body is by now, and raises where that is too long.
    """

    def __init__(self, request: gp.Request, check: Callable[[int], None] = unbounded) -> None:
        self.request = request
        self._check = check
        self._size = 0
        self._http = h11.Connection(h11.CLIENT)

    def sent(self) -> Iterator[bytes]:
        """The bytes to be sent; what is a file is read as it goes. Raises FileFailed."""
        yield self._http.send(opening(self.request)) or b""
        for part in self.request.body:
            for chunk in content(part):
                yield self._http.send(h11.Data(data=chunk)) or b""
        self._http.send(h11.EndOfMessage())

    def received(self, data: bytes) -> list[Part]:
        """What these bytes bring; none, `b""`, are the end of the connection."""
        parts: list[Part] = []
        self._http.receive_data(data)
        while (event := self._http.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Response():
                    parts.append(head(event, self.request.url))
                case h11.Data():
                    self._size += len(event.data)
                    self._check(self._size)
                    parts.append(bytes(event.data))
                case h11.EndOfMessage():
                    return [*parts, None]
                case _:
                    pass
        return parts


def opening(request: gp.Request) -> h11.Request:
    """The request line, and the headers with what HTTP/1.1 itself demands."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    framing = [("host", parts.netloc), ("connection", "close")]
    if request.method != "GET":
        framing.append(("content-length", str(request.size)))
    named = [*framing, *request.headers]
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in named]
    return h11.Request(method=request.method, target=target, headers=headers)


def head(event: h11.Response, url: str) -> gp.Head:
    """The beginning of a reply."""
    headers = tuple((name.decode(), value.decode("latin-1")) for name, value in event.headers)
    return gp.Head(status=event.status_code, headers=headers, url=url)


def whole(head: gp.Head, body: bytes) -> gp.Response:
    """A reply that has come to its end."""
    return gp.Response(status=head.status, headers=head.headers, body=body, url=head.url)


@contextmanager
def network(request: gp.Request, *, connected: bool = True) -> Generator[None]:
    """What the network and the server's HTTP do wrong, as TransportFailed."""
    try:
        yield
    except (OSError, h11.ProtocolError) as error:
        reason = str(error) or type(error).__name__
        raise gp.TransportFailed(f"{request!r}: {reason}", connected=connected) from error

"""A small Gradio server without I/O: it takes bytes from clients and returns bytes for them.

The server has no clock: a function sends all its messages as soon as it is called, except `/hold`,
which sends one output and then waits until it is cancelled. Bytes that arrive on one connection
may cause output on another, so each output names its connection. A call of `/cut` sends one output,
and then the connection closes in the middle of the stream.

The server imitates 6.31.0, with one stream per session, or 4.7.1, with one stream per job. Not
thread-safe.
"""

from __future__ import annotations

import re
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from ..dataclass import dataclass, field
from ..wire.document import JSON, LIST, Object, need, read_object, write
from .app import VERSIONS, FakeApp, completed

_EVENTS = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
Answer: TypeAlias = "tuple[int, JSON | bytes]"
"Status and body. Bytes are sent unchanged, anything else as JSON."


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Bytes to send on one connection."""

    connection: int
    data: bytes
    close: bool = False
    "Close the connection afterwards."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    route: str
    query: dict[str, str]
    content_type: str
    body: bytes


@dataclass(slots=True)
class _Stream:
    """The messages of one stream, which belongs to a session or to one job."""

    connection: int | None = None
    waiting: list[Object] = field(default_factory=list[Object])
    "Messages that have not been sent, perhaps because the stream is not open yet."
    pending: set[str] = field(default_factory=set[str])
    "Events that have not ended."
    cut: bool = False
    "The stream breaks off after the waiting messages."


class ScriptedServer:
    """A server with one app. Raises InvalidArguments for a version that is not in `VERSIONS`."""

    def __init__(self, version: str = VERSIONS[0]) -> None:
        self._app = FakeApp(version)
        self._buffers: list[bytearray] = []
        self._streams: dict[str, _Stream] = {}
        self._events = 0
        self.stopped: list[str] = []
        "Events of `/hold` that were cancelled, or whose stream was closed, in order."

    def connect(self) -> int:
        """Open a connection and return its number."""
        self._buffers.append(bytearray())
        return len(self._buffers) - 1

    def receive(self, connection: int, data: bytes) -> list[Output]:
        """Handle bytes from a connection; return what to send, in order."""
        # A client may pipeline requests, and a request may arrive in pieces.
        buffer = self._buffers[connection]
        buffer += data
        outputs: list[Output] = []
        while (request := _take_request(buffer, self._app.prefix)) is not None:
            outputs += self._answer(connection, request)
        return outputs

    def leave(self, connection: int) -> None:
        """Handle the end of a connection: the events of its stream end as well."""
        for name, stream in [*self._streams.items()]:
            if stream.connection == connection:
                self.stopped += sorted(stream.pending)
                del self._streams[name]

    def _answer(self, connection: int, request: _Request) -> list[Output]:
        app, query = self._app, request.query
        match request.method, request.route:
            case "GET", "queue/data" if not app.private:
                return self._open_stream(connection, query.get("session_hash", ""))
            case "GET", "queue/join" if app.private:
                # Up to 4.8 the join is the stream: it asks for the data, which a POST brings.
                event_id = self._next_event_id()
                stream = self._find_stream(event_id)
                stream.pending.add(event_id)
                stream.waiting.append({"msg": "send_data", "event_id": event_id})
                return self._open_stream(connection, event_id)
            case _:
                status, body = self._reply(request)
                reply = Output(connection=connection, data=_encode_response(status, body))
                return [reply, *self._flush()]

    def _reply(self, request: _Request) -> Answer:
        app = self._app
        match request.method, request.route:
            case "GET", "config":
                return 200, app.config()
            case "GET", "app_id":
                return 200, {"app_id": 1}
            case "GET", route if route.removeprefix("file=") in app.files:
                return 200, app.files[route.removeprefix("file=")]
            case "POST", "upload":
                return 200, [app.store(*part) for part in _read_parts(request)]
            case "POST", "queue/join" if not app.private:
                # The messages may leave before the client has read this reply, as on 6.31.
                event_id = self._next_event_id()
                self._call(event_id, _read_document(request), session="session_hash")
                return 200, {"event_id": event_id}
            case "POST", "queue/data" if app.private:
                document = _read_document(request)
                self._call(str(document["event_id"]), document, session="event_id")
                return 200, {"success": True}
            case "POST", "cancel" if not app.private:
                return 200, {"success": self._cancel(_read_document(request))}
            case _:
                return 404, {"detail": "Not Found"}

    # Events and the streams that carry their messages.

    def _next_event_id(self) -> str:
        self._events += 1
        return f"{self._events:032x}"

    def _find_stream(self, name: str) -> _Stream:
        return self._streams.setdefault(name, _Stream())

    def _call(self, event_id: str, call: Object, *, session: str) -> None:
        """Run a function; `session` is the key in `call` that has the name of the stream."""
        stream = self._find_stream(str(call[session]))
        reply = self._app.call(
            event_id,
            need(call, "fn_index", int, where="call"),
            need(call, "data", LIST, where="call"),
        )
        stream.waiting += reply.messages
        stream.cut |= reply.cut
        (stream.pending.add if reply.held else stream.pending.discard)(event_id)

    def _cancel(self, call: Object) -> bool:
        event_id, stream = str(call["event_id"]), self._find_stream(str(call["session_hash"]))
        if event_id not in stream.pending:
            return False
        stream.pending.remove(event_id)
        stream.waiting.append(completed(event_id, None))
        self.stopped.append(event_id)
        return True

    def _open_stream(self, connection: int, name: str) -> list[Output]:
        self._find_stream(name).connection = connection
        return [Output(connection=connection, data=_EVENTS), *self._flush()]

    def _flush(self) -> list[Output]:
        """Send what waits on open streams, and end those without pending events."""
        outputs: list[Output] = []
        for name, stream in [*self._streams.items()]:
            if stream.connection is None:
                continue
            if stream.cut or not stream.pending:
                del self._streams[name]
            if not stream.pending:
                # `close_stream` came with `sse_v3` (4.22); a stream of one job just ends.
                closing: Object = {"msg": "close_stream", "event_id": None}
                stream.waiting += [] if self._app.private else [closing]
            data = b"".join(_encode_chunk(b"data: %b\n\n" % write(said)) for said in stream.waiting)
            stream.waiting.clear()
            data += b"" if stream.pending else _encode_chunk(b"")
            output = Output(connection=stream.connection, data=data, close=stream.cut)
            outputs += [output] if data else []
        return outputs


def _take_request(buffer: bytearray, prefix: str) -> _Request | None:
    """Remove the first request from the buffer and return it; None if it is incomplete."""
    head, end, body = bytes(buffer).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if not end or len(body) < length:
        return None
    del buffer[: len(head) + len(end) + length]
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    return _Request(
        method=method,
        route=unquote(parts.path.removeprefix(prefix).removeprefix("/")),
        query=dict(parse_qsl(parts.query)),
        content_type=headers.get("content-type", ""),
        body=body[:length],
    )


def _encode_response(status: int, body: JSON | bytes) -> bytes:
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    content = body if isinstance(body, bytes) else write(body)
    head = f"HTTP/1.1 {status} \r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode("ascii") + content


def _encode_chunk(data: bytes) -> bytes:
    """Encode a chunk of a body; an empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _read_document(request: _Request) -> Object:
    return read_object(request.body, where=request.route)


def _read_parts(request: _Request) -> list[tuple[str, bytes]]:
    """Return names and contents of the files in a form."""
    boundary = request.content_type.partition("boundary=")[2].strip('"').encode("latin-1")
    _, *parts, _ = (b"\r\n" + request.body).split(b"\r\n--" + boundary)
    # The leading line end makes the first boundary look like the others.
    split = [part.partition(b"\r\n\r\n") for part in parts]
    return [(_read_filename(head), content) for head, _, content in split]


def _read_filename(head: bytes) -> str:
    found = re.search(rb'filename="([^"]*)"', head)
    return found[1].decode() if found else "file"

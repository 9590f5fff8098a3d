"""Connections: how one carries one exchange after another, and where it rests.

Rules:

1. A connection belongs to one exchange at a time. Whoever holds it gives it back or closes it;
   one whose exchange was cancelled, failed or was left half read is closed, never given back.
2. Only a connection at a clean boundary is kept: both sides done, keep-alive agreed, not a byte
   beyond the reply.
3. It rests at most KEEP_ALIVE seconds by trio's clock and the youngest leaves first. One that
   turned readable meanwhile was closed by the server, or worse, and is not used again.
4. Deadlines are the caller's, but for that of writing, which is for each write.
5. Nothing here decides what a failure means: what trio, h11, ssl and the system raise goes to
   `http.py`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import h11
import trio

from gradio_protocol import FileFailed, FileSlice, Origin

from .proxy import Proxy

KEEP_ALIVE = 4.0
"""Seconds of rest. uvicorn closes after 5, and nobody can tell whether it read a request that is on
its way at that moment. The second between is for the network."""

HEAD_LIMIT = 64 * 1024
"""Bytes of a reply's status line and headers, or of one chunk's header.

h11 keeps what it cannot parse yet: without a limit, a server that never ends a line would fill the
memory. h11's default of 16 KB is less than some proxies send in cookies."""

PIECE = 64 * 1024
"Bytes read from a socket at once, and gathered before they are written to one."

PAGE = 4 * PIECE
"Bytes read from a file at once: each read is a trip to a thread."

OnSent: TypeAlias = Callable[[int], None]
"Is told of the bytes of a request's body as they go out."


def ignore_progress(_: int) -> None:
    """Nobody wants to know."""


_TLS: type[Any] = trio.SSLStream  # generic in what it wraps, which can be anything


class Connection:
    """One stream and the HTTP/1.1 conversation on it."""

    def __init__(self, stream: trio.abc.Stream, *, relay: Proxy | None = None) -> None:
        self.relay = relay
        "The proxy that reads our requests itself and wants them in absolute form."
        self.has_received = False
        "Whether the present exchange has brought a single byte."
        self.idle_since = 0.0
        self._stream = stream
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    async def send_request(
        self,
        head: h11.Request,
        body: tuple[bytes | FileSlice, ...],
        seconds: float,
        on_sent: OnSent = ignore_progress,
    ) -> None:
        """Write one request, small parts in one packet; each write may take so many seconds.

        Raises FileFailed if a file is not what it was, TooSlowError if a write takes too long.
        """
        self.has_received = False
        pending = bytearray(self._h11.send(head) or b"")
        try:
            for part in body:
                async with aclosing(_read_pages(part)) as pages:
                    async for page in pages:
                        await self._write(pending, page, seconds, on_sent)
            pending += self._h11.send(h11.EndOfMessage()) or b""
            await self._flush(pending, seconds)
        except trio.BrokenResourceError:
            # A server that closes before it has read everything has usually answered first, as
            # with 413. So the reply is read next; without one, that fails.
            pass

    async def read_head(self) -> h11.Response:
        """The reply's head. What precedes it, such as 103 Early Hints, is skipped."""
        while not isinstance(event := self._h11.next_event(), h11.Response):
            if event is h11.NEED_DATA:
                await self._receive()
        return event

    async def read_data(self) -> bytes | None:
        """What the next read brings of the reply's body; None at its end."""
        pieces: list[bytes] = []
        # A read often brings many chunks, of a line each. Handed on together they cost one trip
        # through the core and not one each.
        while self._h11.their_state in (h11.SEND_BODY, h11.ERROR):
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError:
                if pieces:
                    break  # h11 raises again, when what came before has been handed on
                raise
            if isinstance(event, h11.Data):
                pieces.append(event.data)
            elif event is h11.NEED_DATA:
                if pieces:
                    break
                await self._receive()
        return b"".join(pieces) if pieces else None

    async def _receive(self) -> None:
        data = bytes(await self._stream.receive_some(PIECE))
        if not data and self._h11.their_state is h11.SEND_RESPONSE:
            # h11 would say that it cannot switch states, which helps nobody.
            raise h11.RemoteProtocolError("the connection was closed before a reply came")
        self.has_received = True
        self._h11.receive_data(data)

    def start_next_cycle(self) -> bool:
        """Make ready for another exchange, if the present one ended at a clean boundary."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        # Bytes beyond a reply would be read as the reply to the next request. Whoever sends them
        # is broken, or smuggles a reply of his own.
        if not done or self._h11.trailing_data[0]:
            return False
        self._h11.start_next_cycle()
        self.idle_since = trio.current_time()
        return True

    def is_expired(self) -> bool:
        """Whether it has rested for too long."""
        return trio.current_time() - self.idle_since >= KEEP_ALIVE

    def has_unexpected_data(self) -> bool:
        """Whether something came while it rested: the end, or bytes that nobody asked for.

        Either way nothing sent on it is answered. A server says nothing between two exchanges,
        except that it closes (in TLS also that it says goodbye, or has new keys: these look the
        same from here, and a new connection costs less than a lost POST).
        """
        raw = _unwrap_tls(self._stream)
        return isinstance(raw, trio.SocketStream) and raw.socket.is_readable()

    def is_tunnel_open(self) -> bool:
        """Whether a CONNECT was agreed to, with nothing said beyond that."""
        return self._h11.their_state is h11.SWITCHED_PROTOCOL and not self._h11.trailing_data[0]

    async def aclose(self) -> None:
        """Close at once, also when cancelled. HTTP needs no goodbye, and TLS's may block."""
        await trio.aclose_forcefully(self._stream)

    async def _write(
        self, pending: bytearray, data: bytes, seconds: float, on_sent: OnSent
    ) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            pending += self._h11.send(h11.Data(data=piece)) or b""
            if len(pending) >= PIECE:
                await self._flush(pending, seconds)
            on_sent(len(piece))

    async def _flush(self, pending: bytearray, seconds: float) -> None:
        if pending:
            with trio.fail_after(seconds):
                await self._stream.send_all(pending)
            pending.clear()


class Pool:
    """The connections of one origin: some rest, some are lent out.

    At most `bound` connections rest.
    """

    def __init__(
        self,
        target: Origin,
        bound: int,
        connect: Callable[[], Awaitable[Connection]],
        *,
        proxy: str = "",
    ) -> None:
        self.target = target
        self.proxy = proxy
        "That of the environment, by which they go: its address, without credentials."
        self.connect = connect
        "Makes a new one."
        self.slots = trio.Semaphore(bound)
        """One for each request that may be out at a time; first come, first served.

        Streams take none: they last, and would starve the requests that feed them."""
        self._max_idle = bound
        self._idle: deque[Connection] = deque()
        "The youngest is last."

    async def take(self) -> Connection | None:
        """The connection that has rested least, if one is fit for use.

        It is the least likely to be closed by the server next; the others grow old and go.
        """
        while self._idle and self._idle[0].is_expired():
            await self._idle.popleft().aclose()
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_unexpected_data():
                return connection
            await connection.aclose()
        return None

    async def give_back(self, connection: Connection) -> None:
        """Let it rest, or close it if it is spent."""
        # No more than can be out at once: the rest was made for streams, which come in hundreds.
        if len(self._idle) < self._max_idle and connection.start_next_cycle():
            self._idle.append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        """Close what rests; what is lent out is closed when it is given back."""
        self._max_idle = 0
        with trio.CancelScope(shield=True):  # bounded: closing forcefully waits for nobody
            while self._idle:
                await self._idle.pop().aclose()


def _unwrap_tls(stream: Any) -> Any:
    """What lies below the layers of TLS; trio leaves their types open."""
    return _unwrap_tls(stream.transport_stream) if isinstance(stream, _TLS) else stream


async def _read_pages(part: bytes | FileSlice) -> AsyncGenerator[bytes, None]:
    """A part of a body; that of a file in pages. Raises FileFailed."""
    if isinstance(part, bytes):
        yield part
        return
    try:
        async with await trio.open_file(part.path, "rb") as file:
            await trio.to_thread.run_sync(_check_unchanged, file.fileno(), part)
            left = part.size
            while left:
                page = await file.read(min(PAGE, left))
                if not page:
                    raise FileFailed(f"{part.path}: shrank while it was sent")
                left -= len(page)
                yield page
            # The length was promised in the head, and is kept. The content may still be a mixture
            # of two versions, which nobody should take for a success.
            await trio.to_thread.run_sync(_check_unchanged, file.fileno(), part)
    except OSError as error:
        raise FileFailed(f"{part.path}: {error.strerror or error}") from error


def _check_unchanged(descriptor: int, part: FileSlice) -> None:
    part.check(os.fstat(descriptor))

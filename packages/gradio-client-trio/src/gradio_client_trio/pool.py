"""Connections: how one carries one exchange after another, and where it rests.

Rules:

1. A connection belongs to one exchange at a time. Whoever holds it gives it back or closes it;
   one whose exchange was cancelled, failed or was left half read is closed, never given back.
2. Only a connection at a clean boundary is kept: both sides done, keep-alive agreed, not a byte
   beyond the reply.
3. It rests at most KEEP_ALIVE seconds by trio's clock and the youngest leaves first. One that
   turned readable meanwhile was closed by the server, or worse, and is not used again.
4. Every wait has a deadline, its own or its caller's, whose passing raises `trio.TooSlowError`.
5. Nothing here decides what a failure means: what trio, h11, ssl and the system raise goes to
   `http.py`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from math import inf
from typing import Any, TypeAlias

import h11
import trio

from gradio_protocol import FileFailed, FileSlice, Origin

from .proxy import Proxy

KEEP_ALIVE = 4.0
"Seconds of rest; uvicorn closes after 5, and a request on the wire at that moment is lost."

HEAD_LIMIT = 64 * 1024
"Bytes of a reply's status line and headers, or of one chunk's header."

PIECE = 64 * 1024
"Bytes read from a socket at once, and gathered before they are written to one."

PAGE = 4 * PIECE
"Bytes read from a file at once: each read is a trip to a thread."

Sent: TypeAlias = Callable[[int], None]
"Is told of the bytes of a request's body as they go out."


def ignore_progress(_: int) -> None:
    """Nobody wants to know."""


_TLS: type[Any] = trio.SSLStream  # generic in what it wraps, which can be anything


class Connection:
    """One stream and the HTTP/1.1 conversation on it."""

    def __init__(self, stream: trio.abc.Stream, *, relay: Proxy | None = None) -> None:
        self.relay = relay
        "The proxy that reads our requests itself and wants them in absolute form."
        self.heard = False
        "Whether the present exchange has brought a single byte."
        self.rested_since = 0.0
        self._drained = False
        self._stream = stream
        # Elsewhere a socket is no file. A stream that something is wrapped around reads by itself.
        self._plain: trio.socket.SocketType | None = None
        if isinstance(stream, trio.SocketStream) and os.name == "posix":
            self._plain = stream.socket
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    async def ask(
        self,
        head: h11.Request,
        body: tuple[bytes | FileSlice, ...],
        seconds: float,
        sent: Sent = ignore_progress,
    ) -> None:
        """Write one request, small parts in one packet; each write may take so many seconds.

        A peer that closes before it has read everything has usually answered first: that is not
        an error here, the reply is read next. Raises FileFailed if a file is not what it was.
        """
        self.heard = False
        pending = bytearray(self._h11.send(head) or b"")
        try:
            for part in body:
                if isinstance(part, bytes):
                    await self._put(pending, part, seconds, sent)
                else:
                    with _as_file_error(part):  # trio's streams raise no OSError: it is the disk's
                        await self._put_file(pending, part, seconds, sent)
            pending += self._h11.send(h11.EndOfMessage()) or b""
            await self._flush(pending, seconds)
        except trio.BrokenResourceError:
            pass

    async def head(self, seconds: float) -> h11.Response:
        """The reply's head, once everything 1xx is past; `seconds` bound all of it."""
        with trio.move_on_after(seconds):
            while not isinstance(event := await self.event(inf), h11.Response):
                pass
            return event
        raise trio.TooSlowError

    async def event(self, seconds: float) -> h11.Event:
        """The next event of the reply; `seconds` bound each read."""
        while True:
            event = h11.NEED_DATA if self._drained else self._h11.next_event()
            self._drained = False
            if not isinstance(event, type):  # NEED_DATA is a class
                if isinstance(event, h11.Data) and event.chunk_end:
                    # Most reads bring one chunk, of which h11 has but the end of its line left.
                    self._drained = self._h11.trailing_data[0] == b"\r\n"
                return event
            data = await self._received(seconds)
            if not data and self._h11.their_state is h11.SEND_RESPONSE:
                raise h11.RemoteProtocolError("the connection was closed before a reply came")
            self.heard = True
            self._h11.receive_data(data)

    def start_next_cycle(self) -> bool:
        """Make ready for another exchange, if the present one ended at a clean boundary."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        if not done or self._h11.trailing_data[0]:
            return False
        self._h11.start_next_cycle()
        self.rested_since = trio.current_time()
        return True

    def expired(self) -> bool:
        """Whether it has rested for too long."""
        return trio.current_time() - self.rested_since >= KEEP_ALIVE

    def has_unexpected_data(self) -> bool:
        """Whether something came while it rested: the end, or bytes that nobody asked for."""
        raw = _raw(self._stream)
        return isinstance(raw, trio.SocketStream) and raw.socket.is_readable()

    def tunnelled(self) -> bool:
        """Whether a CONNECT was agreed to, with nothing said beyond that."""
        return self._h11.their_state is h11.SWITCHED_PROTOCOL and not self._h11.trailing_data[0]

    async def aclose(self) -> None:
        """Close at once, without a good-bye; also when cancelled."""
        if self._plain is None:
            await trio.aclose_forcefully(self._stream)
        else:
            self._plain.close()

    async def _received(self, seconds: float) -> bytes:
        if seconds == inf:
            return await self._read()
        with trio.move_on_after(seconds):  # half the price of fail_after
            return await self._read()
        raise trio.TooSlowError

    async def _read(self) -> bytes:
        if self._plain is None:
            return bytes(await self._stream.receive_some(PIECE))
        # trio would try first and then wait. What a server says next is rarely there yet, and to
        # be told so, by an exception, costs as much as to wait for it.
        while True:
            await trio.lowlevel.wait_readable(self._plain)
            try:
                return os.read(self._plain.fileno(), PIECE)
            except BlockingIOError:
                continue  # woken for nothing

    async def _put(self, pending: bytearray, data: bytes, seconds: float, sent: Sent) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            pending += self._h11.send(h11.Data(data=piece)) or b""
            if len(pending) >= PIECE:
                await self._flush(pending, seconds)
                await trio.lowlevel.checkpoint()  # a socket may take all without a wait
            sent(len(piece))

    async def _put_file(
        self, pending: bytearray, part: FileSlice, seconds: float, sent: Sent
    ) -> None:
        async with await trio.open_file(part.path, "rb") as file:
            await trio.to_thread.run_sync(_check, file.fileno(), part)
            left = part.size
            while left:
                data = await file.read(min(PAGE, left))
                if not data:
                    raise FileFailed(f"{part.path}: shrank while it was sent")
                left -= len(data)
                await self._put(pending, data, seconds, sent)
            await trio.to_thread.run_sync(_check, file.fileno(), part)

    async def _flush(self, pending: bytearray, seconds: float) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        del pending[: self._written(pending)]
        if pending:
            with trio.fail_after(seconds):
                await self._stream.send_all(bytes(pending))
            pending.clear()

    def _written(self, pending: bytearray) -> int:
        """How many bytes a plain socket takes at once: nearly always all, without a deadline."""
        if self._plain is None:
            return 0
        try:
            return os.write(self._plain.fileno(), pending)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise trio.BrokenResourceError from error


class Pool:
    """The connections of one origin: some rest, some are lent out.

    At most `bound` requests are out at once, and at most `bound` connections rest. Streams take
    no slot: they last, and would starve the requests that feed them.
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
        self._bound = bound
        self._free = bound
        self._waiting = trio.lowlevel.ParkingLot()
        self._resting: deque[Connection] = deque()
        "The youngest is last."

    async def enter(self, seconds: float) -> None:
        """Wait for the right to have one request out; first come, first served."""
        if self._free:
            self._free -= 1
        else:
            with trio.fail_after(seconds):
                await self._waiting.park()

    def leave(self) -> None:
        """Pass that right on."""
        if self._waiting:
            self._waiting.unpark()
        else:
            self._free += 1

    async def take(self) -> Connection | None:
        """The connection that has rested least, if one is fit for use."""
        while self._resting and self._resting[0].expired():
            await self._resting.popleft().aclose()
        while self._resting:
            connection = self._resting.pop()
            if not connection.has_unexpected_data():
                return connection
            await connection.aclose()
        return None

    async def give(self, connection: Connection) -> None:
        """Let it rest, or close it if it is spent."""
        if len(self._resting) < self._bound and connection.start_next_cycle():
            self._resting.append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        """Close what rests; what is lent out is closed when it is given back."""
        self._bound = 0
        with trio.CancelScope(shield=True):  # bounded: closing forcefully waits for nobody
            while self._resting:
                await self._resting.pop().aclose()


def _raw(stream: Any) -> Any:
    """What lies below the layers of TLS; trio leaves their types open."""
    return _raw(stream.transport_stream) if isinstance(stream, _TLS) else stream


def _check(descriptor: int, part: FileSlice) -> None:
    part.check(os.fstat(descriptor))


@contextmanager
def _as_file_error(part: FileSlice) -> Generator[None, None, None]:
    """A disk's failure is not the network's."""
    try:
        yield
    except OSError as error:
        raise FileFailed(f"{part.path}: {error.strerror or error}") from error

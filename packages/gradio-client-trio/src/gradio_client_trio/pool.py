"""Connections, which carry one exchange after the other, and the pool that keeps them.

Rules:

1. A connection belongs to one exchange at a time, which gives it back or closes it. After an
   exchange that failed, was cancelled or was left half read, it is closed, never given back.
2. Only a connection in a clean state is kept: both sides are done, keep-alive is agreed, and no
   byte followed the reply.
3. A connection is idle for at most KEEP_ALIVE seconds, and the most recently used one is taken
   first. One that became readable while it was idle was closed by the server, or worse, and is
   not used again.
4. Callers set the deadlines, except for writes: each write has its own.
5. Nothing here interprets a failure: errors of trio, h11, ssl and the system go to `http.py`.
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
"""Seconds that a connection may be idle. uvicorn closes it after 5; whether it has read a request
that is on its way at that moment is unknown. One second is left for the network."""

HEAD_LIMIT = 64 * 1024
"""Bytes of a reply's status line and headers, or of one chunk's header.

h11 buffers what it cannot parse yet: without a limit, a server that never ends a line would fill
the memory. h11's default of 16 KB is less than some proxies send in cookies."""

PIECE = 64 * 1024
"Bytes of one read from a socket."

WRITE = 4 * PIECE
"""Bytes of one write to a socket. Each costs a pass through h11, and has the timeout to itself."""

PAGE = 4 * WRITE
"Bytes of one read from a file, which costs a switch to a thread and back."

OnSent: TypeAlias = Callable[[int], object]
"Is called with the size of each part of a request's body that is sent."


def ignore_progress(_: int) -> None:
    """Ignore a size."""


_TLS: type[Any] = trio.SSLStream  # SSLStream is generic in the stream that it wraps


class Connection:
    """A byte stream with the state of HTTP/1.1 on it."""

    def __init__(self, stream: trio.abc.Stream, *, relay: Proxy | None = None) -> None:
        self.relay = relay
        "The proxy that forwards requests without a tunnel; it takes them in absolute form."
        self.has_received: bool = False
        "Whether a byte of the current reply has arrived."
        self.idle_since: float = 0.0
        self._raw_read = 0
        "Bytes that came with the head of an upgrade and have been read."
        self._stream = stream
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    async def send_request(
        self,
        head: h11.Request,
        body: tuple[bytes | FileSlice, ...],
        seconds: float,
        on_sent: OnSent = ignore_progress,
    ) -> None:
        """Write one request; gather small parts into one write.

        Raises FileFailed if a file has changed since it was inspected, and TooSlowError if a write
        takes more than `seconds`.
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
            # A server that closes before it has read the request has usually replied first, for
            # example with 413. So read the reply next. If there is none, that fails too, and its
            # error is raised, which says so; this one says only that the connection broke.
            pass

    def next_head(self) -> h11.Response | h11.InformationalResponse | None:
        """Return the head of the reply, or None before all of it was received.

        Informational ones, such as 103 Early Hints, are skipped, but for an upgrade: it ends HTTP
        on this connection.
        """
        while not isinstance(event := self._h11.next_event(), h11.Response):
            if event is h11.NEED_DATA:
                return None
            if isinstance(event, h11.InformationalResponse) and self._is_switched:
                return event
        return event

    @property
    def _is_switched(self) -> bool:
        return self._h11.their_state is h11.SWITCHED_PROTOCOL

    async def read_raw(self) -> bytes:
        """Read the next bytes after an upgrade; empty at the end."""
        # Some may have come with the head. h11 has no way to take them out of its buffer.
        already, self._raw_read = self._raw_read, len(self._h11.trailing_data[0])
        if self._raw_read > already:
            return self._h11.trailing_data[0][already:]
        return bytes(await self._stream.receive_some(PIECE))

    async def write_raw(self, data: bytes | bytearray, seconds: float) -> None:
        """Write bytes as they are. Raises TooSlowError after `seconds`."""
        with trio.fail_after(seconds):
            await self._stream.send_all(data)

    async def read_data(self) -> bytes | None:
        """Read the next bytes of the reply's body; return None at its end."""
        pieces: list[bytes] = []
        # One read often brings many chunks of one line each. Joined, they cost one call of the core
        # instead of one each.
        while self._h11.their_state in (h11.SEND_BODY, h11.ERROR):
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError:
                if pieces:
                    break  # return these first; h11 raises again at the next call
                raise
            if isinstance(event, h11.Data):
                pieces.append(event.data)
            elif event is h11.NEED_DATA:
                if pieces:
                    break
                await self.receive()
        return b"".join(pieces) if pieces else None

    async def receive(self) -> None:
        """Read the next bytes of the reply, whatever they are."""
        data = bytes(await self._stream.receive_some(PIECE))
        if not data and self._h11.their_state is h11.SEND_RESPONSE:
            # The error of h11 would be about its states, which says nothing to a user.
            raise h11.RemoteProtocolError("the connection was closed before a reply came")
        self.has_received = True
        self._h11.receive_data(data)

    def start_next_cycle(self) -> bool:
        """Prepare for another exchange; return False if the connection is not in a clean state."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        # Bytes after a reply would be read as the reply to the next request. The server is broken,
        # or someone smuggles a reply.
        if not done or self._h11.trailing_data[0]:
            return False
        self._h11.start_next_cycle()
        self.idle_since = trio.current_time()
        return True

    def is_expired(self) -> bool:
        """Whether the connection has been idle for too long."""
        return trio.current_time() - self.idle_since >= KEEP_ALIVE

    def has_unexpected_data(self) -> bool:
        """Whether data or an end of file arrived while the connection was idle.

        Either way, it must not be used again. Between exchanges, a server sends nothing but the end
        of the connection. Over TLS, it may also send new keys, which looks the same from here; a
        new connection costs less than a lost POST.
        """
        raw = _unwrap_tls(self._stream)
        return isinstance(raw, trio.SocketStream) and raw.socket.is_readable()

    def is_tunnel_open(self) -> bool:
        """Whether the proxy has accepted a CONNECT, and has sent nothing after that."""
        return self._h11.their_state is h11.SWITCHED_PROTOCOL and not self._h11.trailing_data[0]

    async def aclose(self) -> None:
        """Close at once, even in a cancelled task: the close_notify of TLS may block."""
        await trio.aclose_forcefully(self._stream)

    async def _write(
        self, pending: bytearray, data: bytes, seconds: float, on_sent: OnSent
    ) -> None:
        for start in range(0, len(data), WRITE):
            piece = data[start : start + WRITE]
            framed = self._h11.send(h11.Data(data=piece)) or b""
            if pending or len(framed) < WRITE:
                pending += framed
                if len(pending) >= WRITE:
                    await self._flush(pending, seconds)
            else:
                await self.write_raw(framed, seconds)  # gathering would copy it
            on_sent(len(piece))

    async def _flush(self, pending: bytearray, seconds: float) -> None:
        if pending:
            await self.write_raw(pending, seconds)
            pending.clear()


class Pool:
    """Lends the connections to one origin to exchanges; keeps at most `bound` idle ones."""

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
        "The address of the environment's proxy for this origin, without credentials, or empty."
        self.connect = connect
        "Makes a new connection."
        self.slots: trio.Semaphore = trio.Semaphore(bound)
        """One slot for each request that may run at once, in order of arrival.

        Streams take no slot: they last, and would block the joins that need them."""
        self._max_idle = bound
        self._idle: deque[Connection] = deque()
        "The most recently used one is last."

    async def take(self) -> Connection | None:
        """Return the most recently used idle connection, or None.

        The server is least likely to close this one soon; the others expire.
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
        """Keep a connection for reuse, or close it if that is impossible."""
        # No more than there can be requests at once: others were made for hundreds of streams.
        if len(self._idle) < self._max_idle and connection.start_next_cycle():
            self._idle.append(connection)
        else:
            await connection.aclose()

    async def aclose(self) -> None:
        """Close the idle connections; the others close when they are given back."""
        self._max_idle = 0
        with trio.CancelScope(shield=True):  # aclose_forcefully does not block
            while self._idle:
                await self._idle.pop().aclose()


def _unwrap_tls(stream: Any) -> Any:
    """Return the stream below all layers of TLS: two if the proxy is an https one."""
    return _unwrap_tls(stream.transport_stream) if isinstance(stream, _TLS) else stream


async def _read_pages(part: bytes | FileSlice) -> AsyncGenerator[bytes, None]:
    """Yield a part of a body; a file in pages. Raises FileFailed if the file has changed."""
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
                    text = f"file {part.path!r} became shorter while it was being uploaded"
                    raise FileFailed(text)
                left -= len(page)
                yield page
            # The size is as announced in the head, but the content may be a mixture of two versions
            # of the file, which must not count as a success.
            await trio.to_thread.run_sync(_check_unchanged, file.fileno(), part)
    except OSError as error:
        raise FileFailed(f"file {part.path!r}: {error.strerror or error}") from error


def _check_unchanged(descriptor: int, part: FileSlice) -> None:
    part.check(os.fstat(descriptor))

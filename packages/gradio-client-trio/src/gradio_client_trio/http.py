"""HTTP/1.1 for trio: h11 over the connections of a pool.

Rules:

1. A `Request` is sent unchanged, with its `target` and its `encoded` headers. Every reply is
   delivered, whatever its status. Nothing is decompressed, no redirect followed, no cookie kept.
2. Failures of the network become `TransportFailed` in `_translate_errors`, and nowhere else. The
   text names the origin, never a path, a query or a header, which may hold secrets. The
   `__cause__` is the error of trio, h11, ssl or the system, `trio.TooSlowError` for a deadline.
   `connected` is False while nothing can have been sent. A failure of the disk is `FileFailed`.
3. Only a GET is repeated, once, on a new connection, and only if an idle connection was closed
   before it brought a byte of the reply: the server may have run any other request.
4. Leaving an exchange early, by an exception, a cancellation or a `break`, closes its connection.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from types import TracebackType
from typing import Self, TypeAlias

import h11
import trio

from gradio_protocol import (
    Head,
    InvalidArguments,
    MessageAssembler,
    Origin,
    Request,
    Response,
    TransportFailed,
    closing_error,
    origin,
    transport_error,
)

from .dial import Dial, Dialer, dial
from .pool import Connection, OnSent, Pool, ignore_progress
from .proxy import Proxy, Trust, Verify, choose_proxies

_NETWORK_ERRORS = (
    OSError,
    UnicodeError,
    h11.ProtocolError,
    trio.BrokenResourceError,
    trio.TooSlowError,
)
"""What a connection may raise. ssl.SSLError is an OSError; an invalid host name, such as `a..b`,
raises UnicodeError."""

REQUESTS = 12
"How many requests to one origin run at once; `RunAction.is_brief_request` says why no more."


OnSilence: TypeAlias = Callable[[], None]
"Is called when nothing has arrived for the idle timeout."


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """How long each step of a request may take, in seconds; `math.inf` for no limit."""

    connect: float = 15.0
    "Name resolution, TCP, the proxy and TLS together."
    read: float = 60.0
    "Between two reads, of the head and of the body, as in httpx."
    write: float = 60.0
    "For each write of about 64 KB."
    pool: float = inf
    "Until fewer than twelve requests to the same origin are running."


class Reply:
    """One exchange: `async with` sends the request and reads the head; iterate for the body.

    Each iteration returns what one read brought. After `read` seconds without data, it calls
    `on_silence` and reads on; without `on_silence`, it raises TransportFailed, caused by
    TooSlowError.
    """

    __slots__ = ("_connection", "_pool", "_read", "_request", "_sent", "_silent", "_write", "head")

    def __init__(
        self,
        pool: Pool,
        request: Request,
        *,
        read: float,
        write: float,
        on_sent: OnSent = ignore_progress,
        on_silence: OnSilence | None = None,
    ) -> None:
        self.head: Head
        self._connection: Connection
        self._pool = pool
        self._request = request
        self._read, self._write = read, write
        self._sent = on_sent
        self._silent = on_silence

    async def __aenter__(self) -> Self:
        idle = await self._pool.take()
        if idle is not None:
            try:
                await self._send_request(idle)
                return self
            except TransportFailed as failure:
                # Servers close idle connections, and may do so while the request is on its way.
                if not _can_repeat(self._request, idle, failure):
                    raise
        # If this fails as well, its error is the one to raise: it says what is wrong now, such as
        # that nothing listens any more. That of the idle connection says only that it was old.
        with _translate_errors(self._pool, connected=False):
            fresh = await self._pool.connect()
        await self._send_request(fresh)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            # After a `break` too: `give_back` closes a connection with an unfinished reply.
            await self._pool.give_back(self._connection)
        else:
            await self._connection.aclose()

    def __aiter__(self) -> Reply:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes of the body.

        Raises TransportFailed if the body is truncated or nothing arrives in time.
        """
        with _translate_errors(self._pool), trio.fail_after(self._read):
            data = await self._connection.read_data()
        if data is None:
            raise StopAsyncIteration
        return data

    async def read_into(self, take: Callable[[bytes], None]) -> None:
        """Pass the body to `take` as it arrives, until its end.

        Raises TransportFailed if the body is truncated.
        """
        last_data = trio.current_time()
        with _translate_errors(self._pool):
            while True:
                # One scope serves many reads: a new deadline for each costs 6 % of the CPU of a
                # stream. So the deadline may pass too early, which is checked below.
                with trio.CancelScope(deadline=last_data + self._read):
                    while (data := await self._connection.read_data()) is not None:
                        take(data)
                        last_data = trio.current_time()
                    return
                if last_data + self._read <= trio.current_time():
                    last_data = trio.current_time()
                    self._report_silence()

    async def exchange_messages(self, receive: Callable[[bytes], Iterable[str]]) -> None:
        """Pass each message of a WebSocket to `receive`, and send the texts that it returns.

        `receive` gets `b""` for a ping. Raises what the close of the server means, unless it is an
        orderly one, and TransportFailed if the connection breaks.
        """
        # Here, because only 3.x needs it, and importing it takes 15 ms.
        import wsproto.connection as wsproto  # noqa: PLC0415
        from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage  # noqa: PLC0415

        frames, assembler = wsproto.Connection(wsproto.ConnectionType.CLIENT), MessageAssembler()
        with _translate_errors(self._pool):
            while True:
                data = await self._read_raw()
                frames.receive_data(data or None)
                for event in frames.events():
                    match event:
                        case TextMessage() | BytesMessage():
                            message = assembler.add(event.data, is_last=event.message_finished)
                            for text in receive(message) if message is not None else ():
                                await self._write_frame(frames.send(TextMessage(data=text)))
                        case Ping():
                            receive(b"")
                            await self._write_frame(frames.send(event.response()))
                        case CloseConnection():
                            if data:
                                # Gradio 3.x waits for this, up to 20 s in which it does nothing.
                                await self._write_frame(frames.send(event.response()))
                            if error := closing_error(event.code, event.reason or ""):
                                raise error
                            return
                        case _:  # the answer to a ping that nobody sent
                            pass

    async def _read_raw(self) -> bytes:
        while True:
            with trio.move_on_after(self._read):
                return await self._connection.read_raw()
            self._report_silence()

    async def _write_frame(self, data: bytes) -> None:
        await self._connection.write_raw(data, self._write)

    async def read_all(self, check: Callable[[int], None]) -> bytes:
        """Return the rest of the body. `check` gets its size after each read, and may raise."""
        body = bytearray()

        def take(piece: bytes) -> None:
            body.extend(piece)
            check(len(body))

        await self.read_into(take)
        return bytes(body)

    async def _send_request(self, connection: Connection) -> None:
        request = self._request
        try:
            with _translate_errors(self._pool):
                opening = _make_h11_request(request, self._pool.target, connection.relay)
                await connection.send_request(opening, request.body, self._write, self._sent)
                answer = await self._read_head(connection)
        except BaseException:
            # Half a request may be sent, or half a head read: the connection is unusable.
            await connection.aclose()
            raise
        self._connection = connection
        self.head = Head.of(request, answer.status_code, answer.headers, proxy=self._pool.proxy)

    async def _read_head(self, connection: Connection) -> h11.Response | h11.InformationalResponse:
        """Read the head of the reply, for as long as `on_silence` does not raise."""
        while (head := connection.next_head()) is None:
            # Cancelling a read loses no bytes, so it can be repeated. Each has its own deadline: a
            # head that comes slowly is not silence.
            with trio.move_on_after(self._read) as scope:
                await connection.receive()
            if scope.cancelled_caught:
                self._report_silence()
        return head

    def _report_silence(self) -> None:
        if self._silent is None:
            raise trio.TooSlowError
        self._silent()


class Http:
    """The HTTP client of one `Client`: sends requests and streams replies.

    `max_connections` limits the requests to one origin at once, not the streams. `proxy` is an
    address, which may hold credentials; without one, and with `trust_env`, the environment decides
    (`proxy.py`). `dial` opens the byte streams; tests replace it. Raises InvalidArguments for an
    invalid `proxy`.
    """

    def __init__(
        self,
        *,
        verify: Verify = True,
        timeout: Timeout | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        max_connections: int = REQUESTS,
        dial: Dial = dial,
    ) -> None:
        self.timeout: Timeout = timeout or Timeout()
        self._dialer = Dialer(dial, Trust(verify), choose_proxies(proxy, trust_env=trust_env))
        self._bound = max_connections
        self._pools: dict[Origin, Pool] = {}

    async def send(
        self,
        request: Request,
        *,
        total_timeout: float | None = None,
        check: Callable[[int], None] = ignore_progress,
        on_sent: OnSent = ignore_progress,
    ) -> Response:
        """Send a request and return the whole reply.

        `total_timeout` limits the exchange to so many seconds, in place of the read timeout;
        infinity is for a reply that takes as long as a job. Such a request does not count among the
        running requests. `check` gets the size of the body so far after each read, and may raise.
        `on_sent` gets the size of each part of the request's body. Raises TransportFailed and
        FileFailed.
        """
        pool = self._get_pool(request)
        if total_timeout is not None:
            # Without a slot: a dozen direct calls, each as long as its job, would block all joins.
            with _translate_errors(pool), trio.fail_after(total_timeout):
                return await self._read_all(request, inf, check, on_sent)
        try:
            with trio.fail_after(self.timeout.pool):
                await pool.slots.acquire()
        except trio.TooSlowError as error:
            busy = f"All {self._bound} connections to {pool.target} were in use"
            text = (
                f"{busy} for {self.timeout.pool:g} s. Pass timeout=Timeout(pool=…) to wait longer."
            )
            raise TransportFailed(text, connected=False, late=True) from error
        try:
            return await self._read_all(request, self.timeout.read, check, on_sent)
        finally:
            pool.slots.release()

    def stream(
        self, request: Request, *, idle_timeout: float = inf, on_silence: OnSilence | None = None
    ) -> Reply:
        """Return a reply whose body is read as it arrives, with `read_into` or by iteration.

        `on_silence` is called after each `idle_timeout` seconds without data, before the head too;
        without it, silence is a failure. Entering and reading raise TransportFailed.
        """
        pool, write = self._get_pool(request), self.timeout.write
        return Reply(pool, request, read=idle_timeout, write=write, on_silence=on_silence)

    async def aclose(self) -> None:
        """Close the idle connections; the others close at the end of their exchanges."""
        for pool in self._pools.values():
            await pool.aclose()

    async def _read_all(
        self, request: Request, read: float, check: Callable[[int], None], on_sent: OnSent
    ) -> Response:
        pool, write = self._get_pool(request), self.timeout.write
        async with Reply(pool, request, read=read, write=write, on_sent=on_sent) as reply:
            return reply.head.with_body(await reply.read_all(check))

    def _get_pool(self, request: Request) -> Pool:
        target = origin(request.url)
        if target not in self._pools:
            connect = partial(self._dialer.connect, target, self.timeout.connect)
            proxy = self._dialer.find_environment_proxy(target)
            self._pools[target] = Pool(target, self._bound, connect, proxy=proxy)
        return self._pools[target]


def _can_repeat(request: Request, connection: Connection, failure: TransportFailed) -> bool:
    """Whether rule 3 allows another try. After a deadline, the connection may still be alive."""
    return request.method == "GET" and not connection.has_received and not failure.late


def _make_h11_request(request: Request, target: Origin, relay: Proxy | None) -> h11.Request:
    """Return the request line and the headers; a proxy without a tunnel gets an absolute URL."""
    path, proxied = request.target, list[tuple[bytes, bytes]]()
    if relay is not None:
        path = f"{target}{path}"
        if relay.authorization is not None:
            proxied.append((b"proxy-authorization", relay.authorization.encode("latin-1")))
    try:
        headers = [*request.encoded, *proxied]
        return h11.Request(method=request.method, target=path, headers=headers)
    except (UnicodeError, h11.LocalProtocolError):
        # The text of the error quotes the header, which may be a secret, so drop the cause.
        problem = "its path or a header contains a character that HTTP/1.1 does not allow"
        raise InvalidArguments(f"cannot send a request to {target}: {problem}") from None


@contextmanager
def _translate_errors(pool: Pool, *, connected: bool = True) -> Generator[None]:
    """Raise failures of the network as TransportFailed (rule 2)."""
    try:
        yield
    except _NETWORK_ERRORS as error:
        raise transport_error(
            pool.target,
            error,
            reason=_describe(error),
            connected=connected,
            late=isinstance(error, trio.TooSlowError),
            proxy=pool.proxy,
        ) from error


def _describe(error: BaseException) -> str:
    """Return a short reason: the error's text, or that of its cause, which often says more."""
    if isinstance(error, h11.ProtocolError):
        return str(error).partition(":")[0]  # the rest quotes headers
    # The error of `open_tcp_stream` says only that all attempts failed. Its cause is a group, with
    # one error for each address.
    attempts: tuple[Exception, ...] = getattr(error.__cause__, "exceptions", ())
    if attempts:
        return ", ".join(map(str, attempts))
    return str(error) or str(error.__cause__ or type(error).__name__)

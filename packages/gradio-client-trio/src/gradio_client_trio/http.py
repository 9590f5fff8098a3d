"""HTTP/1.1 for this driver: h11 over trio streams, and what a client must know around that.

Rules:

1. A `Request` goes out as it is, in `target` and `encoded`; nothing is compressed, and nothing
   decoded here. Every reply is delivered, whatever its status; nothing is followed and no cookie
   is kept.
2. What the network does wrong becomes `TransportFailed` here and nowhere else. It names the
   origin, never a path, a query or a header; its `__cause__` is what trio, h11, ssl or the
   system raised, `trio.TooSlowError` where a deadline passed. `connected` is False while nothing
   can have been sent. A disk's failure is `FileFailed`.
3. Only a GET is repeated, once, on a new connection, if a connection that had rested was closed
   before it brought a byte of the reply.
4. Leaving an exchange early, by an exception, a cancellation or a `break`, closes its connection.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator
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
    Origin,
    Request,
    Response,
    TransportFailed,
    causes,
    origin,
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
"""What a connection may raise; ssl.SSLError is an OSError, and a host name with an empty label
is a UnicodeError."""


REQUESTS = 12
"""Requests to one origin at once. A server tells every waiting event of every change of its
queue: of 400 jobs that all join at once, 6.31 sends ten times the messages (and half the jobs a
second) that it sends of 400 that join by the dozen."""


OnSilence: TypeAlias = Callable[[], None]
"Is called when nothing has arrived for the idle timeout."


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """How long one step of a request may take, in seconds; `math.inf` for as long as it likes."""

    connect: float = 15.0
    "Names, TCP, the proxy and TLS together."
    read: float = 60.0
    "Until a reply has begun, and then until its next bytes."
    write: float = 60.0
    "Until some 64 KB of a request are taken."
    pool: float = inf
    "Until fewer than twelve requests are out."


class Reply:
    """A reply to be asked for: enter it for its head, iterate for the pieces of its body.

    A piece is what one read brought. Rule 4 says what leaving it does. When nothing has come for
    `read` seconds, it calls `silent` and waits on; without `silent` it raises TransportFailed,
    with TooSlowError as the cause.
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
        rested = await self._pool.take()
        if rested is not None:
            try:
                await self._send_request(rested)
                return self
            except TransportFailed as failure:
                # The server closes what rests for long, and its FIN may cross our request.
                if not _can_repeat(self._request, rested, failure):
                    raise
        with _translate_errors("connecting to", self._pool, connected=False):
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
            # After a `break` too: `give` sees that the reply is not at its end.
            await self._pool.give_back(self._connection)
        else:
            await self._connection.aclose()

    def __aiter__(self) -> Reply:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes of the body, until it has ended as its framing says it should.

        Raises TransportFailed if it was cut, or fell silent.
        """
        with _translate_errors("reading from", self._pool), trio.fail_after(self._read):
            data = await self._connection.read_data()
        if data is None:
            raise StopAsyncIteration
        return data

    async def feed(self, take: Callable[[bytes], None]) -> None:
        """Give the pieces to `take` as they come, until the body has ended.

        Raises TransportFailed if it was cut.
        """
        heard = trio.current_time()
        with _translate_errors("reading from", self._pool):
            while True:
                # One scope serves many reads: to set its deadline at each costs 6 % of the CPU of
                # a stream. Instead the deadline passes too early, and is then looked at again.
                with trio.CancelScope(deadline=heard + self._read):
                    while (data := await self._connection.read_data()) is not None:
                        take(data)
                        heard = trio.current_time()
                    return
                if heard + self._read <= trio.current_time():
                    heard = trio.current_time()
                    self._report_silence()

    async def read_all(self, check: Callable[[int], None]) -> bytes:
        """The rest of the body; `check` is told of its bytes until now, and may raise."""
        body = bytearray()
        async for piece in self:
            body += piece
            check(len(body))
        return bytes(body)

    async def _send_request(self, connection: Connection) -> None:
        request = self._request
        try:
            with _translate_errors("asking", self._pool):
                opening = _make_h11_request(request, self._pool.target, connection.relay)
                await connection.send_request(opening, request.body, self._write, self._sent)
                answer = await self._read_head(connection)
        except BaseException:
            # Half a request may be out, or half a head in: nobody can go on from there.
            await connection.aclose()
            raise
        self._connection = connection
        self.head = Head.of(request, answer.status_code, answer.headers, proxy=self._pool.proxy)

    async def _read_head(self, connection: Connection) -> h11.Response:
        """The head of the reply, however long it takes where silence is reported."""
        while True:
            # To cancel a read loses no bytes, so that it may begin again where it stopped.
            with trio.move_on_after(self._read):
                return await connection.read_head()
            self._report_silence()

    def _report_silence(self) -> None:
        if self._silent is None:
            raise trio.TooSlowError
        self._silent()


class Http:
    """The connections of one client: send whole requests, stream long replies.

    `max_connections` bounds the requests that are out to one origin at a time; streams do not
    count. A `proxy` is an address that may hold credentials; without one, and with `trust_env`,
    the environment decides (`proxy.py`). `dial` opens byte streams, for other ways to a server.
    Raises InvalidArguments if `proxy` cannot be used.
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
        self.timeout = timeout or Timeout()
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
        """One exchange, whole.

        `patience` bounds all of it in place of the read deadline, infinity for a reply that takes
        as long as a job; such a request waits for no other, and no other for it. `check` is told
        how many bytes the body has until now, and may raise; `sent` is told of the bytes of the
        request's own as they go out. Raises TransportFailed and FileFailed.
        """
        pool = self._get_pool(request)
        if total_timeout is not None:
            # Without a slot: a dozen direct calls, each as long as its job, would stop all joins.
            with _translate_errors("asking", pool), trio.fail_after(total_timeout):
                return await self._read_all(request, inf, check, on_sent)
        waiting = "waiting for a free connection to"
        with _translate_errors(waiting, pool, connected=False), trio.fail_after(self.timeout.pool):
            await pool.slots.acquire()
        try:
            return await self._read_all(request, self.timeout.read, check, on_sent)
        finally:
            pool.slots.release()

    def stream(
        self, request: Request, *, idle_timeout: float = inf, on_silence: OnSilence | None = None
    ) -> Reply:
        """One exchange whose body is read as it comes, with `feed` or by iteration.

        Whenever nothing has come for `idle` seconds, also before the head, `silent` is called;
        without it, that is a failure. Raises TransportFailed and FileFailed, on entry and from the
        reply; what the block itself raises is left alone.
        """
        pool, write = self._get_pool(request), self.timeout.write
        return Reply(pool, request, read=idle_timeout, write=write, on_silence=on_silence)

    async def aclose(self) -> None:
        """Close what rests; what is in use is closed at the end of its exchange."""
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
    """Rule 3; a deadline that passed says nothing about the connection."""
    return request.method == "GET" and not connection.has_received and not failure.late


def _make_h11_request(request: Request, target: Origin, relay: Proxy | None) -> h11.Request:
    """The request line and headers: rule 1, and what a proxy that reads them itself wants."""
    path, proxied = request.target, list[tuple[bytes, bytes]]()
    if relay is not None:
        path = f"{target}{path}"
        if relay.authorization is not None:
            proxied.append((b"proxy-authorization", relay.authorization.encode("latin-1")))
    try:
        headers = [*request.encoded, *proxied]
        return h11.Request(method=request.method, target=path, headers=headers)
    except (UnicodeError, h11.LocalProtocolError):
        # Their texts quote the header, which may be a secret.
        raise InvalidArguments(f"a request to {target} cannot be written as HTTP/1.1") from None


@contextmanager
def _translate_errors(doing: str, pool: Pool, *, connected: bool = True) -> Generator[None]:
    """Rule 2: the one place that turns the network's failures into ours."""
    try:
        yield
    except _NETWORK_ERRORS as error:
        chain = causes(error)
        raise TransportFailed(
            f"{doing} {pool.target}: {_describe(error)}",
            connected=connected,
            late=isinstance(error, trio.TooSlowError),
            untrusted=any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain),
            proxy=pool.proxy,
        ) from error


def _describe(error: BaseException) -> str:
    """What `error` says, or what caused it: trio's own say little where ssl's say much."""
    if isinstance(error, trio.TooSlowError):
        return "too slow"
    if isinstance(error, h11.ProtocolError):
        return str(error).partition(":")[0]  # beyond it are headers, quoted
    # `open_tcp_stream` says only that all attempts failed. Why is in a group: one for each address.
    attempts: tuple[Exception, ...] = getattr(error.__cause__, "exceptions", ())
    if attempts:
        return ", ".join(map(str, attempts))
    return str(error) or str(error.__cause__ or type(error).__name__)

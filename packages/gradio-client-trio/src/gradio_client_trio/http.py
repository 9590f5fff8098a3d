"""HTTP/1.1 for this driver: h11 over trio streams, and what a client must know around that.

Rules:

1. A `Request` goes out as it is, in `target` and `encoded`; nothing is compressed, and nothing
   decoded here. Every reply is delivered, whatever its status; nothing is followed and no cookie
   is kept.
2. What the network does wrong becomes `TransportFailed` here and nowhere else. It names the
   origin, never a path, a query or a header; its `__cause__` is what trio, h11, ssl or the
   system raised, `trio.TooSlowError` where a deadline passed. `connected` is False while nothing
   can have been sent. A disk's failure is `FileFailed`, a body beyond its limit is `RemoteError`.
3. Only a GET is repeated, once, on a new connection, if a connection that had rested was closed
   before it brought a byte of the reply.
4. Leaving an exchange early, by an exception, a cancellation or a `break`, closes its connection.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from types import TracebackType
from typing import Self

import h11
import trio

from gradio_protocol import (
    Head,
    InvalidArguments,
    Origin,
    RemoteError,
    Request,
    Response,
    TransportFailed,
    causes,
    origin,
)

from .dial import Dial, Dialer, dial
from .pool import Connection, Pool, Sent, ignore_progress
from .proxy import Proxy, Trust, Verify, choose_proxies

_NETWORK = (
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


def _do_nothing() -> None:
    pass


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

    They come in the sizes that the server sends. Rule 4 says what leaving it does.
    """

    __slots__ = (
        "_connection",
        "_ended",
        "_patience",
        "_pool",
        "_request",
        "_sent",
        "_silent",
        "_write",
        "head",
    )

    def __init__(
        self,
        pool: Pool,
        request: Request,
        *,
        times: tuple[float, float],
        sent: Sent = ignore_progress,
        silent: Callable[[], None] | None = None,
    ) -> None:
        self.head: Head
        self._connection: Connection
        self._pool = pool
        self._request = request
        self._patience, self._write = times
        self._sent = sent
        self._silent = silent
        self._ended = False

    async def __aenter__(self) -> Self:
        rested = await self._pool.take()
        if rested is not None:
            try:
                await self._send_request(rested)
                return self
            except TransportFailed as failure:
                if not _can_repeat(self._request, rested, failure):
                    raise
        await self._send_request(await self._connected())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            await self._pool.give(self._connection)
        else:
            await self._connection.aclose()

    def __aiter__(self) -> Reply:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes of the body, until it has ended as its framing says it should.

        Raises TransportFailed if it was cut, or fell silent (`__cause__` is TooSlowError).
        """
        if self._ended:
            raise StopAsyncIteration
        try:
            event = await self._connection.event(self._patience)
        except _NETWORK as error:
            raise _transport_error("reading from", self._pool, error) from error
        if isinstance(event, h11.Data):
            return bytes(event.data)
        self._ended = True
        raise StopAsyncIteration

    async def feed(self, take: Callable[[bytes], None]) -> None:
        """Give the pieces to `take` as they come, until the body has ended.

        Raises as iterating does, but for a stream, whose silence is reported. It is noticed up to
        a sixteenth of its time too late: here one scope serves many reads, for it costs as much
        as parsing what came.
        """
        patience = self._patience
        while not self._ended:
            due = trio.current_time() + patience * 17 / 16
            with trio.CancelScope(deadline=due) as silence:
                while not self._ended and trio.current_time() + patience <= due:
                    await self._pass_on(take)
            if silence.cancelled_caught and self._silent is not None:
                self._silent()

    async def _pass_on(self, take: Callable[[bytes], None]) -> None:
        try:
            event = await self._connection.event(inf)
        except _NETWORK as error:
            raise _transport_error("reading from", self._pool, error) from error
        if isinstance(event, h11.Data):
            take(bytes(event.data))
        else:
            self._ended = True

    async def read_all(self, limit: int | None) -> bytes:
        """The rest of the body. Raises RemoteError once it is longer than `limit` bytes."""
        body = bytearray()
        async for piece in self:
            body += piece
            if limit is not None and len(body) > limit:
                reason = f"{self._pool.target}: the reply is longer than {limit} bytes"
                raise RemoteError(reason, status=self.head.status)
        return bytes(body)

    async def _connected(self) -> Connection:
        try:
            return await self._pool.connect()
        except _NETWORK as error:
            failure = _transport_error("connecting to", self._pool, error, connected=False)
            raise failure from error

    async def _send_request(self, connection: Connection) -> None:
        request = self._request
        try:
            opening = _h11_request(request, self._pool.target, connection.relay)
            await connection.ask(opening, request.body, self._write, self._sent)
            answer = await self._read_head(connection)
        except _NETWORK as error:
            await connection.aclose()
            raise _transport_error("asking", self._pool, error) from error
        except BaseException:
            await connection.aclose()
            raise
        self._connection = connection
        self.head = Head.of(request, answer.status_code, answer.headers, proxy=self._pool.proxy)

    async def _read_head(self, connection: Connection) -> h11.Response:
        """The head of the reply, however long it takes where silence is reported."""
        while True:
            try:
                return await connection.head(self._patience)
            except trio.TooSlowError:
                if self._silent is None:
                    raise
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
        environ: Mapping[str, str] = os.environ if trust_env else {}
        self.timeout = timeout or Timeout()
        self._dialer = Dialer(dial, Trust(verify, environ), choose_proxies(proxy, environ))
        self._bound = max_connections
        self._pools: dict[Origin, Pool] = {}

    async def send(
        self,
        request: Request,
        *,
        patience: float | None = None,
        limit: int | None = None,
        sent: Sent = ignore_progress,
    ) -> Response:
        """One exchange, whole.

        `patience` bounds all of it in place of the read deadline, infinity for a reply that takes
        as long as a job; such a request waits for no other, and no other for it. `limit` is the
        most bytes that the body may have; `sent` is told of those of the request's own as they go
        out, where no `patience` is given.
        Raises TransportFailed, FileFailed, and RemoteError for a body beyond `limit`.
        """
        if patience is not None:
            return await self._send_within(request, patience, limit)
        pool = self._pool(request)
        await self._enter(pool)
        try:
            return await self._read_all(request, self.timeout.read, limit, sent)
        finally:
            pool.leave()

    def stream(
        self, request: Request, *, idle: float = inf, silent: Callable[[], None] = _do_nothing
    ) -> Reply:
        """One exchange whose body is read as it comes, with `feed`.

        `silent` is called whenever nothing has come for `idle` seconds, also before the head.
        Raises TransportFailed and FileFailed, on entry and from the reply; what the block itself
        raises is left alone.
        """
        return Reply(self._pool(request), request, times=(idle, self.timeout.write), silent=silent)

    async def aclose(self) -> None:
        """Close what rests; what is in use is closed at the end of its exchange."""
        for pool in self._pools.values():
            await pool.aclose()

    async def _send_within(self, request: Request, patience: float, limit: int | None) -> Response:
        try:
            with trio.fail_after(patience):
                return await self._read_all(request, inf, limit)
        except trio.TooSlowError as error:
            raise _transport_error("asking", self._pool(request), error) from error

    async def _read_all(
        self, request: Request, patience: float, limit: int | None, sent: Sent = ignore_progress
    ) -> Response:
        async with self._reply(request, patience, sent) as reply:
            return reply.head.with_body(await reply.read_all(limit))

    def _pool(self, request: Request) -> Pool:
        target = origin(request.url)
        if target not in self._pools:
            connect = partial(self._dialer.connect, target, self.timeout.connect)
            proxy = self._dialer.environment_proxy(target)
            self._pools[target] = Pool(target, self._bound, connect, proxy=proxy)
        return self._pools[target]

    async def _enter(self, pool: Pool) -> None:
        try:
            await pool.enter(self.timeout.pool)
        except trio.TooSlowError as error:
            doing = "waiting for a free connection to"
            raise _transport_error(doing, pool, error, connected=False) from error

    def _reply(self, request: Request, patience: float, sent: Sent = ignore_progress) -> Reply:
        times = (patience, self.timeout.write)
        return Reply(self._pool(request), request, times=times, sent=sent)


def _can_repeat(request: Request, connection: Connection, failure: TransportFailed) -> bool:
    """Rule 3; a deadline that passed says nothing about the connection."""
    late = isinstance(failure.__cause__, trio.TooSlowError)
    return request.method == "GET" and not connection.heard and not late


def _h11_request(request: Request, target: Origin, relay: Proxy | None) -> h11.Request:
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


def _transport_error(
    doing: str, pool: Pool, error: BaseException, *, connected: bool = True
) -> TransportFailed:
    """The one place that turns the network's failures into ours."""
    return TransportFailed(
        f"{doing} {pool.target}: {_reason(error)}",
        connected=connected,
        late=isinstance(error, trio.TooSlowError),
        untrusted=any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error)),
        proxy=pool.proxy,
    )


def _reason(error: BaseException) -> str:
    """What `error` says, or what caused it: trio's own say little where ssl's say much."""
    if isinstance(error, trio.TooSlowError):
        return "too slow"
    if isinstance(error, h11.ProtocolError):
        return str(error).partition(":")[0]  # beyond it are headers, quoted
    return str(error) or str(error.__cause__ or type(error).__name__)

"""HTTP over `httpx.AsyncClient`.

Each exchange has an httpx client to itself, with one connection. The pool of httpx looks at all of
its connections, several times, for each request: with twelve of them, that costs a third of the CPU
of a job, and with a thousand streams far more. Clients are used again, since making one takes as
long as a request. Those for streams and direct calls keep no connection: on a new one, a failure
cannot mean that it was stale. A client or a transport of the caller makes all connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import math
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from functools import partial
from itertools import chain
from typing import Any, TypeAlias
from weakref import WeakSet

from gradio_protocol import Head, InvalidArguments, Origin, Request, origin, transport_error

from ..cancel_handle import enable_keepalive
from ..http import CHUNK, BaseConnections, BaseRawStream, make_request, translate_errors
from ..httpx_log import redacted_log
from ..httpx_module import httpx
from ..inputs import TransportConfig

Reply: TypeAlias = tuple[Head, AsyncIterator[bytes]]
"The head of a reply, and the chunks of its body as they arrive."

_MAX_IDLE = 16
"How many idle clients of each kind to keep for one origin; a few more than requests at once."


class AsyncConnections(BaseConnections):
    """The connections of one client, in one event loop.

    Raises InvalidArguments for an `http_client` that is not async.
    """

    def __init__(self, config: TransportConfig, src: str) -> None:
        super().__init__(config, src)
        given = config.http_client
        if given is not None and not inspect.iscoroutinefunction(given.send):
            got = f"a value of type {type(given).__name__}"
            raise InvalidArguments(f"http_client: expected an httpx.AsyncClient, got {got}")
        self._idle: dict[tuple[Origin, bool], list[httpx.AsyncClient]] = {}
        "Clients that no exchange uses, by origin, and by whether they keep their connections."
        self._watched = WeakSet[Any]()
        "Network streams whose peer TCP watches."
        self._own = self._make_own(httpx.AsyncClient)

    @contextlib.asynccontextmanager
    async def exchange(
        self, request: Request, body: AsyncIterable[bytes] | None, seconds: float | None
    ) -> AsyncGenerator[Reply]:
        """Send a request; yield the head of the reply, and the chunks of its body.

        `seconds` limits the whole exchange, in place of the client's timeout for each read; None:
        the client's timeouts; infinity, for streams and direct calls: no limit but for connecting
        and for each write, and the connection is not reused. After an upgrade the chunks are an
        `AsyncRawStream`. Raises TransportFailed.
        """
        where, endless = origin(request.url), seconds == math.inf
        total = asyncio.timeout(None if endless else seconds)
        try:
            async with total, self._lend_client(where, keep=not endless) as client:
                proxy = self._find_proxy(where)
                with translate_errors(self._library, request, proxy):
                    timeouts = self._choose_timeouts(None if seconds is None else math.inf)
                    sent = make_request(self._library, request, body, timeouts)
                    async with contextlib.aclosing(await self._send(client, sent, where)) as reply:
                        head = self._make_head(request, reply, proxy)
                        if head.is_upgrade:
                            yield head, AsyncRawStream(request, reply, self._timeout.write)
                        else:
                            yield head, reply.aiter_raw()
        except TimeoutError as error:
            if not total.expired():
                raise
            raise transport_error(where, error, late=True) from error

    async def aclose(self) -> None:
        """Close all connections, except those of the caller's own client."""
        await self.close_idle()
        if self._own is not None:
            await self._own.aclose()

    async def close_idle(self) -> None:
        """Close the connections that no exchange uses; later exchanges make new ones."""
        idle, self._idle = self._idle, {}
        for client in chain(*idle.values()):
            await client.aclose()

    async def _send(self, client: Any, sent: httpx.Request, where: Origin) -> httpx.Response:
        try:
            with redacted_log():
                reply: httpx.Response = await client.send(
                    sent, stream=True, auth=self._choose_auth(where), follow_redirects=False
                )
        except UnicodeError as error:  # an invalid host name, such as `a..b`
            raise self._library.ConnectError(str(error)) from error
        stream: Any = reply.extensions.get("network_stream")
        # The transport of a caller may have no sockets.
        if stream is not None and stream not in self._watched:
            self._watched.add(stream)
            if socket := stream.get_extra_info("socket"):
                enable_keepalive(socket)
        return reply

    @contextlib.asynccontextmanager
    async def _lend_client(self, target: Origin, *, keep: bool) -> AsyncGenerator[Any]:
        shared = self._config.http_client or self._own
        if shared is not None:
            yield shared
            return
        idle = self._idle.setdefault((target, keep), [])
        make = partial(self._make_client, httpx.AsyncClient, target, keep=keep)
        client = idle.pop() if idle else make()
        try:
            yield client
        finally:
            if len(idle) < _MAX_IDLE:
                idle.append(client)
            else:
                await client.aclose()


class AsyncRawStream(BaseRawStream, AsyncIterator[bytes]):
    """The bytes of a connection after an upgrade; the last ones are empty."""

    async def __anext__(self) -> bytes:
        """Return the next bytes. Raises TransportFailed."""
        with self._translate_errors():
            return bytes(await self._stream.read(CHUNK, timeout=None))

    async def write(self, data: bytes) -> None:
        """Send bytes. Raises TransportFailed."""
        with self._translate_errors():
            await self._stream.write(data, timeout=self._seconds)

"""HTTP over `httpx.AsyncClient`.

Each exchange has an httpx client to itself, with one connection. The pool of httpx looks at all of
its connections, several times, for each request: with twelve of them, that costs a third of the CPU
of a job, and with a thousand streams far more. Clients for requests are used again; those for
streams and direct calls are not, since on a new connection a failure cannot mean that it was stale.
A client or a transport of the caller makes all connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from itertools import chain
from typing import Any, TypeAlias

import httpx

from gradio_protocol import Head, InvalidArguments, Origin, Request, origin, redact

from ..cancel_handle import enable_keepalive
from ..http import (
    DROP,
    KEEP,
    KEEP_MANY,
    TRANSPORT_ARGUMENTS,
    BaseConnections,
    make_client,
    make_request,
    make_transport_error,
    translate_errors,
    with_read_timeout,
)
from ..inputs import TransportConfig

Reply: TypeAlias = tuple[Head, AsyncIterator[bytes]]
"The head of a reply, and the chunks of its body as they arrive."

_MAX_IDLE = 16
"How many idle clients to keep for one origin; a few more than there are requests at once."

_log = logging.getLogger("gradio_client_httpx")


class AsyncConnections(BaseConnections):
    """The connections of one client, in one event loop.

    Raises InvalidArguments for an `http_client` that is not async.
    """

    def __init__(self, config: TransportConfig, src: str) -> None:
        super().__init__(config, src)
        given = config.http_client
        if given is not None and not inspect.iscoroutinefunction(given.send):
            raise InvalidArguments(f"http_client: {type(given).__name__} is not an AsyncClient")
        self._idle: dict[Origin, list[httpx.AsyncClient]] = {}
        "Clients for requests that no exchange uses."
        self._own: httpx.AsyncClient | None = None
        if given is None and config.httpx_kwargs.keys() & TRANSPORT_ARGUMENTS:
            verifying = self._contexts.get_verifying()
            self._own = make_client(config, verifying, KEEP_MANY, httpx.AsyncClient)

    @contextlib.asynccontextmanager
    async def exchange(
        self, request: Request, body: AsyncIterable[bytes] | None, seconds: float | None
    ) -> AsyncGenerator[Reply]:
        """Send a request; yield the head of the reply, and the chunks of its body.

        `seconds` limits the whole exchange, in place of the client's timeouts; None: the client's
        timeouts; infinity: reads have no limit, and the connection is not reused. Raises
        TransportFailed.
        """
        steps = self._timeout if seconds is None else with_read_timeout(self._timeout, None)
        keep = seconds != math.inf
        total = asyncio.timeout(seconds if keep else None)
        try:
            async with total, self._open_reply(request, body, steps, keep=keep) as reply:
                yield self._make_head(request, reply), reply.aiter_raw()
        except TimeoutError as error:
            if not total.expired():
                raise
            raise make_transport_error(request, error, late=True) from error

    @contextlib.asynccontextmanager
    async def open_stream(self, request: Request) -> AsyncGenerator[Reply]:
        """Open a stream; yield its head and chunks, without a read timeout.

        Raises TransportFailed.
        """
        steps = with_read_timeout(self._timeout, None)
        async with self._open_reply(request, None, steps, keep=False) as reply:
            connection: Any = reply.extensions.get("network_stream")
            # The transport of a caller may have no sockets.
            if connection is not None and (socket := connection.get_extra_info("socket")):
                enable_keepalive(socket)
            yield self._make_head(request, reply), reply.aiter_raw()

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

    @contextlib.asynccontextmanager
    async def _open_reply(
        self,
        request: Request,
        body: AsyncIterable[bytes] | None,
        steps: httpx.Timeout,
        *,
        keep: bool,
    ) -> AsyncGenerator[httpx.Response]:
        proxy, auth = self._find_proxy(request), self._choose_auth(request)
        async with self._lend_client(origin(request.url), keep=keep) as client:
            with translate_errors(self._library, request, proxy):
                sent = make_request(self._library, request, body, steps)
                try:
                    reply = await client.send(sent, stream=True, auth=auth, follow_redirects=False)
                except UnicodeError as error:  # an invalid host name, such as `a..b`
                    raise make_transport_error(request, error, connected=False) from error
                if _log.isEnabledFor(logging.DEBUG):
                    _log.debug("%r %s: %s", request, redact(request.headers), reply.status_code)
                async with contextlib.aclosing(reply):
                    yield reply

    @contextlib.asynccontextmanager
    async def _lend_client(self, target: Origin, *, keep: bool) -> AsyncGenerator[Any]:
        shared = self._config.http_client or self._own
        if shared is not None:
            yield shared
            return
        idle = self._idle.setdefault(target, [])
        client = idle.pop() if keep and idle else self._make_client(target, keep=keep)
        try:
            yield client
        finally:
            if keep and len(idle) < _MAX_IDLE:
                idle.append(client)
            else:
                await client.aclose()

    def _make_client(self, target: Origin, *, keep: bool) -> httpx.AsyncClient:
        context = self._contexts.get(target)
        return make_client(self._config, context, KEEP if keep else DROP, httpx.AsyncClient)

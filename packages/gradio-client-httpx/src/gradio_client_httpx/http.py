"""HTTP over httpx; only this module knows the library.

A `Request` of the core is complete, and is sent unchanged. Every reply is delivered, whatever its
status. Errors of httpx become TransportFailed, with the original error as the cause. The client of
a caller may be one of httpx2, a continuation of httpx under another name; its requests and errors
are then those of httpx2.
"""

from __future__ import annotations

import contextlib
import logging
import math
import ssl
import sys
import threading
import urllib.request
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx

from gradio_protocol import (
    Head,
    InvalidArguments,
    Origin,
    Request,
    TransportFailed,
    causes,
    is_address,
    origin,
    proxy_address,
    redact,
)

from .cancel_handle import CancelHandle, ClientPool, Key, PooledClient
from .inputs import TransportConfig

Timeout = httpx.Timeout
HttpClient = httpx.Client
AsyncHttpClient = httpx.AsyncClient

C = TypeVar("C", httpx.Client, httpx.AsyncClient)

_KEEP_ALIVE = 4.0
"Seconds. uvicorn closes idle connections after 5; a request sent at that moment is lost."
KEEP = httpx.Limits(max_keepalive_connections=1, keepalive_expiry=_KEEP_ALIVE)
DROP = httpx.Limits(max_keepalive_connections=0)
"For streams and direct calls: on a new connection, a failure cannot mean that it was stale."
KEEP_MANY = httpx.Limits(max_keepalive_connections=64, keepalive_expiry=_KEEP_ALIVE)
"For the one client that makes all connections, with the caller's transports."
_SOCKET_CHANGES = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
"Trace events of httpx after which an exchange has a new socket."
_EXCHANGE_ENDS = ".response_closed.started"
"The trace event after which another exchange may use the socket."
TRANSPORT_ARGUMENTS = ("transport", "mounts")
"Arguments of httpx with transports of the caller, which may pool connections."
_ROUTE_ARGUMENTS = ("proxy", "proxies", *TRANSPORT_ARGUMENTS)
"Arguments of httpx that choose the way to a host, so that the environment does not."
_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
"Of requests, unless the caller sets others. Streams and direct calls have no read timeout."
_CHUNK = 2**16

_log = logging.getLogger("gradio_client_httpx")


class BaseConnections:
    """What blocking and async connections share: the settings, and what each exchange gets."""

    def __init__(self, config: TransportConfig, src: str) -> None:
        self._config = config
        self._timeout = make_timeout(config)
        self._library = find_library(config.http_client)
        self._app_origin = origin(src) if is_address(src) else None
        self._contexts = TlsContexts(config)
        self._proxies: dict[Origin, str] = {}

    def set_app_origin(self, src: str) -> None:
        """Set the app's origin after connecting; only this origin gets what `auth` adds."""
        self._app_origin = origin(src)

    def _make_head(self, request: Request, reply: httpx.Response) -> Head:
        proxy = self._find_proxy(request)
        return Head.of(request, reply.status_code, reply.headers.raw, proxy=proxy)

    def _find_proxy(self, request: Request) -> str:
        target = origin(request.url)
        if target not in self._proxies:
            self._proxies[target] = find_environment_proxy(self._config, target)
        return self._proxies[target]

    def _choose_auth(self, request: Request) -> Any:
        # Only for the app's own origin. httpx would apply it to every request, including those for
        # files on other hosts that the server names.
        auth = self._config.auth
        return auth if auth is not None and self._app_origin == origin(request.url) else None


class Connections(BaseConnections):
    """The connections of one client: an httpx client for each, from a `ClientPool`. Thread-safe.

    If the caller passes a client or a transport, that makes all connections. The one of an exchange
    is then known only when it is new or when the head of the reply arrives, so an abort of an
    exchange on a reused connection waits for the head.
    """

    def __init__(self, config: TransportConfig, src: str) -> None:
        super().__init__(config, src)
        self._own_client: httpx.Client | None = None
        if config.http_client is None and config.httpx_kwargs.keys() & TRANSPORT_ARGUMENTS:
            self._own_client = make_client(
                config, self._contexts.get_verifying(), KEEP_MANY, httpx.Client
            )
        self._pool = ClientPool(self._make_client, config.http_client or self._own_client)
        self.pause = self._pool.pause
        "Wait for some seconds, or until `close` is called."

    @contextlib.contextmanager
    def exchange(
        self, request: Request, body: Iterable[bytes], seconds: float | None, handle: CancelHandle
    ) -> Generator[tuple[Head, Iterator[bytes]]]:
        """Send a request; yield the head of the reply, and the chunks of its body as they arrive.

        `seconds` limits each connect, write and read, in place of the client's timeouts; None: the
        client's timeouts; infinity: reads have no limit, and the connection is not reused. Raises
        TransportFailed.
        """
        endless = seconds == math.inf
        if seconds is None:
            timeout = self._timeout
        else:
            timeout = with_read_timeout(self._timeout, None) if endless else httpx.Timeout(seconds)
        with self._open_reply(request, body, timeout, handle, keep=not endless) as reply:
            yield self._make_head(request, reply), reply.iter_raw(_CHUNK)

    @contextlib.contextmanager
    def open_stream(
        self, request: Request, handle: CancelHandle
    ) -> Generator[tuple[Head, Iterator[bytes]]]:
        """Open a stream; yield its head and chunks, without a read timeout.

        Raises TransportFailed.
        """
        timeout = with_read_timeout(self._timeout, None)
        with self._open_reply(request, (), timeout, handle, keep=False) as reply:
            # No chunk size: httpx would hold bytes back until it has a whole chunk.
            yield self._make_head(request, reply), reply.iter_raw()

    def close(self) -> None:
        """Abort all exchanges and close all connections; later exchanges fail at once."""
        self._pool.close()
        if self._own_client is not None:
            self._own_client.close()

    @contextlib.contextmanager
    def _open_reply(
        self,
        request: Request,
        body: Iterable[bytes],
        timeout: httpx.Timeout,
        handle: CancelHandle,
        *,
        keep: bool,
    ) -> Generator[httpx.Response]:
        pooled = self._pool.take((origin(request.url), keep), handle)
        if pooled is None:
            raise TransportFailed(f"{request!r}: the client was closed", connected=False)
        try:
            with translate_errors(self._library, request, self._find_proxy(request)):
                reply = self._send(request, body, timeout, handle, pooled)
                with contextlib.closing(reply):
                    # Again here, because a transport of the caller may not support traces.
                    handle.attach(pooled.record_socket(reply.extensions.get("network_stream")))
                    yield reply
        finally:
            self._pool.give_back(pooled, handle)

    def _send(
        self,
        request: Request,
        body: Iterable[bytes],
        timeout: httpx.Timeout,
        handle: CancelHandle,
        pooled: PooledClient,
    ) -> httpx.Response:
        try:
            sent = make_request(self._library, request, body, timeout)
            sent.extensions["trace"] = make_trace(handle, pooled)
            reply: httpx.Response = pooled.client.send(
                sent, stream=True, auth=self._choose_auth(request), follow_redirects=False
            )
        except UnicodeError as error:  # an invalid host name, such as `a..b`
            raise make_transport_error(request, error, connected=False) from error
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%r %s: %s", request, redact(request.headers), reply.status_code)
        return reply

    def _make_client(self, key: Key) -> httpx.Client:
        target, keep = key
        limits = KEEP if keep else DROP
        return make_client(self._config, self._contexts.get(target), limits, httpx.Client)


class TlsContexts:
    """The TLS contexts of one client; making one takes 17 ms, so this is lazy. Thread-safe."""

    def __init__(self, config: TransportConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._verifying: ssl.SSLContext | None = None
        self._unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not isinstance(config.verify, bool):
            self.get_verifying()

    def get(self, target: Origin) -> ssl.SSLContext:
        """Return the context for an origin; for http, an empty one that no connection uses."""
        return self.get_verifying() if target.scheme == "https" else self._unused

    def get_verifying(self) -> ssl.SSLContext:
        """Return the context that the caller wants. Raises InvalidArguments for unreadable CAs."""
        with self._lock:
            if self._verifying is None:
                kwargs = self._config.httpx_kwargs
                self._verifying = httpx.create_ssl_context(
                    verify=make_verify(self._config.verify),
                    trust_env=kwargs.get("trust_env", True),
                )
            return self._verifying


def make_trace(
    handle: CancelHandle, pooled: PooledClient
) -> Callable[[str, Mapping[str, Any]], None]:
    """Return a trace function of httpx that keeps the handle attached to the current socket."""

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_SOCKET_CHANGES):
            handle.attach(pooled.record_socket(info["return_value"]))
        elif event.endswith(_EXCHANGE_ENDS):
            handle.detach()

    return trace


def find_library(client: object) -> Any:
    """Return the module that a client comes from, httpx or httpx2; httpx for None."""
    names = [kind.__module__.partition(".")[0] for kind in type(client).__mro__]
    found = next((name for name in names if name in ("httpx", "httpx2")), "httpx")
    return sys.modules[found]


def make_client(
    config: TransportConfig, context: ssl.SSLContext, limits: httpx.Limits, kind: type[C]
) -> C:
    """Make an httpx client of this kind. Raises InvalidArguments for wrong `httpx_kwargs`."""
    passed = dict(config.httpx_kwargs)
    transport = httpx.HTTPTransport if kind is httpx.Client else httpx.AsyncHTTPTransport
    via = partial(transport, verify=context, limits=limits)
    old = passed.pop("proxies", None)
    # The core keeps the cookies. A jar of httpx would send them by other rules as well.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    try:
        mapped = {} if passed.get("proxy") is not None else convert_proxies(old, via)
        mounts: dict[str, Any] = {**mapped.pop("mounts", {}), **(passed.pop("mounts", None) or {})}
        kwargs: dict[str, Any] = {"limits": limits, **mapped, **passed}
        if limits is DROP:
            # The limits of the caller are for requests; the connection of a stream is never kept.
            kwargs["limits"] = limits
        return kind(verify=context, cookies=jar, mounts=mounts, follow_redirects=False, **kwargs)
    except httpx.InvalidURL as error:  # such as NO_PROXY=[::1], which httpx cannot read
        raise InvalidArguments(f"a proxy in httpx_kwargs, or NO_PROXY: {error}") from error
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        raise InvalidArguments(f"httpx_kwargs: {error}") from error


def make_verify(verify: bool | str | ssl.SSLContext) -> bool | ssl.SSLContext:
    """Return `verify` for httpx; load the CA bundle, or the folder of CAs, of a path."""
    if not isinstance(verify, str):
        return verify
    try:
        if Path(verify).is_dir():
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        raise InvalidArguments(f"ssl_verify: {verify!r}: {error.strerror or error}") from error


def convert_proxies(old: object, via: Callable[..., Any]) -> dict[str, Any]:
    """Convert `proxies`, which httpx removed in 0.28, to the arguments that it takes now.

    `via` makes the transport of one proxy.
    """
    match old:
        case None | str() | httpx.URL() | httpx.Proxy():
            return {"proxy": old}
        case Mapping():
            mounts = cast("Mapping[str, Any]", old)
            return {
                "mounts": {pattern: proxy and via(proxy=proxy) for pattern, proxy in mounts.items()}
            }
        case _:
            raise InvalidArguments(
                f"httpx_kwargs: 'proxies' is {type(old).__name__}, not str or dict"
            )


def find_environment_proxy(config: TransportConfig, target: Origin) -> str:
    """Return the proxy that httpx takes from the environment for an origin, without credentials.

    Empty if there is none, or if arguments of the caller choose the way. httpx does not tell which
    proxy it uses, but asks the same function for it.
    """
    kwargs = config.httpx_kwargs
    is_chosen = config.http_client is not None or kwargs.keys() & _ROUTE_ARGUMENTS
    if is_chosen or not kwargs.get("trust_env", True):
        return ""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(target.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(target.host_port):
        return ""
    return proxy_address(proxy)


def make_timeout(config: TransportConfig) -> httpx.Timeout:
    """Return the timeouts of the caller, or the defaults. Raises InvalidArguments."""
    timeout = _TIMEOUT if config.timeout is None else httpx.Timeout(config.timeout)
    if any(isinstance(seconds, str) for seconds in timeout.as_dict().values()):
        raise InvalidArguments(f"timeout: expected seconds, got {config.timeout!r}")
    return timeout


def with_read_timeout(timeout: httpx.Timeout, seconds: float | None) -> httpx.Timeout:
    """Return the timeouts with another limit for each read, in seconds; None: no limit."""
    return httpx.Timeout(
        connect=timeout.connect, write=timeout.write, pool=timeout.pool, read=seconds
    )


def make_request(
    library: Any,
    request: Request,
    body: Iterable[bytes] | AsyncIterable[bytes] | None,
    timeout: httpx.Timeout,
) -> httpx.Request:
    """Convert a request for httpx. Its headers are complete, so this adds none."""
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
    if request.body:
        headers.append((b"content-length", str(request.size).encode()))
    converted: httpx.Request = library.Request(
        request.method,
        request.url,
        headers=headers,
        content=body if request.body else None,
        extensions={"timeout": timeout.as_dict()},
    )
    return converted


@contextlib.contextmanager
def translate_errors(library: Any, request: Request, proxy: str = "") -> Generator[None]:
    """Raise errors of the library as TransportFailed."""
    h = library
    try:
        yield
    except (h.HTTPError, h.StreamError, h.InvalidURL) as error:
        unconnected = (h.ConnectError, h.ConnectTimeout, h.PoolTimeout, h.ProxyError)
        late = isinstance(error, h.TimeoutException)
        connected = not isinstance(error, unconnected)
        raise make_transport_error(
            request, error, connected=connected, late=late, proxy=proxy
        ) from error


def make_transport_error(
    request: Request,
    error: Exception,
    *,
    connected: bool = True,
    late: bool = False,
    proxy: str = "",
) -> TransportFailed:
    """Make a TransportFailed that names the request and the error of the library."""
    said = f"{request!r}: {str(error) or type(error).__name__}"
    untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))
    return TransportFailed(said, connected=connected, late=late, untrusted=untrusted, proxy=proxy)

"""HTTP over httpx; only this module knows the library.

A `Request` of the core is complete, and is sent unchanged. Every reply is delivered, whatever its
status. Errors of httpx become TransportFailed, with the original error as the cause. The client of
a caller may be one of httpx2, a continuation of httpx under another name; its requests and errors
are then those of httpx2.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import ssl
import sys
import urllib.request
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar, cast

from gradio_protocol import (
    Head,
    InvalidArguments,
    Origin,
    Request,
    TransportFailed,
    find_proxy,
    is_address,
    origin,
    proxy_address,
    redact,
    transport_error,
)

from .cancel_handle import CancelHandle, ClientPool, Key, PooledClient
from .httpx_log import redacted_log
from .httpx_module import httpx
from .inputs import TransportConfig

Timeout = httpx.Timeout
HttpClient = httpx.Client
AsyncHttpClient = httpx.AsyncClient

C = TypeVar("C", httpx.Client, httpx.AsyncClient)

_KEEP_ALIVE = 4.0
"Seconds. uvicorn closes idle connections after 5; a request sent at that moment is lost."
_KEEP = httpx.Limits(max_keepalive_connections=1, keepalive_expiry=_KEEP_ALIVE)
_DROP = httpx.Limits(max_keepalive_connections=0)
"For streams and direct calls: on a new connection, a failure cannot mean that it was stale."
_KEEP_MANY = httpx.Limits(max_keepalive_connections=64, keepalive_expiry=_KEEP_ALIVE)
"For the one client that makes all connections, with the caller's transports."
_SOCKET_CHANGES = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
"Trace events of httpx after which an exchange has a new socket."
_EXCHANGE_ENDS = ".response_closed.started"
"The trace event after which another exchange may use the socket."
_TRANSPORT_ARGUMENTS = ("transport", "mounts")
"Arguments of httpx with transports of the caller, which may pool connections."
_ROUTE_ARGUMENTS = ("proxy", "proxies", *_TRANSPORT_ARGUMENTS)
"Arguments of httpx that choose the way to a host, so that the environment does not."
_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
"Of requests, unless the caller sets others. Streams and direct calls have no read timeout."
CHUNK = 2**16
"Bytes of one read of a reply's body: what httpcore reads from a socket at once."

_log = logging.getLogger("gradio_client_httpx")


class BaseConnections:
    """What blocking and async connections share: the settings, and what each exchange gets."""

    def __init__(self, config: TransportConfig, src: str) -> None:
        self._config = config
        self._timeout = make_timeout(config)
        self._library = find_library(config.http_client)
        self._app_origin = origin(src) if is_address(src) else None
        if not isinstance(config.verify, bool):
            _ = self._context  # now, so that the constructor of the client raises for a wrong path
        self._find_proxy = functools.cache(partial(find_environment_proxy, config))

    def set_app_origin(self, src: str) -> None:
        """Set the app's origin after connecting; only this origin gets what `auth` adds."""
        self._app_origin = origin(src)

    def _make_head(self, request: Request, reply: httpx.Response, proxy: str) -> Head:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%r %s: %s", request, redact(request.headers), reply.status_code)
        return Head.of(request, reply.status_code, reply.headers.raw, proxy=proxy)

    def _choose_auth(self, where: Origin) -> Any:
        # `auth` is for the app's own origin. httpx would apply it to every request, including those
        # for files on other hosts that the server names.
        return self._config.auth if where == self._app_origin else None

    def _choose_timeouts(self, seconds: float | None) -> dict[str, float | None]:
        if seconds is None or seconds == math.inf:
            own = self._timeout.as_dict()
            return own if seconds is None else own | {"read": None}
        return httpx.Timeout(seconds).as_dict()

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        # Lazy, because this takes 17 ms, and only connections to https need it.
        return make_context(self._config)

    def _make_client(self, kind: type[C], target: Origin, *, keep: bool) -> C:
        context = self._context if target.scheme == "https" else make_empty_context()
        return make_client(self._config, context, _KEEP if keep else _DROP, kind)

    def _make_own(self, kind: type[C]) -> C | None:
        """Make the client for the transports of the caller, if there are any."""
        config = self._config
        if config.http_client is None and config.httpx_kwargs.keys() & _TRANSPORT_ARGUMENTS:
            return make_client(config, self._context, _KEEP_MANY, kind)
        return None


class Connections(BaseConnections):
    """The connections of one client: an httpx client for each, from a `ClientPool`. Thread-safe.

    If the caller passes a client or a transport, that makes all connections. The one of an exchange
    is then known only when it is new or when the head of the reply arrives, so an abort of an
    exchange on a reused connection waits for the head.
    """

    def __init__(self, config: TransportConfig, src: str) -> None:
        super().__init__(config, src)
        self._own = self._make_own(httpx.Client)
        self._pool = ClientPool(self._make_pooled, config.http_client or self._own)
        self.pause: Callable[[float], None] = self._pool.pause
        "Wait for some seconds, or until `close` is called."

    @contextlib.contextmanager
    def exchange(
        self, request: Request, body: Iterable[bytes], seconds: float | None, handle: CancelHandle
    ) -> Generator[tuple[Head, Iterator[bytes]]]:
        """Send a request; yield the head of the reply, and the chunks of its body as they arrive.

        `seconds` limits each connect, write and read, in place of the client's timeouts; None: the
        client's timeouts; infinity, for streams and direct calls: reads have no limit, and the
        connection is not reused. After an upgrade the chunks are a `RawStream`. Raises
        TransportFailed.
        """
        endless, where = seconds == math.inf, origin(request.url)
        proxy = self._find_proxy(where)
        pooled = self._pool.take((where, not endless), handle)
        if pooled is None:
            raise TransportFailed(f"{request!r}: the client was closed", connected=False)
        try:
            with translate_errors(self._library, request, proxy):
                sent = make_request(self._library, request, body, self._choose_timeouts(seconds))
                sent.extensions["trace"] = partial(follow_socket, handle, pooled)
                with contextlib.closing(self._send(pooled.client, sent, where)) as reply:
                    # Again here, because a transport of the caller may not support traces.
                    handle.attach(pooled.record_socket(reply.extensions.get("network_stream")))
                    head = self._make_head(request, reply, proxy)
                    if head.is_upgrade:
                        yield head, RawStream(request, reply, self._timeout.write)
                        return
                    # No chunk size for a stream: httpx would hold bytes back until it has a chunk.
                    yield head, reply.iter_raw(None if endless else CHUNK)
        finally:
            self._pool.give_back(pooled, handle)

    def close(self) -> None:
        """Abort all exchanges and close all connections; later exchanges fail at once."""
        self._pool.close()
        if self._own is not None:
            self._own.close()

    def _send(self, client: httpx.Client, sent: httpx.Request, where: Origin) -> httpx.Response:
        auth = self._choose_auth(where)
        try:
            with redacted_log():
                return client.send(sent, stream=True, auth=auth, follow_redirects=False)
        except UnicodeError as error:  # an invalid host name, such as `a..b`
            raise self._library.ConnectError(str(error)) from error

    def _make_pooled(self, key: Key) -> httpx.Client:
        target, keep = key
        return self._make_client(httpx.Client, target, keep=keep)


class BaseRawStream:
    """A connection after an upgrade. Reads have no limit, and each write may take `seconds`."""

    def __init__(self, request: Request, reply: httpx.Response, seconds: float | None) -> None:
        self._target = origin(request.url)
        self._stream = reply.extensions["network_stream"]
        self._seconds = seconds

    @contextlib.contextmanager
    def _translate_errors(self) -> Generator[None]:
        try:
            yield
        # Of the library below httpx, which has another name below httpx2.
        except Exception as error:
            raise transport_error(self._target, error) from error


class RawStream(BaseRawStream, Iterator[bytes]):
    """The bytes of a connection after an upgrade; the last ones are empty."""

    def __next__(self) -> bytes:
        """Return the next bytes. Raises TransportFailed."""
        with self._translate_errors():
            return bytes(self._stream.read(CHUNK, timeout=None))

    def write(self, data: bytes) -> None:
        """Send bytes. Raises TransportFailed."""
        with self._translate_errors():
            self._stream.write(data, timeout=self._seconds)


def follow_socket(
    handle: CancelHandle, pooled: PooledClient, event: str, info: Mapping[str, Any]
) -> None:
    """Keep the handle attached to the current socket, by the events that httpx traces."""
    if event.endswith(_SOCKET_CHANGES):
        handle.attach(pooled.record_socket(info["return_value"]))
    elif event.endswith(_EXCHANGE_ENDS):
        handle.detach()


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
        if limits is _DROP:
            # The limits of the caller are for requests; the connection of a stream is never kept.
            kwargs["limits"] = limits
        return kind(verify=context, cookies=jar, mounts=mounts, follow_redirects=False, **kwargs)
    except httpx.InvalidURL as error:  # such as NO_PROXY=[::1], which httpx cannot read
        raise InvalidArguments(f"a proxy in httpx_kwargs, or NO_PROXY: {error}") from error
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        raise InvalidArguments(f"httpx_kwargs: {_explain(error, kind, passed)}") from error


def _explain(error: Exception, kind: type[object], passed: Mapping[str, object]) -> str:
    """Return why `kind` refuses these arguments; Python's own text would name a method of httpx."""
    known = signature(kind).parameters
    unknown = next((name for name in passed if name not in known), None)
    what = f"a parameter {unknown!r}" if unknown else f"one of these values ({error})"
    return f"{kind.__module__}.{kind.__name__} does not take {what}"


@functools.cache
def make_empty_context() -> ssl.SSLContext:
    """Make the context for http. httpx makes one for each client that gets none, in 17 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def make_context(config: TransportConfig) -> ssl.SSLContext:
    """Return the TLS context that the caller wants. Raises InvalidArguments for unreadable CAs."""
    verify, trust_env = config.verify, config.httpx_kwargs.get("trust_env", True)
    if not isinstance(verify, str):
        return httpx.create_ssl_context(verify=verify, trust_env=trust_env)
    try:
        if Path(verify).is_dir():
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        reason = error.strerror or error
        raise InvalidArguments(
            f"ssl_verify: cannot read CA certificates from {verify!r}: {reason}"
        ) from error


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
            got = f"a value of type {type(old).__name__}"
            raise InvalidArguments(
                f"httpx_kwargs: 'proxies': expected an address or a dict of addresses, got {got}"
            )


def find_environment_proxy(config: TransportConfig, target: Origin) -> str:
    """Return the proxy that httpx takes from the environment for an origin, without credentials.

    Empty if there is none, or if arguments of the caller choose the way. httpx does not tell which
    proxy it uses, but takes it from `getproxies` too.
    """
    kwargs = config.httpx_kwargs
    is_chosen = config.http_client is not None or kwargs.keys() & _ROUTE_ARGUMENTS
    if is_chosen or not kwargs.get("trust_env", True):
        return ""
    # typeshed lacks this function.
    bypasses = vars(urllib.request)["proxy_bypass_environment"]
    proxy = find_proxy(urllib.request.getproxies(), target, bypasses)
    return proxy and proxy_address(proxy)


def make_timeout(config: TransportConfig) -> httpx.Timeout:
    """Return the timeouts of the caller, or the defaults. Raises InvalidArguments."""
    timeout = _TIMEOUT if config.timeout is None else httpx.Timeout(config.timeout)
    if any(isinstance(seconds, str) for seconds in timeout.as_dict().values()):
        raise InvalidArguments(f"timeout: expected a number of seconds, got {config.timeout!r}")
    return timeout


def make_request(
    library: Any,
    request: Request,
    body: Iterable[bytes] | AsyncIterable[bytes] | None,
    timeouts: dict[str, float | None],
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
        extensions={"timeout": timeouts},
    )
    return converted


@contextlib.contextmanager
def translate_errors(library: Any, request: Request, proxy: str = "") -> Generator[None]:
    """Raise errors of the library as TransportFailed."""
    h = library
    try:
        yield
    except (h.HTTPError, h.StreamError, h.InvalidURL) as error:
        unconnected = (h.ConnectError, h.ConnectTimeout, h.PoolTimeout, h.ProxyError, h.InvalidURL)
        raise transport_error(
            origin(request.url),
            error,
            connected=not isinstance(error, unconnected),
            late=isinstance(error, h.TimeoutException),
            proxy=proxy,
        ) from error

"""HTTP by httpx: the only module that knows it.

A `Request` of the core is complete and is sent as it is; a reply is delivered whatever its
status. What httpx raises leaves as TransportFailed, with the exception as its cause. A caller's own
client may also be one of httpx2, the continuation of httpx under another name: what is needed of a
library is looked up in the one that the client is of.
"""

from __future__ import annotations

import contextlib
import logging
import math
import ssl
import sys
import threading
import urllib.request
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, cast

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

_KEEP_ALIVE = 4.0
"Seconds; servers close idle connections after 5, and what is sent at that moment is lost."
_KEEP = httpx.Limits(max_keepalive_connections=1, keepalive_expiry=_KEEP_ALIVE)
_DROP = httpx.Limits(max_keepalive_connections=0)
"For streams and direct calls: whether one that breaks has reached the server must not be a guess."
_KEEP_MANY = httpx.Limits(max_keepalive_connections=64, keepalive_expiry=_KEEP_ALIVE)
"For a client that makes all connections."
_SOCKET_CHANGES = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
"The events at which httpx has another socket."
_EXCHANGE_ENDS = ".response_closed.started"
"The one after which another exchange may have it."
_TRANSPORT_ARGUMENTS = ("transport", "mounts")
"What may make several connections, and is the caller's."
_ROUTE_ARGUMENTS = ("proxy", "proxies", *_TRANSPORT_ARGUMENTS)
"What says how to get to a host, in place of the environment."
_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
"Of requests, unless the caller says otherwise; streams and direct calls have no such end."
_CHUNK = 2**16

_log = logging.getLogger("gradio_client_httpx")


class Connections:
    """The clients of httpx behind one of ours: one for each connection, as `wire` has it.

    Where the caller gives a client, or a transport, that one makes all connections, and which it
    takes for an exchange is only known when the head of the reply has come: no sooner is it cut.
    """

    def __init__(self, settings: TransportConfig, src: str) -> None:
        self._settings = settings
        self._timeout = make_timeout(settings)
        self._library = find_library(settings.http_client)
        self._app_origin = origin(src) if is_address(src) else None
        self._contexts = TlsContexts(settings)
        self._proxies: dict[Origin, str] = {}
        self._own_client: httpx.Client | None = None
        if settings.http_client is None and settings.httpx_kwargs.keys() & _TRANSPORT_ARGUMENTS:
            self._own_client = make_client(settings, self._contexts.get_verifying(), _KEEP_MANY)
        self._pool = ClientPool(self._make_client, settings.http_client or self._own_client)
        self.pause = self._pool.pause
        "Wait; not so long if `close` comes first."

    def set_app_origin(self, src: str) -> None:
        """The app is here: this origin may see what `auth` makes of the caller's secrets."""
        self._app_origin = origin(src)

    @contextlib.contextmanager
    def exchange(
        self, request: Request, body: Iterable[bytes], seconds: float | None, handle: CancelHandle
    ) -> Generator[tuple[Head, Iterator[bytes]]]:
        """One exchange: the head of its reply, and the chunks of the body as they come.

        `patience` is that of `Send`. Raises TransportFailed.
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
        """A stream's head and chunks, however long they take. Raises TransportFailed."""
        timeout = with_read_timeout(self._timeout, None)
        with self._open_reply(request, (), timeout, handle, keep=False) as reply:
            # Without a size: with one, httpx holds bytes back until there are so many.
            yield self._make_head(request, reply), reply.iter_raw()

    def close(self) -> None:
        """Cut what is under way, and close all connections; nothing is sent from now on."""
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
                    # Again: a transport of the caller's may know no traces.
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
        except UnicodeError as error:  # a host that no name can have, such as `a..b`
            raise make_transport_error(request, error, connected=False) from error
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%r %s: %s", request, redact(request.headers), reply.status_code)
        return reply

    def _make_head(self, request: Request, reply: httpx.Response) -> Head:
        proxy = self._find_proxy(request)
        return Head.of(request, reply.status_code, reply.headers.raw, proxy=proxy)

    def _find_proxy(self, request: Request) -> str:
        target = origin(request.url)
        if target not in self._proxies:
            self._proxies[target] = find_environment_proxy(self._settings, target)
        return self._proxies[target]

    def _choose_auth(self, request: Request) -> Any:
        # Only to the app's own origin: httpx would apply it to any request, also to one for a file
        # that the server keeps elsewhere.
        auth = self._settings.auth
        return auth if auth is not None and self._app_origin == origin(request.url) else None

    def _make_client(self, key: Key) -> httpx.Client:
        place, keep = key
        return make_client(self._settings, self._contexts.get(place), _KEEP if keep else _DROP)


class TlsContexts:
    """The TLS contexts of one client: one takes 17 ms to be made, so they are shared, and lazy."""

    def __init__(self, settings: TransportConfig) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._verifying: ssl.SSLContext | None = None
        self._unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not isinstance(settings.verify, bool):
            self.get_verifying()

    def get(self, place: Origin) -> ssl.SSLContext:
        """The context for this origin; where there is no TLS, one that trusts nobody."""
        return self.get_verifying() if place.scheme == "https" else self._unused

    def get_verifying(self) -> ssl.SSLContext:
        """The context that was asked for. Raises InvalidArguments."""
        with self._lock:
            if self._verifying is None:
                given = self._settings.httpx_kwargs
                self._verifying = httpx.create_ssl_context(
                    verify=make_verify(self._settings.verify),
                    trust_env=given.get("trust_env", True),
                )
            return self._verifying


def make_trace(
    handle: CancelHandle, pooled: PooledClient
) -> Callable[[str, Mapping[str, Any]], None]:
    """What tells the wire of a new connection, and of its end, as soon as there is one."""

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_SOCKET_CHANGES):
            handle.attach(pooled.record_socket(info["return_value"]))
        elif event.endswith(_EXCHANGE_ENDS):
            handle.detach()

    return trace


def find_library(client: object) -> Any:
    """The module whose `Client` this is an instance of; httpx if there is none."""
    names = [kind.__module__.partition(".")[0] for kind in type(client).__mro__]
    found = next((name for name in names if name in ("httpx", "httpx2")), "httpx")
    return sys.modules[found]


def make_client(
    settings: TransportConfig, context: ssl.SSLContext, limits: httpx.Limits
) -> httpx.Client:
    """A new client of httpx."""
    given = dict(settings.httpx_kwargs)
    old = given.pop("proxies", None)
    # The core keeps the cookies; a second jar would send them by rules of its own.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    try:
        mapped = {} if given.get("proxy") is not None else convert_proxies(old, context, limits)
        mounts: dict[str, Any] = {**mapped.pop("mounts", {}), **(given.pop("mounts", None) or {})}
        kwargs: dict[str, Any] = {"limits": limits, **mapped, **given}
        if limits is _DROP:
            # The caller's are for requests; a stream's connection is never kept.
            kwargs["limits"] = limits
        return httpx.Client(
            verify=context, cookies=jar, mounts=mounts, follow_redirects=False, **kwargs
        )
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        raise InvalidArguments(f"httpx_kwargs: {error}") from error


def make_verify(verify: bool | str | ssl.SSLContext) -> bool | ssl.SSLContext:
    """How to verify certificates; a path is that of a CA bundle, or of a folder of them."""
    if not isinstance(verify, str):
        return verify
    try:
        if Path(verify).is_dir():
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        raise InvalidArguments(f"ssl_verify: {verify!r}: {error.strerror or error}") from error


def convert_proxies(given: object, context: ssl.SSLContext, limits: httpx.Limits) -> dict[str, Any]:
    """What httpx took as `proxies` until 0.28, as it takes it now."""
    match given:
        case None | str() | httpx.URL() | httpx.Proxy():
            return {"proxy": given}
        case Mapping():
            mounts = cast("Mapping[str, Any]", given)
            return {
                "mounts": {
                    pattern: proxy
                    and httpx.HTTPTransport(proxy=proxy, verify=context, limits=limits)
                    for pattern, proxy in mounts.items()
                }
            }
        case _:
            raise InvalidArguments(
                f"httpx_kwargs: 'proxies' is {type(given).__name__}, not str or dict"
            )


def find_environment_proxy(settings: TransportConfig, target: Origin) -> str:
    """The proxy that httpx takes from the environment for this origin, without credentials.

    Empty where there is none, or the caller has decided what is between. httpx does not say which
    one it takes, but has it from the same function.
    """
    given = settings.httpx_kwargs
    decided = settings.http_client is not None or given.keys() & _ROUTE_ARGUMENTS
    if decided or not given.get("trust_env", True):
        return ""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(target.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(target.host_port):
        return ""
    return proxy_address(proxy)


def make_timeout(settings: TransportConfig) -> httpx.Timeout:
    """The timeouts that the caller wants, or ours."""
    made = _TIMEOUT if settings.timeout is None else httpx.Timeout(settings.timeout)
    if any(isinstance(seconds, str) for seconds in made.as_dict().values()):
        raise InvalidArguments(f"timeout: expected seconds, got {settings.timeout!r}")
    return made


def with_read_timeout(timeout: httpx.Timeout, seconds: float | None) -> httpx.Timeout:
    """These timeouts with another one for each read; None: no limit."""
    return httpx.Timeout(
        connect=timeout.connect, write=timeout.write, pool=timeout.pool, read=seconds
    )


def make_request(
    library: Any, request: Request, body: Iterable[bytes], timeout: httpx.Timeout
) -> httpx.Request:
    """The request as httpx wants it, with nothing added: the headers are complete."""
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
    if request.body:
        headers.append((b"content-length", str(request.size).encode()))
    made: httpx.Request = library.Request(
        request.method,
        request.url,
        headers=headers,
        content=body if request.body else None,
        extensions={"timeout": timeout.as_dict()},
    )
    return made


@contextlib.contextmanager
def translate_errors(library: Any, request: Request, proxy: str = "") -> Generator[None]:
    """What the library raises, as TransportFailed."""
    h = library
    try:
        yield
    except (h.HTTPError, h.StreamError, h.InvalidURL) as error:
        unmade = (h.ConnectError, h.ConnectTimeout, h.PoolTimeout, h.ProxyError)
        late = isinstance(error, h.TimeoutException)
        connected = not isinstance(error, unmade)
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
    """What the library said, and of which request."""
    said = f"{request!r}: {error or type(error).__name__}"
    untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))
    return TransportFailed(said, connected=connected, late=late, untrusted=untrusted, proxy=proxy)

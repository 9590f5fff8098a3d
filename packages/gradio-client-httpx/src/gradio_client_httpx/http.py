"""HTTP by httpx: the only module that knows it.

A `Request` of the core is complete and is sent as it is; a reply is delivered whatever its
status. What httpx raises leaves as TransportFailed, with the exception as its cause; the silence
of a stream as `Silent`. A caller's own client may also be one of httpx2, the continuation of httpx
under another name: what is needed of a library is looked up in the one that the client is of.
"""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import ssl
import sys
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, cast

import httpx

from gradio_protocol import (
    Head,
    InvalidArguments,
    Request,
    Stream,
    TransportFailed,
    is_address,
    origin,
    redact,
)

from .inputs import Settings

Timeout = httpx.Timeout
HttpClient = httpx.Client

_KEPT_ALIVE = 4.0
"Seconds; servers close idle connections after 5, and what is sent at that moment is lost."
_REQUESTS = httpx.Limits(
    max_connections=64, max_keepalive_connections=64, keepalive_expiry=_KEPT_ALIVE
)
_STREAMS = httpx.Limits(max_keepalive_connections=0)
"A new connection for each: it is known, and can be cut, before the head of the reply has come."
_CONNECTED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
"The events at which httpx has another socket."
_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
"Of requests, unless the caller says otherwise; streams and direct calls have no such end."
_CHUNK = 2**16

_log = logging.getLogger("gradio_client_httpx")


class Silent(Exception):
    """No byte came on a stream within its idle time."""


class Wire:
    """The connection under one exchange, to be cut from another thread.

    Closing a response, or its client, does not wake a thread that waits for its bytes; shutting
    the socket down does, at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._cut = False

    def attach(self, connection: socket.socket | None) -> None:
        """This is under the exchange."""
        with self._lock:
            self._socket = connection
            cut = self._cut
        if cut:
            self.cut()

    def detach(self) -> None:
        """The exchange is over; its connection may serve another one."""
        with self._lock:
            self._socket = None

    def cut(self) -> None:
        """End it, now or as soon as it begins."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                shut(self._socket)


class Connections:
    """The httpx clients behind one of ours: for requests, and for streams, which live long.

    A client costs 17 ms, nearly all of it the TLS context: each is made when it is first needed.
    """

    def __init__(self, settings: Settings, src: str) -> None:
        self._settings = settings
        self._timeout = timeouts(settings)
        self._library = library(settings.http_client)
        self._home = origin(src) if is_address(src) else None
        self._lock = threading.Lock()
        self._clients: dict[bool, httpx.Client] = {}
        self._wires: set[Wire] = set()
        # An exchange on a connection kept alive has no wire before its head: `close` cuts these.
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._closed = False

    def settle(self, src: str) -> None:
        """The app is here: this origin may see what `auth` makes of the caller's secrets."""
        self._home = origin(src)

    @contextlib.contextmanager
    def exchange(
        self, request: Request, body: Iterable[bytes], patience: float | None, wire: Wire
    ) -> Generator[tuple[Head, Iterator[bytes]]]:
        """One exchange: the head of its reply, and the chunks of the body as they come.

        `patience` is that of `Send`. Raises TransportFailed.
        """
        endless = patience == math.inf
        timeout = self._timeout if patience is None else httpx.Timeout(patience)
        timeout = reading(self._timeout, None) if endless else timeout
        with self._kept(wire), translated(self._library, request):
            reply = self._send(request, body, timeout, wire, stream=endless)
            with contextlib.closing(reply):
                wire.attach(socket_of(reply.extensions.get("network_stream")))
                yield head_of(reply, request), reply.iter_raw(_CHUNK)
                wire.detach()

    @contextlib.contextmanager
    def open_stream(self, stream: Stream, wire: Wire) -> Generator[tuple[Head, Iterator[bytes]]]:
        """A stream's head and chunks. Raises TransportFailed, and Silent once it is open."""
        request = stream.request
        with translated(self._library, request):
            timeout = reading(self._timeout, stream.idle)
            reply = self._send(request, (), timeout, wire, stream=True)
            with contextlib.closing(reply):
                wire.attach(socket_of(reply.extensions.get("network_stream")))
                yield head_of(reply, request), heard(self._library, reply)
                wire.detach()

    def close(self) -> None:
        """Cut what is under way, and close all connections; nothing is sent from now on."""
        with self._lock:
            self._closed = True
            clients, self._clients = self._clients, {}
            wires, sockets = list(self._wires), list(self._sockets)
        for wire in wires:
            wire.cut()
        for connection in sockets:
            shut(connection)
        for client in clients.values():
            client.close()

    def _send(
        self,
        request: Request,
        body: Iterable[bytes],
        timeout: httpx.Timeout,
        wire: Wire,
        *,
        stream: bool,
    ) -> httpx.Response:
        client, auth = self._client(request, stream=stream), self._auth(request)
        try:
            sent = as_httpx(self._library, request, body, timeout)
            sent.extensions["trace"] = self._trace(wire)
            reply = client.send(sent, stream=True, auth=auth, follow_redirects=False)
        except UnicodeError as error:  # a host that no name can have, such as `a..b`
            raise failed(request, error, connected=False) from error
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%r %s: %s", request, redact(request.headers), reply.status_code)
        return reply

    def _trace(self, wire: Wire) -> Callable[[str, Mapping[str, Any]], None]:
        """What tells the wire of a new connection, as soon as there is one."""

        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event.endswith(_CONNECTED):
                connection = socket_of(info["return_value"])
                if connection is not None and self._settings.http_client is None:
                    with self._lock:
                        self._sockets.add(connection)
                wire.attach(connection)

        return trace

    def _auth(self, request: Request) -> Any:
        auth = self._settings.auth
        return auth if auth is not None and self._home == origin(request.url) else None

    def _client(self, request: Request, *, stream: bool) -> httpx.Client:
        with self._lock:
            if self._closed:
                raise TransportFailed(f"{request!r}: the client was closed", connected=False)
            if self._settings.http_client is not None:
                own: httpx.Client = self._settings.http_client
                return own
            if stream not in self._clients:
                self._clients[stream] = made(self._settings, stream=stream)
            return self._clients[stream]

    @contextlib.contextmanager
    def _kept(self, wire: Wire) -> Generator[None]:
        with self._lock:
            self._wires.add(wire)
        try:
            yield
        finally:
            with self._lock:
                self._wires.discard(wire)


def socket_of(stream: Any) -> socket.socket | None:
    """The socket under a network stream of httpx, where there is one."""
    found: socket.socket | None = stream.get_extra_info("socket") if stream is not None else None
    return found


def shut(connection: socket.socket) -> None:
    """Wake whoever waits for this connection, which is of no more use."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def library(client: object) -> Any:
    """The module whose `Client` this is an instance of; httpx if there is none."""
    names = [kind.__module__.partition(".")[0] for kind in type(client).__mro__]
    found = next((name for name in names if name in ("httpx", "httpx2")), "httpx")
    return sys.modules[found]


def heard(library: Any, reply: httpx.Response) -> Iterator[bytes]:
    """The chunks of a stream. Raises Silent."""
    try:
        yield from reply.iter_raw()
    except library.ReadTimeout as error:
        raise Silent from error


def made(settings: Settings, *, stream: bool) -> httpx.Client:
    """A new client for requests, or one for streams, of which there may be any number."""
    given = dict(settings.httpx_kwargs)
    verify = verified(settings.verify)
    old = given.pop("proxies", None)
    # The core keeps the cookies; a second jar would send them by rules of its own.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    try:
        mapped = {} if given.get("proxy") is not None else proxies(old, verify)
        mounts: dict[str, Any] = {**mapped.pop("mounts", {}), **(given.pop("mounts", None) or {})}
        limits = _STREAMS if stream else given.get("limits", _REQUESTS)
        kwargs: dict[str, Any] = {**mapped, **given, "limits": limits}
        return httpx.Client(
            verify=verify, cookies=jar, mounts=mounts, follow_redirects=False, **kwargs
        )
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        raise InvalidArguments(f"httpx_kwargs: {error}") from error


def verified(verify: bool | str | ssl.SSLContext) -> bool | ssl.SSLContext:
    """How to verify certificates; a path is that of a CA bundle, or of a folder of them."""
    if not isinstance(verify, str):
        return verify
    try:
        if Path(verify).is_dir():
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        raise InvalidArguments(f"ssl_verify: {verify!r}: {error.strerror or error}") from error


def proxies(given: object, verify: bool | ssl.SSLContext) -> dict[str, Any]:
    """What httpx took as `proxies` until 0.28, as it takes it now."""
    match given:
        case None | str() | httpx.URL() | httpx.Proxy():
            return {"proxy": given}
        case Mapping():
            mounts = cast("Mapping[str, Any]", given)
            return {
                "mounts": {
                    pattern: proxy and httpx.HTTPTransport(proxy=proxy, verify=verify)
                    for pattern, proxy in mounts.items()
                }
            }
        case _:
            raise InvalidArguments(
                f"httpx_kwargs: 'proxies' is {type(given).__name__}, not str or dict"
            )


def timeouts(settings: Settings) -> httpx.Timeout:
    """The timeouts that the caller wants, or ours."""
    made = _TIMEOUT if settings.timeout is None else httpx.Timeout(settings.timeout)
    if any(isinstance(seconds, str) for seconds in made.as_dict().values()):
        raise InvalidArguments(f"timeout: expected seconds, got {settings.timeout!r}")
    return made


def reading(timeout: httpx.Timeout, seconds: float | None) -> httpx.Timeout:
    """These timeouts with another one for each read; None: no limit."""
    return httpx.Timeout(
        connect=timeout.connect, write=timeout.write, pool=timeout.pool, read=seconds
    )


def as_httpx(
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


def head_of(reply: httpx.Response, request: Request) -> Head:
    """The beginning of a reply, as it came."""
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers.raw
    )
    return Head(status=reply.status_code, headers=headers, url=request.url)


@contextlib.contextmanager
def translated(library: Any, request: Request) -> Generator[None]:
    """What the library raises, as TransportFailed."""
    h = library
    try:
        yield
    except (h.ConnectError, h.ConnectTimeout, h.PoolTimeout, h.ProxyError) as error:
        raise failed(request, error, connected=False) from error
    except (h.HTTPError, h.StreamError, h.InvalidURL) as error:
        raise failed(request, error) from error


def failed(request: Request, error: Exception, *, connected: bool = True) -> TransportFailed:
    """What the library said, and of which request."""
    return TransportFailed(f"{request!r}: {error or type(error).__name__}", connected=connected)

"""Opens connections: TCP to a host or a proxy, then TLS."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Awaitable, Callable
from math import inf
from socket import AF_INET, AF_INET6
from typing import TypeAlias

import h11
import trio

from gradio_protocol import KEEPALIVE, Origin

from .pool import Connection
from .proxy import Proxies, Proxy, Trust

Dial: TypeAlias = Callable[[str, int], Awaitable[trio.abc.Stream]]
"Opens a byte stream to a host and a port. Raises OSError."


async def dial(host: str, port: int) -> trio.abc.Stream:
    """Open a TCP stream: to a literal address at once, to a name by happy eyeballs."""
    family = _find_family(host)
    if family is None:
        return await _open_by_name(host, port)
    # `open_tcp_stream` would start a nursery and a resolver for the one address there is: 5 % of
    # the CPU of a stream of 20 outputs (`scripts/bench --streams`).
    socket = trio.socket.socket(family)
    try:
        await socket.connect((host, port))
    except BaseException:
        socket.close()
        raise
    return trio.SocketStream(socket)


def _find_family(host: str) -> int | None:
    """Return the address family of a literal address.

    None for a name, and for an IPv6 address with a scope, which only a resolver turns into a
    number.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return AF_INET
    return None if address.scope_id else AF_INET6


async def _open_by_name(host: str, port: int) -> trio.abc.Stream:
    """Open a TCP stream by happy eyeballs (RFC 8305).

    If an address does not answer within 250 ms, the next one is tried as well, and the first to
    connect wins. Otherwise a host whose IPv6 address is unreachable would take minutes.
    """
    try:
        return await trio.open_tcp_stream(host, port)
    except BaseExceptionGroup as group:
        # `open_tcp_stream` has a nursery in the task of the caller, which puts a KeyboardInterrupt
        # into an exception group. No `except KeyboardInterrupt` would catch that.
        interrupts = group.subgroup(KeyboardInterrupt)
        if interrupts is None:
            raise
        raise KeyboardInterrupt from interrupts


def enable_keepalive(connection: trio.socket.SocketType) -> None:
    """Let TCP detect a peer that has disappeared; a stream that only reads would never notice."""
    # The `dial` of a caller may return a socket that is not TCP.
    with contextlib.suppress(OSError):
        connection.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE:
            if hasattr(trio.socket, name):
                connection.setsockopt(trio.socket.IPPROTO_TCP, getattr(trio.socket, name), value)


class Dialer:
    """Makes connections, directly or through a proxy, with or without TLS."""

    def __init__(self, dial: Dial, trust: Trust, proxies: Proxies) -> None:
        self._dial = dial
        self._trust = trust
        self._proxies = proxies

    def find_environment_proxy(self, target: Origin) -> str:
        """Return the environment's proxy for an origin, without credentials, or an empty text."""
        proxy = None if self._proxies.is_explicit else self._proxies.choose(target)
        return str(proxy.origin) if proxy else ""

    async def connect(self, target: Origin, seconds: float) -> Connection:
        """Return a connection on which requests to `target` can be written.

        `seconds` limits all of it: name resolution, TCP, the proxy and TLS. Raises OSError, and
        ConnectionRefusedError if the proxy refuses the tunnel.
        """
        proxy = self._proxies.choose(target)
        hop = target if proxy is None else proxy.origin
        with trio.fail_after(seconds):
            stream = await self._dial(hop.host, hop.port)
            if isinstance(stream, trio.SocketStream):
                enable_keepalive(stream.socket)
            try:
                return await self._prepare(stream, proxy, target)
            except BaseException:
                # Forcefully: in a cancelled task, an orderly close would be cancelled too.
                await trio.aclose_forcefully(stream)
                raise

    async def _prepare(
        self, stream: trio.abc.Stream, proxy: Proxy | None, target: Origin
    ) -> Connection:
        if proxy is not None:
            if proxy.origin.scheme == "https":
                stream = await self._start_tls(stream, proxy.origin.host)
            if target.scheme == "http":
                # Without a tunnel: the proxy reads each request and forwards it.
                return Connection(stream, relay=proxy)
            await _open_tunnel(stream, proxy, target)
        if target.scheme == "https":
            stream = await self._start_tls(stream, target.host)
        return Connection(stream)

    async def _start_tls(self, stream: trio.abc.Stream, host: str) -> trio.abc.Stream:
        context = await self._trust.get_context()
        # `https_compatible`: many servers close without close_notify. A truncated reply is detected
        # by the framing of HTTP instead.
        tls = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
        await tls.do_handshake()
        return tls


async def _open_tunnel(stream: trio.abc.Stream, proxy: Proxy, target: Origin) -> None:
    host = target.host_port
    headers = [("Host", host)]
    if proxy.authorization is not None:
        headers.append(("Proxy-Authorization", proxy.authorization))
    tunnel = Connection(stream)
    await tunnel.send_request(h11.Request(method="CONNECT", target=host, headers=headers), (), inf)
    while (reply := tunnel.next_head()) is None:
        await tunnel.receive()
    # Bytes after the head would be read as the first bytes of the server. They come from a proxy
    # that answers 200 with a page of its own, or from one that impersonates the server.
    if not tunnel.is_tunnel_open():
        refusal = f"proxy {proxy.origin} answered CONNECT with {reply.status_code}"
        raise ConnectionRefusedError(refusal)

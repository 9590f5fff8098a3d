"""How a connection is made: a byte stream to a host, the proxy between, and TLS around it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from math import inf
from typing import TypeAlias

import h11
import trio

from gradio_protocol import KEEPALIVE, Origin

from .pool import Connection
from .proxy import Proxies, Proxy, Trust

Dial: TypeAlias = Callable[[str, int], Awaitable[trio.abc.Stream]]
"Opens a byte stream to a host and a port; raises OSError."


async def dial(host: str, port: int) -> trio.abc.Stream:
    """A TCP stream, by happy eyeballs (RFC 8305) where a name has several addresses.

    If one does not answer within 250 ms, the next one is tried beside it, and the first to connect
    wins: with IPv6 that leads nowhere, one would otherwise wait for minutes.
    """
    try:
        return await trio.open_tcp_stream(host, port)
    except BaseExceptionGroup as group:
        # The nursery of `open_tcp_stream` is in the caller's task, and may leave Ctrl-C in a group.
        interrupts = group.subgroup(KeyboardInterrupt)
        if interrupts is None:
            raise
        raise KeyboardInterrupt from interrupts


def enable_keepalive(connection: trio.socket.SocketType) -> None:
    """Have the system see to it that the peer is there: nobody else would learn that it is not."""
    # A caller's own `dial` may connect to what is no TCP.
    with contextlib.suppress(OSError):
        connection.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE:
            if hasattr(trio.socket, name):
                connection.setsockopt(trio.socket.IPPROTO_TCP, getattr(trio.socket, name), value)


class Dialer:
    """Makes connections: straight, or by way of a proxy; in plain text, or inside TLS."""

    def __init__(self, dial: Dial, trust: Trust, proxies: Proxies) -> None:
        self._dial = dial
        self._trust = trust
        self._proxies = proxies

    def find_environment_proxy(self, target: Origin) -> str:
        """The proxy of the environment between us and this origin, without credentials."""
        proxy = None if self._proxies.is_explicit else self._proxies.choose(target)
        return str(proxy.origin) if proxy else ""

    async def connect(self, target: Origin, seconds: float) -> Connection:
        """A connection on which requests to `target` can be written.

        `seconds` bound all of it: names, TCP, the proxy, TLS. Raises ConnectionRefusedError if
        the proxy will not connect us.
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
                # Also when cancelled, where a polite close would be cancelled as well.
                await trio.aclose_forcefully(stream)
                raise

    async def _prepare(
        self, stream: trio.abc.Stream, proxy: Proxy | None, target: Origin
    ) -> Connection:
        if proxy is not None:
            if proxy.origin.scheme == "https":
                stream = await self._start_tls(stream, proxy.origin.host)
            if target.scheme == "http":
                # The proxy reads and forwards each request, and decides about connections.
                return Connection(stream, relay=proxy)
            await _open_tunnel(stream, proxy, target)
        if target.scheme == "https":
            stream = await self._start_tls(stream, target.host)
        return Connection(stream)

    async def _start_tls(self, stream: trio.abc.Stream, host: str) -> trio.abc.Stream:
        context = await self._trust.get_context()
        # Web servers do not say good-bye in TLS; HTTP's own framing tells a cut reply.
        tls = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
        await tls.do_handshake()
        return tls


async def _open_tunnel(stream: trio.abc.Stream, proxy: Proxy, target: Origin) -> None:
    where = target.host_port
    headers = [("Host", where)]
    if proxy.authorization is not None:
        headers.append(("Proxy-Authorization", proxy.authorization))
    talk = Connection(stream)
    await talk.send_request(h11.Request(method="CONNECT", target=where, headers=headers), (), inf)
    reply = await talk.read_head()
    # What follows the head would be read as the server's first words: of a proxy that answers 200
    # with a page of its own, or of somebody who wants to speak in the server's name.
    if not talk.is_tunnel_open():
        raise ConnectionRefusedError(f"proxy {proxy.origin} answered CONNECT: {reply.status_code}")

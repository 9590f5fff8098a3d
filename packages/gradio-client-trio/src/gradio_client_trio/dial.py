"""Byte streams to where a name or an address leads."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from socket import AF_INET, AF_INET6
from typing import TypeAlias

import trio

Dial: TypeAlias = Callable[[str, int], Awaitable[trio.abc.Stream]]
"Opens a byte stream to a host and a port; raises OSError."


async def dial(host: str, port: int) -> trio.abc.Stream:
    """A TCP stream, by happy eyeballs where there is a choice: to race alone is work in vain."""
    family = family_of(host)
    if family is None:
        return await trio.open_tcp_stream(host, port)
    socket = trio.socket.socket(family)
    try:
        await socket.connect((host, port))
    except BaseException:
        socket.close()
        raise
    return trio.SocketStream(socket)


def family_of(host: str) -> int | None:
    """The family of an address; None for a name, and for an address that names its interface."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 4:
        return AF_INET
    return None if address.scope_id else AF_INET6

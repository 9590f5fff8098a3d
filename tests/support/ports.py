"""Ports of 127.0.0.1 that no other process is given while a test counts on them.

Whoever asks for a free port and lets go of it may lose it to another process before, or between,
the times that a server listens there. A socket that is bound and does not listen keeps the port:
connections to it are refused, and nobody is given it by chance.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def closed_port() -> Generator[int]:
    """A port where nobody listens."""
    with socket.socket() as keeper:
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]


@contextmanager
def reserved_port() -> Generator[int]:
    """A port where a server may listen, stop and listen again.

    Servers set SO_REUSEADDR; only Linux then lets them listen beside the socket that keeps the
    port. Elsewhere the port is 0: let the system choose.
    """
    if sys.platform != "linux":
        yield 0
        return
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]

"""The connections under exchanges: whose they are, and how another thread ends one.

A client of httpx that has one exchange at a time has one connection, and that one is known before
the head of a reply has come. A pool with several would not say which it takes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from gradio_protocol import KEEPALIVE, Origin

Key: TypeAlias = tuple[Origin, bool]
"An origin, and whether its connections are kept alive."

_MAX_IDLE = 16
"Clients that are kept for later."


class CancelHandle:
    """The connection under one exchange, to be cut from another thread.

    Closing a response, or its client, does not wake a thread that waits for its bytes, and closing
    a descriptor under a thread may cut a stranger that has got the same number. Shutting the
    socket down wakes the thread at once, and leaves the closing to it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._aborted = False

    def attach(self, connection: socket.socket | None) -> None:
        """This is under the exchange."""
        with self._lock:
            self._socket = connection
            if self._aborted:
                self._shut_down()

    def detach(self) -> None:
        """The exchange is over; its connection may serve another one."""
        with self._lock:
            self._socket = None

    @property
    def is_aborted(self) -> bool:
        """Whether nothing more will come over it."""
        return self._aborted

    def abort(self) -> None:
        """End it, now or as soon as it begins."""
        with self._lock:
            self._aborted = True
            self._shut_down()

    def _shut_down(self) -> None:
        # Under the lock: once the exchange is over, the socket may serve another one.
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it may be gone already
                self._socket.shutdown(socket.SHUT_RDWR)


class PooledClient:
    """A client of httpx, in the hands of one exchange."""

    __slots__ = ("client", "connection", "key", "shared")

    def __init__(self, client: Any, key: Key, *, shared: bool) -> None:
        self.client = client
        self.key = key
        self.shared = shared
        "Others use the client too: which connection it takes is not known."
        self.connection: socket.socket | None = None

    def record_socket(self, stream: Any) -> socket.socket | None:
        """The socket under a network stream of httpx, where it is this exchange's alone."""
        # Over HTTP/2, which a caller's own client may speak, exchanges share a connection: to shut
        # it down would end all of them.
        tls = stream and stream.get_extra_info("ssl_object")
        if self.shared and tls is not None and tls.selected_alpn_protocol() == "h2":
            return None
        connection: socket.socket | None = stream and stream.get_extra_info("socket")
        if connection is not None and connection is not self.connection:
            enable_keepalive(connection)
        self.connection = connection
        return connection


def enable_keepalive(connection: socket.socket) -> None:
    """Have the system see to it that the peer is there: nobody else would learn that it is not."""
    # A caller's own transport may connect to what is no TCP.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE:
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class ClientPool:
    """The clients that nobody uses just now, and the wires of those in use; thread-safe."""

    def __init__(self, make_client: Callable[[Key], Any], shared: Any) -> None:
        self._make_client = make_client
        self._shared = shared
        self._lock = threading.Lock()
        self._idle: list[PooledClient] = []
        self._handles: set[CancelHandle] = set()
        self._closed = threading.Event()

    def take(self, key: Key, handle: CancelHandle) -> PooledClient | None:
        """A client for one exchange; None once they are closed."""
        pooled = self._take_idle(key) or self._create(key)
        with self._lock:
            if not self._closed.is_set():
                self._handles.add(handle)
                # Now, for nothing is traced before the head where an idle connection is used again.
                handle.attach(pooled.connection)
                return pooled
        self.give_back(pooled, handle)
        return None

    def give_back(self, pooled: PooledClient, handle: CancelHandle) -> None:
        """The exchange is over."""
        # First: a late `cut` must not shut down what serves another exchange by then.
        handle.detach()
        surplus = pooled
        with self._lock:
            self._handles.discard(handle)
            if not pooled.shared and not self._closed.is_set():
                self._idle.append(pooled)
                if len(self._idle) <= _MAX_IDLE:
                    return
                surplus = self._idle.pop(0)
        if not surplus.shared:
            surplus.client.close()

    def _take_idle(self, key: Key) -> PooledClient | None:
        with self._lock:
            # The last one first: the server closes what is idle for long.
            pooled = next((pooled for pooled in reversed(self._idle) if pooled.key == key), None)
            if pooled is not None:
                self._idle.remove(pooled)
        return pooled

    def _create(self, key: Key) -> PooledClient:
        # Without the lock: to make a client takes time, and the first for https a TLS context.
        shared = self._shared is not None
        return PooledClient(self._shared if shared else self._make_client(key), key, shared=shared)

    def pause(self, seconds: float) -> None:
        """Wait; not so long if they are closed meanwhile."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """Cut what is under way, and close what is not."""
        with self._lock:
            self._closed.set()
            idle, self._idle = self._idle, []
            wires = list(self._handles)
        # Not under the lock, which the threads that wake up take to give back their clients.
        for handle in wires:
            handle.abort()
        for pooled in idle:
            pooled.client.close()

"""Aborts an exchange from another thread, by shutting down the socket that it uses.

To do so, the socket of each exchange must be known, even before the head of the reply arrives. A
pool of httpx does not say which of its connections it uses. So each exchange has an httpx client to
itself, with at most one connection, and `ClientPool` reuses these clients.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from gradio_protocol import KEEPALIVE, Origin

Key: TypeAlias = tuple[Origin, bool]
"An origin, and whether connections to it are kept alive after an exchange."

_MAX_IDLE = 16
"How many idle clients the pool keeps; a few more than there are I/O threads."


class CancelHandle:
    """Aborts one exchange from any thread. Thread-safe.

    Closing a response or its client does not wake a thread that is blocked in `recv`. Closing the
    descriptor is worse: the system may give its number to another socket while the thread still
    reads from it. `shutdown` wakes the thread at once, and lets it close the socket itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._aborted = False

    def attach(self, connection: socket.socket | None) -> None:
        """Set the socket of the exchange; shut it down if the exchange is already aborted."""
        with self._lock:
            self._socket = connection
            if self._aborted:
                self._shut_down()

    def detach(self) -> None:
        """Forget the socket: the exchange has ended, and another one may use the connection."""
        with self._lock:
            self._socket = None

    @property
    def is_aborted(self) -> bool:
        """Whether `abort` was called."""
        return self._aborted

    def abort(self) -> None:
        """End the exchange now, or as soon as it has a socket."""
        with self._lock:
            self._aborted = True
            self._shut_down()

    def _shut_down(self) -> None:
        # Under the lock, so that `detach` cannot run in between: after it, this could shut down
        # the connection of another exchange.
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the peer may have closed the connection
                self._socket.shutdown(socket.SHUT_RDWR)


class PooledClient:
    """An httpx client that one exchange uses."""

    __slots__ = ("client", "connection", "key", "shared")

    def __init__(self, client: Any, key: Key, *, shared: bool) -> None:
        self.client: Any = client
        self.key: Key = key
        self.shared: bool = shared
        "Other exchanges use this client too, so its connection is known only from the reply."
        self.connection: socket.socket | None = None

    def record_socket(self, stream: Any) -> socket.socket | None:
        """Remember and return the socket under a network stream of httpx; None if it is shared."""
        # A caller's own client may speak HTTP/2, where exchanges share a connection: shutting it
        # down would abort all of them.
        tls = stream and stream.get_extra_info("ssl_object")
        if self.shared and tls is not None and tls.selected_alpn_protocol() == "h2":
            return None
        connection: socket.socket | None = stream and stream.get_extra_info("socket")
        if connection is not None and connection is not self.connection:
            enable_keepalive(connection)
        self.connection = connection
        return connection


def enable_keepalive(connection: socket.socket) -> None:
    """Let TCP detect a peer that has disappeared; a stream that only reads would never notice."""
    # The transport of a caller may use a socket that is not TCP.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE:
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class ClientPool:
    """Lends httpx clients to exchanges and keeps the idle ones for reuse. Thread-safe."""

    def __init__(self, make_client: Callable[[Key], Any], shared: Any) -> None:
        self._make_client = make_client
        self._shared = shared
        self._lock = threading.Lock()
        self._idle: list[PooledClient] = []
        self._handles: set[CancelHandle] = set()
        self._closed = threading.Event()

    def take(self, key: Key, handle: CancelHandle) -> PooledClient | None:
        """Return a client for one exchange, attached to its handle; None after `close`."""
        pooled = self._take_idle(key) or self._create(key)
        with self._lock:
            if not self._closed.is_set():
                self._handles.add(handle)
                # httpx traces no connect event for a connection that is reused. Without this, the
                # exchange could not be aborted before the head of its reply.
                handle.attach(pooled.connection)
                return pooled
        self.give_back(pooled, handle)
        return None

    def give_back(self, pooled: PooledClient, handle: CancelHandle) -> None:
        """Take back a client after its exchange."""
        # First of all: a late `abort` must not shut down a connection that another exchange uses.
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
            # The most recently used one: servers close connections that are idle for long.
            pooled = next((pooled for pooled in reversed(self._idle) if pooled.key == key), None)
            if pooled is not None:
                self._idle.remove(pooled)
        return pooled

    def _create(self, key: Key) -> PooledClient:
        # Outside the lock: making a client takes time, and the first one for https loads a TLS
        # context, which takes 17 ms.
        shared = self._shared is not None
        return PooledClient(self._shared if shared else self._make_client(key), key, shared=shared)

    def pause(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close` is called."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """Abort all exchanges under way and close all idle clients."""
        with self._lock:
            self._closed.set()
            idle, self._idle = self._idle, []
            handles = list(self._handles)
        # Outside the lock: the threads that wake up need it to give back their clients.
        for handle in handles:
            handle.abort()
        for pooled in idle:
            pooled.client.close()

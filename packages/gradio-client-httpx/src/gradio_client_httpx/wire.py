"""The connection under one exchange, which another thread may have to end."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any


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

    @property
    def is_cut(self) -> bool:
        """Whether nothing more will come over it."""
        return self._cut

    def cut(self) -> None:
        """End it, now or as soon as it begins."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                shut(self._socket)


def socket_of(stream: Any) -> socket.socket | None:
    """The socket under a network stream of httpx, where it has one, for this exchange alone."""
    if stream is None:
        return None
    tls = stream.get_extra_info("ssl_object")
    if tls is not None and tls.selected_alpn_protocol() == "h2":
        return None  # other exchanges are under way on it
    found: socket.socket | None = stream.get_extra_info("socket")
    return found


def shut(connection: socket.socket) -> None:
    """Wake whoever waits for this connection, which is of no more use."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

"""Runs a `ScriptedServer` on a port of this machine for the length of a `with` block."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from gradio_protocol.testing import ScriptedServer


@contextmanager
def serve(server: ScriptedServer) -> Generator[str]:
    """Serve each connection on a thread of its own; yield the server's address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(server, listener), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _accept(server: ScriptedServer, listener: socket.socket) -> None:
    lock, sockets = threading.Lock(), dict[int, socket.socket]()
    with suppress(OSError):
        while True:
            connected, _ = listener.accept()
            work = (server, connected, lock, sockets)
            threading.Thread(target=_serve, args=work, daemon=True).start()


def _serve(
    server: ScriptedServer,
    connected: socket.socket,
    lock: threading.Lock,
    sockets: dict[int, socket.socket],
) -> None:
    # The server is not thread-safe, and its output for one client may go to another one.
    with lock:
        number = server.connect()
        sockets[number] = connected
    with connected, suppress(OSError):
        while data := connected.recv(2**16):
            with lock:
                for output in server.receive(number, data):
                    # A client that has disconnected is removed by its own thread.
                    with suppress(OSError):
                        sockets[output.connection].sendall(output.data)
                        if output.close:
                            sockets[output.connection].shutdown(socket.SHUT_RDWR)
    with lock:
        server.leave(number)
        del sockets[number]

"""A `ScriptedServer` on a port of this machine, for as long as a block lasts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from gradio_protocol.testing import ScriptedServer


@contextmanager
def served(server: ScriptedServer) -> Generator[str]:
    """The address at which the server answers, each connection on a thread of its own."""
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
    with lock:
        number = server.connect()
        sockets[number] = connected
    with connected, suppress(OSError):
        while data := connected.recv(2**16):
            with lock:
                for output in server.receive(number, data):
                    with suppress(OSError):  # a client may have left; its own thread will say so
                        sockets[output.connection].sendall(output.data)
                        if output.close:
                            sockets[output.connection].shutdown(socket.SHUT_RDWR)
    with lock:
        server.leave(number)
        del sockets[number]

"""Exchanges the messages of a WebSocket: wsproto handles the frames, the core everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import wsproto.connection as wsproto
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from gradio_protocol import GradioError, MessageAssembler, closing_error

Receive = Callable[[bytes], Iterable[str]]
'Takes a message, or `b""` for a ping; returns the texts to send.'


class WebSocket:
    """The client's side of a WebSocket after its handshake: bytes in, bytes out, no waiting."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._frames = wsproto.Connection(wsproto.ConnectionType.CLIENT)
        self._assembler = MessageAssembler()
        self.is_closed: bool = False
        "The server has closed it, or the connection has ended."
        self.error: GradioError | None = None
        "What its end means; None for an orderly one."

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the server, empty at the end; return those to send."""
        self._frames.receive_data(data or None)
        return b"".join([self._answer(event, bool(data)) for event in self._frames.events()])

    def _answer(self, event: object, is_open: bool) -> bytes:
        match event:
            case TextMessage() | BytesMessage():
                whole = self._assembler.add(event.data, is_last=event.message_finished)
                texts = () if whole is None else self._receive(whole)
                return b"".join([self._frames.send(TextMessage(data=text)) for text in texts])
            case Ping():
                self._receive(b"")
                return self._frames.send(event.response())
            case CloseConnection():
                self.is_closed = True
                self.error = closing_error(event.code, event.reason or "")
                # Gradio 3.x waits for the answer, up to 20 s in which it does nothing else.
                return self._frames.send(event.response()) if is_open else b""
            case _:  # the answer to a ping that nobody sent
                return b""

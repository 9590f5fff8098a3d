"""The frames of a WebSocket, by wsproto; the core checks the handshake, and reads the messages."""

from __future__ import annotations

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from gradio_protocol import GradioError, RemoteError, closing_error

LARGEST = 2**30
"Bytes of one message: a server that never ends one would fill the memory."


class WebSocket:
    """The client's side of one WebSocket after its handshake. Waits for nothing: bytes in and out.

    `outgoing` are the bytes to send; whoever sends them clears it.
    """

    def __init__(self) -> None:
        self._frames = Connection(ConnectionType.CLIENT)
        self._message = bytearray()
        self.outgoing = bytearray()
        self.is_closed = False
        "The server has closed it; its close is answered in `outgoing`."
        self.error: GradioError | None = None
        "Why it was closed; None for an orderly end."

    def send(self, text: str) -> None:
        """Add a message to `outgoing`, unless the server has closed the socket."""
        if not self.is_closed:
            self.outgoing += self._frames.send(TextMessage(data=text))

    def receive(self, data: bytes) -> list[bytes]:
        """Return the messages that these bytes complete, and `b""` for a ping.

        Empty `data` is the end of the connection. Raises RemoteError for a message that is too
        large.
        """
        messages: list[bytes] = []
        self._frames.receive_data(data or None)
        for event in self._frames.events():
            match event:
                case TextMessage() | BytesMessage():
                    messages += self._add_part(event)
                case Ping():
                    self.outgoing += self._frames.send(event.response())
                    messages.append(b"")
                case CloseConnection():
                    self._close(event, answer=bool(data))
                    break
                case _:  # an answer to a ping that nobody sent
                    pass
        return messages

    def _add_part(self, part: TextMessage | BytesMessage) -> list[bytes]:
        data = part.data
        self._message += data.encode() if isinstance(data, str) else data
        if len(self._message) > LARGEST:
            raise RemoteError(f"a message on the WebSocket is longer than {LARGEST} bytes")
        if not part.message_finished:
            return []
        message = bytes(self._message)
        self._message.clear()
        return [message]

    def _close(self, event: CloseConnection, *, answer: bool) -> None:
        self.is_closed = True
        self.error = closing_error(event.code, event.reason or "")
        # Gradio 3.x waits up to 20 s for the answer, and blocks other calls until then.
        if answer:
            self.outgoing += self._frames.send(event.response())

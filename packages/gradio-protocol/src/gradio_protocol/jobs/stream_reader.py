"""From the bytes of one stream to the messages on it."""

from __future__ import annotations

from ..app.dialect import Dialect
from ..wire.sse import EventParser
from .messages import EventMessage, Heartbeat, read_message
from .orders import StreamKind


class StreamReader:
    """Owned by whoever reads the stream; it needs no lock, and shares nothing.

    Make one for each opening of a stream.
    """

    __slots__ = ("_beats", "_dialect", "_parser")

    def __init__(self, kind: StreamKind, dialect: Dialect) -> None:
        self._beats = kind is StreamKind.HEARTBEAT
        self._dialect = dialect
        self._parser = EventParser()

    def feed(self, chunk: bytes) -> list[EventMessage]:
        """The messages that these bytes complete.

        Raises RemoteError for what is no Gradio stream; then the stream is of no more use.
        """
        events = self._parser.feed(chunk)
        if self._beats:
            # It says ALIVE, in no format.
            return [EventMessage(None, Heartbeat()) for _ in events]
        return [read_message(data, self._dialect) for data in events]

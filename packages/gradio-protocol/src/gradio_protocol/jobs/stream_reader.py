"""Turns the bytes of one stream into messages."""

from __future__ import annotations

from ..app.dialect import Dialect
from ..wire.sse import EventParser
from .messages import EventMessage, Heartbeat, read_message
from .orders import StreamKind


class StreamReader:
    """Parses one opening of a stream. Shares nothing, so its only reader needs no lock."""

    __slots__ = ("_beats", "_dialect", "_parser")

    def __init__(self, kind: StreamKind, dialect: Dialect) -> None:
        self._beats = kind is StreamKind.HEARTBEAT
        self._dialect = dialect
        # An event that an opening left unfinished must not run into the next one: each has its
        # parser.
        self._parser = EventParser()

    def feed(self, chunk: bytes) -> list[EventMessage]:
        """Return the messages that these bytes complete.

        Raises RemoteError if they are not a Gradio stream; the reader cannot be used after that.
        """
        events = self._parser.feed(chunk)
        if self._beats:
            # Its events say ALIVE, which is not JSON.
            return [EventMessage(None, Heartbeat()) for _ in events]
        return [read_message(data, self._dialect) for data in events]

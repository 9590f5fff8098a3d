"""Turns the bytes of one stream into messages."""

from __future__ import annotations

from collections.abc import Mapping

from ..app.dialect import Dialect
from ..wire.sse import EventParser
from .messages import EventMessage, Heartbeat, Ignored, read_message
from .orders import StreamKind


class StreamReader:
    """Parses one opening of a stream. Shares nothing, so its only reader needs no lock.

    `answers` are the texts that a socket sends after a message of the server, by its name.
    """

    __slots__ = ("_answers", "_beats", "_dialect", "_is_socket", "_outbox", "_parser")

    def __init__(
        self,
        kind: StreamKind,
        dialect: Dialect,
        answers: Mapping[str, str] | None = None,
    ) -> None:
        self._beats = kind is StreamKind.HEARTBEAT
        self._is_socket = kind is StreamKind.SOCKET
        self._answers = answers or {}
        self._outbox: list[str] = []
        self._dialect = dialect
        # An event that an opening left unfinished must not run into the next one: each has its
        # parser.
        self._parser = EventParser()

    def feed(self, chunk: bytes) -> list[EventMessage]:
        """Return the messages that these bytes complete; a socket's are one whole message.

        Raises RemoteError if they are not a Gradio stream; the reader cannot be used after that.
        """
        if self._is_socket:
            return self._read_message(chunk)
        events = self._parser.feed(chunk)
        if self._beats:
            # Its events say ALIVE, which is not JSON.
            return [EventMessage(None, Heartbeat()) for _ in events]
        return [read_message(data, self._dialect) for data in events]

    def take_answers(self) -> list[str]:
        """Return the texts to send on a socket after what was fed, each once."""
        answers, self._outbox = self._outbox, []
        return answers

    def _read_message(self, data: bytes) -> list[EventMessage]:
        # The answers are known before the socket opens, so the one thread or task that reads also
        # writes: a TLS connection of Python 3.11 may not be read and written by two threads.
        if not data:
            return []  # a ping: the connection is alive
        message = read_message(data, self._dialect)
        if isinstance(message.message, Ignored):
            answer = self._answers.get(message.message.name)
            self._outbox += [] if answer is None else [answer]
        return [message]

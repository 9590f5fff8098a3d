"""Recorded WebSockets of 3.36.1 and 3.50.2, read by the client's own reader, however they are cut.

The request is the handshake and the client's frames, the response the server's reply and frames.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Pong, TextMessage

from gradio_client_httpx.websocket import WebSocket
from gradio_protocol.app.dialect import dialect
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.messages import EventMessage
from gradio_protocol.jobs.orders import StreamKind
from tests.support import transcripts
from tests.support.transcripts import Transcript

VERSIONS = ("3.36.1", "3.50.2")
BEGIN = ["Ignored", "Queued", "Ignored", "Started"]
STEPS = ["Generated"] * 3
HEARD = {
    "socket-echo": [*BEGIN, "Completed"],
    "socket-two-out": [*BEGIN, "Completed"],
    "socket-gen": [*BEGIN, *STEPS, "Completed"],
    "socket-err-value": [*BEGIN, "Failed"],
    "socket-err-gr": [*BEGIN, "Failed"],
    "socket-full-2": ["Ignored", "QueueFull"],
    "socket-full-3": ["Ignored", "QueueFull"],
}
"The kinds of messages on each."
RECORDED = [
    transcripts.load(version, name)
    for version in VERSIONS
    for name in transcripts.names(version)
    if name.startswith("socket-") and name != "socket-refused"
]


def frames(exchange: Transcript, side: ConnectionType) -> list[Any]:
    """What one side received, as wsproto reads it."""
    data = exchange.sent if side is ConnectionType.SERVER else exchange.body
    connection = Connection(side)
    connection.receive_data(data)
    return list(connection.events())


def cuts(exchange: Transcript) -> Iterator[list[bytes]]:
    """The server's bytes whole, one by one, and as they arrived."""
    data = exchange.body
    head = len(exchange.response) - len(data)
    ends = [offset - head for _, offset in exchange.arrivals if offset > head]
    yield [data]
    yield [data[place : place + 1] for place in range(len(data))]
    yield [data[start:end] for start, end in pairwise([0, *ends, len(data)]) if start < end]


class Reading:
    """One reading of a recorded socket: the messages, and the bytes that the client sent."""

    def __init__(self, exchange: Transcript, chunks: list[bytes]) -> None:
        texts = [e.data for e in frames(exchange, ConnectionType.SERVER) if type(e) is TextMessage]
        answers = dict(zip(("send_hash", "send_data"), texts, strict=False))
        self._reader = StreamReader(StreamKind.SOCKET, dialect("ws", exchange.version), answers)
        self.messages: list[EventMessage] = []
        self.socket = WebSocket(self._receive)
        self.sent = b"".join([self.socket.feed(chunk) for chunk in chunks])

    def _receive(self, message: bytes) -> list[str]:
        self.messages += self._reader.feed(message)
        assert self._reader.error is None
        return self._reader.take_answers()


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda it: f"{it.version}-{it.name}")
def test_a_recorded_socket_reads_the_same_however_it_is_cut(exchange: Transcript) -> None:
    readings = [Reading(exchange, chunks) for chunks in cuts(exchange)]
    # As texts, since two errors are never equal.
    whole, *others = [repr(reading.messages) for reading in readings]
    assert others == [whole, whole]
    kinds = [type(message.message).__name__ for message in readings[0].messages]
    assert kinds[:1] == ["Ignored"]
    assert kinds == HEARD.get(exchange.name, kinds)
    for reading in readings:
        assert reading.socket.is_closed
        assert reading.socket.error is None


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda it: f"{it.version}-{it.name}")
def test_the_client_sends_what_the_recorder_sent(exchange: Transcript) -> None:
    recorded = frames(exchange, ConnectionType.SERVER)
    server = Connection(ConnectionType.SERVER)
    server.receive_data(Reading(exchange, [exchange.body]).sent)
    assert [*map(shown, server.events())] == [*map(shown, recorded)]


def shown(event: Any) -> object:
    """What matters of a frame of the client."""
    match event:
        case TextMessage():
            return json.loads(event.data)
        case Pong():
            return bytes(event.payload)
        case CloseConnection():
            return event.code
        case _:
            return event


def test_every_kind_of_socket_was_recorded() -> None:
    assert {exchange.name for exchange in RECORDED} >= HEARD.keys()
    assert any(isinstance(e, Pong) for x in RECORDED for e in frames(x, ConnectionType.SERVER))


def test_an_app_without_a_queue_refuses_the_handshake() -> None:
    refused = [transcripts.load(version, "socket-refused") for version in VERSIONS]
    assert [exchange.status for exchange in refused] == [500, 500]

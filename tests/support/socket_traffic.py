"""Random traffic of a WebSocket server: messages in parts, pings between them, cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import wsproto.connection as wsproto
from hypothesis import strategies as st
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

SIZES = (125, 126, 127, 4096, 65535, 65536, 70000)
"Sizes around those at which the header of a frame grows."


def answers_to(message: bytes) -> list[str]:
    """What a client is made to send after a message, or after a ping."""
    return [f"{len(message)} bytes", "ü"] if message else []


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a server sends, and what a client must make of it."""

    pieces: list[bytes]
    "the frames, as they arrive"
    heard: list[bytes]
    "the messages, and `b''` for each ping"
    pings: list[bytes]
    "the payloads of the pings"


@dataclass(slots=True)
class Answered:
    """What a client has sent, as its server reads it."""

    texts: list[str] = field(default_factory=list[str])
    pongs: list[bytes] = field(default_factory=list[bytes])
    closed: bool = False

    def read(self, data: bytes) -> None:
        server = wsproto.Connection(wsproto.ConnectionType.SERVER)
        server.receive_data(data)
        for event in server.events():
            match event:
                case TextMessage():
                    self.texts.append(event.data)
                case Pong():
                    self.pongs.append(bytes(event.payload))
                case CloseConnection():
                    self.closed = event.code == 1000


def check(traffic: Traffic, heard: list[bytes], sent: bytes) -> None:
    """A client that heard and sent this has understood the traffic."""
    answered = Answered()
    answered.read(sent)
    assert heard == traffic.heard
    assert answered.texts == [text for message in heard for text in answers_to(message)]
    assert answered.pongs == traffic.pings
    assert answered.closed


def _parts(draw: st.DrawFn, size: int, most: int) -> Iterable[tuple[int, int]]:
    """Bounds of the parts of something that is cut in some places."""
    cuts = draw(st.lists(st.integers(0, size), max_size=most))
    return pairwise([0, *sorted(cuts), size])


def _texts() -> st.SearchStrategy[str]:
    long = st.builds(
        lambda unit, size: unit * size, st.sampled_from("aé🌍"), st.sampled_from(SIZES)
    )
    return st.text(max_size=40) | long


@st.composite
def traffic(draw: st.DrawFn) -> Traffic:
    """Some messages and pings, and an orderly close."""
    events, heard, pings = list[Event](), list[bytes](), list[bytes]()
    for text in draw(st.lists(_texts(), max_size=4)):
        whole = text.encode()
        as_text = draw(st.booleans())
        bounds = list(_parts(draw, len(text) if as_text else len(whole), 4))
        for number, (start, end) in enumerate(bounds, start=1):
            if draw(st.booleans()):
                pings.append(draw(st.binary(max_size=125)))
                heard.append(b"")
                events.append(Ping(payload=pings[-1]))
            is_last = number == len(bounds)
            events.append(
                TextMessage(data=text[start:end], message_finished=is_last)
                if as_text
                else BytesMessage(data=whole[start:end], message_finished=is_last)
            )
        heard.append(whole)
    server = wsproto.Connection(wsproto.ConnectionType.SERVER)
    wire = b"".join(server.send(event) for event in [*events, CloseConnection(code=1000)])
    if len(wire) < 200 and draw(st.booleans()):
        return Traffic([wire[at : at + 1] for at in range(len(wire))], heard, pings)
    pieces = [wire[start:end] for start, end in _parts(draw, len(wire), 12) if start < end]
    return Traffic(pieces, heard, pings)

"""Streams, epochs, endings: when to listen, and what it means when a stream ends.

The rules begin in `router`.

3. `FINISHED` with mailboxes still open is a race, not a loss: listen again. Where the server
   announces its close (sse_v3), an end without that is not `FINISHED` but `CUT`; and an event that
   it surely knew when it announced it is lost, since it has said all: perhaps to an older stream
   whose end it has not noticed (4.44.1, 6.31).
4. `CUT` and `SILENT` are losses, also where the server would go on as if nothing had happened
   (4.19.2 to 4.23): what was on its way is missing, and edits without their beginning were taken
   for outputs, or the job had no end. Of a silence the server may know nothing, and write on to
   nobody. `REFUSED` before anything was read is no loss: again after a pause; but a private
   stream is a join: its flow makes another one, once it is sure of the app.
5. Listening again is bounded: `PATIENCE` openings in a row without a message are a loss.
6. An epoch names one opening of one stream; news from an older epoch is ignored.
7. Of the messages without an event id only `Broken` concerns all open mailboxes. On a private
   stream everything is that job's.
8. A silence alone is no loss: a proxy may keep heartbeats in its buffer (nginx, as it comes), and
   4.0.x sends only the first one. The app is asked whether it is still there, once for each idle
   time, and the stream stays open as long as it answers. Only where it does not, or another app
   does, and nothing has come meanwhile, is the stream `SILENT`. A stream on which the server has
   announced its close has nothing more to bring: it ends there without a question.

`SITUATIONS` and `MEANINGS` are rules 3 and 4 as tables. None of the classes is thread-safe; all
belong to a `Session`.
"""

from __future__ import annotations

from enum import Enum

from ..app.access import App
from ..app.dialect import Dialect
from ..wire.exchange import Head, Headers
from ..wire.status import retry_after
from .orders import Ending, Leave, Listen, Order, Stream, StreamKind

IDLE = 90.0
"""Seconds of silence before the app is asked, unless the caller says otherwise. Heartbeats come
every 15 s, and a server that loads a model may skip a few."""
PATIENCE = 5
"Openings of a stream in a row that may bring no message."
LONGEST = 30.0
"Seconds that a pause before an opening may last, also if a server asks for more."
SHARED, HEARTBEAT = -1, -2
"Keys of streams; that of a private one is the ticket of its job."


def stream(
    app: App,
    session_hash: str,
    key: int,
    fn_index: int,
    headers: Headers = (),
    idle: float = IDLE,
) -> Stream:
    """What to ask for; function and headers are those of a private stream, which is its join."""
    if key == SHARED:
        kind = StreamKind.SHARED
        request = app.access.get("queue/data", events=True, session_hash=session_hash)
    elif key == HEARTBEAT:
        kind = StreamKind.HEARTBEAT
        request = app.access.get(f"heartbeat/{session_hash}", events=True)
    else:
        kind = StreamKind.PRIVATE
        query = {"fn_index": str(fn_index), "session_hash": session_hash}
        request = app.access.get("queue/join", events=True, call=headers, **query)
    return Stream(key=key, kind=kind, app=app, request=request, idle=idle)


class Situation(Enum):
    """Of a stream."""

    CLOSED = "not open, nor wanted open"
    OPENING = "the driver has been told to open it"
    OPEN = "its head has come"
    CLOSING = "the server has said that it has sent all"

    __hash__ = object.__hash__


class Turn(Enum):
    """What may change the situation of a stream."""

    LISTENS = "messages are expected"
    OPENS = "the head of an event stream comes"
    ANNOUNCES = "`close_stream` comes"
    ENDS = "it ends, or does not open"
    LEAVES = "it is closed for good"

    __hash__ = object.__hash__


def _situations() -> dict[Situation, dict[Turn, Situation]]:
    s = Situation
    rows = {
        s.CLOSED: (s.OPENING, s.CLOSED, s.CLOSED, s.CLOSED, s.CLOSED),
        s.OPENING: (s.OPENING, s.OPEN, s.OPENING, s.CLOSED, s.CLOSED),
        s.OPEN: (s.OPEN, s.OPEN, s.CLOSING, s.CLOSED, s.CLOSED),
        s.CLOSING: (s.CLOSING, s.CLOSING, s.CLOSING, s.CLOSED, s.CLOSED),
    }
    return {situation: dict(zip(Turn, row, strict=True)) for situation, row in rows.items()}


SITUATIONS = _situations()
"The table: where each turn leads from each situation."


class Meaning(Enum):
    """What the end of a stream means for those who waited for its messages."""

    AGAIN = "nothing is lost: listen again, if messages are expected"
    OVER = "nothing is lost, and nothing expected"
    LOST = "what it would have brought is lost"
    UNNOTICED = "lost, and the server may still take it for open"


def _meanings() -> dict[StreamKind, dict[Ending, Meaning]]:
    again, lost, unnoticed = Meaning.AGAIN, Meaning.LOST, Meaning.UNNOTICED
    rows = {
        StreamKind.SHARED: (again, lost, unnoticed, again, lost),
        StreamKind.PRIVATE: (lost, lost, lost, lost, lost),
        StreamKind.HEARTBEAT: (again, again, again, again, lost),
    }
    return {kind: dict(zip(Ending, row, strict=True)) for kind, row in rows.items()}


MEANINGS = _meanings()
"The table: what each ending means, by what the stream is for."

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"Statuses of a stream's head that say nothing about the session: worth another try."


class Channel:
    """One stream, from its first opening to its last end."""

    __slots__ = (
        "_announces",
        "_asked",
        "_barren",
        "_beats",
        "_checking",
        "_fruitless",
        "_kind",
        "_stirred",
        "app",
        "epoch",
        "key",
        "situation",
    )

    def __init__(self, wanted: Stream, dialect: Dialect) -> None:
        self._kind, self.key = wanted.kind, wanted.key
        self.app = wanted.app
        "That of this opening: the client may know a later one by now."
        self._beats = self._kind is StreamKind.HEARTBEAT
        self._announces = dialect.announces_close and self._kind is StreamKind.SHARED
        self._asked: float | None = None
        "Seconds that the server asked to wait."
        self._barren = True
        "This opening has brought no message yet."
        self._checking = False
        "The app is being asked whether it is still there."
        self._stirred = False
        "Something has come since it was asked."
        self._fruitless = 0
        "How many openings in a row brought none."
        self.epoch = 0
        "Zero while it is closed."
        self.situation = Situation.CLOSED

    def listen(self, wanted: Stream, epoch: int, after: float = 0.0) -> list[Order]:
        """Open the stream, as this epoch, unless it is open already."""
        if self.situation is not Situation.CLOSED:
            return []
        self._turn(Turn.LISTENS)
        self.epoch = epoch
        self.app = wanted.app
        self._barren = True
        self._checking = False
        self._asked = None
        return [Listen(stream=wanted, epoch=epoch, after=after)]

    def leave(self) -> list[Order]:
        """Close the stream for good; what it still says belongs to an older epoch."""
        epoch = self._close(Turn.LEAVES)
        return [Leave(key=self.key, epoch=epoch)] if epoch else []

    def accepts(self, head: Head) -> bool:
        """Whether what begins so is the stream that was asked for."""
        kind = (head.header("content-type") or "").lower()
        if head.status != 200 or not kind.startswith("text/event-stream"):
            return False
        self._turn(Turn.OPENS)
        self._stirred = True
        return True

    def stirs(self) -> None:
        """Some bytes have come, whatever they say."""
        self._stirred = True

    def silent(self) -> bool:
        """Nothing has come for the idle time; whether to ask after the app, as nobody does yet."""
        asks = not self._checking
        if asks:
            self._checking, self._stirred = True, False
        return asks

    def checked(self, *, alive: bool) -> bool:
        """The app was asked; whether to go on reading: it is there, or the stream has spoken."""
        self._checking = False
        return alive or self._stirred

    def announced(self) -> None:
        """`close_stream` has come: the server has said all, however the connection then ends."""
        self._turn(Turn.ANNOUNCES)

    def heard(self, *, beat: bool = False) -> None:
        """A message has come, or a heartbeat, which is all that one kind of stream has to say."""
        if self._beats or not beat:
            self._barren = False

    def refused(self, head: Head, *, expected: bool) -> Meaning:
        """The stream was not opened; the status may leave hope, but for one that is a join."""
        self._close(Turn.ENDS)
        self._asked = retry_after(head)
        hopeful = self._kind is not StreamKind.PRIVATE and head.status in _PASSING
        return self._judged(Meaning.AGAIN if hopeful else Meaning.LOST, expected=expected)

    def ended(self, ending: Ending, *, expected: bool) -> Meaning:
        """The stream has ended while messages were `expected`, or none were."""
        match self.situation, ending:
            case Situation.CLOSING, _:
                ending = Ending.FINISHED
            case _, Ending.FINISHED if self._announces:
                ending = Ending.CUT
            case Situation.OPEN, Ending.REFUSED:
                ending = Ending.CUT
            case _:
                pass
        self._close(Turn.ENDS)
        return self._judged(MEANINGS[self._kind][ending], expected=expected)

    @property
    def pause(self) -> float:
        """Seconds before the next opening: what the server asked for, or longer each time.

        Zero after an opening that brought a message.
        """
        hurried = self._fruitless == 0 and not self._beats
        return min(self._asked or (0.0 if hurried else 0.25 * 2.0**self._fruitless), LONGEST)

    def _judged(self, meaning: Meaning, *, expected: bool) -> Meaning:
        self._fruitless = self._fruitless + 1 if self._barren else 0
        if meaning is not Meaning.AGAIN:
            return meaning
        if not (expected or self._beats):
            return Meaning.OVER
        return Meaning.LOST if self._fruitless >= PATIENCE else Meaning.AGAIN

    def _turn(self, turn: Turn) -> None:
        self.situation = SITUATIONS[self.situation][turn]

    def _close(self, turn: Turn) -> int:
        self._turn(turn)
        epoch, self.epoch = self.epoch, 0
        return epoch


class Channels:
    """The streams of one session, by their keys."""

    __slots__ = ("_channels", "_latest")

    def __init__(self) -> None:
        self._channels: dict[int, Channel] = {}
        self._latest = 0
        "The last epoch, of whichever stream."

    def current(self, key: int, epoch: int) -> Channel | None:
        """The stream that a report is about; None: the report is late."""
        channel = self._channels.get(key)
        return channel if channel is not None and channel.epoch == epoch else None

    def epoch(self, key: int) -> int:
        """The opening of this stream that is under way, or was ordered; zero: there is none."""
        channel = self._channels.get(key)
        return channel.epoch if channel else 0

    def is_open(self, key: int) -> bool:
        """Whether closing this stream would tell the server something."""
        channel = self._channels.get(key)
        return channel is not None and channel.situation is Situation.OPEN

    def listen(self, wanted: Stream, dialect: Dialect, after: float = 0.0) -> list[Order]:
        """Open this stream, unless it is open."""
        channel = self._channels.get(wanted.key)
        if channel is None:
            channel = self._channels[wanted.key] = Channel(wanted, dialect)
        orders = channel.listen(wanted, self._latest + 1, after)
        self._latest += len(orders)
        return orders

    def leave(self, key: int) -> list[Order]:
        """Close a stream for good, if it is open, and forget it."""
        channel = self._channels.pop(key, None)
        return channel.leave() if channel else []

    def leave_all(self) -> list[Order]:
        """Close all."""
        return [order for key in list(self._channels) for order in self.leave(key)]

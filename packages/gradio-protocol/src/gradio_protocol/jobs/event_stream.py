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
from .orders import EndReason, EndStream, Order, StartStream, StreamKind, StreamSpec

IDLE_TIMEOUT = 90.0
"""Seconds of silence before the app is asked, unless the caller says otherwise. Heartbeats come
every 15 s, and a server that loads a model may skip a few."""
MAX_EMPTY_OPENINGS = 5
"Openings of a stream in a row that may bring no message."
MAX_PAUSE = 30.0
"Seconds that a pause before an opening may last, also if a server asks for more."
SHARED, HEARTBEAT = -1, -2
"Keys of streams; that of a private one is the ticket of its job."


def stream_spec(
    app: App,
    session_hash: str,
    key: int,
    fn_index: int,
    headers: Headers = (),
    idle: float = IDLE_TIMEOUT,
) -> StreamSpec:
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
    return StreamSpec(key=key, kind=kind, app=app, request=request, idle_timeout=idle)


class StreamState(Enum):
    """Of a stream."""

    CLOSED = "not open, nor wanted open"
    OPENING = "the driver has been told to open it"
    OPEN = "its head has come"
    CLOSING = "the server has said that it has sent all"

    __hash__ = object.__hash__


class StreamInput(Enum):
    """What may change the situation of a stream."""

    WANTED = "messages are expected"
    HEAD = "the head of an event stream comes"
    ANNOUNCED = "`close_stream` comes"
    END = "it ends, or does not open"
    CLOSE = "it is closed for good"

    __hash__ = object.__hash__


def _build_transitions() -> dict[StreamState, dict[StreamInput, StreamState]]:
    s = StreamState
    rows = {
        s.CLOSED: (s.OPENING, s.CLOSED, s.CLOSED, s.CLOSED, s.CLOSED),
        s.OPENING: (s.OPENING, s.OPEN, s.OPENING, s.CLOSED, s.CLOSED),
        s.OPEN: (s.OPEN, s.OPEN, s.CLOSING, s.CLOSED, s.CLOSED),
        s.CLOSING: (s.CLOSING, s.CLOSING, s.CLOSING, s.CLOSED, s.CLOSED),
    }
    return {state: dict(zip(StreamInput, row, strict=True)) for state, row in rows.items()}


STREAM_TRANSITIONS = _build_transitions()
"The table: where each turn leads from each situation."


class StreamOutcome(Enum):
    """What the end of a stream means for those who waited for its messages."""

    REOPEN = "nothing is lost: listen again, if messages are expected"
    ENDED = "nothing is lost, and nothing expected"
    LOST = "what it would have brought is lost"
    LOST_HALF_OPEN = "lost, and the server may still take it for open"


def _build_outcomes() -> dict[StreamKind, dict[EndReason, StreamOutcome]]:
    again, lost, unnoticed = StreamOutcome.REOPEN, StreamOutcome.LOST, StreamOutcome.LOST_HALF_OPEN
    rows = {
        StreamKind.SHARED: (again, lost, unnoticed, again, lost),
        StreamKind.PRIVATE: (lost, lost, lost, lost, lost),
        StreamKind.HEARTBEAT: (again, again, again, again, lost),
    }
    return {kind: dict(zip(EndReason, row, strict=True)) for kind, row in rows.items()}


OUTCOMES = _build_outcomes()
"The table: what each ending means, by what the stream is for."

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"Statuses of a stream's head that say nothing about the session: worth another try."


class EventStream:
    """One stream, from its first opening to its last end."""

    __slots__ = (
        "_announces",
        "_checking",
        "_data_since_check",
        "_empty_openings",
        "_is_heartbeat",
        "_kind",
        "_no_message_yet",
        "_requested_pause",
        "app",
        "epoch",
        "key",
        "state",
    )

    def __init__(self, wanted: StreamSpec, dialect: Dialect) -> None:
        self._kind, self.key = wanted.kind, wanted.key
        self.app = wanted.app
        "That of this opening: the client may know a later one by now."
        self._is_heartbeat = self._kind is StreamKind.HEARTBEAT
        self._announces = dialect.announces_close and self._kind is StreamKind.SHARED
        self._requested_pause: float | None = None
        "Seconds that the server asked to wait."
        self._no_message_yet = True
        "This opening has brought no message yet."
        self._checking = False
        "The app is being asked whether it is still there."
        self._data_since_check = False
        "Something has come since it was asked."
        self._empty_openings = 0
        "How many openings in a row brought none."
        self.epoch = 0
        "Zero while it is closed."
        self.state = StreamState.CLOSED

    def open(self, wanted: StreamSpec, epoch: int, after: float = 0.0) -> list[Order]:
        """Open the stream, as this epoch, unless it is open already."""
        if self.state is not StreamState.CLOSED:
            return []
        self._move(StreamInput.WANTED)
        self.epoch = epoch
        self.app = wanted.app
        self._no_message_yet = True
        self._checking = False
        self._requested_pause = None
        return [StartStream(stream=wanted, epoch=epoch, delay=after)]

    def close(self) -> list[Order]:
        """Close the stream for good; what it still says belongs to an older epoch."""
        epoch = self._close(StreamInput.CLOSE)
        return [EndStream(key=self.key, epoch=epoch)] if epoch else []

    def accepts(self, head: Head) -> bool:
        """Whether what begins so is the stream that was asked for."""
        kind = (head.header("content-type") or "").lower()
        if head.status != 200 or not kind.startswith("text/event-stream"):
            return False
        self._move(StreamInput.HEAD)
        self._data_since_check = True
        return True

    def data_arrived(self) -> None:
        """Some bytes have come, whatever they say."""
        self._data_since_check = True

    def needs_check(self) -> bool:
        """Nothing has come for the idle time; whether to ask after the app, as nobody does yet."""
        asks = not self._checking
        if asks:
            self._checking, self._data_since_check = True, False
        return asks

    def check_finished(self, *, alive: bool) -> bool:
        """The app was asked; whether to go on reading: it is there, or the stream has spoken."""
        self._checking = False
        return alive or self._data_since_check

    def close_announced(self) -> None:
        """`close_stream` has come: the server has said all, however the connection then ends."""
        self._move(StreamInput.ANNOUNCED)

    def message_arrived(self, *, beat: bool = False) -> None:
        """A message has come, or a heartbeat, which is all that one kind of stream has to say."""
        if self._is_heartbeat or not beat:
            self._no_message_yet = False

    def open_refused(self, head: Head, *, expected: bool) -> StreamOutcome:
        """The stream was not opened; the status may leave hope, but for one that is a join."""
        self._close(StreamInput.END)
        self._requested_pause = retry_after(head)
        hopeful = self._kind is not StreamKind.PRIVATE and head.status in _TRANSIENT
        return self._decide(
            StreamOutcome.REOPEN if hopeful else StreamOutcome.LOST, expected=expected
        )

    def ended(self, ending: EndReason, *, expected: bool) -> StreamOutcome:
        """The stream has ended while messages were `expected`, or none were."""
        match self.state, ending:
            case StreamState.CLOSING, _:
                ending = EndReason.FINISHED
            case _, EndReason.FINISHED if self._announces:
                ending = EndReason.BROKEN
            case StreamState.OPEN, EndReason.REFUSED:
                ending = EndReason.BROKEN
            case _:
                pass
        self._close(StreamInput.END)
        return self._decide(OUTCOMES[self._kind][ending], expected=expected)

    @property
    def pause(self) -> float:
        """Seconds before the next opening: what the server asked for, or longer each time.

        Zero after an opening that brought a message.
        """
        hurried = self._empty_openings == 0 and not self._is_heartbeat
        return min(
            self._requested_pause or (0.0 if hurried else 0.25 * 2.0**self._empty_openings),
            MAX_PAUSE,
        )

    def _decide(self, outcome: StreamOutcome, *, expected: bool) -> StreamOutcome:
        self._empty_openings = self._empty_openings + 1 if self._no_message_yet else 0
        if outcome is not StreamOutcome.REOPEN:
            return outcome
        if not (expected or self._is_heartbeat):
            return StreamOutcome.ENDED
        return (
            StreamOutcome.LOST
            if self._empty_openings >= MAX_EMPTY_OPENINGS
            else StreamOutcome.REOPEN
        )

    def _move(self, turn: StreamInput) -> None:
        self.state = STREAM_TRANSITIONS[self.state][turn]

    def _close(self, turn: StreamInput) -> int:
        self._move(turn)
        epoch, self.epoch = self.epoch, 0
        return epoch


class EventStreams:
    """The streams of one session, by their keys."""

    __slots__ = ("_channels", "_latest")

    def __init__(self) -> None:
        self._channels: dict[int, EventStream] = {}
        self._latest = 0
        "The last epoch, of whichever stream."

    def current(self, key: int, epoch: int) -> EventStream | None:
        """The stream that a report is about; None: the report is late."""
        stream = self._channels.get(key)
        return stream if stream is not None and stream.epoch == epoch else None

    def epoch(self, key: int) -> int:
        """The opening of this stream that is under way, or was ordered; zero: there is none."""
        stream = self._channels.get(key)
        return stream.epoch if stream else 0

    def is_open(self, key: int) -> bool:
        """Whether closing this stream would tell the server something."""
        stream = self._channels.get(key)
        return stream is not None and stream.state is StreamState.OPEN

    def open(self, wanted: StreamSpec, dialect: Dialect, after: float = 0.0) -> list[Order]:
        """Open this stream, unless it is open."""
        stream = self._channels.get(wanted.key)
        if stream is None:
            stream = self._channels[wanted.key] = EventStream(wanted, dialect)
        orders = stream.open(wanted, self._latest + 1, after)
        self._latest += len(orders)
        return orders

    def close(self, key: int) -> list[Order]:
        """Close a stream for good, if it is open, and forget it."""
        stream = self._channels.pop(key, None)
        return stream.close() if stream else []

    def close_all(self) -> list[Order]:
        """Close all."""
        return [order for key in list(self._channels) for order in self.close(key)]

"""Decides when to open the streams of a session, and what the end of each means.

The numbering continues that of `registry`.

3. `FINISHED` while messages are expected is a race, not a loss: the server ended the stream just
   before it accepted a join, so the stream is opened again. Where the server announces its close
   (sse_v3), an end without `close_stream` counts as `BROKEN`. With `close_stream` the server says
   that it has sent everything, so an event that it knew and did not finish is lost: its last
   message may have gone to an older stream whose end the server has not noticed (4.44.1, 6.31).
4. `BROKEN` and `SILENT` are losses on every version. Servers of 4.19.2 to 4.23 continue on the next
   stream, but messages that were on their way are gone: jobs took edits without their first output
   for outputs, or never ended. After a silence the server may still write to the old stream.
   `REFUSED` is no loss, since nothing was read: the stream is opened again after a pause. On a
   private stream every end is a loss, because opening it is the join; its flow joins again, once it
   has checked the app.
5. After `MAX_EMPTY_OPENINGS` openings in a row without a message the stream is lost.
6. An epoch is one opening of one stream. Reports about an older epoch are ignored.
7. Of the messages without an event id, only `Broken` ends all jobs of the stream. On a private
   stream every message is for its job.
8. Silence alone is no loss: a proxy may buffer heartbeats (nginx does by default), and 4.0.x sends
   only the first one. If the client opened a second stream, the server would drop the session, or
   divide its messages between both (6.31.0 in 6 of 6 trials, 4.44.1 in 2 of 6). So after each idle
   timeout the app is asked for its id, and the stream stays open while the same app replies. It is
   `SILENT` if there is no such reply, and no byte has arrived meanwhile. A stream whose close was
   announced ends at its first silence, without that question.

`STREAM_TRANSITIONS` and `OUTCOMES` are these rules as tables. Nothing here is thread-safe; all of
it belongs to one `Session`.
"""

from __future__ import annotations

from enum import Enum

from ..app.access import App
from ..app.dialect import Dialect
from ..wire.exchange import Head, Headers
from ..wire.status import retry_after
from ..wire.websocket import is_upgraded
from .orders import EndReason, EndStream, Order, StartStream, StreamKind, StreamSpec
from .pending_job import PendingJob

IDLE_TIMEOUT = 90.0
"""Default seconds of silence before the app is asked whether it still runs.

Heartbeats come every 15 s, and a server that loads a model may skip a few."""
MAX_EMPTY_OPENINGS = 5
"Openings in a row without a message after which a stream is lost."
MAX_PAUSE = 30.0
"The longest pause before an opening, in seconds, even if the server asks for more."
SHARED, HEARTBEAT = -1, -2
"Keys of streams; the key of a private stream is the id of its job."


def stream_spec(
    app: App,
    session_hash: str,
    key: int,
    fn_index: int,
    headers: Headers = (),
    idle: float = IDLE_TIMEOUT,
) -> StreamSpec:
    """Return the request for an event stream, and its idle timeout in seconds.

    `fn_index` and `headers` matter for a private stream only, which is a join as well.
    """
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


def socket_spec(
    app: App,
    session_hash: str,
    job: PendingJob,
    idle: float = IDLE_TIMEOUT,
) -> StreamSpec:
    """Return the request for the socket of a job, and what to send when the server asks."""
    identity = f'"fn_index":{job.fn_index},"session_hash":"{session_hash}"'
    # Spliced: arguments can be long, and the flow has written them once. 3.6 and later ask for the
    # hash first.
    answers = {"send_hash": f"{{{identity}}}", "send_data": f"{{{identity},{job.body[1:]}"}
    return StreamSpec(
        key=job.job_id,
        kind=StreamKind.SOCKET,
        app=app,
        request=app.access.socket("queue/join", session_hash.encode(), call=job.headers),
        idle_timeout=idle,
        answers=answers,
    )


class StreamState(Enum):
    """How far the opening of a stream has come."""

    CLOSED = "closed, or not opened yet"
    OPENING = "the driver is opening it"
    OPEN = "the head of the reply has arrived"
    CLOSING = "the server has announced that it has sent everything"

    __hash__ = object.__hash__


class StreamInput(Enum):
    """What can change the state of a stream."""

    WANTED = "messages are expected"
    HEAD = "the head of an event stream arrives"
    ANNOUNCED = "`close_stream` arrives"
    END = "it ends, or opening it fails"
    CLOSE = "the client closes it for good"

    __hash__ = object.__hash__


def _build_transitions() -> dict[StreamState, dict[StreamInput, StreamState]]:
    # The columns are those of StreamInput, in order. Late inputs change nothing: a `close_stream`
    # before the head, or a head that a closed stream still gets.
    s = StreamState
    rows = {
        s.CLOSED: (s.OPENING, s.CLOSED, s.CLOSED, s.CLOSED, s.CLOSED),
        s.OPENING: (s.OPENING, s.OPEN, s.OPENING, s.CLOSED, s.CLOSED),
        s.OPEN: (s.OPEN, s.OPEN, s.CLOSING, s.CLOSED, s.CLOSED),
        s.CLOSING: (s.CLOSING, s.CLOSING, s.CLOSING, s.CLOSED, s.CLOSED),
    }
    return {state: dict(zip(StreamInput, row, strict=True)) for state, row in rows.items()}


STREAM_TRANSITIONS = _build_transitions()
"The next state, by state and input."


class StreamOutcome(Enum):
    """What the end of a stream means for the jobs that expect messages on it."""

    REOPEN = "nothing is lost: open it again, if messages are expected"
    ENDED = "nothing is lost, and no message is expected"
    LOST = "the messages that it would have carried are lost"
    LOST_HALF_OPEN = "lost, but the server may take it for open and write to it"


def _build_outcomes() -> dict[StreamKind, dict[EndReason, StreamOutcome]]:
    # The columns are those of EndReason, in order: FINISHED, BROKEN, SILENT, REFUSED, CLOSED_BY_US.
    reopen, lost = StreamOutcome.REOPEN, StreamOutcome.LOST
    half_open = StreamOutcome.LOST_HALF_OPEN
    rows = {
        StreamKind.SHARED: (reopen, lost, half_open, reopen, lost),
        # A new private stream or socket is a new join, which only the flow may send (3.2 to 4.8).
        StreamKind.SOCKET: (lost, lost, lost, lost, lost),
        StreamKind.PRIVATE: (lost, lost, lost, lost, lost),
        # No job depends on a heartbeat, so it is opened again, within the limit of rule 5.
        StreamKind.HEARTBEAT: (reopen, reopen, reopen, reopen, lost),
    }
    return {kind: dict(zip(EndReason, row, strict=True)) for kind, row in rows.items()}


OUTCOMES = _build_outcomes()
"The outcome, by the kind of the stream and the reason for its end."

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"Statuses that do not concern the session, so that another opening may succeed."


class EventStream:
    """One stream of a session, through all of its openings."""

    __slots__ = (
        "_announces",
        "_checking",
        "_data_since_check",
        "_empty_openings",
        "_is_heartbeat",
        "_kind",
        "_no_message_yet",
        "_requested",
        "_requested_pause",
        "app",
        "epoch",
        "key",
        "state",
    )

    def __init__(self, wanted: StreamSpec, dialect: Dialect) -> None:
        self._kind, self.key = wanted.kind, wanted.key
        self.app = wanted.app
        "The app of this opening; the client may know a newer one."
        self._requested = wanted.request.headers
        "The headers of this opening's request."
        self._is_heartbeat = self._kind is StreamKind.HEARTBEAT
        self._announces = dialect.announces_close and self._kind is StreamKind.SHARED
        self._requested_pause: float | None = None
        "Seconds to wait, as the server asked with `Retry-After`."
        self._no_message_yet = True
        "No message has arrived since this opening."
        self._checking = False
        "The app is being asked whether it still runs."
        self._data_since_check = False
        "Bytes have arrived since the app was asked."
        self._empty_openings = 0
        "Openings in a row that ended without a message."
        self.epoch = 0
        "The number of this opening; zero while closed."
        self.state = StreamState.CLOSED

    def open(self, wanted: StreamSpec, epoch: int, delay: float = 0.0) -> list[Order]:
        """Open the stream under this epoch after `delay` seconds, unless it is open already."""
        if self.state is not StreamState.CLOSED:
            return []
        self._move(StreamInput.WANTED)
        self.epoch = epoch
        self.app = wanted.app
        self._requested = wanted.request.headers
        self._no_message_yet = True
        self._checking = False
        self._requested_pause = None
        return [StartStream(stream=wanted, epoch=epoch, delay=delay)]

    def close(self) -> list[Order]:
        """Close the stream for good; late reports about it carry an older epoch."""
        epoch = self._close(StreamInput.CLOSE)
        return [EndStream(key=self.key, epoch=epoch)] if epoch else []

    def accepts(self, head: Head) -> bool:
        """Take the head of the reply; return whether it begins an event stream."""
        # Gradio replies 200 even if it knows no such session: the error follows as a message (4.10
        # to 6.31). Anything else comes from a proxy, or from an app that has moved.
        if self._kind is StreamKind.SOCKET:
            accepted = is_upgraded(head, self._requested)
        else:
            kind = (head.header("content-type") or "").lower()
            accepted = head.status == 200 and kind.startswith("text/event-stream")
        if not accepted:
            return False
        self._move(StreamInput.HEAD)
        self._data_since_check = True
        return True

    def data_arrived(self) -> None:
        """Record that bytes have arrived, whatever they contain."""
        self._data_since_check = True

    def needs_check(self) -> bool:
        """Begin to check the app after a silence; return False if a check is under way."""
        begins = not self._checking
        if begins:
            self._checking, self._data_since_check = True, False
        return begins

    def check_finished(self, *, alive: bool) -> bool:
        """End a check; return whether to read on: the app replied, or bytes have arrived since."""
        self._checking = False
        return alive or self._data_since_check

    def close_announced(self) -> None:
        """Record `close_stream`: the end of the connection is `FINISHED` then, however it ends."""
        self._move(StreamInput.ANNOUNCED)

    def message_arrived(self, *, beat: bool = False) -> None:
        """Record a message. A heartbeat (`beat`) counts only on the heartbeat stream."""
        if self._is_heartbeat or not beat:
            self._no_message_yet = False

    def open_refused(self, head: Head, *, expected: bool) -> StreamOutcome:
        """End an opening that the server refused; return whether to try again.

        A private stream is never tried again here, since its flow has to join again.
        """
        self._close(StreamInput.END)
        self._requested_pause = retry_after(head)
        is_join = self._kind in (StreamKind.PRIVATE, StreamKind.SOCKET)
        is_transient = not is_join and head.status in _TRANSIENT
        outcome = StreamOutcome.REOPEN if is_transient else StreamOutcome.LOST
        return self._decide(outcome, expected=expected)

    def ended(self, ending: EndReason, *, expected: bool) -> StreamOutcome:
        """End an opening; return what that means. `expected`: jobs expect messages on it."""
        match self.state, ending:
            # The server announced that it has sent everything, so it does not matter how the
            # connection ended.
            case StreamState.CLOSING, _:
                ending = EndReason.FINISHED
            # A proxy that loses its server can end the body properly: only `close_stream` tells.
            case _, EndReason.FINISHED if self._announces:
                ending = EndReason.BROKEN
            # There was a head, so there was a connection: messages may be lost.
            case StreamState.OPEN, EndReason.REFUSED:
                ending = EndReason.BROKEN
            case _:
                pass
        self._close(StreamInput.END)
        return self._decide(OUTCOMES[self._kind][ending], expected=expected)

    @property
    def pause(self) -> float:
        """Seconds before the next opening: what the server asked for, or longer each time.

        Zero after an opening with a message, unless it is a heartbeat, which nobody waits for.
        """
        immediately = self._empty_openings == 0 and not self._is_heartbeat
        backoff = 0.0 if immediately else 0.25 * 2.0**self._empty_openings
        # A shared stream that ended in a race (rule 3) is needed at once. After a failure, and for
        # heartbeats, the pause doubles from a quarter of a second on.
        return min(self._requested_pause or backoff, MAX_PAUSE)

    def _decide(self, outcome: StreamOutcome, *, expected: bool) -> StreamOutcome:
        self._empty_openings = self._empty_openings + 1 if self._no_message_yet else 0
        if outcome is not StreamOutcome.REOPEN:
            return outcome
        # Opened with nothing pending, a stream would send heartbeats and never end (4.9 to 6.31).
        if not (expected or self._is_heartbeat):
            return StreamOutcome.ENDED
        return (
            StreamOutcome.LOST
            if self._empty_openings >= MAX_EMPTY_OPENINGS
            else StreamOutcome.REOPEN
        )

    def _move(self, event: StreamInput) -> None:
        self.state = STREAM_TRANSITIONS[self.state][event]

    def _close(self, event: StreamInput) -> int:
        self._move(event)
        epoch, self.epoch = self.epoch, 0
        return epoch


class EventStreams:
    """The streams of one session, by key. Not thread-safe."""

    __slots__ = ("_latest", "_streams")

    def __init__(self) -> None:
        self._streams: dict[int, EventStream] = {}
        self._latest = 0
        "The last epoch that was given to any of the streams."

    def current(self, key: int, epoch: int) -> EventStream | None:
        """Return the stream that a report is about; None: the report is about an older opening."""
        stream = self._streams.get(key)
        return stream if stream is not None and stream.epoch == epoch else None

    def epoch(self, key: int) -> int:
        """Return the epoch of a stream that is open or being opened, else zero."""
        stream = self._streams.get(key)
        return stream.epoch if stream else 0

    def is_open(self, key: int) -> bool:
        """Whether the server would notice if the stream were closed now."""
        stream = self._streams.get(key)
        return stream is not None and stream.state is StreamState.OPEN

    def open(self, wanted: StreamSpec, dialect: Dialect, delay: float = 0.0) -> list[Order]:
        """Open a stream after `delay` seconds, unless it is open or being opened."""
        stream = self._streams.get(wanted.key)
        if stream is None:
            stream = self._streams[wanted.key] = EventStream(wanted, dialect)
        orders = stream.open(wanted, self._latest + 1, delay)
        # A stream that is open already gives no order, and uses no epoch.
        self._latest += len(orders)
        return orders

    def close(self, key: int) -> list[Order]:
        """Close a stream for good, if there is one, and forget it."""
        stream = self._streams.pop(key, None)
        return stream.close() if stream else []

    def close_all(self) -> list[Order]:
        """Close all streams for good."""
        return [order for key in list(self._streams) for order in self.close(key)]

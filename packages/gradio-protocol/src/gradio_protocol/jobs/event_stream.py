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
5. After `MAX_EMPTY_CONNECTIONS` connections in a row without a message the stream is lost.
6. A stream id names one connection of one stream. Reports about an older one are ignored.
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

from collections.abc import Iterator, Mapping
from enum import Enum

from ..app.access import App
from ..app.dialect import Dialect
from ..errors import RemoteError
from ..wire.exchange import Head, Headers, Request
from ..wire.sse import EventParser
from ..wire.status import retry_after
from ..wire.websocket import is_upgraded
from .identity_hash import hash_by_identity
from .messages import EventMessage, Heartbeat, Ignored, Message, StreamClosing, read_message
from .orders import CloseStream, EndReason, OpenStream, Order, StreamKind
from .pending_job import PendingJob

IDLE_TIMEOUT = 90.0
"""Default seconds of silence before the app is asked whether it still runs.

Heartbeats come every 15 s, and a server that loads a model may skip a few."""
MAX_EMPTY_CONNECTIONS = 5
"Connections in a row without a message after which a stream is lost."
MAX_PAUSE = 30.0
"The longest pause before a connection, in seconds, even if the server asks for more."
SHARED, HEARTBEAT = -1, -2
"Keys of streams; the key of a private stream is the id of its job."


def stream_kind(key: int) -> StreamKind:
    """Return what the stream with this key is for."""
    return {SHARED: StreamKind.SHARED, HEARTBEAT: StreamKind.HEARTBEAT}.get(key, StreamKind.PRIVATE)


def stream_request(
    app: App, session_hash: str, key: int, fn_index: int, headers: Headers = ()
) -> Request:
    """Return the request for a stream.

    `fn_index` and `headers` matter for a private stream only, which is a join as well.
    """
    match stream_kind(key):
        case StreamKind.SHARED:
            return app.access.get("queue/data", events=True, session_hash=session_hash)
        case StreamKind.HEARTBEAT:
            return app.access.get(f"heartbeat/{session_hash}", events=True)
        case _:
            query = {"fn_index": str(fn_index), "session_hash": session_hash}
            return app.access.get("queue/join", events=True, call=headers, **query)


def socket_answers(job: PendingJob) -> dict[str, str]:
    """Return what the socket of a job sends, by the name of the message that asks for it."""
    identity = f'"fn_index":{job.fn_index},"session_hash":"{job.session_hash}"'
    # Spliced: arguments can be long, and the flow has written them once. 3.6 and later ask for the
    # hash first.
    return {"send_hash": f"{{{identity}}}", "send_data": f"{{{identity},{job.body[1:]}"}


@hash_by_identity
class StreamState(Enum):
    """How far the current connection of a stream has come."""

    CLOSED = "closed, or not opened yet"
    CONNECTING = "the driver is opening it"
    OPEN = "the head of the reply has arrived"
    CLOSING = "the server has announced that it has sent everything"


@hash_by_identity
class StreamInput(Enum):
    """What can change the state of a stream."""

    WANTED = "messages are expected"
    HEAD = "the head of an event stream arrives"
    ANNOUNCED = "`close_stream` arrives"
    END = "it ends, or opening it fails"
    CLOSE = "the client closes it for good"


def _build_transitions() -> dict[StreamState, dict[StreamInput, StreamState]]:
    # The columns are those of StreamInput, in order. Late inputs change nothing: a `close_stream`
    # before the head, or a head that a closed stream still gets.
    s = StreamState
    rows = {
        s.CLOSED: (s.CONNECTING, s.CLOSED, s.CLOSED, s.CLOSED, s.CLOSED),
        s.CONNECTING: (s.CONNECTING, s.OPEN, s.CONNECTING, s.CLOSED, s.CLOSED),
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
    # The columns are those of EndReason, in order: FINISHED, BROKEN, SILENT, REFUSED.
    reopen, lost = StreamOutcome.REOPEN, StreamOutcome.LOST
    half_open = StreamOutcome.LOST_HALF_OPEN
    rows = {
        StreamKind.SHARED: (reopen, lost, half_open, reopen),
        # A new private stream or socket is a new join, which only the flow may send (3.2 to 4.8).
        StreamKind.SOCKET: (lost, lost, lost, lost),
        StreamKind.PRIVATE: (lost, lost, lost, lost),
        # No job depends on a heartbeat, so it is opened again, within the limit of rule 5.
        StreamKind.HEARTBEAT: (reopen, reopen, reopen, reopen),
    }
    return {kind: dict(zip(EndReason, row, strict=True)) for kind, row in rows.items()}


OUTCOMES = _build_outcomes()
"The outcome, by the kind of the stream and the reason for its end."

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"Statuses that do not concern the session, so that another connection may succeed."


class StreamReader:
    """Parses one connection of a stream. Shares nothing, so its only reader needs no lock.

    `answers` are the texts that a socket sends after a message of the server, by its name.
    """

    __slots__ = ("_answers", "_beats", "_dialect", "_is_socket", "_outbox", "_parser", "error")

    def __init__(
        self, kind: StreamKind, dialect: Dialect, answers: Mapping[str, str] | None = None
    ) -> None:
        self._beats = kind is StreamKind.HEARTBEAT
        self._is_socket = kind is StreamKind.SOCKET
        self._answers = answers or {}
        self._outbox: list[str] = []
        self.error: RemoteError | None = None
        "Why these bytes are no Gradio stream."
        self._dialect = dialect
        # An event that one connection left unfinished must not run into the next one: each has its
        # parser.
        self._parser = EventParser()

    def feed(self, chunk: bytes) -> list[EventMessage]:
        """Return the messages that these bytes complete; a socket's are one whole message.

        If they are not a Gradio stream, `error` says why. The messages before that count, however
        the bytes are cut into chunks.
        """
        messages: list[EventMessage] = []
        try:
            if self._is_socket:
                self._read_message(chunk, messages)
            elif self._beats:
                # Its events say ALIVE, which is not JSON.
                messages += [EventMessage(None, Heartbeat()) for _ in self._parser.feed(chunk)]
            else:
                for data in self._parser.feed(chunk):
                    messages.append(read_message(data, self._dialect))
        except RemoteError as error:
            self.error = error
        return messages

    def take_answers(self) -> list[str]:
        """Return the texts to send on a socket after what was fed, each once."""
        answers, self._outbox = self._outbox, []
        return answers

    def _read_message(self, data: bytes, messages: list[EventMessage]) -> None:
        # The answers are known before the socket opens, so the one thread or task that reads also
        # writes: a TLS connection of Python 3.11 may not be read and written by two threads.
        if not data:
            return  # a ping: the connection is alive
        message = read_message(data, self._dialect)
        messages.append(message)
        if isinstance(message.message, Ignored):
            answer = self._answers.get(message.message.name)
            self._outbox += [] if answer is None else [answer]


class EventStream:
    """One stream of a session, through all of its connections."""

    def __init__(
        self, key: int, stream_id: int, app: App, socket: OpenStream | None = None
    ) -> None:
        self.key = key
        self._kind = StreamKind.SOCKET if socket else stream_kind(key)
        self._socket = socket
        "The order for the one connection that a socket has."
        self.has_sent_arguments: bool = False
        "The server of a socket has asked for the arguments."
        self._is_heartbeat = self._kind is StreamKind.HEARTBEAT
        self._empty_connections = 0
        "Connections in a row that ended without a message."
        self.state: StreamState = StreamState.CLOSED
        self.open(stream_id, app)

    def open(self, stream_id: int, app: App) -> None:
        """Begin a connection of a stream that is closed."""
        self._move(StreamInput.WANTED)
        self.stream_id = stream_id
        "The id of this connection, or of the last one."
        self.app = app
        "The app of this connection; the client may know a newer one."
        answers = self._socket.answers if self._socket else None
        self.reader: StreamReader = StreamReader(self._kind, app.dialect, answers)
        "One per connection: an event that was cut off must not continue on the next one."
        self._announces = app.dialect.announces_close and self._kind is StreamKind.SHARED
        self._requested_pause: float | None = None
        "Seconds to wait, as the server asked with `Retry-After`."
        self._no_message_yet = True
        "No message has arrived on this connection."
        self._checking = False
        "The app is being asked whether it still runs."
        self._data_since_check = False
        "Bytes have arrived since the app was asked."

    def close(self) -> list[Order]:
        """Close the stream for good; late reports about it are ignored."""
        closes = self.state is not StreamState.CLOSED
        self._move(StreamInput.CLOSE)
        return [CloseStream(stream_id=self.stream_id)] if closes else []

    def receive_head(self, head: Head) -> bool:
        """Take the head of the reply; return whether it begins an event stream."""
        # Gradio replies 200 even if it knows no such session: the error follows as a message (4.10
        # to 6.31). Anything else comes from a proxy, or from an app that has moved.
        if self._socket:
            accepted = is_upgraded(head, self._socket.request.headers)
        else:
            kind = (head.header("content-type") or "").lower()
            accepted = head.status == 200 and kind.startswith("text/event-stream")
        if not accepted:
            return False
        self._move(StreamInput.HEAD)
        self._data_since_check = True
        return True

    @property
    def has_run_nothing(self) -> bool:
        """Whether this is an open socket whose server does not have the arguments of the job."""
        is_open = self._kind is StreamKind.SOCKET and self.state is StreamState.OPEN
        return is_open and not self.has_sent_arguments

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

    def message_arrived(self, message: Message) -> None:
        """Record what a message says about the stream itself."""
        match message:
            # From now on the end of the connection is `FINISHED`, however it ends.
            case StreamClosing():
                self._move(StreamInput.ANNOUNCED)
            # Any other stream has to bring more than that to count as working.
            case Heartbeat() if not self._is_heartbeat:
                pass
            case Ignored(name="send_data"):
                self._no_message_yet, self.has_sent_arguments = False, True
            case _:
                self._no_message_yet = False

    def open_refused(self, head: Head, *, expected: bool) -> StreamOutcome:
        """End a connection that the server refused; return whether to try again.

        A private stream is never tried again here, since its flow has to join again.
        """
        self._move(StreamInput.END)
        self._requested_pause = retry_after(head)
        is_join = self._kind in (StreamKind.PRIVATE, StreamKind.SOCKET)
        is_transient = not is_join and head.status in _TRANSIENT
        outcome = StreamOutcome.REOPEN if is_transient else StreamOutcome.LOST
        return self._decide(outcome, expected=expected)

    def ended(self, ending: EndReason, *, expected: bool) -> StreamOutcome:
        """End a connection; return what that means. `expected`: jobs expect messages on it."""
        # A proxy that loses its server can end the body properly: only `close_stream` tells.
        is_cut = ending is EndReason.FINISHED and self._announces
        # There was a head, so there was a connection: messages may be lost.
        was_open = ending is EndReason.REFUSED and self.state is StreamState.OPEN
        if self.state is StreamState.CLOSING:
            # The server has announced that it sent everything, however the connection ended.
            ending = EndReason.FINISHED
        elif is_cut or was_open:
            ending = EndReason.BROKEN
        self._move(StreamInput.END)
        return self._decide(OUTCOMES[self._kind][ending], expected=expected)

    @property
    def pause(self) -> float:
        """Seconds before the next connection: what the server asked for, or longer each time.

        Zero after one with a message, unless it is a heartbeat, which nobody waits for.
        """
        immediately = self._empty_connections == 0 and not self._is_heartbeat
        backoff = 0.0 if immediately else 0.25 * 2.0**self._empty_connections
        # A shared stream that ended in a race (rule 3) is needed at once. After a failure, and for
        # heartbeats, the pause doubles from a quarter of a second on.
        return min(self._requested_pause or backoff, MAX_PAUSE)

    def _decide(self, outcome: StreamOutcome, *, expected: bool) -> StreamOutcome:
        self._empty_connections = self._empty_connections + 1 if self._no_message_yet else 0
        if outcome is not StreamOutcome.REOPEN:
            return outcome
        # Opened with nothing pending, a stream would send heartbeats and never end (4.9 to 6.31).
        if not (expected or self._is_heartbeat):
            return StreamOutcome.ENDED
        gives_up = self._empty_connections >= MAX_EMPTY_CONNECTIONS
        return StreamOutcome.LOST if gives_up else StreamOutcome.REOPEN

    def _move(self, event: StreamInput) -> None:
        self.state = STREAM_TRANSITIONS[self.state][event]


class EventStreams:
    """The streams of one session, by key and by the id of their connections. Not thread-safe."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._ids = ids
        self._by_key: dict[int, EventStream] = {}
        self._by_id: dict[int, EventStream] = {}

    @property
    def are_connecting(self) -> bool:
        """Whether a stream is being opened, so that the server would not notice its close."""
        return any(stream.state is StreamState.CONNECTING for stream in self._by_key.values())

    def current(self, stream_id: int) -> EventStream | None:
        """Return the stream that a report is about; None: it is about an older connection."""
        stream = self._by_id.get(stream_id)
        return None if stream is None or stream.state is StreamState.CLOSED else stream

    def current_id(self, key: int) -> int:
        """Return the id of the stream if it is open or being opened, else zero."""
        stream = self._by_key.get(key)
        return stream.stream_id if stream and stream.state is not StreamState.CLOSED else 0

    def is_open(self, key: int) -> bool:
        """Whether the server would notice if the stream were closed now."""
        stream = self._by_key.get(key)
        return stream is not None and stream.state is StreamState.OPEN

    def open(
        self, key: int, app: App, request: Request, idle_timeout: float, delay: float = 0.0
    ) -> list[Order]:
        """Open a stream that is neither open nor being opened, after `delay` seconds."""
        stream_id, stream = next(self._ids), self._by_key.get(key)
        if stream is None:
            stream = self._by_key[key] = EventStream(key, stream_id, app)
        else:
            del self._by_id[stream.stream_id]
            stream.open(stream_id, app)
        self._by_id[stream_id] = stream
        return [OpenStream(stream_id, key, request, idle_timeout, delay)]

    def open_socket(self, app: App, job: PendingJob, idle_timeout: float) -> list[Order]:
        """Open the socket of a job, which is its join."""
        stream_id, key = next(self._ids), job.job_id
        request = app.access.socket("queue/join", job.session_hash.encode(), call=job.headers)
        order = OpenStream(stream_id, key, request, idle_timeout, 0.0, socket_answers(job))
        self._by_key[key] = self._by_id[stream_id] = EventStream(key, stream_id, app, order)
        return [order]

    def close(self, key: int) -> list[Order]:
        """Close a stream for good, if there is one, and forget it."""
        stream = self._by_key.pop(key, None)
        if stream is None:
            return []
        del self._by_id[stream.stream_id]
        return stream.close()

    def close_all(self) -> list[Order]:
        """Close all streams for good."""
        return [order for key in list(self._by_key) for order in self.close(key)]

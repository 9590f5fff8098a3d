"""The driver's side of one session, by hand: obeys orders on paper and keeps the books.

It checks what must hold whatever happens: each question is answered exactly once, a stream is
open once at most, and only what is open is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gradio_protocol.app.access import App
from gradio_protocol.errors import GradioError
from gradio_protocol.jobs.app_tracker import AppTracker
from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Completed, EventMessage, Failed, Message
from gradio_protocol.jobs.orders import (
    AnyQuestion,
    CancelEvent,
    CheckApp,
    CloseStream,
    EndReason,
    JobStopped,
    JoinAccepted,
    JoinFailed,
    JoinGranted,
    NextMessage,
    OpenStream,
    Order,
    RequestJoin,
    Resume,
)
from gradio_protocol.jobs.session import Session
from gradio_protocol.wire.exchange import Head, Headers
from tests.support.sample_apps import ECHO, sample_app

EVENTS: Headers = (("content-type", "text/event-stream"),)
DONE, CANCELLED = Completed(data=("x",)), Completed(data=None)
"The last message of an event: with its result, or without one."
LOST = (EndReason.BROKEN, EndReason.SILENT)
SHARING = ("4.14.0", "4.17.0", "4.22.0", "4.29.0", "4.44.1", "5.20.1", "6.2.0", "6.31.0")
"A version for each kind of server on which all jobs of a session share one stream."


@dataclass
class SessionHarness:
    """A session of this app, and what became of its orders."""

    app: App
    single: bool = False
    entropy: bytes = b"entropy"
    tracker: AppTracker = field(init=False)
    session: Session = field(init=False)
    now: float = 0.0
    listening: dict[int, OpenStream] = field(default_factory=dict[int, OpenStream])
    "The stream of each key that is open, or being opened."
    left: list[OpenStream] = field(default_factory=list[OpenStream])
    "The streams that were to be closed."
    told: list[CancelEvent] = field(default_factory=list[CancelEvent])
    "What the server was to be told."
    checks: list[CheckApp] = field(default_factory=list[CheckApp])
    "The questions after the app that are under way, of whichever stream."
    asking: set[int] = field(default_factory=set[int])
    "Who has not been answered yet."
    answers: dict[int, list[object]] = field(default_factory=dict[int, list[object]])

    def __post_init__(self) -> None:
        self.tracker = AppTracker(self.app, now=0.0)
        self.session = Session(self.tracker, entropy=self.entropy, single=self.single)

    # Orders.

    def obey(self, orders: list[Order]) -> None:
        answered = [isinstance(order, Resume) for order in orders]
        assert answered == sorted(answered), "a flow goes on before the streams are seen to"
        for order in orders:
            match order:
                case OpenStream():
                    key = order.key
                    assert key not in self.listening, "two connections of one stream"
                    self.listening[key] = order
                case CloseStream():
                    opened = self.listening.items()
                    (key,) = [key for key, one in opened if one.stream_id == order.stream_id]
                    self.left.append(self.listening.pop(key))
                case Resume():
                    assert order.job_id in self.asking, "an answer that nobody asked for"
                    self.asking.remove(order.job_id)
                    self.answers[order.job_id].append(order.reply)
                case CancelEvent():
                    self.told.append(order)
                case CheckApp():
                    self.checks.append(order)

    # Flows.

    def ask(self, job_id: int, question: AnyQuestion) -> object:
        """The answer, or None if there is none yet."""
        assert job_id not in self.asking
        self.asking.add(job_id)
        said = self.answers.setdefault(job_id, [])
        before = len(said)
        self.obey(self.session.ask(job_id, question, self.now))
        return said[-1] if len(said) > before else None

    def enter(self, job_id: int, fn_index: int = ECHO, *, direct: bool = False) -> object:
        return self.ask(job_id, RequestJoin(fn_index=fn_index, direct=direct))

    def joining(self, fn_index: int = ECHO) -> int:
        """A job whose join is in flight."""
        job_id = self.session.add_job()
        assert isinstance(self.enter(job_id, fn_index), JoinGranted)
        return job_id

    def joined(self, event_id: str, fn_index: int = ECHO) -> int:
        """A job that was joined under this id."""
        job_id = self.joining(fn_index)
        self.accepted(job_id, event_id)
        return job_id

    def accepted(self, job_id: int, event_id: str) -> object:
        return self._report(job_id, JoinAccepted(event_id=event_id))

    def unjoined(self, job_id: int) -> object:
        return self._report(job_id, JoinFailed())

    def _report(self, job_id: int, question: AnyQuestion) -> object:
        """Say what became of a join: None, or a `JobStopped`."""
        answer = self.ask(job_id, question)
        assert job_id not in self.asking, "a report is answered at once"
        return answer

    def next(self, job_id: int) -> object:
        """Ask for the next message."""
        return self.ask(job_id, NextMessage())

    def last(self, job_id: int) -> object:
        """The latest answer."""
        return self.answers[job_id][-1]

    def gone(self, job_id: int) -> GradioError | None:
        """The error of the latest answer, if that was that the job need not go on."""
        answer = self.last(job_id)
        return answer.error if isinstance(answer, JobStopped) else None

    def cancel(self, job_id: int) -> None:
        self.obey(self.session.cancel(job_id))

    def release(self, job_id: int) -> None:
        self.asking.discard(job_id)
        self.obey(self.session.finish_job(job_id))

    # Streams.

    def open(self, key: int = SHARED, head: Head | None = None) -> bool:
        """The head of the stream comes; whether to read on."""
        head = head or Head(status=200, headers=EVENTS)
        stream_id = self.listening[key].stream_id
        orders = self.session.stream_opened(stream_id, head)
        # A retired session may close a stream that it accepts; that is no refusal.
        refused = (head.status, head.headers) != (200, EVENTS)
        if refused:
            assert orders[0] == CloseStream(stream_id=stream_id)
            del self.listening[key]
        self.obey(orders[refused:])
        return not refused

    def say(self, event_id: str | None, *messages: Message, key: int = SHARED) -> None:
        """Messages of one event come on a stream."""
        self.arrive(*((event_id, message) for message in messages), key=key)

    def arrive(self, *messages: tuple[str | None, Message], key: int = SHARED) -> None:
        """Messages come on a stream, at once."""
        deliveries = [EventMessage(event_id, message) for event_id, message in messages]
        self.obey(self.session.receive(self.listening[key].stream_id, deliveries))

    def silent(self, key: int = SHARED) -> None:
        """Nothing comes on the stream."""
        self.obey(self.session.stream_silent(self.listening[key].stream_id))

    def checked(self, why: GradioError | None = None) -> None:
        """The app has said, to the oldest question, that it is there; or why it is not."""
        self.obey(self.session.app_checked(self.checks.pop(0).stream_id, why))

    def end(self, ending: EndReason, key: int = SHARED, why: GradioError | None = None) -> None:
        """The stream ends."""
        listen = self.listening.pop(key)
        self.obey(self.session.stream_ended(listen.stream_id, ending, why))

    def dismissed(self, event_id: str) -> None:
        self.obey(self.session.cancel_finished(event_id))

    @property
    def streams(self) -> list[int]:
        """The keys of the streams that are open, or being opened."""
        return sorted(self.listening)

    @property
    def cancellations(self) -> list[tuple[str, int]]:
        """Event and function of all that the server was to be told."""
        return [(order.event_id, order.fn_index) for order in self.told]


def harness(
    version: str = "6.31.0", *, single: bool = False, stateful: bool = False
) -> SessionHarness:
    """A session of a sample app."""
    return SessionHarness(sample_app(version, stateful=stateful), single=single)


def failed(message: object) -> GradioError:
    """The error of a `Failed`."""
    assert isinstance(message, Failed)
    return message.error

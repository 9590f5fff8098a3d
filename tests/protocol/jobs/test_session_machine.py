"""`jobs.session` with its router and channels, against a model written from the design's rules.

The model knows which messages the server has sent for which job, which jobs are wanted, and what
every end of a stream means. It knows nothing of seats, mailboxes or channels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gradio_protocol.app.dialect import Cancelling
from gradio_protocol.errors import JobCancelled, RemoteError
from gradio_protocol.jobs.event_stream import MAX_EMPTY_CONNECTIONS, SHARED
from gradio_protocol.jobs.messages import (
    Broken,
    Completed,
    Failed,
    Generated,
    Heartbeat,
    JobMessage,
    Queued,
    Started,
    StreamClosing,
)
from gradio_protocol.jobs.orders import EndReason, JobStopped, JoinGranted
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import COUNT, ECHO, sample_app
from tests.support.session_harness import SessionHarness

VERSIONS = ["4.14.0", "4.22.0", "4.29.0", "4.44.1", "5.20.1", "6.31.0"]
FUNCTIONS = st.sampled_from([ECHO, COUNT])
RARELY = st.sampled_from([False, False, False, True])
KINDS = ["queued", "started", "started", "output", "done", "failed"]


@dataclass
class Job:
    """One job, as the design tells of it."""

    job_id: int
    event: str
    "The id that its join gets, or will get."
    fn_index: int
    phase: str
    "entering, joining, joined, refused"
    sent: list[JobMessage] = field(default_factory=list[JobMessage])
    "What the flow has to get, in this order."
    early: list[JobMessage] = field(default_factory=list[JobMessage])
    ended: bool = False
    "The last message has been sent, or the event was lost."
    started: bool = False
    wanted: bool = True
    "Neither cancelled nor released."
    flowing: bool = True
    "Its flow has not ended."
    lost: bool = False
    "The stream was lost while it joined."
    raced: bool = False
    "It was accepted while a stream was open, which may have ended for the server by then."

    @property
    def pending(self) -> bool:
        return self.phase == "joined" and not self.ended

    @property
    def at_stake(self) -> bool:
        return self.phase in ("joining", "joined") and not self.ended


class Visits(RuleBasedStateMachine):
    """A session, and what has to become of its jobs."""

    @initialize(version=st.sampled_from(VERSIONS), stateful=st.booleans(), single=RARELY)
    def begin(self, version: str, stateful: bool, single: bool) -> None:
        self.harness = SessionHarness(sample_app(version, stateful=stateful), single=single)
        self.dialect = self.harness.app.dialect
        self.stateful = stateful
        self.single = single
        self.retired = single
        self.jobs: list[Job] = []
        self.count = 0
        self.head = False
        "The stream is open."
        self.heard = False
        "It has brought something."
        self.barren = 0
        "How many connections before it, in a row, brought nothing."
        self.left = self.told = 0
        self.underway: list[tuple[str, int]] = []
        "Dismissals that the server was not told of yet."
        self.may_leave = False
        self.stirred = False
        "The stream has brought something since it was last silent."

    # What flows do.

    @precondition(lambda self: not self.retired or (self.single and not self.jobs))
    @rule(fn_index=FUNCTIONS)
    def enters(self, fn_index: int) -> None:
        self.count += 1
        held = any(self.holds(fn_index, stop) for stop in self.underway)
        job = Job(self.harness.session.add_job(), f"e{self.count}", fn_index, "entering")
        self.jobs.append(job)
        answer = self.harness.enter(job.job_id, fn_index)
        assert isinstance(answer, JoinGranted) is not held
        if not held:
            job.phase = "joining"

    def holds(self, fn_index: int, stop: tuple[str, int]) -> bool:
        """Whether a dismissal under way keeps a join of this function waiting."""
        return stop[1] == fn_index

    def job(self, data: st.DataObject, *phases: str, flowing: bool = True) -> Job | None:
        found = [j for j in self.jobs if j.phase in phases and (j.flowing or not flowing)]
        return data.draw(st.sampled_from(found)) if found else None

    @precondition(lambda self: not self.retired or (self.single and not self.jobs))
    @rule(fn_index=FUNCTIONS)
    def joins_at_once(self, fn_index: int) -> None:
        self.enters(fn_index)
        if self.jobs[-1].phase == "joining":
            self.accept(self.jobs[-1])

    @precondition(lambda self: not self.retired)
    @rule(fn_index=FUNCTIONS, early=st.booleans(), asks=st.booleans())
    def runs(self, fn_index: int, early: bool, asks: bool) -> None:
        """A job gets as far as most do; some messages are faster than the reply to the join."""
        self.enters(fn_index)
        job = self.jobs[-1]
        if job.phase == "entering":
            return
        if early and self.reading:
            self.say(job, "started")
        self.accept(job)
        if SHARED in self.harness.listening and not self.head:
            self.opens()
        if self.reading:
            self.say(job, "output")
        if asks:
            self.harness.next(job.job_id)

    @rule(data=st.data())
    def is_accepted(self, data: st.DataObject) -> None:
        job = self.job(data, "joining")
        if job is not None:
            self.accept(job)

    def accept(self, job: Job) -> None:
        job.phase = "joined"
        job.raced = SHARED in self.harness.listening
        answer = self.harness.accepted(job.job_id, job.event)
        assert isinstance(answer, JobStopped) is not job.wanted
        for message in job.early:
            self.arrives(job, message)

    @rule(data=st.data())
    def is_refused(self, data: st.DataObject) -> None:
        job = self.job(data, "joining")
        if job is not None:
            job.phase = "refused"
            assert isinstance(self.harness.unjoined(job.job_id), JobStopped) is not job.wanted

    @rule(data=st.data())
    def begins_again(self, data: st.DataObject) -> None:
        job = self.job(data, "refused")
        if job is None or not job.wanted:
            return
        self.count += 1
        job.event, job.phase, job.early = f"e{self.count}", "joining", []
        job.ended = job.lost = job.started = False
        job.sent = []
        if any(self.holds(job.fn_index, stop) for stop in self.underway):
            job.phase = "entering"
        answer = self.harness.enter(job.job_id, job.fn_index)
        assert isinstance(answer, JoinGranted) is (job.phase == "joining")

    @rule(data=st.data())
    def asks(self, data: st.DataObject) -> None:
        job = self.job(data, "joined")
        if job is not None and job.job_id not in self.harness.asking:
            before = len(self.harness.answers[job.job_id])
            self.harness.next(job.job_id)
            if not job.wanted:
                assert isinstance(self.harness.answers[job.job_id][before], JobStopped)

    @rule(data=st.data())
    def is_cancelled(self, data: st.DataObject) -> None:
        job = self.job(data, "entering", "joining", "joined")
        if job is not None:
            self.cancel(job)

    @precondition(lambda self: not self.retired)
    @rule(fn_index=FUNCTIONS, joins=st.booleans(), go=st.integers(0, 4))
    def some_of_a_crowd_are_cancelled(self, fn_index: int, joins: bool, go: int) -> None:
        """Jobs of one function run beside each other, and perhaps one is joining."""
        before = len(self.jobs)
        if joins:
            self.enters(fn_index)
        for _ in range(3):
            self.runs(fn_index, early=False, asks=False)
            if self.reading and self.jobs[-1].pending:
                self.say(self.jobs[-1], "started")
        for job in self.jobs[before:][:go]:
            self.cancel(job)

    def cancel(self, job: Job) -> None:
        waited = job.wanted and job.job_id in self.harness.asking
        told, was_wanted = len(self.harness.told), job.wanted
        self.harness.cancel(job.job_id)
        if job.wanted and job.phase == "entering":
            job.phase = "refused"
        job.wanted = False
        if waited:
            assert isinstance(self.harness.gone(job.job_id), JobCancelled)
        self.depart(job)
        if was_wanted:
            self.stops_with_the_last(job)
        else:
            # Whoever has waited for a sibling since the first cancel goes with a message, not now.
            assert len(self.harness.told) == told

    @rule(data=st.data())
    def is_released(self, data: st.DataObject) -> None:
        job = self.job(data, "entering", "joining", "joined", "refused")
        if job is None:
            return
        self.harness.release(job.job_id)
        job.wanted = job.flowing = False
        if job.phase != "joined":
            job.phase = "refused"
        self.depart(job)
        self.stops_with_the_last(job)

    def depart(self, job: Job) -> None:
        """A session of one job ends with it."""
        if self.single and SHARED not in self.harness.listening:
            job.ended = job.ended or job.phase == "joined"

    @precondition(lambda self: len(self.jobs) > 5)
    @rule()
    def is_retired(self) -> None:
        self.retired = True
        self.harness.obey(self.harness.session.retire())

    # What the server does.

    @property
    def reading(self) -> bool:
        return SHARED in self.harness.listening and self.head

    @precondition(lambda self: SHARED in self.harness.listening and not self.head)
    @rule()
    def opens(self) -> None:
        assert self.harness.open()
        self.head = self.stirred = True

    @precondition(lambda self: SHARED in self.harness.listening)
    @rule(how=st.sampled_from(["cut", "silent", "out of reach", "503", "404", "broken", "unknown"]))
    def goes_wrong(self, how: str) -> None:
        match how:
            case "cut" | "silent":
                self.breaks_off(EndReason.BROKEN if how == "cut" else EndReason.SILENT)
            case "broken" | "unknown" if self.head:
                self.gives_up(how == "unknown")
            case "out of reach" if not self.head:
                self.is_out_of_reach()
            case "503" | "404" if not self.head:
                self.refuses_to_open(int(how))
            case _:
                pass

    @precondition(lambda self: SHARED in self.harness.listening)
    @rule()
    def is_silent(self) -> None:
        """Nothing comes for the idle time: the app is asked, unless it is being asked already."""
        before = [check.stream_id for check in self.harness.checks]
        self.harness.silent()
        stream_id = self.harness.listening[SHARED].stream_id
        if stream_id not in before:
            before.append(stream_id)
            self.stirred = False
        assert [check.stream_id for check in self.harness.checks] == before

    @precondition(lambda self: self.harness.checks)
    @rule(is_there=st.booleans())
    def app_was_asked(self, is_there: bool) -> None:
        """If it is not there, that matters to the very stream that was silent, if it is still."""
        listening = self.harness.listening.get(SHARED)
        asked = listening is not None and listening.stream_id == self.harness.checks[0].stream_id
        if asked and not is_there and not self.stirred:
            self.may_leave = True
            self.stream_ends(lost=True, unnoticed=True)
        self.harness.checked(None if is_there else RemoteError("nobody answers"))

    def refuses_to_open(self, status: int) -> None:
        lost = self.fruitless() or status == 404
        self.stream_ends(lost=lost)
        assert not self.harness.open(head=Head(status=status))

    @precondition(lambda self: self.reading)
    @rule(data=st.data(), kind=st.sampled_from(KINDS))
    def says(self, data: st.DataObject, kind: str) -> None:
        job = self.job(data, "joining", "joined", flowing=False)
        if job is not None and not job.ended:
            self.say(job, kind)

    def say(self, job: Job, kind: str) -> None:
        self.count += 1
        messages: dict[str, JobMessage] = {
            "queued": Queued(rank=self.count),
            "started": Started(eta=self.count),
            "output": Generated(data=(self.count,)),
            "done": Completed(data=(self.count,)),
            "failed": Failed(error=JobCancelled(str(self.count))),
        }
        message = messages[kind]
        self.heard = self.stirred = True
        if job.phase == "joining":
            job.early.append(message)
        else:
            self.arrives(job, message)
        self.harness.say(job.event, message)

    def arrives(self, job: Job, message: JobMessage) -> None:
        if not job.ended:
            job.sent.append(message)
            job.started = job.started or isinstance(message, Started)
            job.ended = isinstance(message, Completed | Failed)

    @precondition(lambda self: self.reading)
    @rule()
    def beats_and_babbles(self) -> None:
        self.heard = self.stirred = True
        self.harness.say(None, Heartbeat())
        self.harness.say("of another client", Started(), Completed(data=()))

    @precondition(lambda self: self.reading)
    @rule()
    def finishes(self) -> None:
        if self.dialect.announces_close:
            self.says_that_all_is_said()
        self.stream_ends(lost=self.fruitless() and self.expected)
        self.harness.end(EndReason.FINISHED)

    def says_that_all_is_said(self) -> None:
        """What it knew of has had its end, even if that has not come."""
        for job in self.jobs:
            if job.pending and (job.sent or not job.raced):
                job.ended = True
                job.sent.append(Failed(error=JobCancelled("forsaken")))
        self.harness.say(None, StreamClosing())

    @precondition(lambda self: self.reading)
    @rule()
    def says_something_twice(self) -> None:
        """An event has been completed twice, which breaks the stream and nothing else."""
        self.harness.say(None, StreamClosing(is_complete=False))
        self.stream_ends(lost=self.fruitless() and self.expected)
        self.harness.end(EndReason.BROKEN)

    def breaks_off(self, ending: EndReason) -> None:
        self.stream_ends(lost=True, unnoticed=ending is EndReason.SILENT)
        self.harness.end(ending)

    def is_out_of_reach(self) -> None:
        self.stream_ends(lost=self.fruitless() and self.expected)
        self.harness.end(EndReason.REFUSED)

    def gives_up(self, unknown: bool) -> None:
        self.may_leave = True
        self.stream_ends(lost=True, unknown=unknown)
        self.harness.say(None, Broken(message="404: no", session_not_found=unknown))

    @property
    def expected(self) -> bool:
        """Whether anybody waits for messages, or for an event that can be stopped later only."""
        return any(j.pending and (j.wanted or self.to_be_stopped(j)) for j in self.jobs)

    def to_be_stopped(self, job: Job) -> bool:
        """Whether the server has yet to be told that nobody wants this event."""
        tells = self.dialect.cancelling in (Cancelling.FUNCTION, Cancelling.EXACT)
        told = any(event == job.event for event, _ in self.harness.cancellations)
        return tells and job.pending and not (job.wanted or told)

    def fruitless(self) -> bool:
        return not self.heard and self.barren + 1 >= MAX_EMPTY_CONNECTIONS

    def stream_ends(self, *, lost: bool, unknown: bool = False, unnoticed: bool = False) -> None:
        """The model's side of an end: who loses what."""
        self.barren = 0 if self.heard else self.barren + 1
        self.heard = self.head = False
        for job in self.jobs:
            job.raced = False
        concerned = [job for job in self.jobs if job.at_stake]
        if not lost or not concerned:
            return
        for job in concerned:
            job.lost = job.ended = True
            job.sent.append(Failed(error=JobCancelled("lost")))
        healable = (self.dialect.can_clear_dead_events and not unnoticed) or self.stateful
        self.may_leave = self.may_leave or not (healable or unknown)

    @precondition(lambda self: self.underway)
    @rule(data=st.data())
    def was_told(self, data: st.DataObject) -> None:
        event, fn_index = data.draw(st.sampled_from(self.underway))
        self.underway.remove((event, fn_index))
        entering = [job for job in self.jobs if job.phase == "entering"]
        self.harness.dismissed(event)
        for job in entering:
            if job.job_id not in self.harness.asking:
                assert isinstance(self.harness.last(job.job_id), JoinGranted)
                job.phase = "joining"

    # What always holds.

    @invariant()
    def every_job_gets_its_messages_in_order_and_once(self) -> None:
        for job in self.jobs:
            answers = self.harness.answers.get(job.job_id, [])
            messages = [a for a in answers if isinstance(a, JobMessage)]
            assert [shown(m) for m in messages] == [shown(m) for m in job.sent[: len(messages)]]
            if job.wanted and job.phase == "joined" and job.job_id in self.harness.asking:
                assert len(messages) == len(job.sent)

    @invariant()
    def somebody_listens_while_somebody_waits(self) -> None:
        if any(job.pending and job.wanted for job in self.jobs):
            assert SHARED in self.harness.listening

    @invariant()
    def nobody_waits_to_join_for_nothing(self) -> None:
        for job in self.jobs:
            if job.phase == "entering":
                assert any(self.holds(job.fn_index, stop) for stop in self.underway)

    @invariant()
    def a_stream_that_is_not_opened_again_is_forgotten(self) -> None:
        if SHARED not in self.harness.listening:
            self.head = self.heard = False
            self.barren = 0

    @invariant()
    def a_shared_stream_is_left_only_for_good(self) -> None:
        fresh = self.harness.left[self.left :]
        self.left = len(self.harness.left)
        over = self.retired and (self.single or not any(job.flowing for job in self.jobs))
        assert not fresh or self.may_leave or over
        self.may_leave = False

    @invariant()
    def no_function_is_stopped_that_another_job_needs(self) -> None:
        fresh = self.harness.cancellations[self.told :]
        self.told = len(self.harness.told)
        self.underway += fresh
        for event, fn_index in fresh:
            (own,) = [job for job in self.jobs if job.event == event]
            others = [j for j in self.jobs if j is not own and j.fn_index == fn_index]
            assert fn_index in (-1, own.fn_index)
            assert not any(self.is_harmed(job) for job in others)
            assert own.lost or not own.wanted

    def is_harmed(self, job: Job) -> bool:
        """By a stop of its function: a join in flight can be lost, wanted or not."""
        return job.at_stake and (job.wanted or job.phase == "joining")

    def stops_with_the_last(self, job: Job) -> None:
        """Nobody wants this job any more, nor, perhaps, any that runs beside it."""
        beside = [j for j in self.jobs if j.fn_index == job.fn_index]
        if job.pending and job.started and not any(self.is_harmed(j) for j in beside):
            assert not any(self.to_be_stopped(j) for j in beside if j.started)


def shown(message: JobMessage) -> str:
    """What tells two messages apart; the text of a loss is not the model's business."""
    return "failed" if isinstance(message, Failed) else repr(message)


TestVisits = Visits.TestCase
TestVisits.settings = settings(stateful_step_count=40)

"""`jobs.pending_job`: what a session knows of each job."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from gradio_protocol.errors import AppError, JobCancelled
from gradio_protocol.jobs.messages import (
    Completed,
    Failed,
    Generated,
    JobMessage,
    Queued,
    QueueFull,
    Started,
)
from gradio_protocol.jobs.orders import JobStopped, RequestJoin, Resume
from gradio_protocol.jobs.pending_job import JoinState, Mailbox, PendingJob, leave_to_flow

CANCELLED = JobCancelled("the job was cancelled")
SEALED = Completed(data=())
DONE = Completed(data=("x",))


def job(place: JoinState = JoinState.NOT_JOINED) -> PendingJob:
    return PendingJob(3, join_state=place)


# --- seats ------------------------------------------------------------------------------------


def test_a_message_is_handed_over_when_the_flow_waits_for_one() -> None:
    one = job()
    one.mailbox.put(Queued(rank=1))
    assert one.hand_over_message() == []
    one.awaits_message = True
    assert one.hand_over_message() == [Resume(job_id=3, reply=Queued(rank=1))]
    one.mailbox.put(Queued(rank=0))
    assert one.hand_over_message() == []


def test_a_flow_that_waits_in_vain_goes_on_waiting() -> None:
    one = job()
    one.awaits_message = True
    assert one.hand_over_message() == []
    assert one.awaits_message


def test_any_question_of_a_job_that_has_gone_is_answered_so() -> None:
    one = job()
    assert one.answer("x") == Resume(job_id=3, reply="x")
    one.stop(CANCELLED)
    assert one.answer("x") == Resume(job_id=3, reply=JobStopped(error=CANCELLED))


def test_who_is_sent_away_while_waiting_is_told_at_once_and_once() -> None:
    one = job(JoinState.JOINED)
    one.awaits_message = True
    assert one.stop(CANCELLED) == [Resume(job_id=3, reply=JobStopped(error=CANCELLED))]
    assert one.stop(JobCancelled("again")) == []
    assert one.stop_error is CANCELLED


def test_who_waits_to_join_joins_no_more_when_sent_away() -> None:
    one = job(JoinState.BLOCKED)
    assert one.stop(CANCELLED) == [Resume(job_id=3, reply=JobStopped(error=CANCELLED))]
    assert one.join_state is JoinState.NOT_JOINED


def test_nobody_reads_the_messages_of_a_job_that_has_gone() -> None:
    one = job(JoinState.JOINED)
    one.mailbox.put(Queued())
    one.stop(CANCELLED)
    assert one.mailbox.take() is None


def test_a_job_that_begins_again_has_nothing_of_its_earlier_event() -> None:
    one = job(JoinState.JOINED)
    one.event_id, one.cancel_settled = "old", True
    one.mailbox.put(SEALED)
    one.start_join(RequestJoin(fn_index=5, direct=False))
    assert (one.fn_index, one.event_id) == (5, "")
    assert not one.cancel_settled
    assert one.may_have_event


@pytest.mark.parametrize(
    ("place", "pending", "at_stake"),
    [
        (JoinState.NOT_JOINED, False, False),
        (JoinState.WAITING, False, False),
        (JoinState.BLOCKED, False, False),
        (JoinState.CALLING, False, False),
        (JoinState.JOINING, False, True),
        (JoinState.JOINED, True, True),
    ],
)
def test_an_event_is_pending_once_it_is_joined(
    place: JoinState, pending: bool, at_stake: bool
) -> None:
    one = job(place)
    assert (one.is_pending, one.may_have_event) == (pending, at_stake)


def test_an_event_for_which_all_was_done_is_not_listened_for() -> None:
    one = job(JoinState.JOINED)
    before = one.needs_stream
    one.cancel_settled = True
    assert (before, one.needs_stream) == (True, False)


@pytest.mark.parametrize("place", [JoinState.JOINING, JoinState.JOINED])
def test_nothing_is_at_stake_after_the_last_message(place: JoinState) -> None:
    one = job(place)
    one.mailbox.put(SEALED)
    assert (one.is_pending, one.may_have_event) == (False, False)


def contents(mailbox: Mailbox) -> list[JobMessage]:
    """All that can be taken out."""
    taken: list[JobMessage] = []
    while (message := mailbox.take()) is not None:
        taken.append(message)
    return taken


# --- receiving ----------------------------------------------------------------------------------


@dataclass
class Life:
    """Receives all but outputs, which are the flow's."""

    received: list[JobMessage] = field(default_factory=list[JobMessage])

    def receive(self, message: JobMessage) -> JobMessage | None:
        if isinstance(message, Generated):
            return message
        self.received.append(message)
        return None


def test_messages_go_straight_to_whoever_receives_them_while_the_flow_waits() -> None:
    state = Life()
    one = PendingJob(3, state.receive, awaits_message=True)
    for message in (Queued(rank=1), Started()):
        one.mailbox.put(message)
        assert one.hand_over_message() == []
    assert state.received == [Queued(rank=1), Started()]
    assert one.awaits_message


def test_nothing_overtakes_a_message_that_the_flow_is_busy_with() -> None:
    state, output = Life(), Generated(data=("a",))
    one = PendingJob(3, state.receive, awaits_message=True)
    for message in (Queued(), output, Started()):
        one.mailbox.put(message)
    assert one.hand_over_message() == [Resume(job_id=3, reply=output)]
    assert one.hand_over_message() == []
    assert state.received == [Queued()]
    one.awaits_message = True
    assert one.hand_over_message() == []
    assert state.received == [Queued(), Started()]


def test_nothing_is_received_before_the_flow_waits() -> None:
    state = Life()
    one = PendingJob(3, state.receive)
    one.mailbox.put(Queued())
    assert one.hand_over_message() == []
    assert state.received == []


def test_unless_somebody_receives_them_all_messages_are_the_flows() -> None:
    assert leave_to_flow(Started()) == Started()


# --- mailboxes ----------------------------------------------------------------------------------


def test_messages_are_taken_in_the_order_in_which_they_came() -> None:
    mailbox = Mailbox()
    for message in (Queued(rank=1), Started(), Generated(data=(1,)), DONE):
        mailbox.put(message)
    assert contents(mailbox) == [Queued(rank=1), Started(), Generated(data=(1,)), DONE]
    assert mailbox.take() is None


@pytest.mark.parametrize("last", [DONE, Failed(error=AppError("no")), QueueFull(message="full")])
def test_the_last_message_seals_a_mailbox(last: JobMessage) -> None:
    mailbox = Mailbox()
    mailbox.put(Queued())
    before = mailbox.sealed
    mailbox.put(last)
    assert (before, mailbox.sealed) == (False, True)
    mailbox.put(Generated(data=("late",)))
    assert contents(mailbox) == [Queued(), last]


def test_a_mailbox_knows_whether_its_event_was_started() -> None:
    mailbox = Mailbox()
    mailbox.put(Queued())
    assert not mailbox.started
    mailbox.put(Started())
    mailbox.put(Generated(data=()))
    assert mailbox.started


def test_an_emptied_mailbox_keeps_what_it_knows() -> None:
    mailbox = Mailbox()
    for message in (Started(), DONE):
        mailbox.put(message)
    mailbox.clear()
    assert (mailbox.take(), mailbox.started, mailbox.sealed) == (None, True, True)

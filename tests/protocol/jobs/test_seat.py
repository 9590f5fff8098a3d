"""`jobs.seat`: what a session knows of each job."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import AppError, JobCancelled
from gradio_protocol.jobs.messages import (
    Completed,
    Failed,
    Generated,
    JobMessage,
    Queued,
    Refused,
    Started,
)
from gradio_protocol.jobs.orders import Gone, Resume
from gradio_protocol.jobs.seat import Mailbox, Place, Seat

CANCELLED = JobCancelled("the job was cancelled")
SEALED = Completed(data=())
DONE = Completed(data=("x",))


def seat(place: Place = Place.OUTSIDE) -> Seat:
    return Seat(3, place=place)


# --- seats ------------------------------------------------------------------------------------


def test_a_message_is_handed_over_when_the_flow_waits_for_one() -> None:
    one = seat()
    one.mailbox.put(Queued(rank=1))
    assert one.hand_over() == []
    one.asked = True
    assert one.hand_over() == [Resume(ticket=3, reply=Queued(rank=1))]
    one.mailbox.put(Queued(rank=0))
    assert one.hand_over() == []


def test_a_flow_that_waits_in_vain_goes_on_waiting() -> None:
    one = seat()
    one.asked = True
    assert one.hand_over() == []
    assert one.asked


def test_any_question_of_a_job_that_has_gone_is_answered_so() -> None:
    one = seat()
    assert one.answer("x") == Resume(ticket=3, reply="x")
    one.send_away(CANCELLED)
    assert one.answer("x") == Resume(ticket=3, reply=Gone(error=CANCELLED))


def test_who_is_sent_away_while_waiting_is_told_at_once_and_once() -> None:
    one = seat(Place.JOINED)
    one.asked = True
    assert one.send_away(CANCELLED) == [Resume(ticket=3, reply=Gone(error=CANCELLED))]
    assert one.send_away(JobCancelled("again")) == []
    assert one.gone is CANCELLED


def test_who_waits_to_join_joins_no_more_when_sent_away() -> None:
    one = seat(Place.WAITING)
    assert one.send_away(CANCELLED) == [Resume(ticket=3, reply=Gone(error=CANCELLED))]
    assert one.place is Place.OUTSIDE


def test_nobody_reads_the_messages_of_a_job_that_has_gone() -> None:
    one = seat(Place.JOINED)
    one.mailbox.put(Queued())
    one.send_away(CANCELLED)
    assert one.mailbox.take() is None


def test_a_job_that_begins_again_has_nothing_of_its_earlier_event() -> None:
    one = seat(Place.JOINED)
    one.event_id, one.dismissed = "old", True
    one.mailbox.put(SEALED)
    one.begin(5, ())
    assert (one.fn_index, one.event_id) == (5, "")
    assert not one.dismissed
    assert one.at_stake


@pytest.mark.parametrize(
    ("place", "pending", "at_stake"),
    [
        (Place.OUTSIDE, False, False),
        (Place.WAITING, False, False),
        (Place.CALLING, False, False),
        (Place.JOINING, False, True),
        (Place.JOINED, True, True),
    ],
)
def test_an_event_is_pending_once_it_is_joined(place: Place, pending: bool, at_stake: bool) -> None:
    one = seat(place)
    assert (one.pending, one.at_stake) == (pending, at_stake)


def test_an_event_for_which_all_was_done_is_not_listened_for() -> None:
    one = seat(Place.JOINED)
    before = one.expects
    one.dismissed = True
    assert (before, one.expects) == (True, False)


@pytest.mark.parametrize("place", [Place.JOINING, Place.JOINED])
def test_nothing_is_at_stake_after_the_last_message(place: Place) -> None:
    one = seat(place)
    one.mailbox.put(SEALED)
    assert (one.pending, one.at_stake) == (False, False)


def contents(mailbox: Mailbox) -> list[JobMessage]:
    """All that can be taken out."""
    taken: list[JobMessage] = []
    while (message := mailbox.take()) is not None:
        taken.append(message)
    return taken


# --- mailboxes ----------------------------------------------------------------------------------


def test_messages_are_taken_in_the_order_in_which_they_came() -> None:
    mailbox = Mailbox()
    for message in (Queued(rank=1), Started(), Generated(data=(1,)), DONE):
        mailbox.put(message)
    assert contents(mailbox) == [Queued(rank=1), Started(), Generated(data=(1,)), DONE]
    assert mailbox.take() is None


@pytest.mark.parametrize("last", [DONE, Failed(error=AppError("no")), Refused(message="full")])
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
    mailbox.empty()
    assert (mailbox.take(), mailbox.started, mailbox.sealed) == (None, True, True)

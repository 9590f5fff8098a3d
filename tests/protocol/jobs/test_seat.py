"""`jobs.seat`: what a session knows of each job."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import JobCancelled
from gradio_protocol.jobs.messages import Completed, Queued
from gradio_protocol.jobs.orders import Gone, Resume
from gradio_protocol.jobs.router import Mailbox
from gradio_protocol.jobs.seat import Place, Seat, Seats

CANCELLED = JobCancelled("the job was cancelled")
SEALED = Completed(data=())


def seat(place: Place = Place.OUTSIDE) -> Seat:
    return Seat(3, Mailbox(3), place=place)


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


@pytest.mark.parametrize("place", [Place.JOINING, Place.JOINED])
def test_nothing_is_at_stake_after_the_last_message(place: Place) -> None:
    one = seat(place)
    one.mailbox.put(SEALED)
    assert (one.pending, one.at_stake) == (False, False)


# --- all of a session ---------------------------------------------------------------------------


def seats(*places: Place) -> tuple[Seats, list[Seat]]:
    """Some jobs, with tickets from 1 on, all on stream -1."""
    made = Seats()
    for ticket, place in enumerate(places, 1):
        made.add(ticket)
        one = made.get(ticket)
        assert one is not None
        one.place, one.stream = place, -1
    return made, list(made)


def test_a_job_is_found_by_its_ticket_until_it_is_forgotten() -> None:
    made, (one, two) = seats(Place.OUTSIDE, Place.OUTSIDE)
    assert (made.get(2), made.get(3), made.get(None)) == (two, None, None)
    made.remove(one)
    made.remove(one)
    assert list(made) == [two]
    made.clear()
    assert list(made) == []


def test_a_join_is_in_flight_while_anybody_joins() -> None:
    assert seats(Place.JOINED, Place.JOINING)[0].joining
    assert not seats(Place.JOINED, Place.WAITING)[0].joining


def test_a_lost_stream_concerns_those_whose_messages_came_on_it() -> None:
    made, (joined, joining, _, other) = seats(
        Place.JOINED, Place.JOINING, Place.CALLING, Place.JOINED
    )
    other.stream = 4
    assert made.concerned(-1) == [joined, joining]


def test_a_stream_is_expected_to_bring_what_somebody_waits_for() -> None:
    made, (one,) = seats(Place.JOINING)
    assert not made.expect(-1)
    one.place = Place.JOINED
    assert made.expect(-1)
    assert not made.expect(1)
    one.dismissed = True
    assert not made.expect(-1)

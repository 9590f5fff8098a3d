"""`jobs.router`: whose message it is, and who waits for which stream."""

from __future__ import annotations

from gradio_protocol.jobs.channel import SHARED
from gradio_protocol.jobs.messages import Completed, JobMessage, Queued, Started
from gradio_protocol.jobs.router import Router
from gradio_protocol.jobs.seat import Place, Seat

DONE = Completed(data=("x",))


def seats(*places: Place) -> tuple[Router, list[Seat]]:
    """Some jobs, with tickets from 1 on, all on the shared stream, with events from e1 on."""
    made = Router()
    for ticket, place in enumerate(places, 1):
        made.add(ticket)
        one = made.get(ticket)
        assert one is not None
        one.place, one.stream, one.event_id = place, SHARED, f"e{ticket}"
    return made, list(made)


def contents(seat: Seat) -> list[JobMessage]:
    """All that can be taken out of its mailbox."""
    taken: list[JobMessage] = []
    while (message := seat.mailbox.take()) is not None:
        taken.append(message)
    return taken


# --- jobs ---------------------------------------------------------------------------------------


def test_a_job_is_found_by_its_ticket_until_it_is_forgotten() -> None:
    made, (one, two) = seats(Place.OUTSIDE, Place.OUTSIDE)
    assert (made.get(2), made.get(3)) == (two, None)
    made.remove(one)
    made.remove(one)
    assert list(made) == [two]


def test_of_a_job_that_is_forgotten_nothing_is_left() -> None:
    made, (one, two) = seats(Place.JOINED, Place.OUTSIDE)
    made.open(one)
    made.joins(two)
    made.remove(one)
    assert made.route(SHARED, "e1", Queued()) is None
    made.remove(two)
    made.route(SHARED, "e2", Queued())
    made.open(two)
    assert contents(two) == []


def test_all_are_forgotten_at_once() -> None:
    made, (one, two) = seats(Place.JOINED, Place.OUTSIDE)
    made.open(one)
    made.joins(two)
    made.route(SHARED, "e2", Queued())
    made.clear()
    assert (list(made), made.route(SHARED, "e1", Queued())) == ([], None)
    made.open(two)
    assert contents(two) == []


# --- events -------------------------------------------------------------------------------------


def test_each_event_has_its_own_mailbox() -> None:
    router, (one, two) = seats(Place.JOINED, Place.JOINED)
    router.open(one)
    router.open(two)
    assert router.route(SHARED, "e2", Queued(rank=2)) is two
    assert router.route(SHARED, "e1", Queued(rank=1)) is one
    assert (contents(one), contents(two)) == ([Queued(rank=1)], [Queued(rank=2)])


def test_on_a_private_stream_everything_is_that_jobs() -> None:
    router, (one, two) = seats(Place.JOINED, Place.JOINED)
    router.open(one)
    assert router.route(2, "e1", Queued()) is two
    assert router.route(2, None, DONE) is two
    assert router.route(3, "e1", Queued()) is None
    assert (contents(one), contents(two)) == ([], [Queued(), DONE])


def test_a_message_of_an_unknown_event_belongs_to_nobody() -> None:
    assert Router().route(SHARED, "a", Queued()) is None
    assert Router().route(SHARED, None, Queued()) is None


def test_messages_that_came_before_the_joins_reply_come_first() -> None:
    router, (one, two) = seats(Place.OUTSIDE, Place.OUTSIDE)
    router.joins(one)
    router.joins(two)
    assert router.route(SHARED, "e1", Queued(rank=3)) is None
    assert router.route(SHARED, "e1", Started()) is None
    router.settle(two, Place.JOINED)
    router.open(one)
    router.route(SHARED, "e1", DONE)
    assert contents(one) == [Queued(rank=3), Started(), DONE]


def test_messages_of_unknown_events_are_dropped_when_no_join_is_in_flight() -> None:
    router, (one, two) = seats(Place.OUTSIDE, Place.OUTSIDE)
    router.route(SHARED, "e1", Queued(rank=3))
    router.joins(one)
    router.joins(two)
    router.route(SHARED, "e1", Queued())
    router.settle(one, Place.JOINED)
    router.settle(two, Place.JOINED)
    router.open(one)
    assert contents(one) == []


def test_early_messages_are_given_once() -> None:
    router, (one, two) = seats(Place.OUTSIDE, Place.OUTSIDE)
    two.event_id = one.event_id
    router.joins(one)
    router.route(SHARED, "e1", Queued())
    router.open(one)
    router.open(two)
    assert (contents(one), contents(two)) == ([Queued()], [])


def test_a_closed_event_is_unknown_and_closing_it_twice_changes_nothing() -> None:
    router, (one,) = seats(Place.JOINED)
    router.open(one)
    router.close(one)
    router.close(one)
    assert router.route(SHARED, "e1", Queued()) is None
    assert contents(one) == []


def test_an_event_that_is_another_jobs_by_now_is_not_closed() -> None:
    router, (one, two) = seats(Place.JOINED, Place.JOINED)
    two.event_id = one.event_id
    router.open(one)
    router.open(two)
    router.close(one)
    assert router.route(SHARED, "e1", Queued()) is two


# --- streams ------------------------------------------------------------------------------------


def test_a_lost_stream_concerns_those_whose_messages_came_on_it() -> None:
    made, (joined, joining, _, other) = seats(
        Place.JOINED, Place.JOINING, Place.CALLING, Place.JOINED
    )
    other.stream = 4
    assert made.concerned(SHARED) == [joined, joining]


def test_a_stream_is_expected_to_bring_what_somebody_waits_for() -> None:
    made, (one,) = seats(Place.JOINING)
    assert not made.expects(SHARED)
    one.place = Place.JOINED
    assert made.expects(SHARED)
    assert not made.expects(1)
    one.dismissed = True
    assert not made.expects(SHARED)


def test_a_server_that_has_said_all_forsakes_the_events_that_it_knew() -> None:
    made, (joined, raced, spoken, done, joining, other) = seats(
        *(Place.JOINED, Place.JOINED, Place.JOINED, Place.JOINED, Place.JOINING, Place.JOINED)
    )
    for seat in (raced, spoken, done):
        seat.epoch = 2
    spoken.mailbox.put(Queued())
    done.mailbox.put(DONE)
    other.stream = 4
    assert made.forsaken(SHARED, 2) == [joined, spoken]
    assert made.forsaken(SHARED, 3) == [joined, raced, spoken]
    assert joining not in made.forsaken(SHARED, 3)

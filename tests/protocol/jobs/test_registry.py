"""`jobs.registry`: whose message it is, and who waits for which stream."""

from __future__ import annotations

from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Completed, JobMessage, Queued, Started
from gradio_protocol.jobs.pending_job import JoinState, PendingJob
from gradio_protocol.jobs.registry import JobRegistry

DONE = Completed(data=("x",))


def jobs(*places: JoinState) -> tuple[JobRegistry, list[PendingJob]]:
    """Some jobs, with tickets from 1 on, all on the shared stream, with events from e1 on."""
    made = JobRegistry()
    for job_id, place in enumerate(places, 1):
        made.add(job_id)
        one = made.get(job_id)
        assert one is not None
        one.join_state, one.stream, one.event_id = place, SHARED, f"e{job_id}"
    return made, list(made)


def contents(job: PendingJob) -> list[JobMessage]:
    """All that can be taken out of its mailbox."""
    taken: list[JobMessage] = []
    while (message := job.mailbox.take()) is not None:
        taken.append(message)
    return taken


# --- jobs ---------------------------------------------------------------------------------------


def test_a_job_is_found_by_its_ticket_until_it_is_forgotten() -> None:
    made, (one, two) = jobs(JoinState.NOT_JOINED, JoinState.NOT_JOINED)
    assert (made.get(2), made.get(3)) == (two, None)
    made.remove(one)
    made.remove(one)
    assert list(made) == [two]


def test_of_a_job_that_is_forgotten_nothing_is_left() -> None:
    made, (one, two) = jobs(JoinState.JOINED, JoinState.NOT_JOINED)
    made.add_event(one)
    made.start_joining(two)
    made.remove(one)
    assert made.route_message(SHARED, "e1", Queued()) is None
    made.remove(two)
    made.route_message(SHARED, "e2", Queued())
    made.add_event(two)
    assert contents(two) == []


def test_all_are_forgotten_at_once() -> None:
    made, (one, two) = jobs(JoinState.JOINED, JoinState.NOT_JOINED)
    made.add_event(one)
    made.start_joining(two)
    made.route_message(SHARED, "e2", Queued())
    made.clear()
    assert (list(made), made.route_message(SHARED, "e1", Queued())) == ([], None)
    made.add_event(two)
    assert contents(two) == []


# --- events -------------------------------------------------------------------------------------


def test_each_event_has_its_own_mailbox() -> None:
    registry, (one, two) = jobs(JoinState.JOINED, JoinState.JOINED)
    registry.add_event(one)
    registry.add_event(two)
    assert registry.route_message(SHARED, "e2", Queued(rank=2)) is two
    assert registry.route_message(SHARED, "e1", Queued(rank=1)) is one
    assert (contents(one), contents(two)) == ([Queued(rank=1)], [Queued(rank=2)])


def test_on_a_private_stream_everything_is_that_jobs() -> None:
    registry, (one, two) = jobs(JoinState.JOINED, JoinState.JOINED)
    registry.add_event(one)
    assert registry.route_message(2, "e1", Queued()) is two
    assert registry.route_message(2, None, DONE) is two
    assert registry.route_message(3, "e1", Queued()) is None
    assert (contents(one), contents(two)) == ([], [Queued(), DONE])


def test_a_message_of_an_unknown_event_belongs_to_nobody() -> None:
    assert JobRegistry().route_message(SHARED, "a", Queued()) is None
    assert JobRegistry().route_message(SHARED, None, Queued()) is None


def test_messages_that_came_before_the_joins_reply_come_first() -> None:
    registry, (one, two) = jobs(JoinState.NOT_JOINED, JoinState.NOT_JOINED)
    registry.start_joining(one)
    registry.start_joining(two)
    assert registry.route_message(SHARED, "e1", Queued(rank=3)) is None
    assert registry.route_message(SHARED, "e1", Started()) is None
    registry.finish_joining(two, JoinState.JOINED)
    registry.add_event(one)
    registry.route_message(SHARED, "e1", DONE)
    assert contents(one) == [Queued(rank=3), Started(), DONE]


def test_messages_of_unknown_events_are_dropped_when_no_join_is_in_flight() -> None:
    registry, (one, two) = jobs(JoinState.NOT_JOINED, JoinState.NOT_JOINED)
    registry.route_message(SHARED, "e1", Queued(rank=3))
    registry.start_joining(one)
    registry.start_joining(two)
    registry.route_message(SHARED, "e1", Queued())
    registry.finish_joining(one, JoinState.JOINED)
    registry.finish_joining(two, JoinState.JOINED)
    registry.add_event(one)
    assert contents(one) == []


def test_early_messages_are_given_once() -> None:
    registry, (one, two) = jobs(JoinState.NOT_JOINED, JoinState.NOT_JOINED)
    two.event_id = one.event_id
    registry.start_joining(one)
    registry.route_message(SHARED, "e1", Queued())
    registry.add_event(one)
    registry.add_event(two)
    assert (contents(one), contents(two)) == ([Queued()], [])


def test_a_closed_event_is_unknown_and_closing_it_twice_changes_nothing() -> None:
    registry, (one,) = jobs(JoinState.JOINED)
    registry.add_event(one)
    registry.remove_event(one)
    registry.remove_event(one)
    assert registry.route_message(SHARED, "e1", Queued()) is None
    assert contents(one) == []


def test_an_event_that_is_another_jobs_by_now_is_not_closed() -> None:
    registry, (one, two) = jobs(JoinState.JOINED, JoinState.JOINED)
    two.event_id = one.event_id
    registry.add_event(one)
    registry.add_event(two)
    registry.remove_event(one)
    assert registry.route_message(SHARED, "e1", Queued()) is two


# --- streams ------------------------------------------------------------------------------------


def test_a_lost_stream_concerns_those_whose_messages_came_on_it() -> None:
    made, (joined, joining, _, other) = jobs(
        JoinState.JOINED, JoinState.JOINING, JoinState.CALLING, JoinState.JOINED
    )
    other.stream = 4
    assert made.jobs_on_stream(SHARED) == [joined, joining]


def test_a_stream_is_expected_to_bring_what_somebody_waits_for() -> None:
    made, (one,) = jobs(JoinState.JOINING)
    assert not made.expects_messages(SHARED)
    one.join_state = JoinState.JOINED
    assert made.expects_messages(SHARED)
    assert not made.expects_messages(1)
    one.cancel_settled = True
    assert not made.expects_messages(SHARED)


def test_a_server_that_has_said_all_forsakes_the_events_that_it_knew() -> None:
    made, (joined, raced, spoken, done, joining, other) = jobs(
        *(
            JoinState.JOINED,
            JoinState.JOINED,
            JoinState.JOINED,
            JoinState.JOINED,
            JoinState.JOINING,
            JoinState.JOINED,
        )
    )
    for job in (raced, spoken, done):
        job.stream_id = 2
    spoken.mailbox.put(Queued())
    done.mailbox.put(DONE)
    other.stream = 4
    assert made.unfinished_at_close(SHARED, 2) == [joined, spoken]
    assert made.unfinished_at_close(SHARED, 3) == [joined, raced, spoken]
    assert joining not in made.unfinished_at_close(SHARED, 3)

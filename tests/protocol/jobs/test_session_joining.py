"""`jobs.session`: joining, and whose messages are whose."""

from __future__ import annotations

from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Ignored, Queued, Started
from gradio_protocol.jobs.orders import JoinGranted
from tests.support.sample_apps import COUNT, ECHO, sample_app
from tests.support.session_harness import DONE, SessionHarness, harness


def test_nothing_is_opened_before_a_join_is_accepted() -> None:
    d = harness()
    job_id = d.joining()
    assert d.streams == []
    assert d.accepted(job_id, "a") is None
    assert d.streams == [SHARED]


def test_leave_to_join_comes_with_what_the_join_has_to_carry() -> None:
    d = harness()
    job_id = d.session.add_job()
    assert d.enter(job_id) == JoinGranted(
        session_hash=d.session.hash, app=d.app, app_is_stale=False
    )


def test_an_app_that_was_silent_for_long_is_doubtful() -> None:
    d = harness()
    d.now = 10.0
    entry = d.enter(d.session.add_job())
    assert isinstance(entry, JoinGranted)
    assert entry.app_is_stale
    job_id = d.joining()
    d.accepted(job_id, "a")
    entry = d.enter(d.session.add_job())
    assert isinstance(entry, JoinGranted)
    assert not entry.app_is_stale


def test_a_driver_can_see_whose_join_is_in_flight() -> None:
    d = harness()
    job_id = d.session.add_job()
    seen = [d.session.is_joining(job_id)]
    d.enter(job_id)
    seen.append(d.session.is_joining(job_id))
    d.accepted(job_id, "a")
    seen.append(d.session.is_joining(job_id))
    assert (seen, d.session.is_joining(99)) == ([False, True, False], False)


def test_one_stream_serves_all_jobs() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.next(one)
    d.next(two)
    d.say("b", Queued(rank=1))
    d.say("a", Queued(rank=0))
    assert (d.last(one), d.last(two)) == (Queued(rank=0), Queued(rank=1))
    assert d.streams == [SHARED]


def test_messages_wait_until_they_are_asked_for() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.say("a", Queued(), Started(), DONE)
    assert [d.next(job_id) for _ in range(3)] == [Queued(), Started(), DONE]


def test_of_what_comes_at_once_the_server_hears_before_the_flows_go_on() -> None:
    d = harness("5.50.0")
    waiting, cancelled = d.joined("a", ECHO), d.joined("b", COUNT)
    d.open()
    d.next(waiting)
    d.cancel(cancelled)
    d.arrive(("a", DONE), ("b", Started()))
    assert (d.last(waiting), d.cancellations) == (DONE, [("b", COUNT)])


def test_messages_that_come_before_the_joins_reply_are_not_lost() -> None:
    d = harness()
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.say("b", Queued(), DONE)
    d.accepted(job_id, "b")
    assert [d.next(job_id), d.next(job_id)] == [Queued(), DONE]


def test_late_messages_of_an_earlier_event_are_not_those_of_the_next() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.say("a", DONE)
    assert d.next(job_id) == DONE
    d.enter(job_id)
    d.accepted(job_id, "b")
    d.say("a", Queued())
    assert d.next(job_id) is None


def test_messages_of_unknown_events_are_dropped_when_the_last_join_has_its_reply() -> None:
    d = harness()
    d.joined("a")
    d.open()
    one, two = d.joining(), d.joining()
    d.say("c", Queued())
    d.unjoined(one)
    d.accepted(two, "b")
    three = d.joining()
    d.accepted(three, "c")
    assert d.next(three) is None


def test_a_foreign_message_without_a_join_in_flight_is_dropped() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.say("foreign", Started(), DONE)
    d.say(None, Started())
    assert d.next(job_id) is None


def test_a_join_that_came_to_nothing_can_be_tried_again() -> None:
    d = harness()
    job_id = d.joining()
    assert d.unjoined(job_id) is None
    assert isinstance(d.enter(job_id), JoinGranted)
    d.accepted(job_id, "a")
    d.open()
    d.say("a", DONE)
    assert d.next(job_id) == DONE


def test_a_direct_call_joins_nothing() -> None:
    d = harness("3.50.2")
    job_id = d.session.add_job()
    assert d.enter(job_id, direct=True) == JoinGranted(
        session_hash=d.session.hash, app=d.app, app_is_stale=False
    )
    d.release(job_id)
    assert (d.streams, d.told) == ([], [])


def test_sessions_of_one_client_have_hashes_and_tickets_of_their_own() -> None:
    one, two = (
        SessionHarness(sample_app(), entropy=b"1"),
        SessionHarness(sample_app(), entropy=b"2"),
    )
    assert one.session.hash != two.session.hash
    assert one.session.add_job() != one.session.add_job()


def test_a_message_that_no_client_knows_does_not_end_a_job() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.say("a", Ignored(name="new"), DONE)
    assert [d.next(job_id), d.next(job_id)] == [Ignored(name="new"), DONE]

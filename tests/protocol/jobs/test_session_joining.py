"""`jobs.session`: joining, and whose messages are whose."""

from __future__ import annotations

from gradio_protocol.jobs.channel import SHARED
from gradio_protocol.jobs.messages import Absorbed, Queued, Started
from gradio_protocol.jobs.orders import Entry, Joined, Unjoined
from tests.support.sample_apps import COUNT, ECHO, sample_app
from tests.support.session_harness import DONE, SessionHarness, harness


def test_nothing_is_opened_before_a_join_is_accepted() -> None:
    d = harness()
    ticket = d.joining()
    assert d.streams == []
    assert d.accepted(ticket, "a") == Joined(ticket=ticket, event_id="a")
    assert d.streams == [SHARED]


def test_leave_to_join_comes_with_what_the_join_has_to_carry() -> None:
    d = harness()
    ticket = d.session.enrol()
    assert d.enter(ticket) == Entry(session_hash=d.session.hash, app=d.app, doubtful=False)


def test_an_app_that_was_silent_for_long_is_doubtful() -> None:
    d = harness()
    d.now = 10.0
    entry = d.enter(d.session.enrol())
    assert isinstance(entry, Entry)
    assert entry.doubtful
    ticket = d.joining()
    d.accepted(ticket, "a")
    entry = d.enter(d.session.enrol())
    assert isinstance(entry, Entry)
    assert not entry.doubtful


def test_a_driver_can_see_whose_join_is_in_flight() -> None:
    d = harness()
    ticket = d.session.enrol()
    seen = [d.session.joining(ticket)]
    d.enter(ticket)
    seen.append(d.session.joining(ticket))
    d.accepted(ticket, "a")
    seen.append(d.session.joining(ticket))
    assert (seen, d.session.joining(99)) == ([False, True, False], False)


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
    ticket = d.joined("a")
    d.open()
    d.say("a", Queued(), Started(), DONE)
    assert [d.next(ticket) for _ in range(3)] == [Queued(), Started(), DONE]


def test_of_what_comes_at_once_the_server_hears_before_the_flows_go_on() -> None:
    d = harness("5.50.0")
    waiting, cancelled = d.joined("a", ECHO), d.joined("b", COUNT)
    d.open()
    d.next(waiting)
    d.cancel(cancelled)
    d.arrive(("a", DONE), ("b", Started()))
    assert (d.last(waiting), d.dismissals) == (DONE, [("b", COUNT)])


def test_messages_that_come_before_the_joins_reply_are_not_lost() -> None:
    d = harness()
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.say("b", Queued(), DONE)
    d.accepted(ticket, "b")
    assert [d.next(ticket), d.next(ticket)] == [Queued(), DONE]


def test_late_messages_of_an_earlier_event_are_not_those_of_the_next() -> None:
    d = harness()
    ticket = d.joined("a")
    d.open()
    d.say("a", DONE)
    assert d.next(ticket) == DONE
    d.enter(ticket)
    d.accepted(ticket, "b")
    d.say("a", Queued())
    assert d.next(ticket) is None


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
    ticket = d.joined("a")
    d.open()
    d.say("foreign", Started(), DONE)
    d.say(None, Started())
    assert d.next(ticket) is None


def test_a_join_that_came_to_nothing_can_be_tried_again() -> None:
    d = harness()
    ticket = d.joining()
    assert d.unjoined(ticket) == Unjoined(ticket=ticket)
    assert isinstance(d.enter(ticket), Entry)
    d.accepted(ticket, "a")
    d.open()
    d.say("a", DONE)
    assert d.next(ticket) == DONE


def test_a_direct_call_joins_nothing() -> None:
    d = harness("3.50.2")
    ticket = d.session.enrol()
    assert d.enter(ticket, direct=True) == Entry(
        session_hash=d.session.hash, app=d.app, doubtful=False
    )
    d.release(ticket)
    assert (d.streams, d.told) == ([], [])


def test_sessions_of_one_client_have_hashes_and_tickets_of_their_own() -> None:
    one, two = (
        SessionHarness(sample_app(), entropy=b"1"),
        SessionHarness(sample_app(), entropy=b"2"),
    )
    assert one.session.hash != two.session.hash
    assert one.session.enrol() != one.session.enrol()


def test_a_message_that_no_client_knows_does_not_end_a_job() -> None:
    d = harness()
    ticket = d.joined("a")
    d.open()
    d.say("a", Absorbed(name="new"), DONE)
    assert [d.next(ticket), d.next(ticket)] == [Absorbed(name="new"), DONE]

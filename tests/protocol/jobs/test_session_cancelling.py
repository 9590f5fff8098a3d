"""`jobs.session`: cancelled jobs, and what the server is told of them."""

from __future__ import annotations

import gc
import weakref

import pytest

from gradio_protocol.errors import JobCancelled
from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Generated, JobMessage, Queued, Started, StreamClosing
from gradio_protocol.jobs.orders import EndReason, JoinGranted
from tests.support.sample_apps import COUNT, ECHO
from tests.support.session_harness import CANCELLED, DONE, SHARING, SessionHarness, harness


@pytest.mark.parametrize("version", ["4.7.1", *SHARING])
def test_a_cancelled_job_is_told_at_once_wherever_it_waits(version: str) -> None:
    d = harness(version)
    job_id = d.joining()
    if version != "4.7.1":
        d.accepted(job_id, "a")
    d.next(job_id)
    d.cancel(job_id)
    assert isinstance(d.gone(job_id), JobCancelled)


def test_a_job_that_was_busy_is_told_at_its_next_question() -> None:
    d = harness()
    job_id = d.session.add_job()
    d.cancel(job_id)
    d.enter(job_id)
    assert isinstance(d.gone(job_id), JobCancelled)
    d.next(job_id)
    assert isinstance(d.gone(job_id), JobCancelled)


def test_cancelling_twice_or_too_late_or_nobody_changes_nothing() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a")
    d.open()
    d.say("a", Queued())
    d.cancel(job_id)
    d.cancel(job_id)
    d.cancel(99)
    assert d.cancellations == [("a", -1)]
    other = d.joined("b")
    d.say("b", DONE)
    d.cancel(other)
    assert d.cancellations == [("a", -1)]


@pytest.mark.parametrize("version", ["4.14.0", "4.22.0", "4.29.0"])
def test_before_4_31_a_cancelled_event_is_only_absorbed(version: str) -> None:
    d = harness(version)
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.cancel(one)
    d.say("a", Started(), Generated(data=("x",)), DONE)
    d.say("b", DONE)
    assert d.next(two) == DONE
    assert (d.told, d.left) == ([], [])


def test_an_event_that_is_not_known_to_be_queued_may_run_by_now() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a", COUNT)
    d.open()
    d.cancel(job_id)
    assert d.told == []
    d.say("a", Started())
    assert d.cancellations == [("a", COUNT)]


def test_a_queued_event_is_taken_out_exactly_from_6_14_on() -> None:
    d = harness("6.14.0")
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.say("a", Queued())
    d.cancel(one)
    assert d.cancellations == [("a", -1)]
    third = d.session.add_job()
    assert isinstance(d.enter(third), JoinGranted)
    d.say("a", CANCELLED)
    assert d.next(two) is None


def test_a_queued_event_of_4_31_to_6_13_is_stopped_once_it_starts() -> None:
    d = harness("5.50.0")
    job_id = d.joined("a", COUNT)
    d.open()
    d.say("a", Queued())
    d.cancel(job_id)
    d.release(job_id)
    d.say("a", Queued(rank=0))
    assert d.told == []
    d.say("a", Started())
    assert d.cancellations == [("a", COUNT)]
    d.say("a", Generated(data=("x",)), CANCELLED)
    assert d.cancellations == [("a", COUNT)]


def test_somebody_listens_until_a_cancelled_event_has_started() -> None:
    d = harness("5.50.0")
    d.joined("a")
    d.open()
    d.say("a", DONE)
    job_id = d.joined("b")
    d.cancel(job_id)
    d.say(None, StreamClosing())
    d.end(EndReason.FINISHED)
    assert d.streams == [SHARED]


@pytest.mark.parametrize("started", [True, False])
def test_a_cancelled_event_of_which_nothing_more_will_come_is_nobodys_sibling(
    started: bool,
) -> None:
    d = harness("6.31.0")
    one = d.joined("a", COUNT)
    d.open()
    d.say("a", Started() if started else Queued())
    d.cancel(one)
    d.release(one)
    d.say(None, StreamClosing())
    d.end(EndReason.FINISHED)
    d.dismissed("a")
    two = d.joined("b", COUNT)
    d.open()
    d.say("b", Started())
    d.cancel(two)
    assert d.cancellations[1:] == [("b", COUNT)]


def test_a_running_event_that_is_alone_stops_with_its_function() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a", COUNT)
    d.joined("b", ECHO)
    d.open()
    d.say("a", Started())
    d.cancel(job_id)
    assert d.cancellations == [("a", COUNT)]


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
def test_joins_of_a_function_that_is_being_stopped_wait(version: str) -> None:
    d = harness(version)
    job_id = d.joined("a", COUNT)
    d.open()
    d.say("a", Started())
    d.cancel(job_id)
    same, other = d.session.add_job(), d.session.add_job()
    assert d.enter(same, COUNT) is None
    assert isinstance(d.enter(other, ECHO), JoinGranted)
    d.dismissed("a")
    assert isinstance(d.last(same), JoinGranted)


def test_a_join_waits_for_the_cancel_of_its_own_function() -> None:
    d = harness("6.31.0")
    one, two = d.joined("a", COUNT), d.joined("b", ECHO)
    d.open()
    d.say("a", Started())
    d.say("b", Started())
    d.cancel(one)
    d.cancel(two)
    waiting = d.session.add_job()
    d.enter(waiting, COUNT)
    d.dismissed("b")
    assert waiting in d.asking
    d.dismissed("a")
    assert isinstance(d.last(waiting), JoinGranted)


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
@pytest.mark.parametrize("joins", [True, False])
def test_a_running_event_with_a_sibling_is_left_to_run(version: str, joins: bool) -> None:
    d = harness(version)
    job_id = d.joined("a", COUNT)
    sibling = d.joining(COUNT)
    if not joins:
        d.accepted(sibling, "b")
    d.open()
    d.say("a", Started())
    d.cancel(job_id)
    assert d.told == []
    if joins:
        d.accepted(sibling, "b")
    d.say("b", Started(), DONE)
    d.say("a", DONE)
    assert [d.next(sibling), d.next(sibling)] == [Started(), DONE]
    assert d.told == []


@pytest.mark.parametrize("refused", [True, False])
def test_a_running_event_that_a_cancelled_join_held_up_is_stopped_when_that_ends(
    refused: bool,
) -> None:
    d = harness("6.31.0")
    (job_id,) = running(d, "a")
    sibling = d.joining(COUNT)
    d.cancel(job_id)
    d.cancel(sibling)
    assert d.told == []
    if refused:
        d.unjoined(sibling)
    else:
        d.accepted(sibling, "b")
    assert d.cancellations == [("a", COUNT)]


def running(d: SessionHarness, *events: str) -> list[int]:
    """Jobs of one function, all at once."""
    job_ids = [d.joined(event, COUNT) for event in events]
    d.open()
    for event in events:
        d.say(event, Started())
    return job_ids


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
def test_siblings_that_nobody_wants_are_stopped_together_each_under_its_own_id(
    version: str,
) -> None:
    d = harness(version)
    one, two, three = running(d, "a", "b", "c")
    d.cancel(one)
    d.cancel(two)
    assert d.told == []
    d.cancel(three)
    assert sorted(d.cancellations) == [("a", COUNT), ("b", COUNT), ("c", COUNT)]
    waiting = d.session.add_job()
    d.enter(waiting, COUNT)
    d.dismissed("b")
    d.dismissed("c")
    assert waiting in d.asking
    d.dismissed("a")
    assert isinstance(d.last(waiting), JoinGranted)


def test_a_sibling_that_was_stopped_already_is_not_told_of_twice() -> None:
    d = harness("6.31.0")
    (one,) = running(d, "a")
    d.cancel(one)
    d.dismissed("a")
    two = d.joined("b", COUNT)
    d.say("b", Started())
    d.cancel(two)
    assert d.cancellations == [("a", COUNT), ("b", COUNT)]


def test_an_unwanted_event_is_stopped_at_its_next_message_once_its_siblings_are_over() -> None:
    d = harness("6.31.0")
    one, _ = running(d, "a", "b")
    d.cancel(one)
    d.say("a", Generated(data=("x",)))
    d.say("b", DONE)
    assert d.told == []
    d.say("a", Generated(data=("x",)))
    assert d.cancellations == [("a", COUNT)]


def test_somebody_listens_for_an_event_that_is_to_be_stopped_after_its_sibling() -> None:
    d = harness("6.31.0")
    one, _ = running(d, "a", "b")
    d.cancel(one)
    d.say("b", DONE)
    d.say(None, StreamClosing(is_complete=False))
    d.end(EndReason.FINISHED)
    assert d.streams == [SHARED]


def test_a_job_that_waits_to_join_can_be_cancelled() -> None:
    d = harness("6.31.0")
    running = d.joined("a", COUNT)
    d.open()
    d.say("a", Started())
    d.cancel(running)
    waiting = d.session.add_job()
    d.enter(waiting, COUNT)
    d.cancel(waiting)
    assert isinstance(d.gone(waiting), JobCancelled)
    d.dismissed("a")
    assert waiting not in d.asking


@pytest.mark.parametrize(
    ("version", "told"), [("4.29.0", []), ("5.50.0", []), ("6.31.0", [("a", -1)])]
)
def test_a_job_cancelled_while_joining_joins_and_is_stopped_then(
    version: str, told: list[tuple[str, int]]
) -> None:
    d = harness(version)
    job_id = d.joining()
    d.cancel(job_id)
    assert d.told == []
    d.accepted(job_id, "a")
    assert isinstance(d.gone(job_id), JobCancelled)
    if d.streams:
        d.open()
        d.say("a", Queued())
    assert d.cancellations == told


def test_a_job_cancelled_while_joining_is_listened_to_where_it_has_to_start_first() -> None:
    d = harness("5.50.0")
    job_id = d.joining(COUNT)
    d.cancel(job_id)
    d.accepted(job_id, "a")
    d.release(job_id)
    assert d.streams == [SHARED]
    d.open()
    d.say("a", Started())
    assert d.cancellations == [("a", COUNT)]


def test_a_job_cancelled_while_joining_whose_join_is_refused_is_done_with() -> None:
    d = harness()
    job_id = d.joining()
    d.cancel(job_id)
    d.unjoined(job_id)
    assert isinstance(d.gone(job_id), JobCancelled)
    assert (d.told, d.streams) == ([], [])


def test_early_messages_of_a_job_cancelled_while_joining_count() -> None:
    d = harness("5.50.0")
    d.joined("a", ECHO)
    d.open()
    job_id = d.joining(COUNT)
    d.cancel(job_id)
    d.say("b", Started())
    d.accepted(job_id, "b")
    assert d.cancellations == [("b", COUNT)]


def test_a_job_that_failed_on_our_side_is_stopped_like_a_cancelled_one() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a")
    d.open()
    d.say("a", Queued())
    d.release(job_id)
    assert d.cancellations == [("a", -1)]


def test_joins_wait_for_a_cancel_also_if_its_event_is_lost_meanwhile() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a", COUNT)
    d.open()
    d.say("a", Started())
    d.cancel(job_id)
    d.end(EndReason.BROKEN)
    waiting = d.session.add_job()
    assert d.enter(waiting, COUNT) is None
    assert isinstance(d.enter(d.session.add_job(), ECHO), JoinGranted)
    d.dismissed("a")
    assert isinstance(d.last(waiting), JoinGranted)


def test_a_job_that_waits_for_the_end_of_its_event_holds_no_state() -> None:
    class State:
        def receive(self, _: JobMessage) -> None:
            """Take everything."""

    state, d = State(), harness("4.29.0")
    job_id = d.session.add_job(state.receive)
    d.enter(job_id)
    d.accepted(job_id, "a")
    d.open()
    d.cancel(job_id)
    d.session.finish_job(job_id)
    freed = weakref.ref(state)
    del state
    gc.collect()
    assert freed() is None
    d.say("a", Started(), DONE)  # the event is still known, and harms nobody

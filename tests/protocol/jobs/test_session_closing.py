"""`jobs.session`: sessions that are closed or retired."""

from __future__ import annotations

from gradio_protocol.errors import JobCancelled
from gradio_protocol.jobs.event_stream import HEARTBEAT, SHARED
from gradio_protocol.jobs.messages import Queued, StreamClosing
from gradio_protocol.jobs.orders import EndReason, JobStopped
from tests.support.sample_apps import sample_app
from tests.support.session_harness import CANCELLED, DONE, SessionHarness, harness


def test_closing_leaves_all_streams_and_answers_all_questions() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.next(one)
    d.obey(d.session.close())
    assert isinstance(d.gone(one), JobCancelled)
    assert (d.streams, d.told) == ([], [])
    for answer in (d.next(two), d.unjoined(two), d.accepted(one, "c"), d.enter(one)):
        assert isinstance(answer, JobStopped)


def test_a_closed_session_leaves_when_the_server_can_hear_of_it() -> None:
    d = harness("5.50.0")
    one, two = d.joined("a"), d.joining()
    d.open()
    d.obey(d.session.close())
    assert d.streams == [SHARED]
    assert isinstance(d.accepted(two, "b"), JobStopped)
    d.release(one)
    d.release(two)
    assert (d.streams, d.told) == ([], [])


def test_a_closed_session_leaves_a_stream_only_after_it_was_opened() -> None:
    d = harness("5.50.0")
    job_id = d.joined("a")
    d.obey(d.session.close())
    d.release(job_id)
    assert d.streams == [SHARED]
    d.open()
    assert (d.streams, d.told) == ([], [])


def test_a_closed_session_opens_the_stream_of_a_join_that_the_last_one_was_too_early_for() -> None:
    d = harness("5.50.0")
    one = d.joined("a")
    d.open()
    d.say("a", DONE)
    d.release(one)
    d.joined("b")
    d.say(None, StreamClosing())
    d.obey(d.session.close())
    d.end(EndReason.FINISHED)
    assert d.streams == [SHARED]
    d.open()
    assert (d.streams, d.told) == ([], [])


def test_a_closed_session_leaves_private_streams_at_once() -> None:
    d = harness("4.7.1")
    d.joining()
    d.obey(d.session.close())
    assert (d.streams, d.told) == ([], [])


def test_a_closed_session_takes_no_new_job() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    d.obey(d.session.close())
    assert isinstance(d.enter(d.session.add_job()), JobStopped)
    assert d.streams == []


def test_a_retired_session_leaves_the_server_after_its_last_job() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.obey(d.session.retire())
    d.release(one)
    assert d.streams == [HEARTBEAT, SHARED]
    d.release(two)
    assert d.streams == []


def test_a_retired_session_waits_for_the_flows_of_cancelled_jobs() -> None:
    d = harness("6.31.0")
    job_id = d.joining()
    d.obey(d.session.retire())
    d.cancel(job_id)
    d.accepted(job_id, "a")
    d.open()
    d.say("a", Queued())
    assert (d.streams, d.cancellations) == ([SHARED], [("a", -1)])
    d.release(job_id)
    assert d.streams == []


def test_a_retired_session_whose_last_stream_is_lost_keeps_no_heartbeat() -> None:
    d = SessionHarness(sample_app("5.50.0", heartbeat=True))
    job_id = d.joined("a")
    d.obey(d.session.retire())
    d.cancel(job_id)
    d.release(job_id)
    assert d.streams == [HEARTBEAT, SHARED]
    d.end(EndReason.BROKEN)
    assert d.streams == []


def test_an_idle_session_that_is_retired_leaves_at_once() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    job_id = d.joined("a")
    d.open()
    d.say("a", DONE)
    d.release(job_id)
    assert d.streams == [HEARTBEAT, SHARED]
    d.obey(d.session.retire())
    assert d.streams == []


def test_a_retired_session_leaves_also_if_its_last_event_ended_before_the_flow() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    job_id = d.joined("a")
    d.open()
    d.obey(d.session.retire())
    d.cancel(job_id)
    d.say("a", CANCELLED)
    d.release(job_id)
    assert d.streams == []


def test_the_stream_of_a_session_that_goes_on_is_never_closed_by_us() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.cancel(one)
    d.say("b", DONE)
    for job_id in (one, two):
        d.release(job_id)
    assert (d.streams, d.left) == ([SHARED], [])


def test_a_flow_that_ended_while_it_joined_is_forgotten() -> None:
    d = harness()
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.release(job_id)
    d.release(job_id)
    d.say("b", Queued())
    later = d.joined("b")
    assert (d.next(later), d.told) == (None, [])

"""`jobs.session`: streams on which nothing comes."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import AppChanged, GradioError, JobCancelled, RemoteError, StreamLost
from gradio_protocol.jobs.event_stream import HEARTBEAT, SHARED
from gradio_protocol.jobs.messages import Heartbeat, StreamClosing
from gradio_protocol.jobs.orders import AppRefreshed, EndReason, RefreshApp
from tests.support.sample_apps import sample_app
from tests.support.session_harness import DONE, SessionHarness, failed, harness

GONE = RemoteError("nobody answers")


def test_a_silent_stream_stays_open_as_often_as_the_app_answers() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    for _ in range(20):
        d.silent()
        d.checked()
    d.say("a", DONE)
    assert d.next(job_id) == DONE
    assert (d.streams, d.left, d.told) == ([SHARED], [], [])


def test_the_app_is_asked_as_it_was_when_the_stream_was_opened() -> None:
    """A later app at the address is alive, but sends nothing on this stream."""
    d = harness()
    d.joined("a")
    finder, new = d.session.add_job(), sample_app(app_id="2")
    d.ask(finder, RefreshApp(app=d.app))
    d.ask(finder, AppRefreshed(app=new))
    d.silent()
    (order,) = d.checks
    assert order.app is d.app
    assert order.stream_id == d.listening[SHARED].stream_id


def test_a_stream_that_is_opened_again_is_that_of_the_app_as_it_is_known_by_then() -> None:
    d = harness()
    d.joined("a")
    finder, new = d.session.add_job(), sample_app(app_id="2")
    d.ask(finder, RefreshApp(app=d.app))
    d.ask(finder, AppRefreshed(app=new))
    d.end(EndReason.REFUSED)
    d.silent()
    (order,) = d.checks
    assert order.app is new


def test_one_silence_asks_once_however_long_the_answer_takes() -> None:
    d = harness()
    d.joined("a")
    for _ in range(3):
        d.silent()
    assert len(d.checks) == 1


@pytest.mark.parametrize("why", [GONE, AppChanged("another app now answers")])
def test_a_silent_stream_is_closed_and_lost_if_the_app_is_not_there(why: GradioError) -> None:
    d = harness()
    job_id = d.joined("a")
    before = d.session.hash
    d.open()
    d.silent()
    d.checked(why)
    assert [listen.key for listen in d.left] == [SHARED]
    error = failed(d.next(job_id))
    assert isinstance(error, StreamLost)
    assert error.__cause__ is why
    assert str(why) in str(error)
    assert d.session.hash != before


def test_what_comes_while_the_app_is_asked_is_its_answer() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.silent()
    d.say(None, Heartbeat())
    d.checked(GONE)
    d.silent()
    d.arrive()
    d.checked(GONE)
    assert (d.streams, d.left, d.next(job_id)) == ([SHARED], [], None)


def test_a_stream_without_a_head_is_asked_after_like_any_other() -> None:
    d = harness()
    job_id = d.joined("a")
    d.silent()
    d.checked()
    d.open()
    d.say("a", DONE)
    assert d.next(job_id) == DONE


def test_a_private_stream_that_is_silent_stays_open_too() -> None:
    d = harness("4.7.1")
    job_id = d.session.add_job()
    d.enter(job_id)
    d.open(job_id)
    d.silent(job_id)
    d.checked()
    d.say(None, DONE, key=job_id)
    assert d.next(job_id) == DONE


def test_a_private_stream_is_lost_alone() -> None:
    d = harness("4.7.1")
    one, other = d.session.add_job(), d.session.add_job()
    for job_id in (one, other):
        d.enter(job_id)
        d.open(job_id)
    d.silent(one)
    d.checked(GONE)
    assert isinstance(failed(d.next(one)), StreamLost)
    assert (d.streams, d.next(other)) == ([other], None)


def test_a_heartbeat_that_is_silent_is_not_opened_again_while_the_app_is_there() -> None:
    """To the app, the end of this stream is the visitor's leaving."""
    d = SessionHarness(sample_app(heartbeat=True))
    d.joined("a")
    d.open(HEARTBEAT)
    d.silent(HEARTBEAT)
    d.checked()
    assert d.left == []
    d.silent(HEARTBEAT)
    d.checked(GONE)
    assert [listen.key for listen in d.left] == [HEARTBEAT]
    assert d.streams == [HEARTBEAT, SHARED]


def test_a_server_that_has_said_all_and_does_not_close_is_asked_nothing() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.say("a", DONE)
    d.say(None, StreamClosing())
    d.silent()
    assert (d.checks, d.streams) == ([], [])
    assert [listen.key for listen in d.left] == [SHARED]


def test_an_answer_about_a_stream_that_has_ended_concerns_nothing() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.silent()
    stream_id = d.listening[SHARED].stream_id
    d.say(None, StreamClosing(is_complete=False))
    d.end(EndReason.FINISHED)
    d.checked(GONE)
    assert d.session.stream_silent(stream_id) == []
    assert (d.streams, d.next(job_id)) == ([SHARED], None)


def test_a_session_that_is_closed_while_the_app_is_asked_waits_for_nothing() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.silent()
    d.obey(d.session.close())
    assert d.streams == []
    d.checked(GONE)
    assert d.streams == []


def test_a_job_that_is_cancelled_while_the_app_is_asked_is_over_at_once() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.next(job_id)
    d.silent()
    d.cancel(job_id)
    assert isinstance(d.gone(job_id), JobCancelled)
    d.checked()
    assert d.streams == [SHARED]

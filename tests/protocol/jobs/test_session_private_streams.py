"""`jobs.session`: a stream for each job, as Gradio 4.0 to 4.8 have it."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import JobCancelled, StreamLost, TransportFailed
from gradio_protocol.jobs.messages import Broken, DataRequested, Generated
from gradio_protocol.jobs.orders import EndReason
from tests.support.sample_apps import COUNT
from tests.support.session_harness import DONE, LOST, SessionHarness, failed, harness


def private(d: SessionHarness) -> int:
    """A job on a stream of its own, which is open."""
    job_id = d.joining(COUNT)
    assert d.open(job_id)
    return job_id


def test_a_private_stream_is_the_join_and_has_the_jobs_key() -> None:
    d = harness("4.7.1")
    job_id = private(d)
    url = d.listening[job_id].request.url
    assert url == f"http://here/queue/join?fn_index={COUNT}&session_hash={d.session.hash}"
    d.say("a", DataRequested(event_id="a"), key=job_id)
    d.say(None, DONE, key=job_id)
    assert [d.next(job_id), d.next(job_id)] == [DataRequested(event_id="a"), DONE]


def test_private_streams_do_not_hear_each_other() -> None:
    d = harness("4.7.1")
    one, two = private(d), private(d)
    d.say(None, DONE, key=one)
    d.end(EndReason.FINISHED, key=one)
    assert d.next(one) == DONE
    assert d.next(two) is None
    assert d.streams == [two]


@pytest.mark.parametrize("ending", [EndReason.FINISHED, *LOST])
def test_a_private_stream_that_ends_early_loses_its_job_only(ending: EndReason) -> None:
    d = harness("4.7.1")
    one, two = private(d), private(d)
    before = d.session.hash
    d.end(ending, key=one)
    assert isinstance(failed(d.next(one)), StreamLost)
    assert d.next(two) is None
    assert (d.session.hash, d.told) == (before, [])


def test_a_broken_private_stream_loses_its_job_only() -> None:
    d = harness("4.7.1")
    one, two = private(d), private(d)
    d.say(None, Broken(message="gone"), key=one)
    assert str(failed(d.next(one))) == "gone"
    assert d.next(two) is None


def test_a_private_stream_that_nobody_answered_is_lost_and_its_job_learns_why() -> None:
    d = harness("4.7.1")
    job_id = d.joining(COUNT)
    nobody = TransportFailed("refused", connected=False)
    d.end(EndReason.REFUSED, key=job_id, why=nobody)
    assert d.streams == []
    assert failed(d.next(job_id)).__cause__ is nobody


def test_a_job_that_need_not_join_this_app_leaves_its_private_stream() -> None:
    d = harness("4.7.1")
    job_id = d.joining()
    assert d.unjoined(job_id) is None
    assert d.streams == []
    d.enter(job_id, COUNT)
    assert f"fn_index={COUNT}" in d.listening[job_id].request.url


def test_a_cancelled_job_closes_its_private_stream() -> None:
    d = harness("4.7.1")
    one, two = private(d), private(d)
    d.next(one)
    d.cancel(one)
    assert isinstance(d.gone(one), JobCancelled)
    assert d.streams == [two]
    d.release(one)
    assert d.told == []


def test_messages_for_a_job_that_has_ended_meanwhile_are_nobodys() -> None:
    d = harness("4.7.1")
    job_id = private(d)
    d.say(None, DONE, key=job_id)
    d.release(job_id)
    d.say(None, Generated(data=("late",)), key=job_id)
    d.end(EndReason.FINISHED, key=job_id)
    assert d.streams == []

"""`jobs.session`: a job with a session of its own."""

from __future__ import annotations

import pytest

from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Generated, Started
from gradio_protocol.jobs.orders import EndReason
from tests.support.sample_apps import sample_app
from tests.support.session_harness import DONE, SessionHarness, harness


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "4.44.1", "6.31.0"])
def test_a_cancelled_isolated_job_closes_its_stream(version: str) -> None:
    d = harness(version, single=True)
    job_id = d.joined("a")
    d.open()
    d.say("a", Started())
    d.cancel(job_id)
    d.release(job_id)
    assert (d.streams, d.told) == ([], [])


def test_a_cancelled_isolated_job_is_reset_where_cut_streams_live_on() -> None:
    d = harness("4.22.0", single=True)
    job_id = d.joined("a")
    d.open()
    d.cancel(job_id)
    d.release(job_id)
    d.say("a", Started())
    assert (d.streams, d.told) == ([SHARED], [])
    d.say("a", Generated(data=("x",)))
    assert [(order.event_id, order.reset) for order in d.told] == [("a", True)]
    assert d.streams == []


def test_an_isolated_job_that_was_to_be_reset_may_end_by_itself() -> None:
    d = harness("4.22.0", single=True)
    job_id = d.joined("a")
    d.open()
    d.cancel(job_id)
    d.release(job_id)
    d.say("a", Started(), DONE)
    assert (d.streams, d.told) == ([], [])


def test_a_closed_session_of_one_job_is_reset_where_cut_streams_live_on() -> None:
    d = harness("4.22.0", single=True)
    d.joined("a")
    d.open()
    d.say("a", Started(), Generated(data=("x",)))
    d.obey(d.session.close())
    assert [(order.event_id, order.reset) for order in d.told] == [("a", True)]
    assert d.streams == []


@pytest.mark.parametrize("version", ["4.14.0", "4.44.1", "5.50.0", "6.31.0"])
def test_an_isolated_job_cancelled_while_joining_is_left_once_its_stream_is_open(
    version: str,
) -> None:
    d = harness(version, single=True)
    job_id = d.joining()
    d.cancel(job_id)
    d.accepted(job_id, "a")
    d.release(job_id)
    assert (d.streams, d.told) == ([SHARED], [])
    d.open()
    assert (d.streams, d.told) == ([], [])


def test_an_isolated_job_whose_stream_never_opens_leaves_nothing() -> None:
    d = harness("5.50.0", single=True)
    job_id = d.joining()
    d.cancel(job_id)
    d.accepted(job_id, "a")
    d.release(job_id)
    d.end(EndReason.BROKEN)
    assert (d.streams, d.told) == ([], [])


def test_an_isolated_job_leaves_the_server_with_its_end() -> None:
    d = harness("6.31.0", single=True)
    job_id = d.joined("a")
    d.open()
    d.say("a", DONE)
    assert d.next(job_id) == DONE
    d.release(job_id)
    assert d.streams == []


def test_an_isolated_job_needs_no_heartbeat() -> None:
    d = SessionHarness(sample_app(heartbeat=True), single=True)
    d.joined("a")
    assert d.streams == [SHARED]

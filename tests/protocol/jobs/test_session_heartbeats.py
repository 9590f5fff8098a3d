"""`jobs.session`: heartbeats."""

from __future__ import annotations

import pytest

from gradio_protocol.jobs.event_stream import HEARTBEAT, MAX_EMPTY_CONNECTIONS, SHARED
from gradio_protocol.jobs.messages import Heartbeat
from gradio_protocol.jobs.orders import EndReason
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import sample_app
from tests.support.session_harness import SessionHarness


def test_a_heartbeat_begins_with_the_first_join_where_the_app_wants_one() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    assert d.streams == []
    job_id = d.joining()
    assert d.streams == [HEARTBEAT]
    d.accepted(job_id, "a")
    d.joining()
    assert d.streams == [HEARTBEAT, SHARED]


@pytest.mark.parametrize("version", ["4.22.0", "4.14.0"])
def test_where_there_are_no_heartbeats_none_is_tried(version: str) -> None:
    d = SessionHarness(sample_app(version, heartbeat=True))
    d.joined("a")
    assert d.streams == [SHARED]


def test_a_heartbeat_that_fails_harms_no_job_and_is_tried_again_with_the_next_join() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    job_id = d.joined("a")
    d.open(HEARTBEAT, Head(status=404))
    assert d.next(job_id) is None
    assert d.streams == [SHARED]
    d.joining()
    assert d.streams == [HEARTBEAT, SHARED]


def test_a_heartbeat_that_ends_is_opened_again() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    d.joining()
    for _ in range(2 * MAX_EMPTY_CONNECTIONS):
        d.open(HEARTBEAT)
        d.say(None, Heartbeat(), key=HEARTBEAT)
        d.end(EndReason.BROKEN, key=HEARTBEAT)
    assert d.streams == [HEARTBEAT]

"""`jobs.session`: streams that end, break off or are refused, and what becomes of their jobs."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import (
    AuthenticationError,
    GradioError,
    JobCancelled,
    RemoteError,
    StreamLost,
    TransportFailed,
)
from gradio_protocol.jobs.event_stream import MAX_EMPTY_CONNECTIONS, SHARED
from gradio_protocol.jobs.messages import Heartbeat, Queued, StreamClosing
from gradio_protocol.jobs.orders import EndReason, JoinGranted
from gradio_protocol.wire.exchange import Head
from tests.support.session_harness import DONE, LOST, SHARING, failed, harness

# --- the end of the shared stream --------------------------------------------------------------


def test_a_stream_that_ends_with_nothing_expected_stays_closed() -> None:
    d = harness()
    job_id = d.joined("a")
    d.open()
    d.say("a", DONE)
    d.say(None, StreamClosing())
    d.end(EndReason.FINISHED)
    assert d.streams == []
    assert d.next(job_id) == DONE


@pytest.mark.parametrize("version", SHARING)
def test_a_close_that_raced_with_a_join_loses_nothing(version: str) -> None:
    d = harness(version)
    one, two = d.joined("a"), d.joining()
    d.open()
    d.say("a", DONE)
    d.accepted(two, "b")
    if d.app.dialect.announces_close:
        d.say(None, StreamClosing())
    d.end(EndReason.FINISHED)
    assert d.listening[SHARED].delay == 0
    d.open()
    d.say("b", DONE)
    assert (d.next(one), d.next(two)) == (DONE, DONE)


def test_a_stream_that_ended_before_the_joins_reply_is_opened_with_it() -> None:
    d = harness()
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.say("a", DONE)
    d.say(None, StreamClosing())
    d.end(EndReason.FINISHED)
    assert d.streams == []
    d.accepted(job_id, "b")
    assert d.streams == [SHARED]


@pytest.mark.parametrize("joined_first", [True, False])
def test_a_server_that_has_said_all_has_no_more_for_an_event_that_it_knew(
    joined_first: bool,
) -> None:
    d = harness()
    job_id = d.joined("a") if joined_first else d.joining()
    other = d.joined("b")
    d.open()
    if not joined_first:
        d.accepted(job_id, "a")
        d.say("a", Queued())
        d.next(job_id)
    d.next(job_id)
    d.say("b", DONE)
    d.say(None, StreamClosing())
    assert isinstance(failed(d.last(job_id)), StreamLost)
    d.end(EndReason.FINISHED)
    assert (d.streams, d.next(other)) == ([], DONE)


def test_a_session_that_has_said_all_is_not_poisoned() -> None:
    d = harness("4.29.0")
    job_id = d.joined("a")
    before = d.session.hash
    d.open()
    d.say(None, StreamClosing())
    d.end(EndReason.FINISHED)
    assert isinstance(failed(d.next(job_id)), StreamLost)
    assert (d.session.hash, d.left, d.told) == (before, [], [])


def test_an_event_that_raced_with_one_close_is_known_before_the_next() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.say("a", DONE)
    job_id = d.joined("b")
    for _ in range(2):
        assert d.streams == [SHARED]
        d.say(None, StreamClosing())
        d.end(EndReason.FINISHED)
        if d.streams:
            d.open()
    assert isinstance(failed(d.next(job_id)), StreamLost)


def test_a_stream_that_breaks_off_has_not_said_all() -> None:
    d = harness("5.20.1")
    job_id = d.joined("a")
    d.open()
    d.say("a", Queued())
    d.say(None, StreamClosing(is_complete=False))
    d.end(EndReason.BROKEN)
    d.open()
    d.say("a", DONE)
    assert [d.next(job_id), d.next(job_id)] == [Queued(), DONE]


@pytest.mark.parametrize("ending", LOST)
@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "6.31.0"])
def test_a_lost_stream_is_told_to_every_open_mailbox(version: str, ending: EndReason) -> None:
    d = harness(version)
    one, two, done = d.joined("a"), d.joined("b"), d.joined("c")
    d.open()
    d.say("c", DONE)
    d.say("a", Queued())
    d.next(two)
    d.end(ending)
    assert isinstance(failed(d.last(two)), StreamLost)
    assert d.next(one) == Queued()
    assert isinstance(failed(d.next(one)), StreamLost)
    assert d.next(done) == DONE
    assert d.streams == []


def test_an_end_that_was_not_announced_is_a_cut() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a")
    d.open()
    d.end(EndReason.FINISHED)
    assert isinstance(failed(d.next(job_id)), StreamLost)


def test_a_lost_job_says_why_where_the_driver_knows() -> None:
    d, why = harness(), TransportFailed("connection reset")
    job_id = d.joined("a")
    d.open()
    d.end(EndReason.BROKEN, why=why)
    error = failed(d.next(job_id))
    assert error.__cause__ is why
    assert "connection reset" in str(error)


def test_late_news_of_an_older_opening_is_ignored() -> None:
    d = harness("4.14.0")
    job_id = d.joined("a")
    d.open()
    old = d.listening[SHARED].stream_id
    d.end(EndReason.FINISHED)
    assert d.session.receive(old, [("a", DONE)]) == []  # type: ignore[list-item]
    assert d.session.stream_ended(old, EndReason.BROKEN) == []
    assert d.session.stream_opened(old, Head(status=200)) == []
    assert d.session.streams.current(old) is None
    assert d.next(job_id) is None


def test_listening_in_vain_loses_the_jobs_at_last() -> None:
    d = harness("4.14.0")
    job_id = d.joined("a")
    for _ in range(MAX_EMPTY_CONNECTIONS):
        d.open()
        d.say(None, Heartbeat())
        d.end(EndReason.FINISHED)
    assert isinstance(failed(d.next(job_id)), StreamLost)
    assert d.streams == []


def test_after_a_loss_the_next_stream_has_all_patience_again() -> None:
    d = harness("4.14.0", stateful=True)
    d.joined("a")
    for _ in range(MAX_EMPTY_CONNECTIONS):
        d.end(EndReason.REFUSED)
    job_id = d.joined("b")
    d.end(EndReason.REFUSED)
    assert d.streams == [SHARED]
    assert d.next(job_id) is None


# --- refused connections --------------------------------------------------------------------------


def test_a_refused_connection_is_tried_again_after_a_pause() -> None:
    d = harness()
    job_id = d.joined("a")
    d.end(EndReason.REFUSED)
    assert d.listening[SHARED].delay > 0
    d.open()
    d.say("a", DONE)
    assert d.next(job_id) == DONE


def test_a_busy_server_says_when_to_come_again() -> None:
    d = harness()
    job_id = d.joined("a")
    assert not d.open(head=Head(status=503, headers=(("retry-after", "9"),)))
    assert d.listening[SHARED].delay == 9
    assert d.next(job_id) is None


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (Head(status=401), AuthenticationError),
        (Head(status=404), RemoteError),
        (Head(status=302, headers=(("location", "/elsewhere"),)), RemoteError),
        (Head(status=200, headers=(("content-type", "text/html"),)), RemoteError),
    ],
)
def test_an_opening_refused_for_good_is_what_the_jobs_fail_with(
    head: Head, error: type[GradioError]
) -> None:
    d = harness()
    job_id = d.joined("a")
    assert not d.open(head=head)
    assert isinstance(failed(d.next(job_id)), error)
    assert d.streams == []


def test_a_loss_makes_the_app_doubtful() -> None:
    d = harness()
    d.joined("a")
    d.open(head=Head(status=404))
    entry = d.enter(d.session.add_job())
    assert isinstance(entry, JoinGranted)
    assert entry.app_is_stale


# --- joins in flight when the stream is lost ---------------------------------------------------


@pytest.mark.parametrize("version", ["4.14.0", "4.44.1", "6.31.0"])
def test_a_join_in_flight_is_lost_with_the_stream(version: str) -> None:
    d = harness(version)
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.end(EndReason.BROKEN)
    assert d.accepted(job_id, "b") is None
    assert isinstance(failed(d.next(job_id)), StreamLost)
    assert d.streams == []


def test_each_job_that_is_lost_with_a_stream_has_an_error_of_its_own() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open()
    why = TransportFailed("cut", late=True)
    d.end(EndReason.BROKEN, why=why)
    first, second = failed(d.next(one)), failed(d.next(two))
    assert first is not second
    assert (str(first), first.__cause__) == (str(second), second.__cause__)
    assert first.__cause__ is why


def test_each_job_of_a_stream_that_is_refused_learns_the_status() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open(head=Head(status=401))
    for job_id in (one, two):
        error = failed(d.next(job_id))
        assert isinstance(error, AuthenticationError)
        assert error.status == 401


def test_a_join_in_flight_is_lost_also_with_a_stream_that_nobody_else_needed() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.say("a", DONE)
    job_id = d.joining()
    d.end(EndReason.SILENT)
    d.accepted(job_id, "b")
    assert isinstance(failed(d.next(job_id)), StreamLost)
    assert d.told == []


def test_a_lost_join_that_was_refused_after_all_can_be_tried_again() -> None:
    d = harness()
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.end(EndReason.BROKEN)
    assert d.unjoined(job_id) is None
    assert isinstance(d.enter(job_id), JoinGranted)
    assert d.accepted(job_id, "b") is None


def test_a_job_whose_join_was_lost_can_begin_again() -> None:
    d = harness("4.29.0")
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.end(EndReason.BROKEN)
    d.accepted(job_id, "b")
    failed(d.next(job_id))
    d.enter(job_id)
    d.accepted(job_id, "c")
    d.open()
    d.say("c", DONE)
    assert d.next(job_id) == DONE


def test_early_messages_of_a_lost_join_are_not_given_to_it() -> None:
    d = harness()
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.say("b", Queued())
    d.end(EndReason.BROKEN)
    d.accepted(job_id, "b")
    assert isinstance(failed(d.next(job_id)), StreamLost)


def test_a_lost_join_harms_no_job_that_came_after_it() -> None:
    d = harness("4.14.0")
    d.joined("a")
    d.open()
    lost = d.joining()
    d.end(EndReason.BROKEN)
    later = d.joined("c")
    d.open()
    hash_ = d.session.hash
    d.accepted(lost, "b")
    assert (d.session.hash, d.streams) == (hash_, [SHARED])
    d.say("c", DONE)
    assert d.next(later) == DONE


def test_a_lost_join_of_a_cancelled_job_starts_nothing() -> None:
    d = harness("4.44.1")
    d.joined("a")
    d.open()
    job_id = d.joining()
    d.cancel(job_id)
    d.end(EndReason.BROKEN)
    d.accepted(job_id, "b")
    assert isinstance(d.gone(job_id), JobCancelled)
    assert d.streams == []

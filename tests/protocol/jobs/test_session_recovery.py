"""`jobs.session`: sessions that the server may have left unusable, errors of a whole stream."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import AppError, SessionNotFound
from gradio_protocol.jobs.event_stream import HEARTBEAT, SHARED
from gradio_protocol.jobs.messages import Broken, Failed, Started
from gradio_protocol.jobs.orders import EndReason
from tests.support.sample_apps import sample_app
from tests.support.session_harness import CANCELLED, DONE, SessionHarness, failed, harness

# --- mending -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.44.1", "6.31.0"])
def test_a_poisoned_session_is_healed_after_the_next_join(version: str) -> None:
    d = harness(version)
    d.joined("a")
    d.joined("b")
    before = d.session.hash
    d.open()
    d.end(EndReason.BROKEN)
    job_id = d.joining()
    assert d.told == []
    d.accepted(job_id, "c")
    assert d.cancellations == [("a", -1), ("b", -1)]
    assert {order.session_hash for order in d.told} == {before} == {d.session.hash}
    d.joined("d")
    assert len(d.told) == 2


def test_what_heals_a_session_is_nobodys_message() -> None:
    d = harness("6.31.0")
    d.joined("a")
    d.open()
    d.end(EndReason.BROKEN)
    job_id = d.joined("b")
    d.open()
    d.say("a", CANCELLED)
    d.dismissed("a")
    d.say("b", DONE)
    assert d.next(job_id) == DONE


def test_a_join_that_was_lost_itself_heals_nothing() -> None:
    d = harness("6.31.0")
    d.joined("a")
    d.open()
    lost = d.joining()
    d.end(EndReason.BROKEN)
    d.accepted(lost, "b")
    assert d.told == []


@pytest.mark.parametrize("version", ["4.14.0", "4.17.0", "4.29.0"])
def test_where_a_session_cannot_be_healed_a_new_hash_is_taken(version: str) -> None:
    d = harness(version)
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(EndReason.BROKEN)
    assert d.session.hash != before
    job_id = d.joining()
    assert d.told == []
    d.accepted(job_id, "b")
    assert d.session.hash in d.listening[SHARED].request.url


def test_after_a_silence_the_server_may_still_write_to_the_old_stream_so_a_new_hash_is_taken() -> (
    None
):
    d = harness("6.31.0")
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(EndReason.SILENT)
    d.joined("b")
    assert d.session.hash != before
    assert d.told == []


def test_a_silence_has_a_new_hash_also_if_nobody_waited() -> None:
    d = harness("6.31.0")
    d.joined("a")
    before = d.session.hash
    d.open()
    d.say("a", DONE)
    d.end(EndReason.SILENT)
    assert d.session.hash != before


def test_an_app_with_state_keeps_its_hash_after_a_silence_too() -> None:
    d = harness("6.31.0", stateful=True)
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(EndReason.SILENT)
    d.joined("b")
    assert (d.session.hash, d.cancellations) == (before, [("a", -1)])


def test_an_app_with_state_keeps_its_hash_although_it_is_poisoned() -> None:
    d = harness("4.29.0", stateful=True)
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(EndReason.BROKEN)
    job_id = d.joined("b")
    d.open()
    d.say("b", DONE)
    assert (d.session.hash, d.next(job_id)) == (before, DONE)


def test_a_new_hash_has_a_new_heartbeat() -> None:
    d = SessionHarness(sample_app("4.29.0", heartbeat=True))
    d.joined("a")
    d.open()
    d.end(EndReason.BROKEN)
    assert d.streams == []
    d.joined("b")
    assert d.streams == [HEARTBEAT, SHARED]
    assert d.session.hash in d.listening[HEARTBEAT].request.url


def test_events_that_nobody_wants_any_more_are_lost_without_a_word_and_healed() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a")
    d.joined("b")
    d.open()
    d.say("a", Started())
    d.say("b", Started())
    d.cancel(job_id)
    d.say("b", DONE)
    assert d.told == []
    d.end(EndReason.BROKEN)
    assert d.streams == []
    d.joined("c")
    assert d.cancellations == [("a", -1)]


# --- errors of the whole stream ----------------------------------------------------------------


def test_a_broken_stream_is_told_to_all_and_to_nobody_after_that() -> None:
    d = harness("5.20.1")
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.arrive((None, Broken(message="gone")), ("a", DONE))
    assert (str(failed(d.next(one))), str(failed(d.next(two)))) == ("gone", "gone")
    assert d.streams == []
    assert [listen.key for listen in d.left] == [SHARED]


def test_a_session_that_the_server_does_not_know_needs_no_healing() -> None:
    d = harness("6.31.0")
    job_id = d.joined("a")
    before = d.session.hash
    d.open()
    d.say(None, Broken(message="404: Not Found", session_not_found=True))
    assert isinstance(failed(d.next(job_id)), SessionNotFound)
    d.joined("b")
    assert (d.told, d.session.hash) == ([], before)


def test_an_app_error_concerns_its_own_job_only() -> None:
    d, error = harness(), AppError("no")
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.say("a", Failed(error=error))
    assert d.next(one) == Failed(error=error)
    assert d.next(two) is None
    assert d.streams == [SHARED]

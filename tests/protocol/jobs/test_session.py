"""`jobs.session`: named cases. The machine against a model is in `test_session_machine`."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import (
    AppChanged,
    AppError,
    AuthenticationError,
    GradioError,
    JobCancelled,
    RemoteError,
    SessionNotFound,
    StreamLost,
    TransportFailed,
)
from gradio_protocol.jobs.channel import HEARTBEAT, PATIENCE, SHARED
from gradio_protocol.jobs.messages import (
    Absorbed,
    Broken,
    Closing,
    Completed,
    DataWanted,
    Failed,
    Generated,
    Heartbeat,
    Queued,
    Started,
)
from gradio_protocol.jobs.orders import (
    Ending,
    Entry,
    Gone,
    Joined,
    Recall,
    Remember,
    Renew,
    Renewed,
    Stale,
    Unjoined,
)
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import COUNT, ECHO, dependency, sample_app
from tests.support.session_harness import SessionHarness

DONE = Completed(data=("x",))
CANCELLED = Completed(data=None)
LOST = [Ending.CUT, Ending.SILENT]
SHARING = ["4.14.0", "4.17.0", "4.22.0", "4.29.0", "4.44.1", "5.20.1", "6.2.0", "6.31.0"]


def harness(
    version: str = "6.31.0", *, single: bool = False, stateful: bool = False
) -> SessionHarness:
    return SessionHarness(sample_app(version, stateful=stateful), single=single)


def failed(message: object) -> GradioError:
    """The error of a `Failed`."""
    assert isinstance(message, Failed)
    return message.error


# --- joining ------------------------------------------------------------------------------------


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


# --- the end of the shared stream ---------------------------------------------------------------


def test_a_stream_that_ends_with_nothing_expected_stays_closed() -> None:
    d = harness()
    ticket = d.joined("a")
    d.open()
    d.say("a", DONE)
    d.say(None, Closing())
    d.end(Ending.FINISHED)
    assert d.streams == []
    assert d.next(ticket) == DONE


@pytest.mark.parametrize("version", SHARING)
def test_a_close_that_raced_with_a_join_loses_nothing(version: str) -> None:
    d = harness(version)
    one, two = d.joined("a"), d.joining()
    d.open()
    d.say("a", DONE)
    d.accepted(two, "b")
    if d.app.dialect.announces_close:
        d.say(None, Closing())
    d.end(Ending.FINISHED)
    assert d.listening[SHARED].after == 0
    d.open()
    d.say("b", DONE)
    assert (d.next(one), d.next(two)) == (DONE, DONE)


def test_a_stream_that_ended_before_the_joins_reply_is_opened_with_it() -> None:
    d = harness()
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.say("a", DONE)
    d.say(None, Closing())
    d.end(Ending.FINISHED)
    assert d.streams == []
    d.accepted(ticket, "b")
    assert d.streams == [SHARED]


@pytest.mark.parametrize("joined_first", [True, False])
def test_a_server_that_has_said_all_has_no_more_for_an_event_that_it_knew(
    joined_first: bool,
) -> None:
    d = harness()
    ticket = d.joined("a") if joined_first else d.joining()
    other = d.joined("b")
    d.open()
    if not joined_first:
        d.accepted(ticket, "a")
        d.say("a", Queued())
        d.next(ticket)
    d.next(ticket)
    d.say("b", DONE)
    d.say(None, Closing())
    assert isinstance(failed(d.last(ticket)), StreamLost)
    d.end(Ending.FINISHED)
    assert (d.streams, d.next(other)) == ([], DONE)


def test_a_session_that_has_said_all_is_not_poisoned() -> None:
    d = harness("4.29.0")
    ticket = d.joined("a")
    before = d.session.hash
    d.open()
    d.say(None, Closing())
    d.end(Ending.FINISHED)
    assert isinstance(failed(d.next(ticket)), StreamLost)
    assert (d.session.hash, d.left, d.told) == (before, [], [])


def test_an_event_that_raced_with_one_close_is_known_before_the_next() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.say("a", DONE)
    ticket = d.joined("b")
    for _ in range(2):
        assert d.streams == [SHARED]
        d.say(None, Closing())
        d.end(Ending.FINISHED)
        if d.streams:
            d.open()
    assert isinstance(failed(d.next(ticket)), StreamLost)


def test_a_stream_that_breaks_off_has_not_said_all() -> None:
    d = harness("5.20.1")
    ticket = d.joined("a")
    d.open()
    d.say("a", Queued())
    d.say(None, Closing(all_said=False))
    d.end(Ending.CUT)
    d.open()
    d.say("a", DONE)
    assert [d.next(ticket), d.next(ticket)] == [Queued(), DONE]


@pytest.mark.parametrize("ending", LOST)
@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "6.31.0"])
def test_a_lost_stream_is_told_to_every_open_mailbox(version: str, ending: Ending) -> None:
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
    ticket = d.joined("a")
    d.open()
    d.end(Ending.FINISHED)
    assert isinstance(failed(d.next(ticket)), StreamLost)


def test_a_lost_job_says_why_where_the_driver_knows() -> None:
    d, why = harness(), TransportFailed("connection reset")
    ticket = d.joined("a")
    d.open()
    d.end(Ending.CUT, why=why)
    error = failed(d.next(ticket))
    assert error.__cause__ is why
    assert "connection reset" in str(error)


def test_late_news_of_an_older_epoch_is_ignored() -> None:
    d = harness("4.14.0")
    ticket = d.joined("a")
    d.open()
    old = d.listening[SHARED].epoch
    d.end(Ending.FINISHED)
    assert d.session.deliver(SHARED, old, [("a", DONE)]) == []  # type: ignore[list-item]
    assert d.session.ended(SHARED, old, Ending.CUT) == []
    opening = d.session.opened(SHARED, old, Head(status=200))
    assert (opening.read, opening.orders) == (False, [])
    assert d.next(ticket) is None


def test_listening_in_vain_loses_the_jobs_at_last() -> None:
    d = harness("4.14.0")
    ticket = d.joined("a")
    for _ in range(PATIENCE):
        d.open()
        d.say(None, Heartbeat())
        d.end(Ending.FINISHED)
    assert isinstance(failed(d.next(ticket)), StreamLost)
    assert d.streams == []


def test_after_a_loss_the_next_stream_has_all_patience_again() -> None:
    d = harness("4.14.0", stateful=True)
    d.joined("a")
    for _ in range(PATIENCE):
        d.end(Ending.REFUSED)
    ticket = d.joined("b")
    d.end(Ending.REFUSED)
    assert d.streams == [SHARED]
    assert d.next(ticket) is None


# --- refused openings ---------------------------------------------------------------------------


def test_a_refused_connection_is_tried_again_after_a_pause() -> None:
    d = harness()
    ticket = d.joined("a")
    d.end(Ending.REFUSED)
    assert d.listening[SHARED].after > 0
    d.open()
    d.say("a", DONE)
    assert d.next(ticket) == DONE


def test_a_busy_server_says_when_to_come_again() -> None:
    d = harness()
    ticket = d.joined("a")
    assert not d.open(head=Head(status=503, headers=(("retry-after", "9"),)))
    assert d.listening[SHARED].after == 9
    assert d.next(ticket) is None


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
    ticket = d.joined("a")
    assert not d.open(head=head)
    assert isinstance(failed(d.next(ticket)), error)
    assert d.streams == []


def test_a_loss_makes_the_app_doubtful() -> None:
    d = harness()
    d.joined("a")
    d.open(head=Head(status=404))
    entry = d.enter(d.session.enrol())
    assert isinstance(entry, Entry)
    assert entry.doubtful


# --- joins in flight when the stream is lost ----------------------------------------------------


@pytest.mark.parametrize("version", ["4.14.0", "4.44.1", "6.31.0"])
def test_a_join_in_flight_is_lost_with_the_stream(version: str) -> None:
    d = harness(version)
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.end(Ending.CUT)
    assert d.accepted(ticket, "b") == Joined(ticket=ticket, event_id="b")
    assert isinstance(failed(d.next(ticket)), StreamLost)
    assert d.streams == []


def test_each_job_that_is_lost_with_a_stream_has_an_error_of_its_own() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open()
    why = TransportFailed("cut", late=True)
    d.end(Ending.CUT, why=why)
    first, second = failed(d.next(one)), failed(d.next(two))
    assert first is not second
    assert (str(first), first.__cause__) == (str(second), second.__cause__)
    assert first.__cause__ is why


def test_each_job_of_a_stream_that_is_refused_learns_the_status() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open(head=Head(status=401))
    for ticket in (one, two):
        error = failed(d.next(ticket))
        assert isinstance(error, AuthenticationError)
        assert error.status == 401


def test_a_join_in_flight_is_lost_also_with_a_stream_that_nobody_else_needed() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.say("a", DONE)
    ticket = d.joining()
    d.end(Ending.SILENT)
    d.accepted(ticket, "b")
    assert isinstance(failed(d.next(ticket)), StreamLost)
    assert d.told == []


def test_a_lost_join_that_was_refused_after_all_can_be_tried_again() -> None:
    d = harness()
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.end(Ending.CUT)
    assert d.unjoined(ticket) == Unjoined(ticket=ticket)
    assert isinstance(d.enter(ticket), Entry)
    assert d.accepted(ticket, "b") == Joined(ticket=ticket, event_id="b")


def test_a_job_whose_join_was_lost_can_begin_again() -> None:
    d = harness("4.29.0")
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.end(Ending.CUT)
    d.accepted(ticket, "b")
    failed(d.next(ticket))
    d.enter(ticket)
    d.accepted(ticket, "c")
    d.open()
    d.say("c", DONE)
    assert d.next(ticket) == DONE


def test_early_messages_of_a_lost_join_are_not_given_to_it() -> None:
    d = harness()
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.say("b", Queued())
    d.end(Ending.CUT)
    d.accepted(ticket, "b")
    assert isinstance(failed(d.next(ticket)), StreamLost)


def test_a_lost_join_harms_no_job_that_came_after_it() -> None:
    d = harness("4.14.0")
    d.joined("a")
    d.open()
    lost = d.joining()
    d.end(Ending.CUT)
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
    ticket = d.joining()
    d.cancel(ticket)
    d.end(Ending.CUT)
    d.accepted(ticket, "b")
    assert isinstance(d.gone(ticket), JobCancelled)
    assert d.streams == []


# --- mending ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.44.1", "6.31.0"])
def test_a_poisoned_session_is_healed_after_the_next_join(version: str) -> None:
    d = harness(version)
    d.joined("a")
    d.joined("b")
    before = d.session.hash
    d.open()
    d.end(Ending.CUT)
    ticket = d.joining()
    assert d.told == []
    d.accepted(ticket, "c")
    assert d.dismissals == [("a", -1), ("b", -1)]
    assert {order.session_hash for order in d.told} == {before} == {d.session.hash}
    d.joined("d")
    assert len(d.told) == 2


def test_what_heals_a_session_is_nobodys_message() -> None:
    d = harness("6.31.0")
    d.joined("a")
    d.open()
    d.end(Ending.CUT)
    ticket = d.joined("b")
    d.open()
    d.say("a", CANCELLED)
    d.dismissed("a")
    d.say("b", DONE)
    assert d.next(ticket) == DONE


def test_a_join_that_was_lost_itself_heals_nothing() -> None:
    d = harness("6.31.0")
    d.joined("a")
    d.open()
    lost = d.joining()
    d.end(Ending.CUT)
    d.accepted(lost, "b")
    assert d.told == []


@pytest.mark.parametrize("version", ["4.14.0", "4.17.0", "4.29.0"])
def test_where_a_session_cannot_be_healed_a_new_hash_is_taken(version: str) -> None:
    d = harness(version)
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(Ending.CUT)
    assert d.session.hash != before
    ticket = d.joining()
    assert d.told == []
    d.accepted(ticket, "b")
    assert d.session.hash in d.listening[SHARED].stream.request.url


def test_after_a_silence_the_server_may_still_write_to_the_old_stream_so_a_new_hash_is_taken() -> (
    None
):
    d = harness("6.31.0")
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(Ending.SILENT)
    d.joined("b")
    assert d.session.hash != before
    assert d.told == []


def test_a_silence_has_a_new_hash_also_if_nobody_waited() -> None:
    d = harness("6.31.0")
    d.joined("a")
    before = d.session.hash
    d.open()
    d.say("a", DONE)
    d.end(Ending.SILENT)
    assert d.session.hash != before


def test_an_app_with_state_keeps_its_hash_after_a_silence_too() -> None:
    d = harness("6.31.0", stateful=True)
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(Ending.SILENT)
    d.joined("b")
    assert (d.session.hash, d.dismissals) == (before, [("a", -1)])


def test_an_app_with_state_keeps_its_hash_although_it_is_poisoned() -> None:
    d = harness("4.29.0", stateful=True)
    d.joined("a")
    before = d.session.hash
    d.open()
    d.end(Ending.CUT)
    ticket = d.joined("b")
    d.open()
    d.say("b", DONE)
    assert (d.session.hash, d.next(ticket)) == (before, DONE)


def test_a_new_hash_has_a_new_heartbeat() -> None:
    d = SessionHarness(sample_app("4.29.0", heartbeat=True))
    d.joined("a")
    d.open()
    d.end(Ending.CUT)
    assert d.streams == []
    d.joined("b")
    assert d.streams == [HEARTBEAT, SHARED]
    assert d.session.hash in d.listening[HEARTBEAT].stream.request.url


def test_events_that_nobody_wants_any_more_are_lost_without_a_word_and_healed() -> None:
    d = harness("6.31.0")
    ticket = d.joined("a")
    d.joined("b")
    d.open()
    d.say("a", Started())
    d.say("b", Started())
    d.cancel(ticket)
    d.say("b", DONE)
    assert d.told == []
    d.end(Ending.CUT)
    assert d.streams == []
    d.joined("c")
    assert d.dismissals == [("a", -1)]


# --- errors of the whole stream -----------------------------------------------------------------


def test_a_broken_stream_is_told_to_all_and_to_nobody_after_that() -> None:
    d = harness("5.20.1")
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.arrive((None, Broken(message="gone")), ("a", DONE))
    assert (str(failed(d.next(one))), str(failed(d.next(two)))) == ("gone", "gone")
    assert d.streams == []
    assert [listen.stream.key for listen in d.left] == [SHARED]


def test_a_session_that_the_server_does_not_know_needs_no_healing() -> None:
    d = harness("6.31.0")
    ticket = d.joined("a")
    before = d.session.hash
    d.open()
    d.say(None, Broken(message="404: Not Found", session_not_found=True))
    assert isinstance(failed(d.next(ticket)), SessionNotFound)
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


# --- private streams (4.0 to 4.8) ---------------------------------------------------------------


def private(d: SessionHarness) -> int:
    """A job on a stream of its own, which is open."""
    ticket = d.joining(COUNT)
    assert d.open(ticket)
    return ticket


def test_a_private_stream_is_the_join_and_has_the_jobs_key() -> None:
    d = harness("4.7.1")
    ticket = private(d)
    url = d.listening[ticket].stream.request.url
    assert url == f"http://here/queue/join?fn_index={COUNT}&session_hash={d.session.hash}"
    d.say("a", DataWanted(event_id="a"), key=ticket)
    d.say(None, DONE, key=ticket)
    assert [d.next(ticket), d.next(ticket)] == [DataWanted(event_id="a"), DONE]


def test_private_streams_do_not_hear_each_other() -> None:
    d = harness("4.7.1")
    one, two = private(d), private(d)
    d.say(None, DONE, key=one)
    d.end(Ending.FINISHED, key=one)
    assert d.next(one) == DONE
    assert d.next(two) is None
    assert d.streams == [two]


@pytest.mark.parametrize("ending", [Ending.FINISHED, *LOST])
def test_a_private_stream_that_ends_early_loses_its_job_only(ending: Ending) -> None:
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
    ticket = d.joining(COUNT)
    nobody = TransportFailed("refused", connected=False)
    d.end(Ending.REFUSED, key=ticket, why=nobody)
    assert d.streams == []
    assert failed(d.next(ticket)).__cause__ is nobody


def test_a_job_that_need_not_join_this_app_leaves_its_private_stream() -> None:
    d = harness("4.7.1")
    ticket = d.joining()
    assert d.unjoined(ticket) == Unjoined(ticket=ticket)
    assert d.streams == []
    d.enter(ticket, COUNT)
    assert f"fn_index={COUNT}" in d.listening[ticket].stream.request.url


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
    ticket = private(d)
    d.say(None, DONE, key=ticket)
    d.release(ticket)
    d.say(None, Generated(data=("late",)), key=ticket)
    d.end(Ending.FINISHED, key=ticket)
    assert d.streams == []


# --- cancelling ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.7.1", *SHARING])
def test_a_cancelled_job_is_told_at_once_wherever_it_waits(version: str) -> None:
    d = harness(version)
    ticket = d.joining()
    if version != "4.7.1":
        d.accepted(ticket, "a")
    d.next(ticket)
    d.cancel(ticket)
    assert isinstance(d.gone(ticket), JobCancelled)


def test_a_job_that_was_busy_is_told_at_its_next_question() -> None:
    d = harness()
    ticket = d.session.enrol()
    d.cancel(ticket)
    d.enter(ticket)
    assert isinstance(d.gone(ticket), JobCancelled)
    d.next(ticket)
    assert isinstance(d.gone(ticket), JobCancelled)


def test_cancelling_twice_or_too_late_or_nobody_changes_nothing() -> None:
    d = harness("6.31.0")
    ticket = d.joined("a")
    d.open()
    d.say("a", Queued())
    d.cancel(ticket)
    d.cancel(ticket)
    d.cancel(99)
    assert d.dismissals == [("a", -1)]
    other = d.joined("b")
    d.say("b", DONE)
    d.cancel(other)
    assert d.dismissals == [("a", -1)]


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
    ticket = d.joined("a", COUNT)
    d.open()
    d.cancel(ticket)
    assert d.told == []
    d.say("a", Started())
    assert d.dismissals == [("a", COUNT)]


def test_a_queued_event_is_taken_out_exactly_from_6_14_on() -> None:
    d = harness("6.14.0")
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.say("a", Queued())
    d.cancel(one)
    assert d.dismissals == [("a", -1)]
    third = d.session.enrol()
    assert isinstance(d.enter(third), Entry)
    d.say("a", CANCELLED)
    assert d.next(two) is None


def test_a_queued_event_of_4_31_to_6_13_is_stopped_once_it_starts() -> None:
    d = harness("5.50.0")
    ticket = d.joined("a", COUNT)
    d.open()
    d.say("a", Queued())
    d.cancel(ticket)
    d.release(ticket)
    d.say("a", Queued(rank=0))
    assert d.told == []
    d.say("a", Started())
    assert d.dismissals == [("a", COUNT)]
    d.say("a", Generated(data=("x",)), CANCELLED)
    assert d.dismissals == [("a", COUNT)]


def test_somebody_listens_until_a_cancelled_event_has_started() -> None:
    d = harness("5.50.0")
    d.joined("a")
    d.open()
    d.say("a", DONE)
    ticket = d.joined("b")
    d.cancel(ticket)
    d.say(None, Closing())
    d.end(Ending.FINISHED)
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
    d.say(None, Closing())
    d.end(Ending.FINISHED)
    d.dismissed("a")
    two = d.joined("b", COUNT)
    d.open()
    d.say("b", Started())
    d.cancel(two)
    assert d.dismissals[1:] == [("b", COUNT)]


def test_a_running_event_that_is_alone_stops_with_its_function() -> None:
    d = harness("6.31.0")
    ticket = d.joined("a", COUNT)
    d.joined("b", ECHO)
    d.open()
    d.say("a", Started())
    d.cancel(ticket)
    assert d.dismissals == [("a", COUNT)]


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
def test_joins_of_a_function_that_is_being_stopped_wait(version: str) -> None:
    d = harness(version)
    ticket = d.joined("a", COUNT)
    d.open()
    d.say("a", Started())
    d.cancel(ticket)
    same, other = d.session.enrol(), d.session.enrol()
    assert d.enter(same, COUNT) is None
    assert isinstance(d.enter(other, ECHO), Entry)
    d.dismissed("a")
    assert isinstance(d.last(same), Entry)


def test_a_join_waits_for_the_cancel_of_its_own_function() -> None:
    d = harness("6.31.0")
    one, two = d.joined("a", COUNT), d.joined("b", ECHO)
    d.open()
    d.say("a", Started())
    d.say("b", Started())
    d.cancel(one)
    d.cancel(two)
    waiting = d.session.enrol()
    d.enter(waiting, COUNT)
    d.dismissed("b")
    assert waiting in d.asking
    d.dismissed("a")
    assert isinstance(d.last(waiting), Entry)


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
@pytest.mark.parametrize("joins", [True, False])
def test_a_running_event_with_a_sibling_is_left_to_run(version: str, joins: bool) -> None:
    d = harness(version)
    ticket = d.joined("a", COUNT)
    sibling = d.joining(COUNT)
    if not joins:
        d.accepted(sibling, "b")
    d.open()
    d.say("a", Started())
    d.cancel(ticket)
    assert d.told == []
    if joins:
        d.accepted(sibling, "b")
    d.say("b", Started(), DONE)
    d.say("a", DONE)
    assert [d.next(sibling), d.next(sibling)] == [Started(), DONE]
    assert d.told == []


def running(d: SessionHarness, *events: str) -> list[int]:
    """Jobs of one function, all at once."""
    tickets = [d.joined(event, COUNT) for event in events]
    d.open()
    for event in events:
        d.say(event, Started())
    return tickets


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
    assert sorted(d.dismissals) == [("a", COUNT), ("b", COUNT), ("c", COUNT)]
    waiting = d.session.enrol()
    d.enter(waiting, COUNT)
    d.dismissed("b")
    d.dismissed("c")
    assert waiting in d.asking
    d.dismissed("a")
    assert isinstance(d.last(waiting), Entry)


def test_a_sibling_that_was_stopped_already_is_not_told_of_twice() -> None:
    d = harness("6.31.0")
    (one,) = running(d, "a")
    d.cancel(one)
    d.dismissed("a")
    two = d.joined("b", COUNT)
    d.say("b", Started())
    d.cancel(two)
    assert d.dismissals == [("a", COUNT), ("b", COUNT)]


def test_an_unwanted_event_is_stopped_at_its_next_message_once_its_siblings_are_over() -> None:
    d = harness("6.31.0")
    one, _ = running(d, "a", "b")
    d.cancel(one)
    d.say("a", Generated(data=("x",)))
    d.say("b", DONE)
    assert d.told == []
    d.say("a", Generated(data=("x",)))
    assert d.dismissals == [("a", COUNT)]


def test_somebody_listens_for_an_event_that_is_to_be_stopped_after_its_sibling() -> None:
    d = harness("6.31.0")
    one, _ = running(d, "a", "b")
    d.cancel(one)
    d.say("b", DONE)
    d.say(None, Closing(all_said=False))
    d.end(Ending.FINISHED)
    assert d.streams == [SHARED]


def test_a_job_that_waits_to_join_can_be_cancelled() -> None:
    d = harness("6.31.0")
    running = d.joined("a", COUNT)
    d.open()
    d.say("a", Started())
    d.cancel(running)
    waiting = d.session.enrol()
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
    ticket = d.joining()
    d.cancel(ticket)
    assert d.told == []
    d.accepted(ticket, "a")
    assert isinstance(d.gone(ticket), JobCancelled)
    if d.streams:
        d.open()
        d.say("a", Queued())
    assert d.dismissals == told


def test_a_job_cancelled_while_joining_is_listened_to_where_it_has_to_start_first() -> None:
    d = harness("5.50.0")
    ticket = d.joining(COUNT)
    d.cancel(ticket)
    d.accepted(ticket, "a")
    d.release(ticket)
    assert d.streams == [SHARED]
    d.open()
    d.say("a", Started())
    assert d.dismissals == [("a", COUNT)]


def test_a_job_cancelled_while_joining_whose_join_is_refused_is_done_with() -> None:
    d = harness()
    ticket = d.joining()
    d.cancel(ticket)
    d.unjoined(ticket)
    assert isinstance(d.gone(ticket), JobCancelled)
    assert (d.told, d.streams) == ([], [])


def test_early_messages_of_a_job_cancelled_while_joining_count() -> None:
    d = harness("5.50.0")
    d.joined("a", ECHO)
    d.open()
    ticket = d.joining(COUNT)
    d.cancel(ticket)
    d.say("b", Started())
    d.accepted(ticket, "b")
    assert d.dismissals == [("b", COUNT)]


def test_a_job_that_failed_on_our_side_is_stopped_like_a_cancelled_one() -> None:
    d = harness("6.31.0")
    ticket = d.joined("a")
    d.open()
    d.say("a", Queued())
    d.release(ticket)
    assert d.dismissals == [("a", -1)]


def test_joins_wait_for_a_cancel_also_if_its_event_is_lost_meanwhile() -> None:
    d = harness("6.31.0")
    ticket = d.joined("a", COUNT)
    d.open()
    d.say("a", Started())
    d.cancel(ticket)
    d.end(Ending.CUT)
    waiting = d.session.enrol()
    assert d.enter(waiting, COUNT) is None
    assert isinstance(d.enter(d.session.enrol(), ECHO), Entry)
    d.dismissed("a")
    assert isinstance(d.last(waiting), Entry)


# --- isolated jobs ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "4.44.1", "6.31.0"])
def test_a_cancelled_isolated_job_closes_its_stream(version: str) -> None:
    d = harness(version, single=True)
    ticket = d.joined("a")
    d.open()
    d.say("a", Started())
    d.cancel(ticket)
    d.release(ticket)
    assert (d.streams, d.told) == ([], [])


def test_a_cancelled_isolated_job_is_reset_where_cut_streams_live_on() -> None:
    d = harness("4.22.0", single=True)
    ticket = d.joined("a")
    d.open()
    d.cancel(ticket)
    d.release(ticket)
    d.say("a", Started())
    assert (d.streams, d.told) == ([SHARED], [])
    d.say("a", Generated(data=("x",)))
    assert [(order.event_id, order.reset) for order in d.told] == [("a", True)]
    assert d.streams == []


def test_an_isolated_job_that_was_to_be_reset_may_end_by_itself() -> None:
    d = harness("4.22.0", single=True)
    ticket = d.joined("a")
    d.open()
    d.cancel(ticket)
    d.release(ticket)
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
    ticket = d.joining()
    d.cancel(ticket)
    d.accepted(ticket, "a")
    d.release(ticket)
    assert (d.streams, d.told) == ([SHARED], [])
    d.open()
    assert (d.streams, d.told) == ([], [])


def test_an_isolated_job_whose_stream_never_opens_leaves_nothing() -> None:
    d = harness("5.50.0", single=True)
    ticket = d.joining()
    d.cancel(ticket)
    d.accepted(ticket, "a")
    d.release(ticket)
    d.end(Ending.CUT)
    assert (d.streams, d.told) == ([], [])


def test_an_isolated_job_leaves_the_server_with_its_end() -> None:
    d = harness("6.31.0", single=True)
    ticket = d.joined("a")
    d.open()
    d.say("a", DONE)
    assert d.next(ticket) == DONE
    d.release(ticket)
    assert d.streams == []


def test_an_isolated_job_needs_no_heartbeat() -> None:
    d = SessionHarness(sample_app(heartbeat=True), single=True)
    d.joined("a")
    assert d.streams == [SHARED]


# --- heartbeats ---------------------------------------------------------------------------------


def test_a_heartbeat_begins_with_the_first_join_where_the_app_wants_one() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    assert d.streams == []
    ticket = d.joining()
    assert d.streams == [HEARTBEAT]
    d.accepted(ticket, "a")
    d.joining()
    assert d.streams == [HEARTBEAT, SHARED]


@pytest.mark.parametrize("version", ["4.22.0", "4.14.0"])
def test_where_there_are_no_heartbeats_none_is_tried(version: str) -> None:
    d = SessionHarness(sample_app(version, heartbeat=True))
    d.joined("a")
    assert d.streams == [SHARED]


def test_a_heartbeat_that_fails_harms_no_job_and_is_tried_again_with_the_next_join() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    ticket = d.joined("a")
    d.open(HEARTBEAT, Head(status=404))
    assert d.next(ticket) is None
    assert d.streams == [SHARED]
    d.joining()
    assert d.streams == [HEARTBEAT, SHARED]


def test_a_heartbeat_that_ends_is_opened_again() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    d.joining()
    for _ in range(2 * PATIENCE):
        d.open(HEARTBEAT)
        d.say(None, Heartbeat(), key=HEARTBEAT)
        d.end(Ending.CUT, key=HEARTBEAT)
    assert d.streams == [HEARTBEAT]


# --- leaving ------------------------------------------------------------------------------------


def test_closing_leaves_all_streams_and_answers_all_questions() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.next(one)
    d.obey(d.session.close())
    assert isinstance(d.gone(one), JobCancelled)
    assert (d.streams, d.told) == ([], [])
    for answer in (d.next(two), d.unjoined(two), d.accepted(one, "c"), d.enter(one)):
        assert isinstance(answer, Gone)


def test_a_closed_session_leaves_when_the_server_can_hear_of_it() -> None:
    d = harness("5.50.0")
    one, two = d.joined("a"), d.joining()
    d.open()
    d.obey(d.session.close())
    assert d.streams == [SHARED]
    assert isinstance(d.accepted(two, "b"), Gone)
    d.release(one)
    d.release(two)
    assert (d.streams, d.told) == ([], [])


def test_a_closed_session_leaves_a_stream_only_after_it_was_opened() -> None:
    d = harness("5.50.0")
    ticket = d.joined("a")
    d.obey(d.session.close())
    d.release(ticket)
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
    d.say(None, Closing())
    d.obey(d.session.close())
    d.end(Ending.FINISHED)
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
    assert isinstance(d.enter(d.session.enrol()), Gone)
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
    ticket = d.joining()
    d.obey(d.session.retire())
    d.cancel(ticket)
    d.accepted(ticket, "a")
    d.open()
    d.say("a", Queued())
    assert (d.streams, d.dismissals) == ([SHARED], [("a", -1)])
    d.release(ticket)
    assert d.streams == []


def test_a_retired_session_whose_last_stream_is_lost_keeps_no_heartbeat() -> None:
    d = SessionHarness(sample_app("5.50.0", heartbeat=True))
    ticket = d.joined("a")
    d.obey(d.session.retire())
    d.cancel(ticket)
    d.release(ticket)
    assert d.streams == [HEARTBEAT, SHARED]
    d.end(Ending.CUT)
    assert d.streams == []


def test_an_idle_session_that_is_retired_leaves_at_once() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    ticket = d.joined("a")
    d.open()
    d.say("a", DONE)
    d.release(ticket)
    assert d.streams == [HEARTBEAT, SHARED]
    d.obey(d.session.retire())
    assert d.streams == []


def test_a_retired_session_leaves_also_if_its_last_event_ended_before_the_flow() -> None:
    d = SessionHarness(sample_app(heartbeat=True))
    ticket = d.joined("a")
    d.open()
    d.obey(d.session.retire())
    d.cancel(ticket)
    d.say("a", CANCELLED)
    d.release(ticket)
    assert d.streams == []


def test_the_stream_of_a_session_that_goes_on_is_never_closed_by_us() -> None:
    d = harness()
    one, two = d.joined("a"), d.joined("b")
    d.open()
    d.cancel(one)
    d.say("b", DONE)
    for ticket in (one, two):
        d.release(ticket)
    assert (d.streams, d.left) == ([SHARED], [])


def test_a_flow_that_ended_while_it_joined_is_forgotten() -> None:
    d = harness()
    d.joined("a")
    d.open()
    ticket = d.joining()
    d.release(ticket)
    d.release(ticket)
    d.say("b", Queued())
    later = d.joined("b")
    assert (d.next(later), d.told) == (None, [])


# --- questions about the app --------------------------------------------------------------------


def test_questions_about_the_app_go_to_the_contact() -> None:
    d = harness()
    ticket, new = d.session.enrol(), sample_app(app_id="2")
    assert d.ask(Recall(ticket=ticket, digests=("d",))) == (None,)
    d.ask(Remember(ticket=ticket, paths=(("d", "/d"),)))
    assert d.ask(Recall(ticket=ticket, digests=("d",))) == ("/d",)
    assert d.ask(Renew(ticket=ticket, app=d.app)) == Stale()
    assert d.ask(Renewed(ticket=ticket, app=new)) is new
    entry = d.enter(ticket)
    assert isinstance(entry, Entry)
    assert entry.app is new


def test_a_job_that_waits_to_hear_of_the_app_can_be_cancelled() -> None:
    d = harness()
    finder, waiting = d.session.enrol(), d.session.enrol()
    d.ask(Renew(ticket=finder, app=d.app))
    assert d.ask(Renew(ticket=waiting, app=d.app)) is None
    d.cancel(waiting)
    assert isinstance(d.gone(waiting), JobCancelled)


def test_if_the_flow_that_finds_out_ends_the_next_one_does() -> None:
    d = harness()
    finder, waiting = d.session.enrol(), d.session.enrol()
    d.ask(Renew(ticket=finder, app=d.app))
    d.ask(Renew(ticket=waiting, app=d.app))
    d.release(finder)
    assert d.last(waiting) == Stale()


# --- rendered endpoints -------------------------------------------------------------------------


def test_what_was_rendered_for_a_session_can_be_called_from_it_only() -> None:
    d = harness()
    other = harness()
    ticket = d.joined("a")
    d.open()
    rendering = {
        "render_id": 1,
        "components": [],
        "dependencies": [dependency(10, "double", components=[1], rendered_in=1)],
    }
    d.say("a", Completed(data=("x",), rendering=rendering))  # type: ignore[arg-type]
    assert [e.name for e in d.session.endpoints] == ["/echo", "/count", "/keep", "/double"]
    assert other.session.endpoints is other.app.endpoints
    assert isinstance(d.next(ticket), Completed)


def test_a_new_hash_has_nothing_rendered() -> None:
    d = harness("4.29.0")
    d.joined("a")
    d.joined("b")
    d.open()
    rendering = {"render_id": 1, "components": [], "dependencies": [dependency(10, "double")]}
    d.say("a", Completed(data=("x",), rendering=rendering))  # type: ignore[arg-type]
    assert len(d.session.endpoints) == 4
    d.end(Ending.CUT)
    assert len(d.session.endpoints) == 3


# --- silences -----------------------------------------------------------------------------------

GONE = RemoteError("nobody answers")


def test_a_silent_stream_stays_open_as_often_as_the_app_answers() -> None:
    d = harness()
    ticket = d.joined("a")
    d.open()
    for _ in range(20):
        d.silent()
        d.checked()
    d.say("a", DONE)
    assert d.next(ticket) == DONE
    assert (d.streams, d.left, d.told) == ([SHARED], [], [])


def test_the_app_is_asked_as_it_was_when_the_stream_was_opened() -> None:
    """A later app at the address is alive, but sends nothing on this stream."""
    d = harness()
    d.joined("a")
    finder, new = d.session.enrol(), sample_app(app_id="2")
    d.ask(Renew(ticket=finder, app=d.app))
    d.ask(Renewed(ticket=finder, app=new))
    d.silent()
    (order,) = d.checks
    assert order.app is d.app
    assert order.name == d.listening[SHARED].name


def test_a_stream_that_is_opened_again_is_that_of_the_app_as_it_is_known_by_then() -> None:
    d = harness()
    d.joined("a")
    finder, new = d.session.enrol(), sample_app(app_id="2")
    d.ask(Renew(ticket=finder, app=d.app))
    d.ask(Renewed(ticket=finder, app=new))
    d.end(Ending.REFUSED)
    d.silent()
    (order,) = d.checks
    assert order.app is new


def test_one_silence_asks_once_however_long_the_answer_takes() -> None:
    d = harness()
    d.joined("a")
    for _ in range(3):
        d.silent()
    assert len(d.checks) == 1


@pytest.mark.parametrize("why", [GONE, AppChanged("another app answers")])
def test_a_silent_stream_is_closed_and_lost_if_the_app_is_not_there(why: GradioError) -> None:
    d = harness()
    ticket = d.joined("a")
    before = d.session.hash
    d.open()
    d.silent()
    d.checked(why)
    assert [listen.stream.key for listen in d.left] == [SHARED]
    error = failed(d.next(ticket))
    assert isinstance(error, StreamLost)
    assert error.__cause__ is why
    assert str(why) in str(error)
    assert d.session.hash != before


def test_what_comes_while_the_app_is_asked_is_its_answer() -> None:
    d = harness()
    ticket = d.joined("a")
    d.open()
    d.silent()
    d.say(None, Heartbeat())
    d.checked(GONE)
    d.silent()
    d.arrive()
    d.checked(GONE)
    assert (d.streams, d.left, d.next(ticket)) == ([SHARED], [], None)


def test_a_stream_without_a_head_is_asked_after_like_any_other() -> None:
    d = harness()
    ticket = d.joined("a")
    d.silent()
    d.checked()
    d.open()
    d.say("a", DONE)
    assert d.next(ticket) == DONE


def test_a_private_stream_that_is_silent_stays_open_too() -> None:
    d = harness("4.7.1")
    ticket = d.session.enrol()
    d.enter(ticket)
    d.open(ticket)
    d.silent(ticket)
    d.checked()
    d.say(None, DONE, key=ticket)
    assert d.next(ticket) == DONE


def test_a_private_stream_is_lost_alone() -> None:
    d = harness("4.7.1")
    one, other = d.session.enrol(), d.session.enrol()
    for ticket in (one, other):
        d.enter(ticket)
        d.open(ticket)
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
    assert [listen.stream.key for listen in d.left] == [HEARTBEAT]
    assert d.streams == [HEARTBEAT, SHARED]


def test_a_server_that_has_said_all_and_does_not_close_is_asked_nothing() -> None:
    d = harness()
    d.joined("a")
    d.open()
    d.say("a", DONE)
    d.say(None, Closing())
    d.silent()
    assert (d.checks, d.streams) == ([], [])
    assert [listen.stream.key for listen in d.left] == [SHARED]


def test_an_answer_about_a_stream_that_has_ended_concerns_nothing() -> None:
    d = harness()
    ticket = d.joined("a")
    d.open()
    d.silent()
    epoch = d.listening[SHARED].epoch
    d.say(None, Closing(all_said=False))
    d.end(Ending.FINISHED)
    d.checked(GONE)
    assert d.session.silent(SHARED, epoch) == []
    assert (d.streams, d.next(ticket)) == ([SHARED], None)


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
    ticket = d.joined("a")
    d.open()
    d.next(ticket)
    d.silent()
    d.cancel(ticket)
    assert isinstance(d.gone(ticket), JobCancelled)
    d.checked()
    assert d.streams == [SHARED]

"""`jobs.channel`: when a stream is opened, and what its end means."""

from __future__ import annotations

from itertools import product

import pytest

from gradio_protocol.app.dialect import Dialect, dialect
from gradio_protocol.jobs.channel import (
    HEARTBEAT,
    LONGEST,
    MEANINGS,
    PATIENCE,
    SHARED,
    SITUATIONS,
    Channel,
    Channels,
    Meaning,
    Situation,
    Turn,
    stream,
)
from gradio_protocol.jobs.orders import Ending, Leave, Listen, Order, StreamKind
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import sample_app

EVENTS = Head(status=200, headers=(("Content-Type", "text/event-stream; charset=utf-8"),))
PRIVATE = 7
"A ticket."
V4_14 = dialect("sse_v1", "4.14.0")
V4_22 = dialect("sse_v3", "4.22.0")
V6 = dialect("sse_v3", "6.31.0")


def closed(key: int = SHARED, speaks: Dialect = V6) -> Channel:
    """A stream that was never opened."""
    return Channel(stream(sample_app(), "hash", key, 0), speaks)


def listening(orders: list[Order]) -> Listen:
    """The one order, to listen."""
    (order,) = orders
    assert isinstance(order, Listen)
    return order


def opening(key: int = SHARED, speaks: Dialect = V6) -> Channel:
    """A stream whose opening was ordered."""
    channel = closed(key, speaks)
    listening(channel.listen(stream(sample_app(), "hash", key, 0), 1))
    return channel


def opened(key: int = SHARED, speaks: Dialect = V6) -> Channel:
    """A stream that is open and has brought something."""
    channel = opening(key, speaks)
    assert channel.accepts(EVENTS)
    channel.heard(beat=key == HEARTBEAT)
    return channel


# --- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "kind", "address"),
    [
        (SHARED, StreamKind.SHARED, "http://here/queue/data?session_hash=hash"),
        (HEARTBEAT, StreamKind.HEARTBEAT, "http://here/heartbeat/hash"),
        (PRIVATE, StreamKind.PRIVATE, "http://here/queue/join?fn_index=3&session_hash=hash"),
    ],
)
def test_each_kind_of_stream_has_its_address(key: int, kind: StreamKind, address: str) -> None:
    wanted = stream(sample_app(), "hash", key, 3)
    assert (wanted.key, wanted.kind) == (key, kind)
    assert (wanted.request.method, wanted.request.url) == ("GET", address)
    assert ("accept", "text/event-stream") in wanted.request.headers


def test_a_stream_may_be_silent_for_six_heartbeats_or_as_long_as_the_caller_says() -> None:
    assert stream(sample_app("6.31.0"), "hash", SHARED, 0).idle == 90
    assert stream(sample_app("4.0.2"), "hash", PRIVATE, 0, idle=7).idle == 7


# --- situations ---------------------------------------------------------------------------------


def test_every_situation_answers_every_turn() -> None:
    assert {s: set(row) for s, row in SITUATIONS.items()} == {s: set(Turn) for s in Situation}


def test_every_kind_of_stream_has_a_meaning_for_every_ending() -> None:
    assert {n: set(row) for n, row in MEANINGS.items()} == {n: set(Ending) for n in StreamKind}


def test_listening_opens_a_closed_stream_once() -> None:
    channel, wanted = closed(), stream(sample_app(), "hash", SHARED, 0)
    order = listening(channel.listen(wanted, 1, 1.5))
    assert (order.stream, order.epoch, order.after) == (wanted, 1, 1.5)
    assert channel.listen(wanted, 2) == []
    assert channel.accepts(EVENTS)
    assert channel.listen(wanted, 2) == []
    channel.announced()
    assert channel.listen(wanted, 2) == []


def test_each_opening_is_a_new_epoch() -> None:
    channel = opened()
    before = channel.epoch
    channel.ended(Ending.FINISHED, expected=False)
    between = channel.epoch
    listening(channel.listen(stream(sample_app(), "hash", SHARED, 0), 2))
    assert (before, between, channel.epoch) == (1, 0, 2)


def test_leaving_closes_an_open_stream_and_nothing_else() -> None:
    channel = opened()
    assert channel.leave() == [Leave(key=SHARED, epoch=1)]
    assert channel.leave() == []


def test_leaving_takes_back_an_opening_that_was_ordered() -> None:
    assert opening().leave() == [Leave(key=SHARED, epoch=1)]


@pytest.mark.parametrize(
    "head",
    [
        Head(status=200, headers=(("content-type", "text/html"),)),
        Head(status=200),
        Head(status=204, headers=EVENTS.headers),
        Head(status=401),
    ],
)
def test_only_a_200_of_events_is_a_stream(head: Head) -> None:
    channel = opening()
    assert not channel.accepts(head)
    assert channel.situation is Situation.OPENING


# --- endings ------------------------------------------------------------------------------------


def test_finished_with_messages_expected_is_a_race_and_not_a_loss() -> None:
    channel = opened(speaks=V4_14)
    assert channel.ended(Ending.FINISHED, expected=True) is Meaning.AGAIN
    assert channel.pause == 0


def test_an_announced_close_is_finished_however_the_connection_ends() -> None:
    for ending in Ending:
        channel = opened()
        channel.announced()
        assert channel.ended(ending, expected=True) is Meaning.AGAIN


def test_where_closes_are_announced_an_end_without_that_is_a_cut() -> None:
    assert opened(speaks=V6).ended(Ending.FINISHED, expected=True) is Meaning.LOST


def test_an_announcement_holds_for_its_own_epoch_only() -> None:
    channel = opened()
    channel.announced()
    channel.ended(Ending.FINISHED, expected=True)
    channel.listen(stream(sample_app(), "hash", SHARED, 0), 1)
    channel.accepts(EVENTS)
    assert channel.ended(Ending.FINISHED, expected=True) is Meaning.LOST


@pytest.mark.parametrize("speaks", [V4_22, V6])
def test_a_cut_is_a_loss_expected_or_not_and_also_where_the_server_would_go_on(
    speaks: Dialect,
) -> None:
    for expected in (True, False):
        assert opened(speaks=speaks).ended(Ending.CUT, expected=expected) is Meaning.LOST


@pytest.mark.parametrize("speaks", [V4_22, V6])
def test_a_server_may_not_notice_that_its_stream_is_taken_for_silent(speaks: Dialect) -> None:
    for expected in (True, False):
        assert opened(speaks=speaks).ended(Ending.SILENT, expected=expected) is Meaning.UNNOTICED


def test_a_refusal_before_anything_was_read_is_no_loss() -> None:
    for key in (SHARED, HEARTBEAT):
        channel = opening(key)
        assert channel.ended(Ending.REFUSED, expected=True) is Meaning.AGAIN
        assert channel.pause > 0


def test_a_private_stream_is_not_opened_again_since_its_index_may_be_another_functions() -> None:
    assert opening(PRIVATE).ended(Ending.REFUSED, expected=True) is Meaning.LOST


def test_a_refusal_after_the_head_is_a_cut() -> None:
    assert opened().ended(Ending.REFUSED, expected=True) is Meaning.LOST


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.CUT, Ending.SILENT, Ending.LEFT])
def test_a_private_stream_that_ends_while_its_job_waits_is_lost(ending: Ending) -> None:
    assert opened(PRIVATE, V4_14).ended(ending, expected=True) is Meaning.LOST


def test_a_stream_that_the_driver_closed_by_itself_is_lost() -> None:
    assert opened(speaks=V4_22).ended(Ending.LEFT, expected=True) is Meaning.LOST


@pytest.mark.parametrize(
    ("ending", "speaks"),
    [(Ending.FINISHED, V4_14), (Ending.REFUSED, V6)],
)
def test_with_nothing_expected_a_stream_is_not_opened_again(
    ending: Ending, speaks: Dialect
) -> None:
    assert opening(speaks=speaks).ended(ending, expected=False) is Meaning.OVER


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.CUT, Ending.SILENT, Ending.REFUSED])
def test_a_heartbeat_is_opened_again_though_nobody_waits_for_it(ending: Ending) -> None:
    channel = opened(HEARTBEAT)
    assert channel.ended(ending, expected=False) is Meaning.AGAIN
    assert channel.pause > 0


# --- silences -----------------------------------------------------------------------------------


def test_the_app_is_asked_once_however_often_a_stream_is_silent_meanwhile() -> None:
    channel = opened()
    assert [channel.silent(), channel.silent()] == [True, False]
    assert channel.checked(alive=True)
    assert channel.silent()


def test_an_app_that_does_not_answer_matters_only_if_nothing_comes_meanwhile() -> None:
    channel = opened()
    channel.silent()
    assert not channel.checked(alive=False)
    channel.silent()
    channel.stirs()
    assert channel.checked(alive=False)
    channel.silent()
    assert not channel.checked(alive=False)


def test_a_head_that_comes_while_the_app_is_asked_ends_the_silence() -> None:
    channel = opening()
    channel.silent()
    channel.accepts(EVENTS)
    assert channel.checked(alive=False)


def test_the_question_of_one_opening_is_not_that_of_the_next() -> None:
    channel = opened(speaks=V4_14)
    channel.silent()
    again(channel, Ending.FINISHED)
    assert channel.silent()


# --- refused openings ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_says_nothing_of_the_session_is_worth_another_try(status: int) -> None:
    assert opening().refused(Head(status=status), expected=True) is Meaning.AGAIN


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 422])
def test_other_statuses_leave_no_hope(status: int) -> None:
    assert opening().refused(Head(status=status), expected=True) is Meaning.LOST


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_private_stream_that_is_refused_is_lost_for_its_flow_to_join_again(status: int) -> None:
    assert opening(PRIVATE).refused(Head(status=status), expected=True) is Meaning.LOST


def test_a_refused_opening_that_nobody_needs_is_over() -> None:
    assert opening().refused(Head(status=503), expected=False) is Meaning.OVER


@pytest.mark.parametrize(("asked", "pause"), [("7", 7.0), ("3600", LONGEST), ("0", 0.5)])
def test_the_server_may_say_how_long_to_wait_within_reason(asked: str, pause: float) -> None:
    channel = opening()
    channel.refused(Head(status=503, headers=(("Retry-After", asked),)), expected=True)
    assert channel.pause == pause


def test_what_the_server_asked_for_holds_for_one_pause() -> None:
    channel = opening()
    channel.refused(Head(status=503, headers=(("Retry-After", "7"),)), expected=True)
    channel.listen(stream(sample_app(), "hash", SHARED, 0), 1)
    channel.ended(Ending.REFUSED, expected=True)
    assert channel.pause == 1.0


# --- patience -----------------------------------------------------------------------------------


def again(channel: Channel, ending: Ending = Ending.REFUSED) -> Meaning:
    """End it, and listen again if that is what follows."""
    meaning = channel.ended(ending, expected=True)
    if meaning is Meaning.AGAIN:
        channel.listen(stream(sample_app(), "hash", SHARED, 0), 1, channel.pause)
    return meaning


def test_listening_in_vain_is_bounded_and_each_pause_is_longer() -> None:
    channel = opening()
    pauses: list[float] = []
    while again(channel) is Meaning.AGAIN:
        pauses.append(channel.pause)
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    assert len(pauses) + 1 == PATIENCE


def test_a_message_renews_the_patience() -> None:
    channel = opening(speaks=V4_14)
    for _ in range(PATIENCE - 1):
        assert again(channel) is Meaning.AGAIN
    channel.accepts(EVENTS)
    channel.heard()
    assert again(channel, Ending.FINISHED) is Meaning.AGAIN
    assert channel.pause == 0
    for _ in range(PATIENCE - 1):
        assert again(channel) is Meaning.AGAIN
    assert again(channel) is Meaning.LOST


def test_a_heartbeat_is_no_message_where_messages_are_expected() -> None:
    channel = opening(speaks=V4_14)
    for _ in range(PATIENCE - 1):
        channel.accepts(EVENTS)
        channel.heard(beat=True)
        assert again(channel, Ending.FINISHED) is Meaning.AGAIN
    channel.accepts(EVENTS)
    channel.heard(beat=True)
    assert again(channel, Ending.FINISHED) is Meaning.LOST


def test_a_heartbeat_stream_lives_of_heartbeats() -> None:
    channel = opening(HEARTBEAT)
    for _ in range(2 * PATIENCE):
        channel.accepts(EVENTS)
        channel.heard(beat=True)
        assert again(channel, Ending.CUT) is Meaning.AGAIN
    for _ in range(PATIENCE - 1):
        assert again(channel, Ending.CUT) is Meaning.AGAIN
    assert again(channel, Ending.CUT) is Meaning.LOST


@pytest.mark.parametrize(
    ("key", "ending", "expected"), list(product((SHARED, PRIVATE), Ending, (True, False)))
)
def test_an_ended_stream_is_closed_whatever_that_means(
    key: int, ending: Ending, expected: bool
) -> None:
    channel = opened(key)
    channel.ended(ending, expected=expected)
    assert (channel.situation, channel.epoch) == (Situation.CLOSED, 0)


# --- the streams of a session -------------------------------------------------------------------


def test_news_of_an_older_epoch_concern_nothing() -> None:
    channels, wanted = Channels(), stream(sample_app(), "hash", SHARED, 0)
    first = listening(channels.listen(wanted, V6)).epoch
    assert channels.current(SHARED, first) is not None
    assert channels.current(HEARTBEAT, first) is None
    channels.leave(SHARED)
    assert channels.current(SHARED, first) is None
    second = listening(channels.listen(wanted, V6)).epoch
    assert second > first
    assert channels.current(SHARED, first) is None


def test_streams_share_one_count_of_epochs() -> None:
    channels = Channels()
    one = listening(channels.listen(stream(sample_app(), "hash", SHARED, 0), V6))
    two = listening(channels.listen(stream(sample_app(), "hash", HEARTBEAT, 0), V6))
    assert (one.epoch, two.epoch) == (1, 2)
    assert channels.leave_all() == [Leave(key=SHARED, epoch=1), Leave(key=HEARTBEAT, epoch=2)]
    assert channels.leave_all() == []


def test_a_stream_that_is_listened_to_again_remembers_that_nothing_came() -> None:
    channels, wanted = Channels(), stream(sample_app(), "hash", SHARED, 0)
    epoch = listening(channels.listen(wanted, V6)).epoch
    channel = channels.current(SHARED, epoch)
    assert channel is not None
    channel.ended(Ending.REFUSED, expected=True)
    epoch = listening(channels.listen(wanted, V6, channel.pause)).epoch
    assert channels.current(SHARED, epoch) is channel


def test_the_server_notices_the_end_of_a_stream_that_it_has_seen() -> None:
    channels, wanted = Channels(), stream(sample_app(), "hash", SHARED, 0)
    assert not channels.is_open(SHARED)
    epoch = listening(channels.listen(wanted, V6)).epoch
    assert not channels.is_open(SHARED)
    channel = channels.current(SHARED, epoch)
    assert channel is not None
    channel.accepts(EVENTS)
    assert channels.is_open(SHARED)


def test_the_join_that_a_private_stream_is_carries_the_headers_of_its_call() -> None:
    wanted = stream(sample_app("4.7.1"), "hash", PRIVATE, 3, (("x-guest", "Zoe"),))
    assert ("x-guest", "Zoe") in wanted.request.headers
    shared = stream(sample_app("4.14.0"), "hash", SHARED, 3, (("x-guest", "Zoe"),))
    assert ("x-guest", "Zoe") not in shared.request.headers

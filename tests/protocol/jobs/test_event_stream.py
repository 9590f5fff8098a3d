"""`jobs.event_stream`: when a stream is opened, and what its end means."""

from __future__ import annotations

from itertools import count, product

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.jobs.event_stream import (
    HEARTBEAT,
    MAX_EMPTY_CONNECTIONS,
    MAX_PAUSE,
    OUTCOMES,
    SHARED,
    STREAM_TRANSITIONS,
    EventStream,
    EventStreams,
    StreamInput,
    StreamOutcome,
    StreamState,
    stream_kind,
    stream_request,
)
from gradio_protocol.jobs.messages import Heartbeat, Started, StreamClosing
from gradio_protocol.jobs.orders import CloseStream, EndReason, OpenStream, Order, StreamKind
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import sample_app

EVENTS = Head(status=200, headers=(("Content-Type", "text/event-stream; charset=utf-8"),))
PRIVATE = 7
"A ticket."
V4_14 = sample_app("4.14.0")
V4_22 = sample_app("4.22.0")
V6 = sample_app("6.31.0")


def listening(orders: list[Order]) -> OpenStream:
    """The one order, to listen."""
    (order,) = orders
    assert isinstance(order, OpenStream)
    return order


def connecting(key: int = SHARED, speaks: App = V6) -> EventStream:
    """A stream whose connection was ordered."""
    return EventStream(key, 1, speaks)


def listen(streams: EventStreams, key: int = SHARED, delay: float = 0.0) -> int:
    """Open a stream; its id."""
    request = stream_request(V6, "hash", key, 0)
    order = listening(streams.open(key, V6, request, 90, delay))
    assert (order.key, order.request, order.idle_timeout, order.delay) == (key, request, 90, delay)
    return order.stream_id


def opened(key: int = SHARED, speaks: App = V6) -> EventStream:
    """A stream that is open and has brought something."""
    stream = connecting(key, speaks)
    assert stream.receive_head(EVENTS)
    stream.message_arrived(Heartbeat() if key == HEARTBEAT else Started())
    return stream


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
    request = stream_request(sample_app(), "hash", key, 3)
    assert stream_kind(key) is kind
    assert (request.method, request.url) == ("GET", address)
    assert ("accept", "text/event-stream") in request.headers


# --- situations ---------------------------------------------------------------------------------


def test_every_situation_answers_every_turn() -> None:
    assert {s: set(row) for s, row in STREAM_TRANSITIONS.items()} == {
        s: set(StreamInput) for s in StreamState
    }


def test_every_kind_of_stream_has_a_meaning_for_every_ending() -> None:
    assert {n: set(row) for n, row in OUTCOMES.items()} == {n: set(EndReason) for n in StreamKind}


def test_each_connection_has_an_id_of_its_own() -> None:
    stream = opened()
    stream.ended(EndReason.FINISHED, expected=False)
    stream.open(2, V6)
    assert (stream.stream_id, stream.state) == (2, StreamState.CONNECTING)


def test_leaving_closes_an_open_stream_and_nothing_else() -> None:
    stream = opened()
    assert stream.close() == [CloseStream(stream_id=1)]
    assert stream.close() == []


def test_closing_takes_back_a_connection_that_was_ordered() -> None:
    assert connecting().close() == [CloseStream(stream_id=1)]


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
    stream = connecting()
    assert not stream.receive_head(head)
    assert stream.state is StreamState.CONNECTING


# --- endings ------------------------------------------------------------------------------------


def test_finished_with_messages_expected_is_a_race_and_not_a_loss() -> None:
    stream = opened(speaks=V4_14)
    assert stream.ended(EndReason.FINISHED, expected=True) is StreamOutcome.REOPEN
    assert stream.pause == 0


def test_an_announced_close_is_finished_however_the_connection_ends() -> None:
    for ending in EndReason:
        stream = opened()
        stream.message_arrived(StreamClosing())
        assert stream.ended(ending, expected=True) is StreamOutcome.REOPEN


def test_where_closes_are_announced_an_end_without_that_is_a_cut() -> None:
    assert opened(speaks=V6).ended(EndReason.FINISHED, expected=True) is StreamOutcome.LOST


def test_an_announcement_holds_for_its_own_connection_only() -> None:
    stream = opened()
    stream.message_arrived(StreamClosing())
    stream.ended(EndReason.FINISHED, expected=True)
    stream.open(2, V6)
    stream.receive_head(EVENTS)
    assert stream.ended(EndReason.FINISHED, expected=True) is StreamOutcome.LOST


@pytest.mark.parametrize("speaks", [V4_22, V6])
def test_a_cut_is_a_loss_expected_or_not_and_also_where_the_server_would_go_on(
    speaks: App,
) -> None:
    for expected in (True, False):
        assert (
            opened(speaks=speaks).ended(EndReason.BROKEN, expected=expected) is StreamOutcome.LOST
        )


@pytest.mark.parametrize("speaks", [V4_22, V6])
def test_a_server_may_not_notice_that_its_stream_is_taken_for_silent(speaks: App) -> None:
    for expected in (True, False):
        assert (
            opened(speaks=speaks).ended(EndReason.SILENT, expected=expected)
            is StreamOutcome.LOST_HALF_OPEN
        )


def test_a_refusal_before_anything_was_read_is_no_loss() -> None:
    for key in (SHARED, HEARTBEAT):
        stream = connecting(key)
        assert stream.ended(EndReason.REFUSED, expected=True) is StreamOutcome.REOPEN
        assert stream.pause > 0


def test_a_private_stream_is_not_opened_again_since_its_index_may_be_another_functions() -> None:
    assert connecting(PRIVATE).ended(EndReason.REFUSED, expected=True) is StreamOutcome.LOST


def test_a_refusal_after_the_head_is_a_cut() -> None:
    assert opened().ended(EndReason.REFUSED, expected=True) is StreamOutcome.LOST


@pytest.mark.parametrize("ending", [EndReason.FINISHED, EndReason.BROKEN, EndReason.SILENT])
def test_a_private_stream_that_ends_while_its_job_waits_is_lost(ending: EndReason) -> None:
    assert opened(PRIVATE, V4_14).ended(ending, expected=True) is StreamOutcome.LOST


@pytest.mark.parametrize(
    ("ending", "speaks"),
    [(EndReason.FINISHED, V4_14), (EndReason.REFUSED, V6)],
)
def test_with_nothing_expected_a_stream_is_not_opened_again(ending: EndReason, speaks: App) -> None:
    assert connecting(speaks=speaks).ended(ending, expected=False) is StreamOutcome.ENDED


@pytest.mark.parametrize(
    "ending", [EndReason.FINISHED, EndReason.BROKEN, EndReason.SILENT, EndReason.REFUSED]
)
def test_a_heartbeat_is_opened_again_though_nobody_waits_for_it(ending: EndReason) -> None:
    stream = opened(HEARTBEAT)
    assert stream.ended(ending, expected=False) is StreamOutcome.REOPEN
    assert stream.pause > 0


# --- silences -----------------------------------------------------------------------------------


def test_the_app_is_asked_once_however_often_a_stream_is_silent_meanwhile() -> None:
    stream = opened()
    assert [stream.needs_check(), stream.needs_check()] == [True, False]
    assert stream.check_finished(alive=True)
    assert stream.needs_check()


def test_an_app_that_does_not_answer_matters_only_if_nothing_comes_meanwhile() -> None:
    stream = opened()
    stream.needs_check()
    assert not stream.check_finished(alive=False)
    stream.needs_check()
    stream.data_arrived()
    assert stream.check_finished(alive=False)
    stream.needs_check()
    assert not stream.check_finished(alive=False)


def test_a_head_that_comes_while_the_app_is_asked_ends_the_silence() -> None:
    stream = connecting()
    stream.needs_check()
    stream.receive_head(EVENTS)
    assert stream.check_finished(alive=False)


def test_the_check_of_one_connection_is_not_that_of_the_next() -> None:
    stream = opened(speaks=V4_14)
    stream.needs_check()
    again(stream, EndReason.FINISHED)
    assert stream.needs_check()


# --- refused connections --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_says_nothing_of_the_session_is_worth_another_try(status: int) -> None:
    assert connecting().open_refused(Head(status=status), expected=True) is StreamOutcome.REOPEN


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 422])
def test_other_statuses_leave_no_hope(status: int) -> None:
    assert connecting().open_refused(Head(status=status), expected=True) is StreamOutcome.LOST


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_private_stream_that_is_refused_is_lost_for_its_flow_to_join_again(status: int) -> None:
    assert (
        connecting(PRIVATE).open_refused(Head(status=status), expected=True) is StreamOutcome.LOST
    )


def test_a_refused_connection_that_nobody_needs_is_over() -> None:
    assert connecting().open_refused(Head(status=503), expected=False) is StreamOutcome.ENDED


@pytest.mark.parametrize(("asked", "pause"), [("7", 7.0), ("3600", MAX_PAUSE), ("0", 0.5)])
def test_the_server_may_say_how_long_to_wait_within_reason(asked: str, pause: float) -> None:
    stream = connecting()
    stream.open_refused(Head(status=503, headers=(("Retry-After", asked),)), expected=True)
    assert stream.pause == pause


def test_what_the_server_asked_for_holds_for_one_pause() -> None:
    stream = connecting()
    stream.open_refused(Head(status=503, headers=(("Retry-After", "7"),)), expected=True)
    stream.open(2, V6)
    stream.ended(EndReason.REFUSED, expected=True)
    assert stream.pause == 1.0


# --- total timeouts -----------------------------------------------------------------------------


def again(stream: EventStream, ending: EndReason = EndReason.REFUSED) -> StreamOutcome:
    """End it, and listen again if that is what follows."""
    outcome = stream.ended(ending, expected=True)
    if outcome is StreamOutcome.REOPEN:
        stream.open(stream.stream_id + 1, stream.app)
    return outcome


def test_listening_in_vain_is_bounded_and_each_pause_is_longer() -> None:
    stream = connecting()
    pauses: list[float] = []
    while again(stream) is StreamOutcome.REOPEN:
        pauses.append(stream.pause)
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    assert len(pauses) + 1 == MAX_EMPTY_CONNECTIONS


def test_a_message_renews_the_patience() -> None:
    stream = connecting(speaks=V4_14)
    for _ in range(MAX_EMPTY_CONNECTIONS - 1):
        assert again(stream) is StreamOutcome.REOPEN
    stream.receive_head(EVENTS)
    stream.message_arrived(Started())
    assert again(stream, EndReason.FINISHED) is StreamOutcome.REOPEN
    assert stream.pause == 0
    for _ in range(MAX_EMPTY_CONNECTIONS - 1):
        assert again(stream) is StreamOutcome.REOPEN
    assert again(stream) is StreamOutcome.LOST


def test_a_heartbeat_is_no_message_where_messages_are_expected() -> None:
    stream = connecting(speaks=V4_14)
    for _ in range(MAX_EMPTY_CONNECTIONS - 1):
        stream.receive_head(EVENTS)
        stream.message_arrived(Heartbeat())
        assert again(stream, EndReason.FINISHED) is StreamOutcome.REOPEN
    stream.receive_head(EVENTS)
    stream.message_arrived(Heartbeat())
    assert again(stream, EndReason.FINISHED) is StreamOutcome.LOST


def test_a_heartbeat_stream_lives_of_heartbeats() -> None:
    stream = connecting(HEARTBEAT)
    for _ in range(2 * MAX_EMPTY_CONNECTIONS):
        stream.receive_head(EVENTS)
        stream.message_arrived(Heartbeat())
        assert again(stream, EndReason.BROKEN) is StreamOutcome.REOPEN
    for _ in range(MAX_EMPTY_CONNECTIONS - 1):
        assert again(stream, EndReason.BROKEN) is StreamOutcome.REOPEN
    assert again(stream, EndReason.BROKEN) is StreamOutcome.LOST


@pytest.mark.parametrize(
    ("key", "ending", "expected"), list(product((SHARED, PRIVATE), EndReason, (True, False)))
)
def test_an_ended_stream_is_closed_whatever_that_means(
    key: int, ending: EndReason, expected: bool
) -> None:
    stream = opened(key)
    stream.ended(ending, expected=expected)
    assert stream.state is StreamState.CLOSED


# --- the streams of a session -------------------------------------------------------------------


def test_reports_about_an_older_connection_are_ignored() -> None:
    streams = EventStreams(count(1))
    first = listen(streams)
    assert streams.current(first) is not None
    assert streams.current_id(SHARED) == first
    streams.close(SHARED)
    assert streams.current(first) is None
    assert streams.current_id(SHARED) == 0
    second = listen(streams)
    assert second > first
    assert streams.current(first) is None


def test_streams_share_one_count_of_ids() -> None:
    streams = EventStreams(count(1))
    assert (listen(streams), listen(streams, HEARTBEAT)) == (1, 2)
    assert streams.close_all() == [CloseStream(stream_id=1), CloseStream(stream_id=2)]
    assert streams.close_all() == []


def test_a_stream_that_is_listened_to_again_remembers_that_nothing_came() -> None:
    streams = EventStreams(count(1))
    first = listen(streams)
    stream = streams.current(first)
    assert stream is not None
    stream.ended(EndReason.REFUSED, expected=True)
    assert (streams.current(first), streams.current_id(SHARED)) == (None, 0)
    assert streams.current(listen(streams, delay=stream.pause)) is stream
    assert streams.current(first) is None


def test_the_server_notices_the_end_of_a_stream_that_it_has_seen() -> None:
    streams = EventStreams(count(1))
    assert (streams.is_open(SHARED), streams.are_connecting) == (False, False)
    stream = streams.current(listen(streams))
    assert stream is not None
    assert (streams.is_open(SHARED), streams.are_connecting) == (False, True)
    stream.receive_head(EVENTS)
    assert (streams.is_open(SHARED), streams.are_connecting) == (True, False)


def test_the_join_that_a_private_stream_is_carries_the_headers_of_its_call() -> None:
    guest = (("x-guest", "Zoe"),)
    assert guest[0] in stream_request(sample_app("4.7.1"), "hash", PRIVATE, 3, guest).headers
    assert guest[0] not in stream_request(sample_app("4.14.0"), "hash", SHARED, 3, guest).headers

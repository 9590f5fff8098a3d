"""What is tried again, how often, and after how long."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.errors import TransportFailed
from gradio_protocol.flows.actions import Download, Saved, Send
from gradio_protocol.flows.retry import Repeat, RetryPolicy, pause, send_with_retries
from gradio_protocol.wire.exchange import Request, Response
from tests.support.scripted import Answer, Driver, web

POLICY = RetryPolicy(max_retries=2, entropy=b"constant")
URL = "http://here/config"
SEND = Send(request=Request(method="GET", url=URL), limit=10)
NEVER_CONNECTED = TransportFailed("refused", connected=False)
BROKE_OFF = TransportFailed("cut")


def busy(status: int = 503, **headers: str) -> Response:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status=status, headers=named)


def seconds(outcome: Response | TransportFailed, repeat: Repeat = Repeat.HARMLESS) -> float | None:
    return pause(POLICY, 0, outcome, repeat)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_harmless_is_repeated_after_a_busy_server_or_a_proxys_word(status: int) -> None:
    assert seconds(busy(status)) is not None


@pytest.mark.parametrize("failure", [NEVER_CONNECTED, BROKE_OFF])
def test_what_is_harmless_is_repeated_after_any_failure_of_the_network(
    failure: TransportFailed,
) -> None:
    assert seconds(failure) is not None


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_join_is_repeated_where_it_was_not_accepted(status: int) -> None:
    assert seconds(busy(status), Repeat.UNACCEPTED) is not None


def test_a_join_is_repeated_where_no_connection_was_made() -> None:
    assert seconds(NEVER_CONNECTED, Repeat.UNACCEPTED) is not None


@pytest.mark.parametrize("repeat", Repeat)
def test_where_nobody_listens_a_policy_says_whether_to_try_again(repeat: Repeat) -> None:
    nobody = TransportFailed("nobody", connected=False, refused=True)
    never = replace(POLICY, retries_refused=False)
    assert pause(POLICY, 0, nobody, repeat) is not None
    assert pause(never, 0, nobody, repeat) is None
    assert pause(never, 0, NEVER_CONNECTED, repeat) is not None


@pytest.mark.parametrize("outcome", [BROKE_OFF, busy(504)])
def test_a_join_that_may_have_been_accepted_is_not_repeated(
    outcome: Response | TransportFailed,
) -> None:
    assert seconds(outcome, Repeat.UNACCEPTED) is None


@pytest.mark.parametrize("repeat", Repeat)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 408, 422, 500])
def test_other_statuses_are_answers(status: int, repeat: Repeat) -> None:
    assert seconds(busy(status), repeat) is None


def test_pauses_grow_up_to_a_bound() -> None:
    policy = RetryPolicy(max_retries=10_000, entropy=b"constant")
    pauses = [pause(policy, attempt, BROKE_OFF, Repeat.HARMLESS) or 0 for attempt in range(2000)]
    ceilings = [min(0.5 * 2 ** min(attempt, 10), 8) for attempt in range(2000)]
    assert all(ceiling / 2 <= got <= ceiling for got, ceiling in zip(pauses, ceilings, strict=True))


@given(st.binary(), st.integers(0, 4))
def test_a_pause_is_between_half_and_all_of_its_ceiling(entropy: bytes, attempt: int) -> None:
    policy = RetryPolicy(max_retries=9, entropy=entropy)
    taken = pause(policy, attempt, BROKE_OFF, Repeat.HARMLESS)
    assert taken is not None
    assert 0.25 * 2**attempt <= taken <= 0.5 * 2**attempt
    assert taken == pause(policy, attempt, BROKE_OFF, Repeat.HARMLESS)


def test_different_entropy_makes_different_pauses() -> None:
    pauses = {
        pause(RetryPolicy(entropy=bytes([n])), 0, BROKE_OFF, Repeat.HARMLESS) for n in range(20)
    }
    assert len(pauses) > 10


def test_the_servers_word_on_how_long_to_wait_wins() -> None:
    assert seconds(busy(429, retry_after="7")) == 7


def test_a_server_that_asks_for_no_pause_gets_ours() -> None:
    assert seconds(busy(429, retry_after="0")) == seconds(busy(429))


def test_a_server_that_asks_for_too_much_is_not_asked_again() -> None:
    assert seconds(busy(429, retry_after="60")) == 60
    assert seconds(busy(429, retry_after="61")) is None


def test_after_the_last_attempt_there_is_no_other() -> None:
    assert pause(POLICY, 1, BROKE_OFF, Repeat.HARMLESS) is not None
    assert pause(POLICY, 2, BROKE_OFF, Repeat.HARMLESS) is None


@pytest.mark.parametrize("most", [0, -1])
def test_a_policy_may_forbid_to_try_again(most: int) -> None:
    assert pause(RetryPolicy(max_retries=most), 0, BROKE_OFF, Repeat.HARMLESS) is None


def test_a_policy_does_not_show_its_entropy() -> None:
    assert repr(POLICY) == "RetryPolicy(max_retries=2)"


def run(*answers: Answer, repeat: Repeat = Repeat.HARMLESS) -> tuple[Driver, Response]:
    driver = web({f"GET {URL}": answers})
    return driver, driver.run(send_with_retries(SEND, POLICY, repeat))


def test_a_good_reply_is_returned_at_once() -> None:
    driver, reply = run(Response(status=200))
    assert (driver.actions, reply.status) == ([SEND], 200)


def test_the_same_request_is_sent_again_after_a_pause() -> None:
    driver, reply = run(BROKE_OFF, busy(502), Response(status=200))
    assert reply.status == 200
    assert driver.sends == [SEND, SEND, SEND]
    assert driver.slept == [
        pause(POLICY, 0, BROKE_OFF, Repeat.HARMLESS),
        pause(POLICY, 1, BROKE_OFF, Repeat.HARMLESS),
    ]


def test_the_last_reply_is_returned_whatever_its_status() -> None:
    driver, reply = run(busy(503), busy(502), busy(429), Response(status=200))
    assert (len(driver.sends), reply.status) == (3, 429)


def test_the_last_failure_is_raised() -> None:
    last = TransportFailed("the third")
    with pytest.raises(TransportFailed) as caught:
        run(BROKE_OFF, NEVER_CONNECTED, last)
    assert caught.value is last


def test_a_join_that_broke_off_fails_at_once() -> None:
    driver = web({f"GET {URL}": [BROKE_OFF, Response(status=200)]})
    with pytest.raises(TransportFailed, match="cut"):
        driver.run(send_with_retries(SEND, POLICY, Repeat.UNACCEPTED))
    assert driver.actions == [SEND]


def test_what_is_no_reply_of_a_server_is_returned_as_it_is() -> None:
    saved = Saved(path="/here/a")
    driver = Driver(lambda _: saved)
    download = Download(request=SEND.request, name="a", limit=None)
    assert driver.run(send_with_retries(download, POLICY, Repeat.HARMLESS)) is saved


@pytest.mark.parametrize("repeat", Repeat)
def test_a_certificate_that_is_not_trusted_is_not_tried_again(repeat: Repeat) -> None:
    assert seconds(TransportFailed("a stranger", connected=False, untrusted=True), repeat) is None

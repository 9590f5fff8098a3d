"""The fake server keeps streams, sessions, its queue and its login as real servers were seen to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import transcripts
from tests.support.conversation import (
    CANCELLING,
    LOSING,
    QUEUED,
    SHARED,
    compared,
    shape,
    told,
    visiting,
)
from tests.support.gradio_server import FakeGradio


@pytest.mark.parametrize("version", SHARED)
def test_a_stream_without_a_session_ends_as_on_the_real_server(version: str) -> None:
    real = transcripts.load(version, "early-stream")
    with visiting(FakeGradio(version)) as visitor:
        assert visitor.stream("stranger") == (real.messages, real.ending)


@pytest.mark.parametrize("version", SHARED)
def test_messages_wait_for_a_stream_that_opens_late(version: str) -> None:
    real = transcripts.load(version, "late-stream")
    with visiting(FakeGradio(version)) as visitor:
        event_id = visitor.join("count", [3], "s")
        visitor.fake.ended.until_blocking(lambda ended: ended == event_id)
        messages, ending = visitor.stream("s")
    assert (compared(messages), ending) == (compared(real.messages), real.ending)


@pytest.mark.parametrize("version", SHARED)
def test_a_dropped_stream_goes_on_or_is_lost_as_on_the_real_server(version: str) -> None:
    real = transcripts.load(version, "reopened-stream")
    with visiting(FakeGradio(version)) as visitor:
        visitor.join("slow_count", [9, 1], "s")
        with visitor.listening("s") as stream:
            stream.until("process_generating")
        visitor.fake.streams.until_blocking(lambda update: update == ("dropped", "s"))
        with visitor.listening("s") as stream:
            if visitor.fake.behaviour.resumable:
                visitor.fake.holds.until_blocking(lambda _: True)[0].release()
                messages = stream.until("process_generating")
            else:
                messages, ending = stream.rest()
                assert ending == real.ending
    assert shape(messages) == shape(real.messages)[: len(messages)]


@pytest.mark.parametrize("version", LOSING)
def test_after_a_drop_the_session_is_never_closed_again(version: str) -> None:
    real = transcripts.load(version, "poisoned-stream")
    with visiting(FakeGradio(version)) as visitor:
        visitor.join("slow_count", [9, 1], "s")
        with visitor.listening("s") as stream:
            stream.until("process_generating")
        visitor.fake.streams.until_blocking(lambda update: update == ("dropped", "s"))
        visitor.join("echo", ["again"], "s")
        with visitor.listening("s") as stream:
            messages = stream.until("process_completed")
            visitor.server.soon(visitor.fake.beat)
            assert stream.until("heartbeat")[-1]["msg"] == "heartbeat"
    assert compared(messages) == compared(real.messages)
    assert real.ending == "left"


@pytest.mark.parametrize("version", CANCELLING)
def test_cancelling_completes_the_event_with_nothing(version: str) -> None:
    real = transcripts.load(version, "cancelled-stream")
    with visiting(FakeGradio(version)) as visitor:
        event_id = visitor.join("slow_count", [9, 1], "s")
        with visitor.listening("s") as stream:
            messages = stream.until("process_generating")
            assert visitor.cancel("slow_count", "s", event_id).json() == {"success": True}
            rest, ending = stream.rest()
    assert shape(messages + rest) == shape(real.messages)
    assert ending == real.ending


@pytest.mark.parametrize("version", CANCELLING)
def test_a_generator_that_has_yielded_is_cancelled_by_its_event_alone(version: str) -> None:
    # As 5.50 and 6.31 do it.
    with visiting(FakeGradio(version)) as visitor:
        event_id = visitor.join("slow_count", [9, 1], "s")
        visitor.fake.holds.until_blocking(lambda _: True)
        no_function = {"session_hash": "s", "fn_index": -1, "event_id": event_id}
        assert visitor.post("/cancel", no_function).json() == {"success": True}
        visitor.fake.ended.until_blocking(lambda ended: ended == event_id)


@pytest.mark.parametrize("version", CANCELLING)
def test_cancelling_silences_the_siblings_for_ever(version: str) -> None:
    real = transcripts.load(version, "siblings-stream")
    with visiting(FakeGradio(version)) as visitor:
        event_id = visitor.join("slow_count", [9, 1], "s")
        visitor.join("slow_count", [9, 1], "s")
        visitor.fake.holds.until_blocking(lambda _: True, times=2)
        visitor.cancel("slow_count", "s", event_id)
        with visitor.listening("s") as stream:
            messages = stream.until("process_completed")
            visitor.server.soon(visitor.fake.beat)
            assert stream.until("heartbeat")[-1]["msg"] == "heartbeat"
    assert [m["msg"] for m in messages].count("process_completed") == 1
    assert [m["msg"] for m in real.messages].count("process_completed") == 1
    assert real.ending == "left"


@pytest.mark.parametrize("version", CANCELLING)
def test_a_job_cancelled_in_the_queue_is_gone_or_runs_as_on_the_real_server(version: str) -> None:
    real = [transcripts.load(version, f"queued-{number}-stream") for number in (2, 3)]
    slow = [function.limited(1) for function in FakeGradio().functions]
    with visiting(FakeGradio(version, slow)) as visitor:
        visitor.join("slow", [1], "running")
        event_id = visitor.join("slow", [1], "waiting")
        visitor.cancel("slow", "waiting", event_id)
        ours = [visitor.stream("waiting")]
        for hold in visitor.fake.holds.until_blocking(lambda _: True):
            hold.release()
        if not visitor.fake.behaviour.cancel_unqueues:
            visitor.fake.holds.until_blocking(lambda _: True, times=2)[-1].release()
        visitor.fake.ended.until_blocking(lambda ended: ended == event_id)
        visitor.join("echo", ["after"], "waiting")
        ours.append(visitor.stream("waiting"))
    assert [told(messages) for messages, _ in ours] == [told(each.messages) for each in real]
    assert [ending for _, ending in ours] == [each.ending for each in real]


@pytest.mark.parametrize("version", SHARED)
def test_a_full_queue_refuses_as_the_real_one_did(version: str) -> None:
    real = transcripts.load(version, "full-3-join")
    slow = [function.limited(1) for function in FakeGradio().functions]
    with visiting(FakeGradio(version, slow, max_size=1)) as visitor:
        visitor.join("slow", [1], "a")
        visitor.join("slow", [1], "b")
        reply = visitor.post("/queue/join", visitor.call("slow", [1], "c"))
    assert (reply.status_code, reply.json()) == (real.status, real.json())


@pytest.mark.parametrize("version", QUEUED)
def test_the_login_admits_and_refuses_as_the_real_one_did(version: str) -> None:
    with visiting(FakeGradio(version, auth={"guide": "lantern"})) as visitor:
        refused = visitor.http.get(f"{visitor.server.url}config")
        bad = visitor.http.post(
            f"{visitor.server.url}login", data={"username": "guide", "password": "x"}
        )
        good = visitor.http.post(
            f"{visitor.server.url}login", data={"username": "guide", "password": "lantern"}
        )
        admitted = visitor.http.get(f"{visitor.server.url}config")
    real = [transcripts.load(version, name) for name in ("config-refused", "login-bad", "login")]
    ours = [(reply.status_code, without_message(reply.json())) for reply in (refused, bad, good)]
    assert ours == [(each.status, without_message(each.json())) for each in real]
    assert [attributes(cookie) for cookie in good.headers.get_list("set-cookie")] == [
        attributes(value) for name, value in real[2].headers if name == "set-cookie"
    ]
    assert admitted.status_code == 200


def without_message(value: Any) -> Any:
    match value:
        case {"detail": {"error": error}}:
            return error
        case _:
            return value


def attributes(cookie: str) -> tuple[str, list[str]]:
    """What kind of cookie it is; its name ends, and its value is, what the server drew."""
    first, *rest = cookie.split("; ")
    return first.partition("=")[0].rpartition("-")[0][:12], sorted(rest)


@pytest.mark.parametrize("version", QUEUED)
def test_hidden_errors_hide_what_the_real_server_hid(version: str) -> None:
    with visiting(FakeGradio(version, show_error=False)) as visitor:
        for name in ("fail", "crash", "crash_late"):
            real = transcripts.load(version, f"{name}-stream-hidden")
            messages, _ = visitor.job(name, ["here"])
            assert compared(messages) == compared(real.messages)

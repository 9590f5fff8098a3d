"""What a test can do to the fake server while a client talks to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.conversation import visiting
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import Gate


def test_a_route_can_be_answered_otherwise_for_a_while() -> None:
    with visiting(FakeGradio()) as visitor:
        visitor.fake.instead("queue/join", answering(429, headers=[("retry-after", "2")]), times=2)
        statuses = [visitor.post("/queue/join", visitor.call("echo", ["a"], "s")) for _ in "123"]
    assert [reply.status_code for reply in statuses] == [429, 429, 200]
    assert statuses[0].headers["retry-after"] == "2"


def test_every_request_is_kept_with_its_route_and_its_headers() -> None:
    with visiting(FakeGradio()) as visitor:
        visitor.http.get(f"{visitor.base}/info", headers={"x-secret": "one"})
        visitor.http.get(f"{visitor.server.url}info")
    assert [route for route, _ in visitor.fake.seen] == ["info", "?/info"]
    assert visitor.fake.requests("info")[0].header("x-secret") == "one"


def test_messages_can_overtake_the_reply_to_their_join() -> None:
    fake = FakeGradio()
    with visiting(fake) as visitor:
        visitor.join("slow", [1], "s")
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        with visitor.listening("s") as stream, ThreadPoolExecutor() as pool:
            stream.until("process_starts")
            event_id = pool.submit(visitor.join, "echo", ["early"], "s")
            gate.reached.wait_blocking()
            completed = stream.until("process_completed")[-1]
            assert not event_id.done()
            gate.open()
            assert completed["event_id"] == event_id.result(10)


def test_a_restarted_app_has_another_number_and_knows_nobody() -> None:
    fake = FakeGradio(auth={"guide": "lantern"})
    with visiting(fake) as visitor:
        login = {"username": "guide", "password": "lantern"}
        visitor.http.post(f"{visitor.server.url}login", data=login)
        before = visitor.http.get(f"{visitor.base}/app_id").json()
        assert visitor.http.get(f"{visitor.server.url}config").status_code == 200
        fake.restart(fake.functions[::-1])
        assert visitor.http.get(f"{visitor.base}/app_id").json() != before
        assert visitor.http.get(f"{visitor.server.url}config").status_code == 401


def test_after_a_restart_the_same_index_is_another_function() -> None:
    fake = FakeGradio()
    with visiting(fake) as visitor:
        fake.restart(fake.functions[::-1])
        config = visitor.http.get(f"{visitor.server.url}config").json()
    assert config["dependencies"][0]["api_name"] == "undocumented"


def test_a_held_job_goes_on_when_the_test_releases_it() -> None:
    with visiting(FakeGradio()) as visitor:
        visitor.join("slow_count", [2, 1], "s")
        for number in (1, 2):
            visitor.fake.holds.until_blocking(lambda hold: hold.name == "slow_count", number)[
                -1
            ].release()
        messages, ending = visitor.stream("s")
    assert [m["msg"] for m in messages].count("process_generating") == 2
    assert ending == "complete"


def test_a_heartbeat_stream_stays_open_and_needs_no_login() -> None:
    fake = FakeGradio(auth={"guide": "lantern"})
    with visiting(fake) as visitor:
        reply = visitor.http.stream("GET", f"{visitor.base}/heartbeat/s")
        with reply as stream:
            assert next(stream.iter_raw()) == b"data: ALIVE\n\n"


@pytest.mark.parametrize("version", ["3.50.2", "4.44.1", "6.31.0"])
def test_a_file_that_is_too_large_is_refused(version: str) -> None:
    with visiting(FakeGradio(version, max_file_size=3)) as visitor:
        reply = visitor.http.post(f"{visitor.base}/upload", files={"files": ("a.txt", b"four")})
    assert reply.status_code == 413

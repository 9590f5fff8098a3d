"""`gradio-client doctor`: a report that is fit for an issue."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Shell
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import Connection, Loopback, Request, threaded


def lines(report: str) -> dict[str, str]:
    """The lines of a report by their titles, without what differs from run to run."""
    plain = re.sub(r"\d+ ms", "N ms", report)
    return dict(line.split(maxsplit=1) for line in plain.splitlines())


def test_the_report_tells_what_the_app_is(shell: Shell, url: str, fake: FakeGradio) -> None:
    status = {"msg": "estimation", "rank": 0, "queue_size": 3, "queue_eta": 2.5}
    fake.instead("queue/status", answering(200, status), times=5)
    ran = shell("doctor", url)
    assert (ran.code, ran.err) == (0, "")
    told = lines(ran.out)
    assert told["client"].startswith("gradio-client-httpx ")
    assert told["system"].startswith("Python 3.")
    assert told["app"] == url
    assert told["gradio"] == "6.31.0, protocol sse_v3"
    assert told["endpoints"] == "18 listed, 1 more can be called"
    assert told["calls"].startswith("SHARED: one stream carries all jobs of the session")
    assert told["cancelling"].startswith("EXACT: ")
    assert told["latency"] == "N ms, the median of 5 requests"
    assert told["queue"] == "3 jobs wait, about 2 s to wait"
    assert "request     GET /config 200, " in ran.out


def test_an_older_app_has_another_report(shell: Shell) -> None:
    with threaded(FakeGradio("4.7.1")) as server:
        ran = shell("doctor", server.url)
    told = lines(ran.out)
    assert told["calls"].startswith("PRIVATE: ")
    assert told["queue"] == "unknown: the app answers 404 to queue/status"
    assert "note        " in ran.out


def test_a_page_in_place_of_the_queues_status_is_no_failure(
    shell: Shell, url: str, fake: FakeGradio
) -> None:
    async def page(_: Request, connection: Connection) -> None:
        await connection.reply(200, b"<h1>Busy</h1>")

    fake.instead("queue/status", page, times=5)
    ran = shell("doctor", url)
    assert ran.code == 0
    assert lines(ran.out)["queue"] == "unknown: the answer to queue/status is not JSON"


def test_a_failure_is_part_of_the_report(shell: Shell) -> None:
    with threaded(FakeGradio(auth={"ada": "lovelace"})) as server:
        ran = shell("doctor", server.url)
    assert ran.code == 4
    assert "request     GET /config 401, " in ran.out
    assert lines(ran.out)["failed"].endswith(
        "a login (auth=(user, password)) or a token (token=…) is needed"
    )


def test_no_secret_is_in_the_report(
    shell: Shell, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_CLIENT_TOKEN", "hf_hush")
    address = server.url.replace("//", "//ada:hush@")
    ran = shell("doctor", f"{address}?key=hush", "--header", "x-key: hush")
    assert ran.code == 0
    assert "hush" not in ran.out + ran.err
    assert server.requests[0].header("x-key") == "hush"


def test_a_login_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_CLIENT_AUTH", "ada:lovelace")
    with threaded(FakeGradio(auth={"ada": "lovelace"})) as server:
        ran = shell("doctor", server.url)
    assert lines(ran.out)["login"] == "with this user and password"
    assert "lovelace" not in ran.out

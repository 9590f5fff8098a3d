"""What goes wrong beneath the blocking client: collections, silence, full disks, no threads."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradio_client_httpx import (
    Client,
    FileFailed,
    GradioError,
    InvalidArguments,
    Job,
    StatusUpdate,
    TransportFailed,
)
from gradio_client_httpx.cancel_handle import CancelHandle
from gradio_client_httpx.http import translate_errors
from gradio_client_httpx.inputs import TransportConfig
from gradio_client_httpx.perform import Performer
from gradio_protocol import Request, SaveBytes, Status, StreamLost
from gradio_protocol.jobs import app_tracker
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.orders import AnyAppQuestion, RefreshApp, Resume
from tests.support.client_threads import client_threads, soon, wait_until_ended
from tests.support.forks import in_child
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import PATIENCE, Gate, Latch, Ledger
from tests.support.loopback import Loopback, threaded


@pytest.fixture
def direct() -> Generator[tuple[Client, FakeGradio]]:
    fake = FakeGradio("3.50.2")
    with threaded(fake) as server, Client(server.url, verbose=False, max_workers=1) as client:
        yield client, fake


def performer(folder: Path) -> Performer:
    settings = TransportConfig(
        folder=str(folder),
        verify=True,
        timeout=None,
        httpx_kwargs={},
        http_client=None,
        auth=None,
    )
    return Performer(settings, "http://127.0.0.1/")


def until_started(job: Job) -> None:
    for update in job.updates():
        if isinstance(update, StatusUpdate) and update.code is Status.PROCESSING:
            return


def no_thread(_: object) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
def test_a_client_may_be_collected_by_a_thread_that_holds_its_lock(server: Loopback) -> None:
    client: Any = Client(server.url, verbose=False)
    runner = client._shared.runner
    with runner.lock:
        del client
        gc.collect()
    wait_until_ended(client_threads())
    with pytest.raises(InvalidArguments, match="closed"):
        runner.reset_session(1)


@pytest.mark.parametrize("route", ["upload", "queue/join"])
def test_closing_ends_an_exchange_that_waits_for_its_head(
    client: Client, fake: FakeGradio, route: str
) -> None:
    fake.reply_gates[route] = gate = Gate()
    job = client.submit(b"x", api_name="/file")
    gate.reached.wait_blocking()
    with soon():
        client.close()
        assert job.cancelled()
    gate.open()


def test_closing_ends_a_direct_call(direct: tuple[Client, FakeGradio]) -> None:
    client, fake = direct
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    with soon():
        client.close()
        assert job.cancelled()


def test_cancelling_ends_a_direct_call(direct: tuple[Client, FakeGradio]) -> None:
    client, fake = direct
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    assert job.cancel()
    # There is one worker: the next job begins when the call has ended.
    assert client.submit("x", api_name="/echo").result(PATIENCE) == "x"


def test_a_reader_that_breaks_down_ends_its_jobs(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(StreamReader, "feed", broken)
    error = client.submit("x", api_name="/echo").exception(PATIENCE)
    assert isinstance(error, GradioError)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, which is always full")
def test_a_full_disk_is_a_failed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> tuple[int, str]:
        return os.open("/dev/full", os.O_WRONLY), str(tmp_path / "partial")

    monkeypatch.setattr("tempfile.mkstemp", full)
    for size in (10, 2**20):
        with pytest.raises(FileFailed, match=os.strerror(errno.ENOSPC)):
            performer(tmp_path).save_bytes(SaveBytes(name="a", data=b"x" * size))


def test_a_host_that_cannot_be_is_not_connected_to(tmp_path: Path) -> None:
    connections = performer(tmp_path).connections
    request = Request(method="GET", url="http://a..b/", headers=())
    with (
        pytest.raises(TransportFailed) as caught,
        connections.exchange(request, (), None, CancelHandle()),
    ):
        pass
    assert caught.value.connected is False


@pytest.mark.parametrize("count", [0, -1])
def test_there_is_at_least_one_worker(server: Loopback, count: int) -> None:
    with pytest.raises(InvalidArguments, match="max_workers"):
        Client(server.url, max_workers=count)


def test_a_job_is_cancelled_even_if_no_thread_can_tell_the_server(
    client: Client, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    private: Any = client
    monkeypatch.setattr(private._shared.runner._obeying_thread, "submit", no_thread)
    assert job.cancel()
    assert job.cancelled()


def test_a_late_callback_that_fails_is_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    job = client.submit("x", api_name="/echo")
    assert job.result(PATIENCE) == "x"
    job.add_done_callback(fail)
    assert "ZeroDivisionError" in caplog.text


def test_awaiting_a_job_does_not_wait_for_its_callbacks(client: Client) -> None:
    over = Latch("the job was awaited")

    def block(_: object) -> None:
        over.wait_blocking()

    async def main() -> object:
        job = client.submit("x", api_name="/echo", result_callbacks=block)
        return await asyncio.wait_for(job, PATIENCE)

    assert asyncio.run(main()) == "x"
    over.set()


def test_an_awaited_job_is_cancelled_with_its_task(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")

    async def main() -> object:
        return await asyncio.wait_for(job, 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert job.cancelled()


def test_a_job_fails_where_no_thread_can_be_had(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(server.url, verbose=False) as client:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
        job = client.submit("x", api_name="/echo")
        with pytest.raises(RuntimeError, match="thread"):
            job.result(PATIENCE)
        monkeypatch.undo()
        assert client.predict("x", api_name="/echo") == "x"


def test_a_call_that_is_interrupted_before_it_begins_is_never_sent(
    client: Client, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    private: Any = client
    with monkeypatch.context() as interrupted:
        interrupted.setattr(private._shared.runner, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.submit("interrupted", api_name="/echo")
    assert client.predict("x", api_name="/echo") == "x"
    assert [request.body.count(b"interrupted") for request in fake.requests("queue/join")] == [0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_job_carried_over_a_fork_is_lost_in_the_child(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    assert in_child(lambda: "before the fork" in str(job.exception(PATIENCE)))
    fake.holds[0].release()
    assert job.result(PATIENCE) == "slept 1"


def test_jobs_that_wait_all_fail_where_no_thread_can_be_had(
    server: Loopback, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(server.url, verbose=False, max_workers=1) as client:
        running = client.submit(1, api_name="/slow")
        fake.holds.until_blocking(lambda _: True)
        waiting = [client.submit("x", api_name="/echo") for _ in range(1500)]
        private: Any = client

        monkeypatch.setattr(private._shared.runner.workers, "submit", no_thread)
        fake.holds[0].release()
        assert running.result(PATIENCE) == "slept 1"
        assert {type(job.exception(PATIENCE)) for job in waiting} == {RuntimeError}
        monkeypatch.undo()
        assert client.predict("x", api_name="/echo") == "x"


def test_joins_do_not_wait_for_a_cancel_for_which_there_was_no_thread(
    client: Client, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit(1, api_name="/slow")
    until_started(job)
    private: Any = client
    monkeypatch.setattr(private._shared.runner.workers, "submit", no_thread)
    assert job.cancel()
    monkeypatch.undo()
    again = client.submit(2, api_name="/slow")
    fake.holds.until_blocking(lambda _: True, times=2)[-1].release()
    assert again.result(PATIENCE) == "slept 2"


def test_jobs_that_are_answered_together_do_not_wait_for_each_others_exchanges(
    client: Client, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Ledger[object] = Ledger("asked")
    ask = app_tracker.AppTracker.ask

    def noting(
        self: app_tracker.AppTracker, job_id: int, question: AnyAppQuestion, now: float
    ) -> list[Resume]:
        try:
            return ask(self, job_id, question, now)
        finally:
            asked.append(question)

    monkeypatch.setattr(app_tracker, "APP_CHECK_AFTER", -1.0)
    monkeypatch.setattr(app_tracker.AppTracker, "ask", noting)
    # After a pause the flow that finds out goes on by itself, not for another one.
    fake.instead("config", answering(503))
    known = fake.reply_gates["config"] = Gate("the reply with the config")
    join = fake.reply_gates["queue/join"] = Gate("the replies to the joins")
    fake.restart(fake.functions)
    jobs = [client.submit(text, api_name="/echo") for text in "xy"]
    asked.until_blocking(lambda question: isinstance(question, RefreshApp), times=2)
    known.open()
    fake.seen.until_blocking(lambda seen: seen[0] == "queue/join", times=2)
    join.open()
    assert [job.result(PATIENCE) for job in jobs] == ["x", "y"]


def test_jobs_fail_whose_stream_cannot_wait_for_its_next_connection(
    client: Client, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.instead("queue/data", answering(503))

    def later(_: float, work: object) -> None:
        no_thread(work)

    private: Any = client
    monkeypatch.setattr(private._shared.runner.workers, "call_later", later)
    error = client.submit("x", api_name="/echo").exception(PATIENCE)
    assert isinstance(error, StreamLost)
    assert "new thread" in str(error)


@pytest.mark.parametrize(
    ("error", "connected", "late"),
    [
        (httpx.ReadTimeout, True, True),
        (httpx.ConnectTimeout, False, True),
        (httpx.ReadError, True, False),
        (httpx.ConnectError, False, False),
    ],
)
def test_a_failure_says_how_far_it_came_and_whether_it_was_the_time(
    error: type[httpx.TransportError], connected: bool, late: bool
) -> None:
    request = Request(method="GET", url="http://127.0.0.1/")
    with pytest.raises(TransportFailed) as raised, translate_errors(httpx, request):
        raise error("so")
    assert (raised.value.connected, raised.value.late) == (connected, late)


def test_a_failure_without_a_text_is_named_by_its_type() -> None:
    request = Request(method="GET", url="http://127.0.0.1/")
    with (
        pytest.raises(TransportFailed, match=r"broke \(ReadError\)"),
        translate_errors(httpx, request),
    ):
        raise httpx.ReadError("")


def test_a_wire_lets_go_of_its_connection_before_another_exchange_has_it(
    server: Loopback, tmp_path: Path
) -> None:
    connections = performer(tmp_path).connections
    first, second = [Request(method="GET", url=f"{server.url}config", headers=()) for _ in range(2)]
    wire = CancelHandle()
    with connections.exchange(first, (), None, wire) as (_, chunks):
        list(chunks)
        # By now the connection is at the disposal of others.
        wire.abort()
    with connections.exchange(second, (), None, CancelHandle()) as (head, chunks):
        assert head.status == 200
        list(chunks)
    connections.close()
    assert len(server.connections) == 1

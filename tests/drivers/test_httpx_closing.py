"""The end of the blocking client: from anywhere, at any time, at once."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradio_client_httpx import Client, FileFailed, InvalidArguments, Job, StatusUpdate
from gradio_client_httpx.partial_file import PartialFile
from tests.support.client_threads import soon
from tests.support.fault_proxy import FaultProxy, fault_proxy, stall_after, wait_after
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import PATIENCE, Gate, Latch
from tests.support.loopback import Connection, Loopback, Request


@pytest.fixture
def proxy(server: Loopback) -> Generator[FaultProxy]:
    with fault_proxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy, tmp_path: Path) -> Generator[Client]:
    with Client(proxy.url, verbose=False, download_files=tmp_path) as client:
        yield client


def apart(function: Callable[[], object]) -> Future[object]:
    """What a function gives that runs on a thread of its own."""
    done: Future[object] = Future()

    def run() -> None:
        try:
            done.set_result(function())
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done


def downloading(client: Client, proxy: FaultProxy) -> Job:
    """A job in the middle of its download, which has fallen silent."""
    proxy.on("file=", down=stall_after(100_000))
    job = client.submit(b"x" * 300_000, api_name="/file")
    for update in job.updates():
        moved = update.transferred if isinstance(update, StatusUpdate) else None
        if moved is not None and not moved.upload:
            return job
    raise AssertionError("the job ended")


def uploading(client: Client, proxy: FaultProxy) -> Job:
    """A job in the middle of its upload, of which the server reads no more."""
    gate = Gate("the server reads on")
    proxy.on("upload", up=wait_after(1000, gate))
    job = client.submit(b"x" * 64_000_000, api_name="/file")
    gate.reached.wait_blocking()
    return job


def test_closing_ends_a_download_and_removes_what_it_had(
    client: Client, proxy: FaultProxy, tmp_path: Path
) -> None:
    job = downloading(client, proxy)
    with soon():
        client.close()
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert job.cancelled()


def test_closing_with_grace_waits_for_a_join_and_tells_the_server_that_nobody_waits(
    client: Client, fake: FakeGradio
) -> None:
    gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
    job = client.submit(1, api_name="/slow")
    gate.reached.wait_blocking()
    closed = apart(lambda: client.close(grace=PATIENCE))
    with pytest.raises(CancelledError):
        job.result(PATIENCE)
    gate.open()
    assert closed.result(PATIENCE) is None
    # The stream of the session is opened once, and left: the server then drops the job.
    fake.streams.until_blocking(lambda seen: seen[0] == "dropped")


def test_closing_ends_an_upload_that_nobody_reads(client: Client, proxy: FaultProxy) -> None:
    job = uploading(client, proxy)
    with soon():
        client.close()
    assert job.cancelled()


@pytest.mark.parametrize("begun", [uploading, downloading])
def test_cancelling_ends_what_moves_and_frees_its_place(
    proxy: FaultProxy, tmp_path: Path, begun: Callable[[Client, FaultProxy], Job]
) -> None:
    options: dict[str, Any] = {"max_workers": 1, "download_files": tmp_path}
    with Client(proxy.url, verbose=False, **options) as client:
        assert begun(client, proxy).cancel()
        assert client.submit("x", api_name="/echo").result(PATIENCE) == "x"
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def pausing(client: Client, fake: FakeGradio) -> Job:
    """A job that waits before it is sent once more."""
    fake.instead("queue/join", answering(503, headers=[("retry-after", "50")]))
    job = client.submit("x", api_name="/echo")
    fake.seen.until_blocking(lambda seen: seen[0] == "queue/join")
    return job


@pytest.mark.parametrize("end", ["the job", "the session"])
def test_a_pause_ends_with_its_job(proxy: FaultProxy, fake: FakeGradio, end: str) -> None:
    with Client(proxy.url, verbose=False, max_workers=1) as client:
        other = client.new_session()
        job = pausing(other, fake)
        if end == "the job":
            assert job.cancel()
        else:
            other.close()
        assert client.submit("x", api_name="/echo").result(PATIENCE) == "x"
        assert job.cancelled()
        assert len(fake.requests("queue/join")) == 2


def test_a_client_that_connects_to_a_silent_server_can_be_closed(
    client: Client, fake: FakeGradio
) -> None:
    twin: Client = pickle.loads(pickle.dumps(client))
    asked = Latch("the config was asked for")

    async def silent(_: Request, connection: Connection) -> None:
        asked.set()
        await connection.gone()

    fake.instead("config", silent)
    called = apart(lambda: twin.predict("x", api_name="/echo"))
    asked.wait_blocking()
    with soon():
        twin.close()
        assert isinstance(called.exception(PATIENCE), InvalidArguments)
        client.close()


def test_a_client_that_waits_before_it_tries_again_can_be_closed(
    client: Client, fake: FakeGradio
) -> None:
    twin: Client = pickle.loads(pickle.dumps(client))
    fake.instead("config", answering(503, headers=[("retry-after", "30")]))
    called = apart(lambda: twin.predict("x", api_name="/echo"))
    fake.seen.until_blocking(lambda seen: seen[0] == "config", 2)
    with soon():
        twin.close()
        assert isinstance(called.exception(PATIENCE), InvalidArguments)
        client.close()


def test_closing_from_a_callback_ends_everything(client: Client, fake: FakeGradio) -> None:
    other = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    closed = Latch("closed")

    def close(_: object) -> None:
        client.close()
        closed.set()

    with soon():
        client.submit("x", api_name="/echo", result_callbacks=close)
        closed.wait_blocking()
    assert other.cancelled()


def test_two_threads_may_close_at_once(client: Client, fake: FakeGradio) -> None:
    jobs = [client.submit(1, api_name="/slow") for _ in range(5)]
    fake.holds.until_blocking(lambda _: True, 5)
    with soon():
        for done in [apart(client.close) for _ in range(4)]:
            done.result(PATIENCE)
        assert all(job.cancelled() for job in jobs)


def test_a_closed_session_takes_its_waiting_jobs_along(proxy: FaultProxy, fake: FakeGradio) -> None:
    with Client(proxy.url, verbose=False, max_workers=1) as client:
        running = client.submit(1, api_name="/slow")
        fake.holds.until_blocking(lambda _: True)
        other = client.new_session()
        waiting = other.submit(b"x", api_name="/file")
        other.close()
        assert waiting.cancelled()
        fake.holds[0].release()
        assert running.result(PATIENCE) == "slept 1"
        assert client.predict("x", api_name="/echo") == "x"
        assert fake.requests("upload") == []


def test_a_closed_client_shows_that_it_is(client: Client) -> None:
    assert repr(client) == f"Client({client.src!r})"
    client.close()
    assert repr(client) == f"Client({client.src!r}, closed)"


def test_a_closed_session_takes_no_more_jobs(client: Client) -> None:
    other = client.new_session()
    assert other.predict("x", api_name="/echo") == "x"
    other.close()
    other.close()
    with pytest.raises(InvalidArguments, match="session was closed"):
        other.submit("x", api_name="/echo")
    assert client.predict("x", api_name="/echo") == "x"


def test_closing_does_not_wait_for_what_a_client_of_the_caller_has_under_way(
    proxy: FaultProxy, server: Loopback, fake: FakeGradio
) -> None:
    """Which of its connections an exchange has is known when the head of the reply comes."""
    with httpx.Client() as own:
        client = Client(server.url, verbose=False, http_client=own)
        assert client.predict("x", api_name="/echo") == "x"
        fake.reply_gates["queue/join"] = gate = Gate()
        job = client.submit("x", api_name="/echo")
        gate.reached.wait_blocking()
        with soon():
            client.close()
            assert job.cancelled()
            gate.open()
        assert not own.is_closed
        assert own.get(server.url + "config").status_code == 200


EXITING = """
import sys
from gradio_client_httpx import Client, StatusUpdate

client = Client(sys.argv[1], verbose=False, download_files=sys.argv[2])
for update in client.submit(b"x" * 300_000, api_name="/file").updates():
    moved = update.transferred if isinstance(update, StatusUpdate) else None
    if moved is not None and not moved.upload:
        break
"""


def test_the_end_of_the_interpreter_leaves_no_file_half_written(
    proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.on("file=", down=stall_after(100_000))
    ran = [sys.executable, "-c", EXITING, proxy.url, str(tmp_path)]
    done = subprocess.run(ran, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stderr == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_that_was_removed_is_not_made_again(tmp_path: Path) -> None:
    file = PartialFile(str(tmp_path), "a.txt")
    file.remove()
    with pytest.raises(FileFailed, match=r"a\.txt: the client was closed"):
        file.add(b"too late")
    assert list(tmp_path.iterdir()) == []

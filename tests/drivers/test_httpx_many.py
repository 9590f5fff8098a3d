"""Many at once: jobs on one client, threads at one client, clients one after another."""

from __future__ import annotations

import gc
import os
import random
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trio.testing

from gradio_client_httpx import Client, Job
from tests.support.client_threads import client_threads, wait_until_ended
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Loopback, threaded

pytestmark = pytest.mark.slow

MOST_THREADS = 24
LONG = 2 * PATIENCE


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc"
)


@pytest.fixture
def fake() -> FakeGradio:
    return FakeGradio("6.31.0", [function.limited(5000) for function in ALL_FUNCTIONS])


def test_two_thousand_jobs_are_in_flight_on_a_few_threads(
    server: Loopback, fake: FakeGradio
) -> None:
    before = client_threads()
    with Client(server.url, verbose=False, max_workers=2000) as client:
        jobs = [client.submit(1, api_name="/slow") for _ in range(2000)]
        for count in range(100, 2001, 100):
            fake.holds.until_blocking(lambda _: True, count)
        assert len(client_threads() - before) <= MOST_THREADS
        for hold in fake.holds:
            hold.release()
        assert Counter(job.result(LONG) for job in jobs) == {"slept 1": 2000}
        assert len(client_threads() - before) <= MOST_THREADS


@pytest.mark.parametrize(
    ("version", "isolated", "further"),
    [("4.7.1", False, 14), ("3.50.2", False, 14), ("6.31.0", True, 14)],
)
def test_a_stream_or_a_call_of_its_own_costs_a_job_one_thread(
    version: str, isolated: bool, further: int
) -> None:
    before = client_threads()
    fake = FakeGradio(version, [function.limited(5000) for function in ALL_FUNCTIONS])
    with threaded(fake) as server, Client(server.url, verbose=False, max_workers=100) as client:
        jobs = [
            client.with_options(isolated=isolated).submit(1, api_name="/slow") for _ in range(150)
        ]
        fake.holds.until_blocking(lambda _: True, 100)
        if isolated:  # a held job was joined; its stream is opened after that
            fake.seen.until_blocking(lambda seen: seen[0] == "queue/data", 100)
        assert 100 <= len(client_threads() - before) <= 100 + further
        for count in range(150):
            fake.holds.until_blocking(lambda _: True, count + 1)
            fake.holds[count].release()
        assert Counter(job.result(LONG) for job in jobs) == {"slept 1": 150}


class Crowd:
    """What many threads do to one client, at random but the same each time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.given: list[tuple[Job, Any]] = []
        "Jobs, and what they give unless they are cancelled."

    def run(self, seed: int) -> None:
        chance = random.Random(seed)
        deeds: list[Callable[[], object]] = [
            self._call,
            self._call,
            self._cancel,
            self._iterate,
            self._visit,
            self._isolate,
            self._client.reset_session,
            lambda: self._client.view_api(print_info=False),
        ]
        for _ in range(25):
            chance.choice(deeds)()

    def _submit(self, expected: Any, client: Client, *args: Any, api_name: str) -> Job:
        job = client.submit(*args, api_name=api_name)
        self.given.append((job, expected))
        return job

    def _call(self) -> None:
        assert self._submit("x", self._client, "x", api_name="/echo").result(LONG) == "x"

    def _cancel(self) -> None:
        job = self._submit(29, self._client, 30, api_name="/count")
        next(job)
        job.cancel()

    def _iterate(self) -> None:
        assert [*self._submit(4, self._client, 5, api_name="/count")] == [0, 1, 2, 3, 4]

    def _visit(self) -> None:
        with self._client.new_session() as other:
            self._submit("y", other, "y", api_name="/echo").result(LONG)
            self._submit(1, other, 2, api_name="/count")

    def _isolate(self) -> None:
        view = self._client.with_options(isolated=True)
        assert list(self._submit("z", view, "z", api_name="/logs").updates())


def test_a_crowd_of_threads_loses_no_job(server: Loopback) -> None:
    every = sys.getswitchinterval()
    with Client(server.url, verbose=False) as client:
        crowd = Crowd(client)
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(32) as pool:
                for done in [pool.submit(crowd.run, seed) for seed in range(32)]:
                    done.result(LONG)
            for job, expected in crowd.given:
                try:
                    assert job.result(LONG) == expected
                except CancelledError:
                    assert job.cancelled()
        finally:
            sys.setswitchinterval(every)
        assert len(crowd.given) > 500


@pytest.mark.filterwarnings("error::ResourceWarning")
@needs_proc
def test_clients_that_come_and_go_leave_nothing(
    server: Loopback, fake: FakeGradio, tmp_path: Path
) -> None:
    def use() -> None:
        begun = len(fake.holds)
        with Client(server.url, verbose=False, download_files=tmp_path) as client:
            other = client.new_session()
            jobs = [other.submit(1, api_name="/slow"), client.submit(1, api_name="/slow")]
            client.predict(b"x", api_name="/file")
            fake.holds.until_blocking(lambda _: True, begun + 2)
        assert all(job.cancelled() for job in jobs)
        for hold in fake.holds.items[begun:]:
            hold.release()

    use()
    settle(server)
    before = descriptors()
    for _ in range(40):
        use()
    settle(server)
    assert descriptors() <= before


def test_a_client_keeps_no_job_that_is_over(server: Loopback) -> None:
    with Client(server.url, verbose=False) as client:
        ended = weakref.WeakSet(client.submit(text, api_name="/echo") for text in "abc")
        failed = client.submit("x", api_name="/fail")
        assert failed.exception(PATIENCE) is not None
        ended.add(failed)
        del failed
        client.close()
        wait_until_ended(client_threads())
        gc.collect()
        assert [*ended] == []


def settle(server: Loopback) -> None:
    """Wait for what has been closed: threads, what only they kept, and the server's side of it."""
    wait_until_ended(client_threads())
    gc.collect()
    server.do(trio.testing.wait_all_tasks_blocked)  # it may have connections to accept
    server.do(server.reset_all)

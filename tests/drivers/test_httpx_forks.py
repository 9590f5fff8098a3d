"""A client that is carried over a fork, with all that it has under way."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from gradio_client_httpx import Client, Job, StreamLost
from tests.support.forks import in_child
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Loopback

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no os.fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


@pytest.fixture
def client(server: Loopback) -> Generator[Client]:
    with Client(server.url, verbose=False, max_workers=4) as client:
        yield client


def at_work(client: Client, fake: FakeGradio) -> list[Job]:
    """Jobs of which some run and some wait for a place."""
    jobs = [client.submit(1, api_name="/slow") for _ in range(6)]
    fake.holds.until_blocking(lambda _: True, 4)
    return jobs


def all_end(jobs: list[Job], fake: FakeGradio) -> bool:
    for number in range(len(jobs)):
        fake.holds.until_blocking(lambda _: True, number + 1)
        fake.holds[number].release()
    return [job.result(PATIENCE) for job in jobs] == ["slept 1"] * len(jobs)


def lost(job: Job) -> bool:
    """Whether this copy of a job says so, however it is asked."""
    try:
        list(job)
    except StreamLost as error:
        return error is job.exception(PATIENCE) and job.done() and not job.cancel()
    return False


def test_the_child_loses_its_copies_of_jobs_and_begins_anew(
    client: Client, fake: FakeGradio
) -> None:
    jobs = at_work(client, fake)
    mine = client.session_hash

    def child() -> bool:
        anew = client.predict("child", api_name="/echo") == "child"
        return anew and all(lost(job) for job in jobs) and client.session_hash != mine

    assert in_child(child)
    assert client.session_hash == mine
    assert all_end(jobs, fake)


def test_closing_in_the_child_harms_no_job_of_the_parent(client: Client, fake: FakeGradio) -> None:
    jobs = at_work(client, fake)
    view = client.new_session()

    def child() -> bool:
        view.close()
        client.close()
        return True

    assert in_child(child)
    assert all_end(jobs, fake)
    assert view.predict("x", api_name="/echo") == "x"


def test_threads_that_hold_locks_at_the_fork_do_not_stop_the_child(
    client: Client, fake: FakeGradio
) -> None:
    jobs = at_work(client, fake)
    private: Any = client
    runner, job = private._shared.runner, jobs[0]
    private_job: Any = job
    with held(runner.lock, private._shared.lock, private_job._changed, private_job._condition):
        assert in_child(lambda: lost(job) and client.predict("x", api_name="/echo") == "x")
    assert all_end(jobs, fake)


@contextmanager
def held(*locks: Any) -> Generator[None]:
    """Another thread holds these."""
    taken, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        for lock in locks:
            lock.acquire()
        taken.set()
        go_on.wait(PATIENCE)
        for lock in locks:
            lock.release()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(PATIENCE)
    try:
        yield
    finally:
        go_on.set()
        thread.join()


def test_the_processes_of_a_pool_have_clients_of_their_own(
    client: Client, fake: FakeGradio
) -> None:
    jobs = at_work(client, fake)
    CARRIED.append(client)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(echoed, "abcd").get(PATIENCE) == [*"abcd"]
    assert all_end(jobs, fake)


CARRIED: list[Client] = []


def echoed(text: str) -> Any:
    return CARRIED[-1].predict(text, api_name="/echo")

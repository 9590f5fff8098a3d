"""The job: a future, an iterator, an awaitable."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

import pytest

from gradio_client_httpx import AppError, Client, OutputUpdate, Status, StatusUpdate
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import PATIENCE, Gate
from tests.support.loopback import Connection, Request


def test_a_job_is_a_future(client: Client) -> None:
    jobs: dict[concurrent.futures.Future[Any], str]
    jobs = {client.submit(text, api_name="/echo"): text for text in "abc"}
    for job in concurrent.futures.as_completed(jobs, timeout=PATIENCE):
        assert job.result() == jobs[job]
    assert concurrent.futures.wait(jobs, timeout=PATIENCE).not_done == set()


def test_waiting_may_end_before_the_job(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")
    with pytest.raises(TimeoutError):
        job.result(timeout=0.01)
    assert job.running()
    fake.holds.until_blocking(lambda _: True)
    fake.holds[0].release()
    assert job.result(PATIENCE) == "slept 1"
    assert not job.running()


def test_a_cancelled_job_is_a_cancelled_future(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    assert job.cancel()
    assert job.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        job.result(PATIENCE)
    assert job.status().code is Status.CANCELLED
    assert list(job) == []


def test_a_job_that_is_over_cannot_be_cancelled(client: Client) -> None:
    job = client.submit("x", api_name="/echo")
    assert job.result(PATIENCE) == "x"
    assert not job.cancel()


def test_a_job_without_a_result_says_which_one_it_is(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    with pytest.raises(TimeoutError, match=r"<Job /slow \w+>: no result after 0.01 s"):
        job.result(0.01)
    job.cancel()
    with pytest.raises(concurrent.futures.CancelledError, match="<Job /slow CANCELLED>"):
        job.result(PATIENCE)


def test_a_failed_job_says_why_and_its_traceback_is_short(client: Client) -> None:
    job = client.submit("x", api_name="/fail")
    for _ in range(2):
        with pytest.raises(AppError) as caught:
            job.result(PATIENCE)
        assert len(caught.traceback) <= 2
    assert repr(job) == "<Job /fail FAILED: AppError('the guide says no to x')>"


def test_a_prompt_completes_the_methods_of_callers(client: Client) -> None:
    job = client.submit("x", api_name="/echo")
    job.result(PATIENCE)
    assert {name for name in dir(job) if not name.startswith("_")} == {
        *("add_done_callback", "cancel", "cancelled", "done", "exception", "outputs", "result"),
        *("running", "status", "updates"),
    }


def test_iterating_raises_the_error_after_the_outputs(client: Client) -> None:
    job = client.submit("x", api_name="/crash_late")
    outputs = iter(job)
    assert [next(outputs), next(outputs)] == ["x", "xx"]
    with pytest.raises(AppError, match="lost on the way: x"):
        next(outputs)
    assert isinstance(job.exception(PATIENCE), AppError)
    assert job.status().success is False


def test_each_iteration_begins_at_the_first_output(client: Client) -> None:
    job = client.submit(3, api_name="/count")
    assert next(job) == 0
    assert list(job) == [0, 1, 2] == list(job) == job.outputs()
    assert next(job) == 1


def test_the_status_says_what_the_server_said(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")
    assert job.status().time is not None
    fake.holds.until_blocking(lambda _: True)
    fake.holds[0].release()
    job.result(PATIENCE)
    codes = [update.code for update in job.updates() if isinstance(update, StatusUpdate)]
    assert codes[:3] == [Status.STARTING, Status.JOINING_QUEUE, Status.IN_QUEUE]
    assert codes[-1] is Status.FINISHED
    assert job.status().success


def test_a_job_is_starting_until_the_server_says_something(
    client: Client, fake: FakeGradio
) -> None:
    gate = Gate()

    async def join(request: Request, connection: Connection) -> None:
        await gate.passed()
        await answering(500)(request, connection)

    fake.instead("queue/join", join)
    job = client.submit("x", api_name="/echo")
    gate.reached.wait_blocking()
    assert job.status().code is Status.STARTING
    assert job.cancel()
    gate.open()
    assert job.status().code is Status.CANCELLED
    assert [update.code for update in job.updates() if isinstance(update, StatusUpdate)] == [
        Status.STARTING,
        Status.JOINING_QUEUE,
        Status.CANCELLED,
    ]


def test_progress_and_logs_are_updates(client: Client) -> None:
    updates = list(client.submit(2, api_name="/progress").updates())
    units = [u.progress_data[0] for u in updates if isinstance(u, StatusUpdate) and u.progress_data]
    assert [unit.index for unit in units] == [0, 0, 1, 2]
    updates = list(client.submit("x", api_name="/logs").updates())
    logs = [u.log for u in updates if isinstance(u, StatusUpdate) and u.log]
    assert [level for _, level in logs] == ["info", "warning", "success"]


def test_a_job_can_be_awaited(client: Client) -> None:
    async def main() -> object:
        return await client.submit("x", api_name="/echo")

    assert asyncio.run(main()) == "x"


def test_a_wrapped_job_is_cancelled_with_its_task(client: Client, fake: FakeGradio) -> None:
    job = client.submit(1, api_name="/slow")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(job), 0.05)

    asyncio.run(main())
    assert job.cancelled()


async def watched(client: Client, name: str, *args: object) -> list[StatusUpdate | OutputUpdate]:
    return [update async for update in client.submit(*args, api_name=name)]


def test_under_asyncio_a_job_gives_its_updates(client: Client) -> None:
    updates = asyncio.run(watched(client, "/count", 2))
    outputs = [update for update in updates if isinstance(update, OutputUpdate)]
    assert [output.outputs for output in outputs] == [0, 1, {"data": [1]}]
    assert [output.final for output in outputs] == [False, False, True]
    codes = [update.code for update in updates if isinstance(update, StatusUpdate)]
    assert codes[-3:] == [Status.ITERATING, Status.ITERATING, Status.FINISHED]
    assert updates[-1] is outputs[-1]


def test_under_asyncio_a_failure_is_the_final_output(client: Client) -> None:
    *_, last = asyncio.run(watched(client, "/fail", "x"))
    assert isinstance(last, OutputUpdate)
    assert (last.final, last.success) == (True, False)
    outputs: Any = last.outputs
    how = {"title": "Error", "duration": 10, "visible": True}
    assert outputs == {"error": "the guide says no to x", **how}


def test_a_loop_that_ends_early_harms_nothing(client: Client, fake: FakeGradio) -> None:
    job = client.submit(2, 1, api_name="/slow_count")

    async def main() -> None:
        async for update in job:
            if isinstance(update, OutputUpdate):
                return

    asyncio.run(main())
    for number in (1, 2):
        fake.holds.until_blocking(lambda _: True, number)
        fake.holds[number - 1].release()
    assert job.result(PATIENCE) == 1

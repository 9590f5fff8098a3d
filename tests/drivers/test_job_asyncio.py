"""A job under asyncio: awaited, run as a task, left, and waited for where that stops the loop."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import warnings
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from gradio_client_httpx import AppError, BlockingCallWarning, Client, Job, OutputUpdate, Status
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """What the coroutine returns, in time."""
    return asyncio.run(asyncio.wait_for(main, PATIENCE))


async def held(fake: FakeGradio, times: int = 1) -> None:
    """The server runs so many functions that hold."""
    await asyncio.to_thread(fake.holds.until_blocking, lambda _: True, times)


def test_a_job_is_awaited_again_and_again(client: Client) -> None:
    async def main() -> list[Any]:
        job = client.submit("x", api_name="/echo")
        return [await job, await job, await asyncio.create_task(job)]

    assert run(main()) == ["x", "x", "x"]


def test_tasks_are_made_of_jobs(client: Client) -> None:
    async def main() -> list[Any]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.submit(word, api_name="/echo")) for word in "ab"]
        first = asyncio.create_task(client.submit("c", api_name="/echo"), name="c")
        done, _ = await asyncio.wait([first])
        last = [await each for each in asyncio.as_completed([client.submit("d", api_name="/echo")])]
        return [*(task.result() for task in tasks), *(task.result() for task in done), *last]

    assert run(main()) == ["a", "b", "c", "d"]


def test_tasks_share_a_job(client: Client, fake: FakeGradio) -> None:
    async def main() -> list[Any]:
        job = client.submit(1, api_name="/slow")
        tasks = [asyncio.create_task(job) for _ in range(3)]
        await held(fake)
        fake.holds[0].release()
        return await asyncio.gather(*tasks, job, job)

    assert run(main()) == ["slept 1"] * 5


def test_a_task_of_a_failed_job_fails(client: Client) -> None:
    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(client.submit("x", api_name="/fail"))
        assert [type(error) for error in caught.value.exceptions] == [AppError]

    run(main())


def test_waiting_for_jobs_that_are_no_tasks_says_so_at_once(client: Client) -> None:
    async def main() -> None:
        job = client.submit("x", api_name="/echo")
        not_a_task: Any = job
        with pytest.raises(TypeError, match="use tasks explicitly"):
            await asyncio.wait([not_a_task, not_a_task])
        assert await job == "x"

    run(main())


def test_a_job_is_cancelled_with_the_task_that_is_made_of_it(
    client: Client, fake: FakeGradio
) -> None:
    async def main() -> None:
        waiting = client.submit(1, api_name="/slow")
        task = asyncio.create_task(waiting)
        await held(fake)
        task.cancel()
        unstarted = client.submit(1, api_name="/slow")
        never = asyncio.create_task(unstarted)
        never.cancel()
        assert (await asyncio.wait([task, never]))[1] == set()
        assert (task.cancelled(), waiting.cancelled()) == (True, True)
        assert (never.cancelled(), unstarted.cancelled()) == (True, True)

    run(main())


def test_another_error_that_is_thrown_in_leaves_the_job_alone(client: Client) -> None:
    job = client.submit("x", api_name="/echo")

    async def main() -> None:
        for thrown in (KeyError, KeyError("x"), (KeyError, KeyError("x"))):
            with pytest.raises(KeyError):
                job.throw(*thrown) if isinstance(thrown, tuple) else job.throw(thrown)
        assert await job == "x"

    run(main())


def test_a_job_runs_as_a_coroutine_in_tasks_only(client: Client) -> None:
    job = client.submit("x", api_name="/echo")

    async def main() -> Any:
        failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def called() -> None:
            try:
                job.send(None)
            except RuntimeError as error:
                failed.set_result(str(error))

        asyncio.get_running_loop().call_soon(called)
        return await failed

    assert "await the job" in run(main())


@pytest.mark.parametrize("left", ["async with", "with", "closing"])
def test_a_block_that_is_left_cancels_the_job(client: Client, fake: FakeGradio, left: str) -> None:
    async def first(job: Job) -> None:
        async for update in job:
            if isinstance(update, OutputUpdate):
                return

    async def main() -> Job:
        job = client.submit(2, 1, api_name="/slow_count")
        if left == "async with":
            async with job as entered:
                await first(entered)
        elif left == "with":
            with job as entered:
                await first(entered)
        else:
            with contextlib.closing(job):
                await first(job)
        return job

    job = run(main())
    assert (job.cancelled(), job.status().code) == (True, Status.CANCELLED)


def test_a_block_leaves_a_job_that_is_over_as_it_is(client: Client) -> None:
    with client.submit("x", api_name="/echo") as job:
        assert job.result(PATIENCE) == "x"
    assert job.status().code is Status.FINISHED


CALLS: dict[str, Callable[[Client, Job], object]] = {
    "predict()": lambda client, _: client.predict("x", api_name="/echo"),
    "Job.result()": lambda _, job: job.result(),
    "Job.exception()": lambda _, job: job.exception(),
    "iterating a job": lambda _, job: list(job),
    "Job.updates()": lambda _, job: list(job.updates()),
    "making a Client": lambda client, _: Client(client.src, verbose=False),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_call_that_stops_the_loop_says_so_before(
    client: Client, fake: FakeGradio, what: str
) -> None:
    job = client.submit(1, api_name="/slow")

    async def main() -> None:
        await held(fake)
        before = len(fake.requests("config")), len(fake.requests("queue/join"))
        with pytest.raises(BlockingCallWarning) as caught:
            CALLS[what](client, job)
        assert str(caught.value).startswith(f"{what} blocks this thread's event loop")
        assert "await" in str(caught.value) or "async for" in str(caught.value)
        assert before == (len(fake.requests("config")), len(fake.requests("queue/join")))

    run(main())
    job.cancel()


def test_the_warning_names_the_callers_line(client: Client) -> None:
    async def main() -> str:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            for _ in range(2):
                client.predict("x", api_name="/echo")
        (warning,) = caught
        return warning.filename

    assert run(main()) == __file__


def test_what_does_not_wait_is_no_reason_to_warn(client: Client, fake: FakeGradio) -> None:
    async def main() -> list[Any]:
        job = client.submit("x", api_name="/echo")
        await job
        slow = client.submit(1, api_name="/slow")
        await held(fake)
        with slow, pytest.raises(TimeoutError):
            slow.result(timeout=0)
        return [job.result(), job.exception(), list(job), len(list(job.updates())) > 0]

    assert run(main()) == ["x", None, ["x"], True]


@pytest.mark.parametrize("is_notebook", [True, False])
def test_a_notebook_may_stop_its_loop(
    client: Client, monkeypatch: pytest.MonkeyPatch, *, is_notebook: bool
) -> None:
    shell = object() if is_notebook else None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    async def main() -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            said = client.predict("x", api_name="/echo")
        return said, [warning.category for warning in caught]

    assert run(main()) == ("x", [] if is_notebook else [BlockingCallWarning])

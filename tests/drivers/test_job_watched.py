"""A job that is watched: by several at once, from anywhere, without missing anything."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx import AppError, Client, Job, OutputUpdate, Status, StatusUpdate
from tests.support.fake.functions import ALL_FUNCTIONS, Call, Function, Part
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE, Gate, Ledger

Update = StatusUpdate | OutputUpdate


async def tell(call: Call) -> AsyncGenerator[list[Any], None]:
    """All that a job can say, a file in and a file out."""
    for number in range(3):
        call.say("progress", [{"index": number, "length": 3, "unit": "steps", "desc": "on"}])
        call.say("info", f"log {number}")
        await call.hold()
        marked = {"meta": {"_type": "gradio.FileData"}}
        yield [call.store(f"{number}.txt", b"%d" % number) | marked]


TELL = Function(
    name="tell",
    inputs=(Part(type="file", label="Upload", name="upload"),),
    outputs=(Part(type="file", label="Download"),),
    generator=tell,
)


@pytest.fixture
def fake() -> FakeGradio:
    return FakeGradio("6.31.0", [*ALL_FUNCTIONS, TELL])


def let_go(fake: FakeGradio, count: int) -> None:
    for number in range(count):
        fake.holds.until_blocking(lambda _: True, number + 1)
        fake.holds[number].release()


def shown(updates: Iterable[Update]) -> list[str]:
    """What the updates say, shortly."""
    said: list[str] = []
    for update in updates:
        if isinstance(update, OutputUpdate):
            said.append(Path(str(update.outputs[0])).read_text())
        elif update.transferred:
            said.append("up" if update.transferred.upload else "down")
        elif update.log and update.code is Status.LOG:
            said.append(update.log[0])
        elif update.progress_data and update.code is Status.PROGRESS:
            said.append(f"step {update.progress_data[0].index}")
        else:
            said.append(update.code.name)
    return said


def test_updates_miss_nothing_whenever_they_are_read(client: Client, fake: FakeGradio) -> None:
    job = client.submit(b"x" * 100_000, api_name="/tell")
    with ThreadPoolExecutor() as pool:
        early = [pool.submit(lambda: shown(job.updates())) for _ in range(4)]
        let_go(fake, 3)
        seen = [one.result(PATIENCE) for one in early]
    assert seen == [shown(job.updates())] * 4
    told = [said for n in range(3) for said in (f"step {n}", f"log {n}", "down", "ITERATING", n)]
    before = ["STARTING", "up", "JOINING_QUEUE", "IN_QUEUE", "PROCESSING"]
    assert [said for said, _ in groupby(seen[0])] == [*before, *map(str, told), "FINISHED"]


def test_each_of_several_iterators_gives_all_outputs(client: Client, fake: FakeGradio) -> None:
    job = client.submit(3, 1, api_name="/slow_count")
    first, second = iter(job), iter(job)
    assert (next(first), next(second), next(job)) == (0, 0, 0)
    with ThreadPoolExecutor(8) as pool:
        apart = [pool.submit(list[Any], job) for _ in range(8)]
        let_go(fake, 3)
        assert [one.result(PATIENCE) for one in apart] == [[0, 1, 2]] * 8
    assert [*first] == [*second] == [1, 2]


def test_threads_that_share_a_job_share_its_outputs(client: Client) -> None:
    job = client.submit(200, api_name="/count")

    def taken() -> list[Any]:
        found: list[Any] = []
        for _ in range(25):
            found.append(next(job))  # noqa: PERF401 - one at a time is the point
        return found

    with ThreadPoolExecutor(8) as pool:
        apart = [pool.submit(taken) for _ in range(8)]
        found = [output for one in apart for output in one.result(PATIENCE)]
    assert sorted(found) == [*range(200)]
    with pytest.raises(StopIteration):
        next(job)


def test_every_iterator_ends_with_the_error(client: Client) -> None:
    job = client.submit("x", api_name="/crash_late")
    for watched in (iter(job), iter(job), job):
        assert [next(watched), next(watched)] == ["x", "xx"]
        with pytest.raises(AppError) as caught:
            next(watched)
        assert caught.value is job.exception(PATIENCE)


def test_a_failed_job_is_a_failed_future(client: Client) -> None:
    jobs: list[Future[Any]] = [
        client.submit("x", api_name="/fail"),
        client.submit(1, api_name="/slow"),
    ]
    done, others = concurrent.futures.wait(jobs, PATIENCE, concurrent.futures.FIRST_EXCEPTION)
    assert done == {jobs[0]}
    assert others == {jobs[1]}
    assert isinstance(jobs[0].exception(), AppError)
    assert not jobs[0].cancelled()
    assert not jobs[0].cancel()
    assert jobs[1].cancel()
    assert not concurrent.futures.wait(jobs, PATIENCE).not_done
    with pytest.raises(concurrent.futures.CancelledError):
        jobs[1].exception(PATIENCE)


def test_callbacks_are_called_in_order_also_after_the_end(client: Client) -> None:
    said: Ledger[tuple[int, Any]] = Ledger("callbacks")

    def given(text: str) -> None:
        said.append((0, text))

    def told(number: int, job: Future[Any]) -> None:
        said.append((number, job.result()))

    job = client.submit("x", api_name="/echo", result_callbacks=given)
    for number in (1, 2):
        job.add_done_callback(partial(told, number))
    said.until_blocking(lambda _: True, 3)
    job.add_done_callback(partial(told, 3))
    assert said.items == ((0, "x"), (1, "x"), (2, "x"), (3, "x"))


def test_a_wrapped_job_has_the_result_and_the_error(client: Client) -> None:
    async def main() -> None:
        good, bad = client.submit("x", api_name="/echo"), client.submit("x", api_name="/fail")
        assert await asyncio.wrap_future(good) == "x"
        with pytest.raises(AppError, match="no to x"):
            await asyncio.wrap_future(bad)
        assert [await good, await good] == ["x", "x"]
        with pytest.raises(AppError, match="no to x"):
            await bad

    asyncio.run(main())


def test_tasks_that_watch_one_job_each_see_all_of_it(client: Client, fake: FakeGradio) -> None:
    async def watched(job: Job) -> list[Any]:
        return [u.outputs async for u in job if isinstance(u, OutputUpdate)]

    async def main() -> list[list[Any]]:
        job = client.submit(3, 1, api_name="/slow_count")
        tasks = [asyncio.create_task(watched(job)) for _ in range(3)]
        await asyncio.to_thread(let_go, fake, 3)
        return await asyncio.wait_for(asyncio.gather(*tasks, watched(job)), PATIENCE)

    assert asyncio.run(main()) == [[0, 1, 2, {"data": [2]}]] * 4


def test_a_job_is_watched_from_a_loop_that_did_not_begin_it(client: Client) -> None:
    job = client.submit(3, api_name="/count")

    async def watched() -> Any:
        return [u async for u in job][-1], await job

    last, result = asyncio.run(watched())
    assert (last.final, result) == (True, 2)


def test_waiting_for_a_cancelled_job_under_asyncio_says_so(
    client: Client, fake: FakeGradio
) -> None:
    async def main() -> list[Any]:
        job = client.submit(1, api_name="/slow")
        waiting = asyncio.ensure_future(job)
        await asyncio.to_thread(fake.holds.until_blocking, lambda _: True)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return [update async for update in job]

    updates = asyncio.run(main())
    assert updates[-1].code is Status.CANCELLED


def test_a_job_is_cancelled_for_all_before_the_server_is_told(
    client: Client, fake: FakeGradio
) -> None:
    job = client.submit(1, api_name="/slow")
    fake.holds.until_blocking(lambda _: True)
    fake.reply_gates["cancel"] = gate = Gate("the reply to the cancel")
    assert job.cancel()
    assert job.cancelled()
    gate.reached.wait_blocking()
    gate.open()

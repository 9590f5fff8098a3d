"""The asyncio client cancelled at every await, and what the server is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx import AsyncClient, JobCancelled
from tests.drivers.asyncio_rig import asked, held, in_loop, made, others_ended, reached, rig, until
from tests.support.gradio_server import FakeGradio
from tests.support.latch import Gate, Latch
from tests.support.loopback import Connection, Request, threaded

VERSIONS = ["3.50.2", "4.7.1", "4.44.1", "6.31.0"]


class Steps:
    """Awaits something, and cancels the task that does so when it waits for the nth time."""

    def __init__(self, work: Awaitable[object], number: int) -> None:
        self._work = work
        self._left = number

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        error: BaseException | None = None
        while True:
            try:
                waiting = next(steps) if error is None else steps.throw(error)
            except StopIteration:
                return
            error = None
            self._left -= 1
            if self._left == 0:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                yield waiting
            except BaseException as raised:  # noqa: BLE001 - it belongs to the work
                error = raised


async def cancelled_at(number: int, work: Coroutine[Any, Any, object]) -> bool:
    """Whether the work was cancelled at its nth wait; False: it has fewer."""

    async def stepped() -> None:
        await Steps(work, number)

    task = asyncio.create_task(stepped())
    await asyncio.wait((task,))
    if not task.cancelled():
        task.result()
    return task.cancelled()


async def predicting(client: AsyncClient) -> None:
    assert await client.predict("hello", api_name="/echo") == "hello"


async def awaiting(client: AsyncClient) -> None:
    assert await client.submit("hello", api_name="/echo") == "hello"


async def iterating(client: AsyncClient) -> None:
    assert [output async for output in client.submit(3, api_name="/count")] == [0, 1, 2]


async def updating(client: AsyncClient) -> None:
    assert [update async for update in client.submit(1, api_name="/count").updates()]


async def sending_files(client: AsyncClient) -> None:
    assert await client.predict(b"abc", api_name="/file")


async def visiting(client: AsyncClient) -> None:
    async with client.new_session() as other:
        await predicting(other)


async def being_isolated(client: AsyncClient) -> None:
    await predicting(client.with_options(isolated=True))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "work", [predicting, awaiting, iterating, updating, sending_files, visiting, being_isolated]
)
@in_loop
async def test_cancelled_at_any_await_a_client_stays_usable(
    work: Callable[[AsyncClient], Coroutine[Any, Any, None]], version: str, tmp_path: Path
) -> None:
    async with rig(FakeGradio(version), download_files=tmp_path) as (client, _):
        number = 1
        while await cancelled_at(number, work(client)):
            await predicting(client)
            number += 1
    assert number > 1
    left = [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")]  # noqa: ASYNC240
    assert left == []


@pytest.mark.parametrize("version", VERSIONS)
@in_loop
async def test_cancelled_at_any_await_a_block_leaves_nothing_behind(version: str) -> None:
    over, number = False, 0
    with threaded(FakeGradio(version)) as server:
        while not over:
            number += 1
            client = made(server.url)

            async def block(client: AsyncClient = client) -> None:
                async with client:
                    client.submit(9, api_name="/count")
                    await predicting(client)

            over = not await cancelled_at(number, block())
            await client.aclose()
            assert asyncio.all_tasks() == {asyncio.current_task()}
    assert number > 2


# --- what the server is told ---------------------------------------------------------------------


@in_loop
async def test_a_cancelled_predict_tells_the_server_and_harms_no_other_job() -> None:
    async with rig() as (client, fake):
        other = client.submit(3, 1, api_name="/slow_count")
        (other_hold,) = await held(fake)
        call = asyncio.create_task(client.predict(1, api_name="/slow"))
        await held(fake, 2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        (told,) = await asked(fake, "cancel")
        assert told.json()["event_id"] == fake.holds[1].event_id
        assert await client.predict("x", api_name="/echo") == "x"
        other_hold.release()
        assert await anext(other) == 0


@in_loop
async def test_a_deadline_and_a_task_group_cancel_a_predict_as_well() -> None:
    async with rig() as (client, fake):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await client.predict(1, api_name="/slow")

        async def fail() -> None:
            await held(fake)
            raise ZeroDivisionError

        with pytest.RaisesGroup(ZeroDivisionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(client.predict(1, api_name="/slow"))
                group.create_task(fail())
        assert await asked(fake, "cancel")
        assert await client.predict("x", api_name="/echo") == "x"


@in_loop
async def test_a_cancelled_await_cancels_the_job_and_other_waits_do_not() -> None:
    async with rig() as (client, fake):
        job = client.submit(1, api_name="/slow")
        (hold,) = await held(fake)

        async def iterate() -> None:
            await anext(job)

        for wait in (job.result(), job.exception(), iterate(), anext_update(job.updates())):
            assert await cancelled_at(1, wait)
            assert job.running()
        hold.release()
        assert await job == "slept 1"

        job = client.submit(1, api_name="/slow")
        await held(fake, 2)

        async def wait_for_it() -> None:
            await job

        assert await cancelled_at(1, wait_for_it())
        assert job.cancelled()


async def anext_update(updates: Any) -> None:
    """Wait for the end of an iteration."""
    async for _ in updates:
        pass


@in_loop
async def test_a_gathered_job_that_is_given_up_is_cancelled() -> None:
    async with rig() as (client, fake):
        jobs = [client.submit(1, api_name="/slow") for _ in range(3)]
        await held(fake, 3)
        together = asyncio.gather(*jobs)
        await asyncio.sleep(0)
        together.cancel()
        with pytest.raises(asyncio.CancelledError):
            await together
        assert all(job.cancelled() for job in jobs)


@in_loop
async def test_a_loop_that_is_left_leaves_the_job_and_a_block_cancels_it() -> None:
    async with rig() as (client, _):
        async with client.submit(2, 1, api_name="/slow_count") as job:
            async for _ in job:
                break
            assert job.running()
        assert job.cancelled()
        with pytest.raises(JobCancelled):
            await job
        async with client.submit("x", api_name="/echo") as job:
            assert await job == "x"
        assert not job.cancelled()
        assert not job.cancel()


@in_loop
async def test_a_join_in_flight_is_finished_and_then_cancelled_by_its_id() -> None:
    async with rig() as (client, fake):
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit(1, api_name="/slow")
        await reached(gate)
        assert job.cancel()
        with pytest.raises(JobCancelled):
            await job
        gate.open()
        (hold,) = await held(fake)
        (told,) = await asked(fake, "cancel")
        assert told.json()["event_id"] == hold.event_id


@in_loop
async def test_a_job_that_is_cancelled_at_once_is_never_sent() -> None:
    async with rig() as (client, fake):
        for _ in range(3):
            assert client.submit(1, api_name="/slow").cancel()
        assert await client.predict("x", api_name="/echo") == "x"
        assert len(fake.requests("queue/join")) == 1


@in_loop
async def test_leaving_the_block_hangs_up_on_the_server() -> None:
    fake = FakeGradio()
    async with rig(fake) as (client, _):
        job = client.submit(9, 1, api_name="/slow_count")
        assert await anext(job) == 0
        await client.aclose()
        await until(fake.streams, lambda stream: stream[0] == "dropped")
        assert not fake.requests("cancel")
        fake.holds[0].release()


@in_loop
async def test_a_server_that_does_not_answer_is_left_after_the_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(_: Request, connection: Connection) -> None:
        await connection.gone()

    monkeypatch.setattr("gradio_client_httpx.aio.runner.GRACE", 0.01)
    fake = FakeGradio()
    with threaded(fake) as server:
        async with made(server.url) as client:
            fake.instead("queue/join", silent)
            job = client.submit("x", api_name="/echo")
            await asked(fake, "queue/join")
        assert job.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}


@in_loop
async def test_tasks_that_somebody_else_cancels_end_their_jobs_and_do_not_delay_the_end() -> None:
    async with rig() as (client, fake):
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit(1, api_name="/slow")
        await reached(gate)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await others_ended()
        with pytest.raises(JobCancelled, match="the client was closed"):
            await job
        await client.aclose()
        gate.open()


@in_loop
async def test_an_upload_is_given_up_at_once(tmp_path: Path) -> None:
    came, left = Latch("the upload"), Latch("its end")

    async def hesitating(_: Request, connection: Connection) -> None:
        came.set()
        await connection.gone()
        left.set()

    given = tmp_path / "given"
    given.write_bytes(b"abc" * 100_000)
    async with rig() as (client, fake):
        fake.instead("upload", hesitating)
        job = client.submit(given, api_name="/file")
        await asyncio.to_thread(came.wait_blocking)
        assert job.cancel()
        await asyncio.to_thread(left.wait_blocking)
        assert not fake.requests("queue/join")

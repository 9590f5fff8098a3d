"""The trio driver and what its users do to it: they block, cancel, interrupt, and just leave."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import trio
import trio.testing

from gradio_client_trio import Client, InvalidArguments, Job, JobCancelled, StreamLost
from gradio_client_trio.perform import PartialFile
from gradio_client_trio.runner import GRACE
from tests.drivers.trio_rig import in_memory, made, rig
from tests.support.fake.functions import ALL_FUNCTIONS, Call
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Connection, Request, threaded

MANY = 500
FUNCTIONS = [function.limited(MANY) for function in ALL_FUNCTIONS]


async def nap(call: Call) -> list[Any]:
    await trio.sleep(call.data[0])
    return ["rested"]


NAPPING = [replace(function, plain=nap) for function in ALL_FUNCTIONS if function.name == "slow"]
"An app whose function takes as long as it is told to."


async def silent(_: Request, connection: Connection) -> None:
    await connection.gone()


# --- cancelling ----------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_predict_that_nobody_waits_for_is_never_sent() -> None:
    async with rig() as (client, fake):
        for _ in range(3):
            with trio.move_on_after(0) as scope:
                await client.predict(1, api_name="/slow")
            assert scope.cancelled_caught
            await trio.testing.wait_all_tasks_blocked()
        assert not fake.requests("queue/join")
        assert await client.predict("x", api_name="/echo") == "x"


@pytest.mark.trio
async def test_a_cancelled_join_that_is_not_answered_takes_no_other_job_s_place(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio()
    fake.instead("queue/join", silent)
    async with in_memory(monkeypatch, fake, max_workers=1) as (client, _), client:
        with trio.move_on_after(1) as scope:
            await client.predict("never", api_name="/echo")
        assert trio.current_time() == scope.deadline
        assert await client.predict("x", api_name="/echo") == "x"
        assert trio.current_time() == scope.deadline


@pytest.mark.trio
async def test_many_predicts_that_are_cancelled_together_leave_the_client_as_it_was(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio(functions=FUNCTIONS)
    async with in_memory(monkeypatch, fake, max_workers=MANY) as (client, _), client:
        async with trio.open_nursery() as nursery:
            for _ in range(MANY):
                nursery.start_soon(predicting_slowly, client)
            await fake.holds.until(lambda _: True, MANY)
            nursery.cancel_scope.cancel()
        assert await client.predict("x", api_name="/echo") == "x"


async def predicting_slowly(client: Client) -> None:
    await client.predict(1, api_name="/slow")


@pytest.mark.trio
async def test_a_block_of_many_jobs_that_is_cancelled_from_outside_is_left_in_time(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio(functions=FUNCTIONS)
    async with in_memory(monkeypatch, fake, max_workers=MANY) as (client, memory):
        jobs: list[Job] = []
        with trio.move_on_after(10) as outer:
            async with client:
                jobs += [client.submit(1, api_name="/slow") for _ in range(MANY)]
                await trio.sleep_forever()
        assert trio.current_time() == outer.deadline
        assert len(fake.holds) == MANY
        assert all(job.cancelled() for job in jobs)
        await memory.all_closed()


@pytest.mark.trio
async def test_a_job_that_is_cancelled_while_it_is_iterated_ends_the_iteration() -> None:
    async with rig() as (client, fake):
        job = client.submit(9, 1, api_name="/slow_count")
        outputs: list[int] = []
        async for output in job:
            outputs.append(output)
            (*_, hold) = await fake.holds.until(lambda _: True, len(outputs))
            if output == 2:
                assert job.cancel()
            hold.release()
        assert outputs == [0, 1, 2]


@pytest.mark.trio
async def test_who_else_uses_the_client_is_not_cancelled_along() -> None:
    async with rig() as (client, fake):
        other = client.submit(1, api_name="/slow")
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(predicting_slowly, client)
                await fake.holds.until(lambda _: True, 2)
                scope.cancel()
        assert fake.holds[0].event_id != fake.holds[1].event_id
        for hold in fake.holds:
            hold.release()
        assert await other.result() == "slept 1"


@pytest.mark.trio
async def test_a_job_outlives_the_task_that_submitted_it() -> None:
    async with rig() as (client, _):
        jobs: list[Any] = []

        async def submit() -> None:
            jobs.append(client.submit("x", api_name="/echo"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
        assert await jobs[0].result() == "x"


# --- failing -------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_bug_that_a_stream_brings_to_light_ends_its_jobs_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def feed(*_: Any) -> None:
        raise ZeroDivisionError

    async with rig() as (client, _):
        with monkeypatch.context() as broken:
            broken.setattr("gradio_protocol.jobs.event_stream.StreamReader.feed", feed)
            with pytest.raises(StreamLost, match="ZeroDivisionError"):
                await client.predict("x", api_name="/echo")
        assert await client.predict("x", api_name="/echo") == "x"


@pytest.mark.trio
async def test_a_machine_without_threads_fails_the_job_that_needs_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given.txt"
    given.write_bytes(b"abc")

    async def exhausted(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    async with rig() as (client, fake):
        with monkeypatch.context() as broken:
            broken.setattr("trio.to_thread.run_sync", exhausted)
            with pytest.raises(RuntimeError, match="new thread"):
                await client.predict(given, api_name="/file")
            assert await client.predict("x", api_name="/echo") == "x"
        assert await client.predict(given, api_name="/file")
        assert len(fake.requests("queue/join")) == 2


# --- leaving -------------------------------------------------------------------------------------


@pytest.mark.trio
@pytest.mark.parametrize("version", ["4.7.1", "4.44.1", "6.31.0"])
async def test_a_server_that_is_silent_when_the_block_ends_is_left_at_once(
    version: str, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio(version, functions=FUNCTIONS)
    async with in_memory(monkeypatch, fake) as (client, memory):
        async with client:
            jobs = [client.submit(1, api_name="/slow") for _ in range(10)]
            await fake.holds.until(lambda _: True, 10)
            await trio.testing.wait_all_tasks_blocked()  # no join is in flight
            for route in ("cancel", "reset", "queue/join", "queue/data"):
                fake.instead(route, silent, times=100)
            started = trio.current_time()
        assert trio.current_time() == started
        assert all(job.cancelled() for job in jobs)
        await memory.all_closed()


@pytest.mark.trio
async def test_a_question_after_the_app_that_is_not_answered_does_not_keep_the_block(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio()
    async with in_memory(monkeypatch, fake, stream_idle_timeout=5) as (client, memory):
        async with client:
            job = client.submit(1, api_name="/slow")
            await fake.holds.until(lambda _: True)
            fake.instead("app_id", silent, times=100)
            await fake.seen.until(lambda seen: seen[0] == "app_id")
            started = trio.current_time()
        assert trio.current_time() == started
        assert job.cancelled()
        await memory.all_closed()


@pytest.mark.trio
async def test_a_job_outlasts_a_day_of_silence_while_its_app_is_there(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio(functions=NAPPING)
    async with in_memory(monkeypatch, fake) as (client, _), client:
        assert await client.predict(86_400, api_name="/slow") == "rested"
    assert [what for what, _ in fake.streams].count("opened") == 1
    asked = len(fake.requests("app_id"))
    assert 86_400 / (90 * 17 / 16) - 1 <= asked <= 86_400 / 90


@pytest.mark.trio
async def test_a_silent_stream_whose_app_answers_nothing_is_lost_in_bounded_time(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio(functions=NAPPING)
    fake.instead("app_id", silent, times=4)
    async with in_memory(monkeypatch, fake) as (client, _), client:
        with pytest.raises(StreamLost, match="did not answer 4 requests for its id"):
            await client.predict(86_400, api_name="/slow")
        assert 90 + 4 * 15 < trio.current_time() < 90 * 17 / 16 + 4 * 15 + 8


@pytest.mark.trio
async def test_a_stream_is_never_asked_after_if_the_caller_wants_it_so(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio(functions=NAPPING)
    async with in_memory(monkeypatch, fake, stream_idle_timeout=inf) as (client, _), client:
        assert await client.predict(86_400, api_name="/slow") == "rested"
    assert fake.requests("app_id") == []


@pytest.mark.trio
async def test_a_cancel_that_is_not_answered_does_not_keep_the_block_for_longer_than_the_grace(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio()
    fake.instead("cancel", silent)
    async with in_memory(monkeypatch, fake) as (client, memory):
        async with client:
            job = client.submit(1, api_name="/slow")
            await fake.holds.until(lambda _: True)
            job.cancel()
            await fake.seen.until(lambda seen: seen[0] == "cancel")
            started = trio.current_time()
        assert trio.current_time() - started <= GRACE
        await memory.all_closed()


@pytest.mark.trio
@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3)])
async def test_what_the_block_raises_while_streams_are_open_leaves_it_alone(
    error: BaseException, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio()
    async with in_memory(monkeypatch, fake) as (client, memory):
        living = trio.lowlevel.current_statistics().tasks_living
        with pytest.raises(type(error)) as caught:
            await raising(error, client, fake)
        assert caught.value is error
        await memory.all_closed()
        for hold in fake.holds:
            hold.release()
        await trio.testing.wait_all_tasks_blocked()
        assert trio.lowlevel.current_statistics().tasks_living == living


async def raising(error: BaseException, unopened: Client, fake: FakeGradio) -> None:
    async with unopened as client:
        jobs = [client.new_session().submit(9, 1, api_name="/slow_count") for _ in range(3)]
        client.submit("x", api_name="/fail")
        for job in jobs:
            assert await anext(job) == 0
        raise error


@pytest.mark.trio
async def test_an_error_of_a_task_beside_the_client_is_the_only_one_in_its_group() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async with rig() as (client, _):
        with pytest.RaisesGroup(ZeroDivisionError):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(predicting_slowly, client)
                nursery.start_soon(fail)


@pytest.mark.trio
async def test_nothing_can_be_asked_of_a_client_that_was_left() -> None:
    async with rig() as (client, _):
        job = client.submit(1, api_name="/slow")
        await client.aclose()
        with pytest.raises(InvalidArguments, match="closed"):
            await client.predict("x", api_name="/echo")
        with pytest.raises(JobCancelled):
            await job.result()
        # What is known can be looked at.
        assert len(client.endpoints) > 1
        assert client.view_api(print_info=False, return_format="dict")


# --- interrupting --------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 1000])
@pytest.mark.parametrize(
    "where",
    ["runner.Runner.obey", "runner.Runner._report_data", "job.Job.notify", "pool.Pool.take"],
)
def test_an_interrupt_is_no_group_whatever_runs_when_it_comes(
    where: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(url: str) -> None:
        async with made(url) as client:
            press(monkeypatch, where, times)
            while True:
                await client.predict("x", api_name="/echo")

    with threaded(FakeGradio()) as server, pytest.raises(KeyboardInterrupt):
        trio.run(main, server.url)


@pytest.mark.parametrize("times", [1, 1000])
@pytest.mark.parametrize("where", ["runner.Runner.obey", "runner.Runner._notify"])
def test_an_interrupt_while_the_block_is_left_leaves_nothing_behind(
    where: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(url: str) -> None:
        async with made(url) as client:
            job = client.submit(9, 1, api_name="/slow_count")
            assert await anext(job) == 0
            press(monkeypatch, where, times)

    with threaded(FakeGradio()) as server, pytest.raises(KeyboardInterrupt):
        trio.run(main, server.url)


def press(monkeypatch: pytest.MonkeyPatch, where: str, times: int) -> None:
    """Press Ctrl-C before each of the next calls of a function."""
    name = f"gradio_client_trio.{where}"
    whole: Callable[..., Any] = resolve_name(name)
    left = iter(range(times))

    def pressed(*args: Any, **kwargs: Any) -> Any:
        if next(left, None) is not None:
            signal.raise_signal(signal.SIGINT)
        return whole(*args, **kwargs)

    monkeypatch.setattr(name, pressed)


def test_a_callback_can_be_interrupted_where_it_stands() -> None:
    stopped: list[str] = []

    def endless(_: Any) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            stopped.append("too late")
        except KeyboardInterrupt:
            stopped.append("there")
            raise

    with threaded(FakeGradio()) as server, pytest.raises(KeyboardInterrupt):
        trio.run(waiting, made(server.url), endless)
    assert stopped == ["there"]


@pytest.mark.trio
async def test_a_callback_that_ends_the_program_ends_it_without_a_group() -> None:
    def leave(_: Any) -> None:
        raise SystemExit(3)

    with threaded(FakeGradio()) as server, pytest.raises(SystemExit):
        await waiting(made(server.url), leave)


async def waiting(unopened: Client, callback: Callable[[Any], None]) -> None:
    async with unopened as client:
        client.submit("x", api_name="/echo", result_callbacks=callback)
        await trio.sleep_forever()


# --- blocking ------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_program_that_blocks_longer_than_any_deadline_loses_nothing(
    mock_clock: trio.testing.MockClock,
) -> None:
    fake = FakeGradio()
    with threaded(fake) as server:
        async with made(server.url) as client:
            job = client.submit(1, api_name="/slow")
            (hold,) = await fake.holds.until(lambda _: True)
            await trio.testing.wait_all_tasks_blocked()
            server.soon(hold.release)
            fake.ended.until_blocking(lambda _: True)
            fake.streams.until_blocking(lambda seen: seen[0] == "finished")
            mock_clock.jump(1000)  # as long as that it stood in those two lines
            assert await job.result() == "slept 1"
            assert await client.predict("x", api_name="/echo") == "x"


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.trio
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
async def test_a_file_that_nobody_waits_for_any_more_is_read_no_further(tmp_path: Path) -> None:
    given, broken = tmp_path / "endless", threading.Event()
    os.mkfifo(given)

    def write() -> None:
        with given.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(2**16))
                    begun.set()
            except BrokenPipeError:
                broken.set()

    begun = threading.Event()
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    async with rig() as (client, fake):
        job = client.submit(given, api_name="/file")
        assert await trio.to_thread.run_sync(begun.wait, PATIENCE)
        assert job.cancel()
        assert await trio.to_thread.run_sync(broken.wait, PATIENCE)
        assert not fake.requests("queue/join")


@pytest.mark.trio
async def test_a_slow_disk_delays_no_other_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, come, go = tmp_path / "given.txt", threading.Event(), threading.Event()
    given.write_bytes(b"abc")
    monkeypatch.setattr("gradio_client_trio.perform.inspect", held(come, go))
    async with rig() as (client, _):
        job = client.submit(given, api_name="/file")
        assert await trio.to_thread.run_sync(come.wait, PATIENCE)
        assert await client.predict("x", api_name="/echo") == "x"
        go.set()
        assert await job.result()


def held(come: threading.Event, go: threading.Event) -> Callable[[Any], Any]:
    """`inspect`, when it is let."""
    from gradio_client_trio.perform import inspect

    def wait(action: Any) -> Any:
        come.set()
        assert go.wait(PATIENCE)
        return inspect(action)

    return wait


@pytest.mark.trio
async def test_without_sockets_a_file_is_kept_without_a_thread_and_in_no_time(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    threads: list[int] = []
    add = PartialFile.add

    def seen(file: PartialFile, chunk: bytes) -> None:
        threads.append(threading.get_ident())
        add(file, chunk)

    monkeypatch.setattr(PartialFile, "add", seen)
    async with in_memory(monkeypatch, FakeGradio(), download_files=tmp_path) as (client, _), client:
        began = trio.current_time()
        kept = await client.predict(b"abc", api_name="/file")
        assert trio.current_time() == began
    assert tmp_path in Path(kept).parents
    assert threads == [threading.get_ident()]


# --- one thing at each of its steps --------------------------------------------------------------

LONGEST = 1000
"More steps than any job has: a job that always had one more would be tried for ever."


class AtAnyStep(trio.abc.Instrument):
    """Calls something when any task at all has come to rest for the nth time."""

    def __init__(self, number: int, call: Callable[[], object]) -> None:
        self._left = number
        self._call = call

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        self._left -= 1
        if self._left == 0:
            self._call()

    @property
    def called(self) -> bool:
        return self._left <= 0


async def with_call(number: int, call: Callable[[], object], work: Awaitable[object]) -> bool:
    """Do some work; whether it was long enough for the call to be made."""
    instrument = AtAnyStep(number, call)
    trio.lowlevel.add_instrument(instrument)
    try:
        await work
    finally:
        trio.lowlevel.remove_instrument(instrument)
    return instrument.called


@pytest.mark.trio
@pytest.mark.parametrize("version", ["3.50.2", "4.7.1", "4.44.1", "6.31.0"])
async def test_a_job_can_be_cancelled_at_any_moment_of_its_life(
    version: str,
    autojump_clock: trio.testing.MockClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fake = FakeGradio(version, functions=FUNCTIONS)
    async with in_memory(monkeypatch, fake, download_files=tmp_path) as (client, _), client:
        number, called = 1, True
        while called and number < LONGEST:
            job = client.submit(b"abc", api_name="/file")
            called = await with_call(number, job.cancel, job.exception())
            assert job.done()
            assert await client.predict("x", api_name="/echo") == "x"
            number += 1
        assert 10 < number < LONGEST
    assert partial_files(tmp_path) == []


@pytest.mark.trio
@pytest.mark.parametrize("version", ["3.50.2", "4.7.1", "4.44.1", "6.31.0"])
async def test_a_client_can_be_closed_at_any_moment_of_a_job(
    version: str,
    autojump_clock: trio.testing.MockClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    number, called = 1, True
    while called and number < LONGEST:
        fake = FakeGradio(version, functions=FUNCTIONS)
        async with in_memory(monkeypatch, fake, download_files=tmp_path) as (client, memory):
            before = trio.lowlevel.current_statistics().tasks_living
            async with client, trio.open_nursery() as nursery:

                def close(c: Client = client, n: trio.Nursery = nursery) -> None:
                    n.start_soon(c.aclose)

                job = client.submit(b"abc", api_name="/file")
                called = await with_call(number, close, job.exception())
                number += 1
            assert job.done()
            await memory.all_closed()
            await trio.testing.wait_all_tasks_blocked()
            assert trio.lowlevel.current_statistics().tasks_living == before
    assert 10 < number < LONGEST
    assert partial_files(tmp_path) == []


def partial_files(folder: Path) -> list[Path]:
    return [*folder.glob(".partial-*")]

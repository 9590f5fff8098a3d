"""The trio driver when it is cancelled: at any checkpoint, in any way, nothing is lost or left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from gradio_client_trio import Client, JobCancelled
from gradio_client_trio.runner import GRACE
from tests.drivers.trio_rig import in_memory, rig
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import Gate
from tests.support.loopback import Connection, Request


class AtStep(trio.abc.Instrument):
    """Cancels a scope when one task has come to rest for the nth time."""

    def __init__(self, number: int, scope: trio.CancelScope) -> None:
        self._left = number
        self._scope = scope
        self._task = trio.lowlevel.current_task()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if task is self._task:
            self._left -= 1
            if self._left == 0:
                self._scope.cancel()


async def cancelled_at(number: int, work: Callable[[], Awaitable[None]]) -> bool:
    """Whether the work was cancelled at its nth checkpoint; False: it has fewer."""
    with trio.CancelScope() as scope:
        instrument = AtStep(number, scope)
        trio.lowlevel.add_instrument(instrument)
        try:
            await work()
        finally:
            trio.lowlevel.remove_instrument(instrument)
    return scope.cancelled_caught


async def predicting(client: Client) -> None:
    assert await client.predict("hello", api_name="/echo") == "hello"


async def iterating(client: Client) -> None:
    assert [output async for output in client.submit(3, api_name="/count")] == [0, 1, 2]


async def updating(client: Client) -> None:
    assert [update async for update in client.submit(1, api_name="/count").updates()]


async def sending_files(client: Client) -> None:
    assert await client.predict(b"abc", api_name="/file")


async def visiting(client: Client) -> None:
    async with client.new_session() as other:
        await predicting(other)


async def being_isolated(client: Client) -> None:
    await predicting(client.with_options(isolated=True))


@pytest.mark.trio
@pytest.mark.parametrize("version", ["3.50.2", "4.7.1", "4.44.1", "6.31.0"])
@pytest.mark.parametrize(
    "work", [predicting, iterating, updating, sending_files, visiting, being_isolated]
)
async def test_cancelled_at_any_checkpoint_a_client_stays_usable(
    work: Callable[[Client], Awaitable[None]],
    version: str,
    autojump_clock: trio.testing.MockClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fake = FakeGradio(version)
    async with in_memory(monkeypatch, fake, download_files=tmp_path) as (client, _), client:
        number = 1
        while await cancelled_at(number, lambda: work(client)):
            await predicting(client)
            number += 1
    assert number > 1


@pytest.mark.trio
@pytest.mark.parametrize("version", ["3.50.2", "4.7.1", "4.44.1", "6.31.0"])
async def test_cancelled_at_any_checkpoint_a_block_leaves_nothing_behind(
    version: str, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, number = False, 0
    while not over:
        number += 1
        async with in_memory(monkeypatch, FakeGradio(version)) as (client, memory):

            async def block(client: Client = client) -> None:
                async with client:
                    client.submit(9, api_name="/count")
                    await predicting(client)

            before = trio.lowlevel.current_statistics().tasks_living
            over = not await cancelled_at(number, block)
            await memory.all_closed()
            await trio.testing.wait_all_tasks_blocked()
            assert trio.lowlevel.current_statistics().tasks_living == before
    assert number > 5


# --- what the server is told ---------------------------------------------------------------------


@pytest.mark.trio
async def test_a_cancelled_predict_tells_the_server_and_harms_no_other_job() -> None:
    async with rig() as (client, fake):
        other = client.submit(3, 1, api_name="/slow_count")
        (other_hold,) = await fake.holds.until(lambda _: True)
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:

                async def cancel() -> None:
                    await fake.holds.until(lambda _: True, 2)
                    scope.cancel()

                nursery.start_soon(cancel)
                await client.predict(1, api_name="/slow")
        told = await fake.seen.until(lambda seen: seen[0] == "cancel")
        assert told[0][1].json()["event_id"] == fake.holds[1].event_id
        assert await client.predict("x", api_name="/echo") == "x"
        other_hold.release()
        assert await anext(other) == 0


@pytest.mark.trio
async def test_a_join_in_flight_is_finished_and_then_cancelled_by_its_id() -> None:
    async with rig() as (client, fake):
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit(1, api_name="/slow")
        await gate.reached.wait()
        assert job.cancel()
        with pytest.raises(JobCancelled):
            await job.result()
        gate.open()
        (hold,) = await fake.holds.until(lambda _: True)
        ((_, told),) = await fake.seen.until(lambda seen: seen[0] == "cancel")
        assert told.json()["event_id"] == hold.event_id


async def hung_up(fake: FakeGradio) -> None:
    """A stream was opened and left, which the server notices: it is told no more than that."""
    await fake.streams.until(lambda stream: stream[0] == "dropped")
    assert not fake.requests("cancel")
    fake.holds[0].release()


@pytest.mark.trio
async def test_leaving_the_block_waits_for_a_join_in_flight_and_leaves_its_stream() -> None:
    fake = FakeGradio()
    async with rig(fake) as (client, _), trio.open_nursery() as nursery:
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        client.submit(1, api_name="/slow")
        await gate.reached.wait()
        nursery.start_soon(client.aclose)
        await trio.testing.wait_all_tasks_blocked()
        gate.open()
        await hung_up(fake)


@pytest.mark.trio
async def test_leaving_the_block_waits_for_a_stream_that_pauses_before_it_is_opened(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio()
    fake.instead("queue/data", answering(503))
    async with in_memory(monkeypatch, fake) as (client, _), client:
        client.submit("x", api_name="/echo")
        await fake.seen.until(lambda seen: seen[0] == "queue/data")
        await client.aclose()
        assert len(fake.requests("queue/data")) == 2


@pytest.mark.trio
async def test_a_session_that_is_closed_during_a_join_stops_what_came_of_it() -> None:
    fake = FakeGradio()
    async with rig(fake) as (client, _):
        gate = fake.reply_gates["queue/join"] = Gate("the reply to the join")
        guest = client.new_session()
        job = guest.submit(1, api_name="/slow")
        await gate.reached.wait()
        await guest.aclose()
        with pytest.raises(JobCancelled):
            await job.result()
        gate.open()
        await hung_up(fake)


@pytest.mark.trio
async def test_a_server_that_does_not_answer_is_left_after_the_grace(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: Request, connection: Connection) -> None:
        await connection.gone()

    fake = FakeGradio()
    async with in_memory(monkeypatch, fake) as (client, memory):
        async with client:
            fake.instead("queue/join", silent)
            job = client.submit("x", api_name="/echo")
            await fake.seen.until(lambda seen: seen[0] == "queue/join")
            started = trio.current_time()
        assert trio.current_time() - started == GRACE
        assert job.cancelled()
        await memory.all_closed()


@pytest.mark.trio
async def test_a_cancelled_block_is_left_after_the_grace_too(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: Request, connection: Connection) -> None:
        await connection.gone()

    fake = FakeGradio()
    async with in_memory(monkeypatch, fake) as (client, _):
        fake.instead("queue/join", silent)
        with trio.move_on_after(10) as scope:
            async with client:
                await client.predict("x", api_name="/echo")
        assert scope.cancelled_caught
        assert trio.current_time() == 10 + GRACE


@pytest.mark.trio
async def test_an_upload_is_given_up_at_once(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, left = trio.Event(), trio.Event()

    async def hesitating(_: Request, connection: Connection) -> None:
        came.set()
        await connection.gone()
        left.set()

    fake = FakeGradio()
    fake.instead("upload", hesitating)
    async with in_memory(monkeypatch, fake) as (client, _), client:
        started = trio.current_time()
        job = client.submit(b"abc", api_name="/file")
        await came.wait()
        assert job.cancel()
        await left.wait()
        assert trio.current_time() == started
    assert not fake.requests("queue/join")


@pytest.mark.trio
async def test_a_direct_call_is_given_up_by_closing_its_connection(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio("3.50.2")
    async with in_memory(monkeypatch, fake) as (client, memory), client:
        job = client.submit(1, api_name="/slow")
        (hold,) = await fake.holds.until(lambda _: True)
        open_before = len(memory.open)
        assert job.cancel()
        await trio.testing.wait_all_tasks_blocked()
        hold.release()
        await trio.testing.wait_all_tasks_blocked()
        assert len(memory.open) == open_before - 1
        assert await client.predict("x", api_name="/echo") == "x"


@pytest.mark.trio
async def test_a_direct_call_may_last_longer_than_any_request(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGradio("3.50.2")
    async with in_memory(monkeypatch, fake, timeout=5) as (client, _), client:
        job = client.submit(1, api_name="/slow")
        (hold,) = await fake.holds.until(lambda _: True)
        await trio.sleep(15)
        hold.release()
        assert await job.result() == "slept 1"

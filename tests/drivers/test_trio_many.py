"""Many at once in the trio driver: jobs of one session, and sessions with a stream each."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import trio
import trio.testing

from gradio_client_trio.http import REQUESTS
from tests.drivers.trio_rig import in_memory, made, rig
from tests.support.fake.functions import ALL_FUNCTIONS, together
from tests.support.gradio_server import FakeGradio, answering
from tests.support.loopback import threaded

PAUSE = 7
FUNCTIONS = [function.limited(10_000) for function in ALL_FUNCTIONS]


@pytest.mark.slow
@pytest.mark.trio
async def test_two_thousand_jobs_at_once_all_have_their_own_result() -> None:
    with threaded(FakeGradio(functions=FUNCTIONS)) as server:
        threads = set(threading.enumerate())
        async with made(server.url, max_workers=2000) as client:
            jobs = [client.submit(str(number), api_name="/echo") for number in range(2000)]
            results = [await job.result() for job in jobs]
            assert len(set(threading.enumerate()) - threads) <= 1  # trio's own, for what may block
    assert results == [str(number) for number in range(2000)]


@pytest.mark.trio
async def test_calls_that_last_and_joins_that_pause_keep_no_exchange_waiting(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = 2 * REQUESTS
    direct = FakeGradio("3.50.2", functions=FUNCTIONS)
    async with in_memory(monkeypatch, direct, max_workers=2 * many) as (client, _), client:
        jobs = [client.submit(1, api_name="/slow") for _ in range(many)]
        holds = await direct.holds.until(lambda _: True, many)
        assert await client.predict("x", api_name="/echo") == "x"
        for hold in holds:
            hold.release()
        assert [await job.result() for job in jobs] == ["slept 1"] * many

    busy = FakeGradio(functions=FUNCTIONS)
    occupied = answering(503, headers=[("retry-after", str(PAUSE))])
    busy.instead("queue/join", occupied, times=many)
    async with (
        in_memory(monkeypatch, busy, max_workers=2 * many, max_retries=1) as (client, _),
        client,
    ):
        jobs = [client.submit("later", api_name="/echo") for _ in range(many)]
        began = trio.current_time()
        while len(busy.requests("queue/join")) < many:
            await trio.testing.wait_all_tasks_blocked()
        assert await client.predict("now", api_name="/echo") == "now"
        assert trio.current_time() == began
        assert [await job.result() for job in jobs] == ["later"] * many
        assert trio.current_time() >= began + PAUSE


@pytest.mark.slow
@pytest.mark.trio
async def test_three_hundred_sessions_each_have_their_own_stream() -> None:
    fake = FakeGradio(functions=[together(300)])
    with threaded(fake) as server:
        async with made(server.url, max_workers=300) as client:
            sessions = [client.new_session() for _ in range(300)]
            jobs = [session.submit(2, api_name="/story") for session in sessions]
            outputs = [[output async for output in job] for job in jobs]
            # A job is over before its stream is, which leaving the block would cut.
            await trio.to_thread.run_sync(fake.streams.until_blocking, finished, 300)
    assert outputs == [["word 0 ", "word 0 word 1 "]] * 300
    assert len({session for end, session in fake.streams if end == "finished"}) == 300


def finished(seen: tuple[str, str]) -> bool:
    """Whether a stream came to its proper end."""
    return seen[0] == "finished"


@pytest.mark.trio
async def test_a_client_keeps_no_job_that_is_over() -> None:
    async with rig() as (client, _):
        assert await client.predict("x", api_name="/echo") == "x"
        await client.submit("x", api_name="/fail").exception()
        private: Any = client
        assert private._shared.runner._jobs == {}

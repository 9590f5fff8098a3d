"""Many at once in the asyncio client: jobs of one session, and sessions with a stream each."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gradio_client_httpx.aio.runner import REQUESTS
from tests.drivers.asyncio_rig import asked, held, in_loop, made, rig, until
from tests.support.fake.functions import ALL_FUNCTIONS, together
from tests.support.gradio_server import FakeGradio
from tests.support.latch import Gate
from tests.support.loopback import threaded

FUNCTIONS = [function.limited(10_000) for function in ALL_FUNCTIONS]


@pytest.mark.slow
@in_loop
async def test_five_hundred_jobs_at_once_all_have_their_own_result() -> None:
    with threaded(FakeGradio(functions=FUNCTIONS)) as server:
        async with made(server.url, max_workers=500) as client:
            jobs = [client.submit(str(number), api_name="/echo") for number in range(500)]
            assert await asyncio.gather(*jobs) == [str(number) for number in range(500)]


@pytest.mark.slow
@in_loop
async def test_three_hundred_sessions_each_have_their_own_stream() -> None:
    fake = FakeGradio(functions=[together(300)])
    with threaded(fake) as server:
        async with made(server.url, max_workers=300) as client:
            sessions = [client.new_session() for _ in range(300)]
            jobs = [session.submit(2, api_name="/story") for session in sessions]
            outputs = [[output async for output in job] for job in jobs]
            # A job is over before its stream is, which leaving the block would cut.
            await until(fake.streams, finished, 300)
    assert outputs == [["word 0 ", "word 0 word 1 "]] * 300
    assert len({session for end, session in fake.streams if end == "finished"}) == 300


def finished(seen: tuple[str, str]) -> bool:
    """Whether a stream came to its proper end."""
    return seen[0] == "finished"


@in_loop
async def test_calls_that_last_keep_no_exchange_waiting() -> None:
    many = 2 * REQUESTS
    async with rig(FakeGradio("3.50.2", functions=FUNCTIONS), max_workers=2 * many) as (
        client,
        fake,
    ):
        jobs = [client.submit(1, api_name="/slow") for _ in range(many)]
        holds = await held(fake, many)
        assert await client.predict("x", api_name="/echo") == "x"
        for hold in holds:
            hold.release()
        assert await asyncio.gather(*jobs) == ["slept 1"] * many


@in_loop
async def test_only_some_requests_run_at_once() -> None:
    async with rig(FakeGradio(functions=FUNCTIONS), max_workers=100) as (client, fake):
        gate = fake.reply_gates["queue/join"] = Gate("the replies to the joins")
        jobs = [client.submit("x", api_name="/echo") for _ in range(3 * REQUESTS)]
        joins = await asked(fake, "queue/join", REQUESTS)
        assert len(joins) == REQUESTS
        gate.open()
        assert await asyncio.gather(*jobs) == ["x"] * (3 * REQUESTS)


@in_loop
async def test_a_client_keeps_no_job_that_is_over() -> None:
    async with rig() as (client, _):
        assert await client.predict("x", api_name="/echo") == "x"
        await client.submit("x", api_name="/fail").exception()
        private: Any = client
        assert private._shared.runner._jobs == {}

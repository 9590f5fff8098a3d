"""The trio driver against real servers, where its own ways of ending things meet theirs."""

from __future__ import annotations

import pytest
import trio

from scripts.environments.servers import USUAL
from tests.drivers.trio_rig import made
from tests.support.latch import PATIENCE
from tests.support.live import Fleet, LiveServer


@pytest.mark.trio
async def test_a_cancelled_predict_leaves_the_client_as_it_was(
    each_reference_app: LiveServer,
) -> None:
    async with made(each_reference_app.url) as client:
        with trio.move_on_after(0.5) as scope:
            await client.predict(60, api_name="/slow")
        assert scope.cancelled_caught
        assert await client.predict("still here", api_name="/echo") == "still here"


@pytest.mark.trio
@pytest.mark.parametrize("version", USUAL)
async def test_a_block_is_left_while_jobs_run_and_streams_are_open(
    fleet: Fleet, version: str
) -> None:
    async with made(fleet.server(version).url) as client:
        jobs = [client.new_session().submit(60, 1, api_name="/slow_count") for _ in range(5)]
        for job in jobs:
            assert await anext(job) == 0
        with trio.fail_after(PATIENCE):
            await client.aclose()
    assert all(job.cancelled() for job in jobs)


@pytest.mark.trio
async def test_generators_in_many_sessions_all_give_all(reference_app: LiveServer) -> None:
    async with made(reference_app.url, max_workers=50) as client:
        jobs = [client.new_session().submit(5, api_name="/count") for _ in range(50)]
        outputs = [[output async for output in job] for job in jobs]
    assert outputs == [[0, 1, 2, 3, 4]] * 50

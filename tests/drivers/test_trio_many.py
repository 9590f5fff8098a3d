"""Many at once in the trio driver: jobs of one session, and sessions with a stream each."""

from __future__ import annotations

import threading

import pytest

from tests.drivers.trio_rig import made
from tests.support.fake.functions import TOUR, together
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded

FUNCTIONS = [function.limited(10_000) for function in TOUR]


@pytest.mark.slow
@pytest.mark.trio
async def test_two_thousand_jobs_at_once_all_have_their_own_result() -> None:
    with threaded(FakeGradio(functions=FUNCTIONS)) as server:
        threads = threading.active_count()
        async with made(server.url, max_workers=2000) as client:
            jobs = [client.submit(str(number), api_name="/echo") for number in range(2000)]
            results = [await job.result() for job in jobs]
            assert threading.active_count() <= threads + 1  # trio's own, for what may block
    assert results == [str(number) for number in range(2000)]


@pytest.mark.slow
@pytest.mark.trio
async def test_a_thousand_sessions_each_have_their_own_stream() -> None:
    fake = FakeGradio(functions=[together(1000)])
    with threaded(fake) as server:
        async with made(server.url, max_workers=1000) as client:
            sessions = [client.new_session() for _ in range(1000)]
            jobs = [session.submit(2, api_name="/story") for session in sessions]
            outputs = [[output async for output in job] for job in jobs]
    assert outputs == [["word 0 ", "word 0 word 1 "]] * 1000
    assert len({session for end, session in fake.streams if end == "finished"}) == 1000

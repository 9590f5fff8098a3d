"""The queue of Gradio 3.x lets in as many jobs as the developer wants, and no call goes past it.

An app without a queue runs no generator.  Only `--matrix` has servers of 3.x.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_protocol import AppError
from tests.conformance.drivers import DRIVERS
from tests.conformance.rig import fails
from tests.conformance.stages import parsed
from tests.live.conftest import chosen
from tests.support.live import Fleet, live

APP = Path(__file__).parent.parent / "support" / "apps" / "queue_of_one.py"
OLD = [version for version in chosen() if (3, 16) <= parsed(version) < (4,)]


@pytest.mark.parametrize("closed", ["0", "1"])
@pytest.mark.parametrize("version", OLD)
def test_an_app_that_lets_one_job_in_at_a_time_runs_one_at_a_time(
    version: str, closed: str
) -> None:
    with live(version, app=APP, settings={"CLOSED": closed}) as server:
        for driver in DRIVERS.values():
            with driver.open(server.url) as client:
                jobs = [client.submit(0.2, api_name="/work") for _ in range(4)]
                assert {job.result() for job in jobs} == {"most at once: 1"}


@pytest.mark.parametrize("version", OLD)
def test_an_app_without_a_queue_is_called_directly_and_runs_no_generator(
    fleet: Fleet, version: str
) -> None:
    url = fleet.server(version, QUEUE="0").url
    for driver in DRIVERS.values():
        with driver.open(url) as client:
            assert client.predict("hello", api_name="/echo") == "hello"
            assert "enable queue" in str(fails(client.submit(3, api_name="/count"), AppError))

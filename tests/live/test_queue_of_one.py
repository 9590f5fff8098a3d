"""The queue of Gradio 3.x lets in as many jobs as the developer wants, and no call goes past it.

Only `--matrix` has servers of 3.x.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.drivers import DRIVERS
from tests.conformance.stages import parsed
from tests.live.conftest import chosen
from tests.support.live import live

APP = Path(__file__).parent.parent / "support" / "apps" / "queue_of_one.py"
OLD = [version for version in chosen() if parsed(version) < (4,)]


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

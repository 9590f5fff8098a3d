"""A real app that is killed and started again on its own address."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from gradio_protocol import GradioError
from tests.conformance.drivers import DRIVERS
from tests.conformance.rig import fails, usable
from tests.conformance.scenarios.scenario import is_output
from tests.conformance.stages import parsed
from tests.conformance.subject import Options
from tests.live.conftest import chosen
from tests.support.live import live

EVERY = os.environ.get("GRADIO_MATRIX") == "1"
VERSIONS = [version for version in chosen() if parsed(version) >= (4,)] if EVERY else ["6.31.0"]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_app_that_comes_back_changed_and_behind_a_login_is_called_by_name(version: str) -> None:
    options = Options(auth=("guide", "lantern"))
    with live(version) as server, ExitStack() as opened:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        clients = [
            opened.enter_context(driver.open(server.url, options)) for driver in DRIVERS.values()
        ]
        for client in clients:
            assert client.predict("before", api_name="/echo") == "before"
        jobs = [client.submit(99, 0.1, api_name="/slow_count") for client in clients]
        for job in jobs:
            job.until(is_output)
        server.stop()
        for job in jobs:
            fails(job, GradioError)
        with live(version, port=port, settings={"AUTH": "1", "MOVED": "1"}):
            for client in clients:
                # What had this index before is another function now.
                assert client.predict("after", 7, api_name="/two") == ("after", 7)
                usable(client)

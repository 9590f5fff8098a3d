"""Real servers for the live tests: one process per version and session, started when first needed.

`scripts/test` takes the versions of `USUAL`; with GRADIO_MATRIX=1 those of `MATRIX` join.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from scripts.environments.servers import NEWEST, USUAL
from tests.support.live import Fleet, LiveServer

OLD = ["3.4.1", "3.16.2", "3.23.0", "3.36.1", "3.41.2", "3.50.2"]
MATRIX = [*OLD, "4.7.1", "4.14.0", "4.22.0", "4.29.0", "5.0.2", "6.0.2"]


def chosen() -> list[str]:
    """The versions of this run, oldest first."""
    extra = MATRIX if os.environ.get("GRADIO_MATRIX") == "1" else []
    return sorted([*USUAL, *extra], key=lambda version: [int(n) for n in version.split(".")])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def fleet() -> Generator[Fleet, None, None]:
    """Any server that a test asks for: `fleet.server("4.44.1", AUTH="1")`."""
    servers = Fleet()
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def reference_app(fleet: Fleet) -> LiveServer:
    """The reference app on the newest Gradio."""
    return fleet.server(NEWEST)


@pytest.fixture(scope="session", params=chosen())
def each_reference_app(request: pytest.FixtureRequest, fleet: Fleet) -> LiveServer:
    """The reference app on each version of this run."""
    version: str = request.param
    return fleet.server(version)

"""The scenarios of the conformance tests, against real servers."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from tests.conformance.drivers import DRIVERS
from tests.conformance.scenarios.calling import CALLING
from tests.conformance.scenarios.cancelling import CANCELLING, NARROW
from tests.conformance.scenarios.scenario import Scenario, Scenarios
from tests.conformance.stages import DIRECT, parsed
from tests.conformance.subject import Options
from tests.live.conftest import OLD, chosen
from tests.live.live_clients import NARROW as ONE_AT_A_TIME
from tests.live.live_clients import LiveClients
from tests.support.fault_proxy import answered, fault_proxy
from tests.support.live import Fleet

EVERY = os.environ.get("GRADIO_MATRIX") == "1"
CANCELS = (*chosen(), "4.37.2", "5.20.1") if EVERY else tuple(chosen())
NARROWS = CANCELS if EVERY else ("4.44.1", "6.31.0")
"Versions of which another server is started, where one job of a function runs at a time."


def plays(scenarios: Scenarios, versions: tuple[str, ...]) -> pytest.MarkDecorator:
    """Each scenario on each version to which it applies, with each driver."""
    return pytest.mark.parametrize(
        ("version", "scenario", "driver"),
        [
            pytest.param(version, scenario, driver, id=f"{version}-{scenario.name}-{driver}")
            for version in versions
            for scenario in scenarios.at(parsed(version))
            for driver in DRIVERS
        ],
    )


@pytest.fixture(scope="module")
def clients(
    fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Generator[LiveClients, None, None]:
    with ExitStack() as running:
        clients = LiveClients(fleet, tmp_path_factory.mktemp("live"), running)
        clients.start_servers(CANCELS, [] if EVERY else NARROWS)
        yield clients


@plays(CALLING, tuple(chosen()))
def test_calling(clients: LiveClients, version: str, scenario: Scenario, driver: str) -> None:
    stage, client = clients.on(driver, version)
    scenario.play(client, stage)


@plays(
    Scenarios(scenario for scenario in CALLING if scenario.where(parsed(DIRECT))),
    tuple(version for version in chosen() if version in OLD),
)
def test_calling_where_no_socket_can_be_opened(
    clients: LiveClients, version: str, scenario: Scenario, driver: str
) -> None:
    stage = clients.stage(version)
    with fault_proxy(stage.url) as proxy:
        proxy.on("queue/join", down=answered(404), times=100)
        with DRIVERS[driver].open(proxy.url, Options(downloads=stage.downloads)) as client:
            scenario.play(client, stage)


@plays(CANCELLING, CANCELS)
def test_cancelling(clients: LiveClients, version: str, scenario: Scenario, driver: str) -> None:
    stage, client = clients.on(driver, version)
    scenario.play(client, stage)


@plays(NARROW, NARROWS)
def test_cancelling_in_the_queue(
    clients: LiveClients, version: str, scenario: Scenario, driver: str
) -> None:
    stage, client = clients.on(driver, version, **ONE_AT_A_TIME)
    scenario.play(client, stage)

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
from tests.conformance.stages import parsed
from tests.live.company import NARROW as ONE_AT_A_TIME
from tests.live.company import Company
from tests.live.conftest import chosen
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
def company(
    fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Company, None, None]:
    with ExitStack() as running:
        company = Company(fleet, tmp_path_factory.mktemp("live"), running)
        company.gather(CANCELS, [] if EVERY else NARROWS)
        yield company


@plays(CALLING, tuple(chosen()))
def test_calling(company: Company, version: str, scenario: Scenario, driver: str) -> None:
    stage, client = company.on(driver, version)
    scenario.play(client, stage)


@plays(CANCELLING, CANCELS)
def test_cancelling(company: Company, version: str, scenario: Scenario, driver: str) -> None:
    stage, client = company.on(driver, version)
    scenario.play(client, stage)


@plays(NARROW, NARROWS)
def test_cancelling_in_the_queue(
    company: Company, version: str, scenario: Scenario, driver: str
) -> None:
    stage, client = company.on(driver, version, **ONE_AT_A_TIME)
    scenario.play(client, stage)

"""Calls, in every dialect."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.conformance.scenarios.calling import CALLING
from tests.conformance.scenarios.scenario import Scenario
from tests.conformance.stages import DIALECTS, FakeStage, parsed, staged
from tests.conformance.subject import ClientUnderTest, Options, Subject

PLAYS = [
    pytest.param(version, scenario, id=f"{version}-{scenario.name}")
    for version in DIALECTS
    for scenario in CALLING.at(parsed(version))
]


class SharedClients:
    """One stage for each version, and one client on it: no scenario may leave either worse."""

    def __init__(self, subject: Subject, folder: Path, running: ExitStack) -> None:
        self._subject = subject
        self._folder = folder
        self._running = running
        self.on = cache(self._made)

    def _made(self, version: str) -> tuple[FakeStage, ClientUnderTest]:
        stage = self._running.enter_context(staged(version, self._folder))
        stage.go_on()
        options = Options(downloads=stage.downloads)
        return stage, self._running.enter_context(self._subject.open(stage.url, options))


@pytest.fixture(scope="module")
def clients(
    subject: Subject, tmp_path_factory: pytest.TempPathFactory
) -> Generator[SharedClients, None, None]:
    with ExitStack() as running:
        yield SharedClients(subject, tmp_path_factory.mktemp("stage"), running)


@pytest.mark.parametrize(("version", "scenario"), PLAYS)
def test_calling(clients: SharedClients, version: str, scenario: Scenario) -> None:
    stage, client = clients.on(version)
    scenario.play(client, stage)

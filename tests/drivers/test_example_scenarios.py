"""The drivers of the guide pass the scenarios that they claim, in every kind of dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.scenarios.cancelling import NARROW
from tests.conformance.scenarios.scenario import Scenario
from tests.conformance.stages import DIRECT, PRIVATE, parsed, staged
from tests.conformance.subject import Options, Subject
from tests.conformance.subjects_examples import SocketsSubject, StreamsSubject, claimed
from tests.conformance.test_cancelling import one_at_a_time

VERSIONS = (DIRECT, PRIVATE, "4.22.0", "6.31.0")
CLAIMS: list[tuple[Subject, list[Scenario]]] = [
    (SocketsSubject(), claimed(watching=False)),
    (StreamsSubject(), claimed(watching=True)),
]
PLAYS = [
    pytest.param(subject, version, scenario, id=f"{subject.name}-{version}-{scenario.name}")
    for subject, scenarios in CLAIMS
    for version in VERSIONS
    for scenario in scenarios
    if scenario.where(parsed(version))
]


@pytest.mark.parametrize(("subject", "version", "scenario"), PLAYS)
def test_an_example_passes(
    subject: Subject, version: str, scenario: Scenario, tmp_path: Path
) -> None:
    change = one_at_a_time if scenario in NARROW else list
    with staged(version, tmp_path, change=change) as stage:
        if scenario.play.__module__.endswith("calling"):
            stage.go_on()
        with subject.open(stage.url, Options(downloads=stage.downloads)) as client:
            scenario.play(client, stage)

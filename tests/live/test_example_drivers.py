"""The drivers of the guide against real servers: what they claim to do, they do there, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.scenarios.scenario import Scenario
from tests.conformance.stages import parsed
from tests.conformance.subject import Options, Subject
from tests.conformance.subjects_examples import CLAIMED, SocketsSubject, StreamsSubject
from tests.live.live_clients import LiveStage
from tests.support.live import Fleet

VERSIONS = ("4.44.1", "6.31.0")
FEW = {
    "a_call_gives_its_result",
    "a_generator_gives_every_value",
    "forty_jobs_at_once_all_have_their_own_result",
    "a_running_generator_keeps_its_outputs",
    "an_error_of_the_app_comes_with_its_text",
    "files_go_up_and_come_down",
    "the_siblings_of_a_running_job_go_on",
}
"One scenario of each kind; the fakes see to the rest."


@pytest.mark.parametrize("subject", [SocketsSubject(), StreamsSubject()], ids=lambda it: it.name)
@pytest.mark.parametrize("version", VERSIONS)
def test_an_example_gets_on_with_a_real_server(
    fleet: Fleet, version: str, subject: Subject, tmp_path: Path
) -> None:
    stage = LiveStage(url=fleet.server(version).url, folder=tmp_path)
    with subject.open(stage.url, Options(downloads=stage.downloads)) as client:
        for scenario in few():
            if scenario.where(parsed(version)):
                scenario.play(client, stage)


def few() -> list[Scenario]:
    found = [scenario for scenario in CLAIMED if scenario.name in FEW]
    assert len(found) == len(FEW)
    return found

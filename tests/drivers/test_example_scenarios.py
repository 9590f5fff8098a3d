"""The drivers of the guide pass the scenarios that they claim, in every kind of dialect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import test_faults as faults
from tests.conformance import test_restart as restarts
from tests.conformance import test_silences as silences
from tests.conformance.conftest import hurried
from tests.conformance.scenarios.cancelling import NARROW
from tests.conformance.scenarios.scenario import Scenario
from tests.conformance.stages import DIRECT, PRIVATE, parsed, staged
from tests.conformance.subject import Options, Subject
from tests.conformance.subjects_examples import CLAIMED, SocketsSubject, StreamsSubject
from tests.conformance.test_cancelling import one_at_a_time

pytestmark = pytest.mark.usefixtures(hurried.__name__)
VERSIONS = (DIRECT, PRIVATE, "6.31.0")
PLAYS = [
    pytest.param(version, scenario, id=f"{version}-{scenario.name}")
    for version in VERSIONS
    for scenario in CLAIMED
    if scenario.where(parsed(version))
]
Fault = Callable[[Subject, str, Path], None]
OF_STREAMS: tuple[Fault, ...] = (
    faults.test_jobs_on_one_stream_all_learn_that_it_broke,
    faults.test_a_killed_server_is_a_typed_error_and_may_come_back,
    faults.test_a_stream_of_another_status_is_a_typed_error,
    faults.test_a_stream_that_a_busy_proxy_refuses_is_opened_again,
    faults.test_a_stream_that_stays_refused_loses_its_jobs,
    faults.test_what_a_proxy_may_do_to_a_stream_changes_nothing,
    faults.test_a_reply_that_is_no_http_is_a_typed_error,
    faults.test_a_redirect_to_another_origin_is_not_followed,
    faults.test_an_endless_reply_is_cut_short,
    faults.test_junk_in_a_stream_is_a_typed_error,
    faults.test_an_upload_that_breaks_off_is_tried_again,
    faults.test_a_download_that_breaks_off_is_an_error_and_leaves_nothing,
    restarts.test_an_app_that_starts_again_is_called_as_before,
)
OF_JOINS: tuple[Fault, ...] = (
    faults.test_a_reply_to_a_join_that_breaks_off_is_not_asked_for_twice,
    faults.test_a_refused_join_is_a_typed_error,
    faults.test_a_full_queue_is_tried_again,
    faults.test_junk_in_the_reply_to_a_join_is_a_typed_error,
)
FAULTS = [
    *((PRIVATE, fault) for fault in OF_STREAMS),
    *(("6.31.0", fault) for fault in (*OF_STREAMS, *OF_JOINS)),
]


@pytest.fixture(params=(SocketsSubject(), StreamsSubject()), ids=lambda subject: subject.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    """Each example in turn."""
    example: Subject = request.param
    return example


@pytest.mark.parametrize(("version", "scenario"), PLAYS)
def test_an_example_passes(
    subject: Subject, version: str, scenario: Scenario, tmp_path: Path
) -> None:
    change = one_at_a_time if scenario in NARROW else list
    with staged(version, tmp_path, change=change) as stage:
        if scenario.play.__module__.endswith("calling"):
            stage.go_on()
        with subject.open(stage.url, Options(downloads=stage.downloads)) as client:
            scenario.play(client, stage)


@pytest.mark.parametrize(
    ("version", "fault"), FAULTS, ids=lambda it: it if isinstance(it, str) else it.__name__
)
def test_an_example_stands(subject: Subject, version: str, fault: Fault, tmp_path: Path) -> None:
    fault(subject, version, tmp_path)


@pytest.mark.parametrize("version", [PRIVATE, "6.31.0"])
@pytest.mark.parametrize("how", ["cut", "half-closed"])
def test_a_stream_that_breaks_off_is_a_typed_error(
    subject: Subject, version: str, how: str, tmp_path: Path
) -> None:
    faults.test_a_stream_that_breaks_off_is_a_typed_error(subject, version, how, tmp_path)


@pytest.mark.parametrize("version", [PRIVATE, "6.31.0"])
def test_a_silent_stream_is_lost_if_its_app_does_not_answer(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    silences.test_a_silent_stream_is_lost_if_its_app_does_not_answer(subject, version, tmp_path)


def test_a_job_outlasts_silences_behind_a_proxy_that_buffers(
    subject: Subject, tmp_path: Path
) -> None:
    silences.test_a_job_outlasts_any_number_of_silences_behind_a_proxy_that_buffers(
        subject, "6.31.0", tmp_path
    )


def test_a_job_on_a_private_stream_outlasts_silences(subject: Subject, tmp_path: Path) -> None:
    silences.test_a_job_outlasts_any_number_of_silences_in_the_midst_of_its_stream(
        subject, PRIVATE, tmp_path
    )


def test_closing_ends_what_runs(subject: Subject, tmp_path: Path) -> None:
    faults.test_closing_while_jobs_run_ends_them(subject, tmp_path)

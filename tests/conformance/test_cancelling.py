"""Cancelling, in every dialect that has a queue."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradio_protocol import JobCancelled, Status, StatusUpdate
from tests.conformance.scenarios.cancelling import (
    CANCELLING,
    NARROW,
    counted,
    goes_on,
    is_cancelled,
)
from tests.conformance.scenarios.scenario import Scenario, is_output
from tests.conformance.stages import KINDS, SOCKET, parsed, staged
from tests.conformance.subject import Subject
from tests.support.fake.functions import Function
from tests.support.latch import PATIENCE, Gate


def plays(scenarios: list[Scenario]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", scenarios, ids=[each.name for each in scenarios])


def one_at_a_time(functions: Sequence[Function]) -> list[Function]:
    """Only of the slow ones, so that a scenario that leaves one standing harms no other."""
    return [f.limited(1) if f.name.startswith("slow") else f for f in functions]


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
@plays(CANCELLING)
def test_cancelling(subject: Subject, version: str, scenario: Scenario, tmp_path: Path) -> None:
    assert scenario.where(parsed(version))
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        scenario.play(client, stage)


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
@plays(NARROW)
def test_cancelling_in_the_queue(
    subject: Subject, version: str, scenario: Scenario, tmp_path: Path
) -> None:
    narrow = staged(version, tmp_path, change=one_at_a_time)
    with narrow as stage, subject.open(stage.url) as client:
        scenario.play(client, stage)


@pytest.mark.parametrize("version", KINDS[1:])
def test_a_job_cancelled_before_the_reply_to_its_join_is_gone_when_it_comes(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        other = client.submit(5, 1, api_name="/slow_count")
        other.until(is_output)
        gate = stage.fake.reply_gates["queue/join"] = Gate("the reply to the join")
        job = client.submit(5, 1, api_name="/slow_count")
        gate.reached.wait_blocking()
        del stage.fake.reply_gates["queue/join"]
        job.cancel()
        with pytest.raises(JobCancelled):
            job.result()
        gate.open()
        stage.go_on()
        counted(other, 5)
        goes_on(client)


@pytest.mark.parametrize("version", [SOCKET, *KINDS])
def test_loops_over_a_job_end_without_an_error_when_it_is_cancelled_elsewhere(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    # As in the official client 2.7.2. The job stands still after its first output, so that the
    # loops wait, or are about to, when it is cancelled.
    with staged(version, tmp_path) as stage, subject.open(stage.url) as client:
        job = client.submit(5, 1, api_name="/slow_count")
        job.until(is_output)
        with ThreadPoolExecutor(2) as threads:
            outputs, updates = threads.submit(job.iterated), threads.submit(job.updates)
            assert job.cancel()
            iterated, last = outputs.result(PATIENCE), updates.result(PATIENCE)[-1]
        assert (iterated.outputs, iterated.error) == ([0], None)
        assert isinstance(last, StatusUpdate)
        assert (last.code, last.success) == (Status.CANCELLED, False)
        is_cancelled(job)
        stage.go_on()
        goes_on(client)

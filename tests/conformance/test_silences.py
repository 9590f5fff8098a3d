"""Streams that are silent: whatever the reason, a job is lost only if its app is not there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gradio_protocol import JobCancelled, StreamLost
from tests.conformance.rig import Rig, fails, rigged, usable
from tests.conformance.scenarios.scenario import RUNNING
from tests.conformance.stages import KINDS
from tests.conformance.subject import Iterated, JobUnderTest, Subject
from tests.support.fault_proxy import (
    Passage,
    answered,
    buffering,
    rechunked,
    stall_after,
    wait_after,
)
from tests.support.latch import Gate

IDLE = 0.05
"Seconds; whatever else is silent for that long on a slow machine is asked after, too."


def asks(passage: Passage) -> bool:
    """Whether this is the question after the app."""
    return "app_id" in passage.target


def is_silent(rig: Rig, times: int) -> None:
    """So many silences come from now on."""
    before = len(rig.proxy.passages.matching(asks))
    rig.proxy.passages.until_blocking(asks, times=before + times)


def outlasts(rig: Rig, job: JobUnderTest, times: int) -> Iterated:
    """What iterating a job gives that only goes on after so many silences."""
    with ThreadPoolExecutor(1) as aside:  # a client without threads reads while somebody waits
        iterated = aside.submit(job.iterated)
        is_silent(rig, times)
        rig.stage.go_on()
        return iterated.result()


@pytest.mark.parametrize("version", KINDS[1:])
def test_a_job_outlasts_any_number_of_silences_behind_a_proxy_that_buffers(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, stream_idle_timeout=IDLE) as rig:
        rig.proxy.on(rig.stream, down=buffering())
        job = rig.client.submit(3, 1, api_name="/slow_count")
        assert outlasts(rig, job, 5).outputs == [0, 1, 2]
        assert job.result() == 2
        assert len(rig.proxy.passages.matching(lambda one: rig.stream in one.target)) == 1
        usable(rig.client)


@pytest.mark.parametrize("version", KINDS)
def test_a_job_outlasts_any_number_of_silences_in_the_midst_of_its_stream(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, stream_idle_timeout=IDLE) as rig:
        rig.proxy.on(rig.stream, down=rechunked(without_heartbeats))
        job = rig.client.submit(3, 1, api_name="/slow_count")
        job.until(RUNNING)
        assert outlasts(rig, job, 5).outputs == [0, 1, 2]


def without_heartbeats(chunk: bytes) -> list[bytes]:
    return [] if b"heartbeat" in chunk else [chunk]


@pytest.mark.parametrize("version", KINDS)
def test_a_silent_stream_is_lost_if_its_app_does_not_answer(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, stream_idle_timeout=IDLE) as rig:
        rig.stage.go_on()
        rig.proxy.on("app_id", down=answered(503), times=1000)
        rig.proxy.on(rig.stream, down=stall_after(300))
        error = fails(rig.client.submit(9, api_name="/count"), StreamLost)
        assert "did not answer 4 requests for its id" in str(error)
        rig.proxy.heal()
        usable(rig.client)


@pytest.mark.parametrize("version", KINDS[::2])
def test_who_closes_does_not_wait_for_an_answer_about_a_silent_stream(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, stream_idle_timeout=IDLE) as rig:
        rig.proxy.on(rig.stream, down=rechunked(without_heartbeats))
        job = rig.client.submit(3, 1, api_name="/slow_count")
        job.until(RUNNING)
        rig.proxy.on("app_id", down=wait_after(0, Gate("the answer")), times=1000)
        is_silent(rig, 1)
        rig.client.close()
        with pytest.raises(JobCancelled):
            job.result()


@pytest.mark.parametrize("version", KINDS[::2])
def test_who_cancels_does_not_wait_for_an_answer_about_a_silent_stream(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, stream_idle_timeout=IDLE) as rig:
        rig.proxy.on(rig.stream, down=rechunked(without_heartbeats))
        job = rig.client.submit(3, 1, api_name="/slow_count")
        job.until(RUNNING)
        gate = Gate("the answer")
        rig.proxy.on("app_id", down=wait_after(0, gate), times=1000)
        is_silent(rig, 1)
        assert job.cancel()
        with pytest.raises(JobCancelled):
            job.result()
        gate.open()
        rig.proxy.heal()
        rig.stage.go_on()
        usable(rig.client)

"""Cancelling: the job ends at once for its caller, and no other job is harmed."""

from __future__ import annotations

import pytest

from gradio_protocol import JobCancelled
from tests.conformance.scenarios.scenario import (
    JOINING,
    QUEUED,
    RUNNING,
    Scenarios,
    Stage,
    crowded,
    is_output,
    queued,
)
from tests.conformance.subject import ClientUnderTest, JobUnderTest

CANCELLING = Scenarios()

PACE = 0.08
"Seconds for which a real app stands still at each step; a fake one waits for `go_on`."


@CANCELLING(queued)
def a_running_job_ends_at_once(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit(10, api_name="/slow")
    job.until(RUNNING)
    assert job.cancel()
    is_cancelled(job)
    stage.go_on()
    goes_on(client)


@CANCELLING(queued)
def a_running_generator_keeps_its_outputs(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit(50, PACE, api_name="/slow_count")
    job.until(is_output)
    assert job.cancel()
    is_cancelled(job)
    assert job.outputs()[0] == 0
    assert job.iterated().outputs == job.outputs()
    stage.go_on()
    goes_on(client)


@CANCELLING(crowded)
def the_siblings_of_a_running_job_go_on(client: ClientUnderTest, stage: Stage) -> None:
    jobs = [client.submit(5, PACE, api_name="/slow_count") for _ in range(4)]
    for job in jobs:
        job.until(is_output)
    cancelled = [job.cancel() for job in jobs[1:3]]
    stage.go_on()
    for job in (jobs[0], jobs[3]):
        counted(job, 5)
    for job, was_cancelled in zip(jobs[1:3], cancelled, strict=True):
        ended_early(job, stage, 5, was_cancelled=was_cancelled)
    goes_on(client)


@CANCELLING(crowded)
def the_last_sibling_may_be_cancelled_too(client: ClientUnderTest, stage: Stage) -> None:
    jobs = [client.submit(5, PACE, api_name="/slow_count") for _ in range(3)]
    cancelled: list[bool] = []
    for job in jobs:
        job.until(is_output)
        cancelled.append(job.cancel())
    stage.go_on()
    for job, was_cancelled in zip(jobs, cancelled, strict=True):
        ended_early(job, stage, 5, was_cancelled=was_cancelled)
    goes_on(client)


@CANCELLING(crowded)
def jobs_of_other_functions_go_on(client: ClientUnderTest, stage: Stage) -> None:
    plain = client.submit(10, api_name="/slow")
    generator = client.submit(5, PACE, api_name="/slow_count")
    plain.until(RUNNING)
    generator.until(is_output)
    plain.cancel()
    stage.go_on()
    counted(generator, 5)
    is_cancelled(plain)
    goes_on(client)


@CANCELLING(crowded)
def a_plain_job_outlives_a_generator_that_is_cancelled(
    client: ClientUnderTest, stage: Stage
) -> None:
    plain = client.submit(1, api_name="/slow")
    generator = client.submit(50, PACE, api_name="/slow_count")
    plain.until(RUNNING)
    generator.until(is_output)
    generator.cancel()
    stage.go_on()
    assert plain.result() == "slept 1"
    is_cancelled(generator)
    goes_on(client)


@CANCELLING(crowded)
def cancelling_while_joining_harms_nobody(client: ClientUnderTest, stage: Stage) -> None:
    other = client.submit(5, PACE, api_name="/slow_count")
    for _ in range(8):
        job = client.submit(5, PACE, api_name="/slow_count")
        ended_early(job, stage, 5, was_cancelled=job.cancel())
    stage.go_on()
    counted(other, 5)
    goes_on(client)


@CANCELLING(crowded)
def a_job_of_the_same_function_follows_a_cancelled_one(
    client: ClientUnderTest, stage: Stage
) -> None:
    for _ in range(4):
        cancelled = client.submit(50, PACE, api_name="/slow_count")
        cancelled.until(is_output)
        cancelled.cancel()
        following = client.submit(2, 0, api_name="/slow_count")
        stage.go_on()
        counted(following, 2)


@CANCELLING(queued)
def a_finished_job_stays_finished(client: ClientUnderTest, stage: Stage) -> None:
    stage.go_on()
    job = client.submit(2, 0, api_name="/slow_count")
    assert job.result() == 1
    assert not job.cancel()
    assert job.result() == 1


@CANCELLING(crowded)
def a_reset_session_harms_no_job_of_the_old_one(client: ClientUnderTest, stage: Stage) -> None:
    job = client.submit(5, PACE, api_name="/slow_count")
    job.until(is_output)
    client.reset_session()
    other = client.submit(5, PACE, api_name="/slow_count")
    other.until(is_output)
    other.cancel()
    stage.go_on()
    counted(job, 5)
    goes_on(client)


NARROW = Scenarios()
"Where one job of each function runs at a time, and the others wait."


@NARROW(crowded)
def a_queued_job_ends_at_once(client: ClientUnderTest, stage: Stage) -> None:
    running, waiting = two(client)
    ended_early(waiting, stage, 5, was_cancelled=waiting.cancel())
    stage.go_on()
    counted(running, 5)
    goes_on(client)


@NARROW(crowded)
def a_queued_job_outlives_the_running_one(client: ClientUnderTest, stage: Stage) -> None:
    running, waiting = two(client)
    was_cancelled = running.cancel()
    stage.go_on()
    counted(waiting, 5)
    ended_early(running, stage, 5, was_cancelled=was_cancelled)
    goes_on(client)


@NARROW(crowded)
def both_the_queued_and_the_running_job_may_go(client: ClientUnderTest, stage: Stage) -> None:
    running, waiting = two(client)
    last = client.submit(3, PACE, api_name="/slow_count")
    last.until(QUEUED)
    waiting.cancel()
    running.cancel()
    stage.go_on()
    counted(last, 3)
    goes_on(client)


@NARROW(crowded)
def other_functions_do_not_notice_a_queued_job_that_goes(
    client: ClientUnderTest, stage: Stage
) -> None:
    running, waiting = two(client)
    other = client.submit(1, api_name="/slow")
    other.until(RUNNING)
    waiting.cancel()
    stage.go_on()
    assert other.result() == "slept 1"
    counted(running, 5)
    goes_on(client)


@NARROW(crowded)
def a_job_alone_that_is_called_off_while_it_joins_does_not_run_on(
    client: ClientUnderTest, stage: Stage
) -> None:
    job = client.alone().submit(1000, PACE, api_name="/slow_count")
    job.until(JOINING)
    job.cancel()
    is_cancelled(job)
    last = client.submit(3, PACE, api_name="/slow_count")
    stage.go_on()
    counted(last, 3)
    goes_on(client)


def two(client: ClientUnderTest) -> tuple[JobUnderTest, JobUnderTest]:
    """A job that runs, and one of its function that waits for its end."""
    running = client.submit(5, PACE, api_name="/slow_count")
    running.until(is_output)
    waiting = client.submit(5, PACE, api_name="/slow_count")
    waiting.until(QUEUED)
    return running, waiting


def is_cancelled(job: JobUnderTest) -> None:
    with pytest.raises(JobCancelled):
        job.result()


def ended_early(job: JobUnderTest, stage: Stage, number: int, *, was_cancelled: bool) -> None:
    """The job was cancelled; a real app on a slow machine may have come to its end before."""
    assert was_cancelled or not stage.stands_still
    if was_cancelled:
        is_cancelled(job)
    else:
        counted(job, number)


def counted(job: JobUnderTest, number: int) -> None:
    """The job has given all its values."""
    iterated = job.iterated()
    if iterated.error is not None:
        raise iterated.error
    assert iterated.outputs == list(range(number))


def goes_on(client: ClientUnderTest) -> None:
    """The client is as good as new, for the same function and for others."""
    counted(client.submit(3, 0, api_name="/slow_count"), 3)
    assert client.predict("still here", api_name="/echo") == "still here"

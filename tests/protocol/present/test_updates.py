"""`present.updates`: a job's views in the words of the official client."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gradio_protocol.app.dialect import Edits
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import JobSnapshot, JobState, Stage, Transferred
from gradio_protocol.jobs.messages import Generated, Logged, ProgressUnit
from gradio_protocol.jobs.status import Status
from gradio_protocol.present.updates import (
    OutputUpdate,
    StatusUpdate,
    all_outputs,
    current_status,
    split_output,
    status_update,
)
from tests.support.sample_apps import COUNT, sample_app

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_view_is_told_in_the_official_words() -> None:
    unit = ProgressUnit(index=1, length=2)
    moved = Transferred(done=1, total=None, upload=True)
    view = JobSnapshot(
        stage=Stage.RUNNING,
        code=Status.LOG,
        rank=1,
        queue_size=2,
        eta=3.0,
        success=True,
        progress=(unit,),
        log=Logged(text="careful", level="warning"),
        transferred=moved,
    )
    assert status_update(view, NOON) == StatusUpdate(
        code=Status.LOG,
        rank=1,
        queue_size=2,
        eta=3.0,
        success=True,
        time=NOON,
        progress_data=[unit],
        log=("careful", "warning"),
        transferred=moved,
    )


def test_what_is_not_known_is_none() -> None:
    update = status_update(JobSnapshot(), None)
    assert update.code is Status.STARTING
    assert (update.time, update.progress_data, update.log, update.transferred) == (None,) * 4


def test_a_status_shows_what_is_known() -> None:
    assert (
        repr(status_update(JobSnapshot(), None))
        == "StatusUpdate(code=<Status.STARTING: 'STARTING'>)"
    )
    update = status_update(JobSnapshot(code=Status.IN_QUEUE, rank=0), None)
    assert repr(update) == "StatusUpdate(code=<Status.IN_QUEUE: 'IN_QUEUE'>, rank=0)"


def test_the_two_kinds_of_updates_can_be_told_apart() -> None:
    assert status_update(JobSnapshot(), None).type == "status"
    output = OutputUpdate(outputs=["x"])
    assert (output.type, output.success, output.final) == ("output", True, False)


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage.STARTING, Status.STARTING),
        (Stage.UPLOADING, Status.SENDING_DATA),
        (Stage.JOINING, Status.JOINING_QUEUE),
    ],
)
def test_a_job_is_starting_until_the_server_says_something_of_it(
    stage: Stage, code: Status
) -> None:
    moved = Transferred(done=1, total=2, upload=True)
    view = JobSnapshot(stage=stage, code=code, transferred=moved)
    assert current_status(view, NOON).code is Status.STARTING
    assert current_status(view, NOON).transferred == moved
    assert status_update(view, NOON).code is code


@pytest.mark.parametrize("code", [Status.IN_QUEUE, Status.QUEUE_FULL, Status.SENDING_DATA])
def test_what_the_server_said_is_the_current_status(code: Status) -> None:
    view = JobSnapshot(stage=Stage.QUEUED, code=code, rank=1)
    assert current_status(view, NOON) == status_update(view, NOON)


def test_an_output_is_a_list_of_what_its_components_show() -> None:
    assert split_output("x") == ["x"]
    assert split_output(("x", 1)) == ["x", 1]


def test_all_outputs_are_those_that_have_come_until_now() -> None:
    state = JobState(sample_app().endpoints[COUNT], History(Edits.SHIFTED))
    assert all_outputs(state) == []
    state.apply(Generated(data=("0",)))
    assert all_outputs(state) == ["0"]

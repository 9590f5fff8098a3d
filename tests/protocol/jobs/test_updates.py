"""`jobs.updates`: a job's views in the words of the official client."""

from __future__ import annotations

from datetime import UTC, datetime

from gradio_protocol.jobs.messages import Logged, ProgressUnit
from gradio_protocol.jobs.stage import JobView, Stage, Status, Transferred
from gradio_protocol.jobs.updates import OutputUpdate, StatusUpdate, status_update

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_view_is_told_in_the_official_words() -> None:
    unit = ProgressUnit(index=1, length=2)
    moved = Transferred(done=1, total=None, upload=True)
    view = JobView(
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
    update = status_update(JobView(), None)
    assert update.code is Status.STARTING
    assert (update.time, update.progress_data, update.log, update.transferred) == (None,) * 4


def test_the_two_kinds_of_updates_can_be_told_apart() -> None:
    assert status_update(JobView(), None).type == "status"
    output = OutputUpdate(outputs=["x"])
    assert (output.type, output.success, output.final) == ("output", True, False)

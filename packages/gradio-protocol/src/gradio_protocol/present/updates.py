"""A job's views in the words of the official client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..jobs.job_state import JobState, JobView, Outputs, Stage, Transferred
from ..jobs.messages import ProgressUnit
from ..jobs.status import Status

if TYPE_CHECKING:
    # For an annotation: the module reads the clock, which the core does not.
    from datetime import datetime

_BEFORE_FIRST_MESSAGE = (Stage.STARTING, Stage.UPLOADING, Stage.JOINING)
"The stages of a job that the server has said nothing of."


@dataclass(slots=True)
class StatusUpdate:
    """What is known of a job, with the official client's names."""

    code: Status
    rank: int | None
    "How many jobs are before it in the queue."
    queue_size: int | None
    eta: float | None
    "Seconds until it ends, as the server guesses."
    success: bool | None
    time: datetime | None
    "When this became known."
    progress_data: list[ProgressUnit] | None
    log: tuple[str, str] | None = None
    "Text and level."
    transferred: Transferred | None = None
    "Bytes moved, while files are sent or fetched."
    type: str = field(default="status", repr=False)


@dataclass(slots=True)
class OutputUpdate:
    """One output of a job."""

    outputs: list[object]
    "What is shown; from an official iterator the bare output, at last a dict: `data`, or `error`."
    success: bool = True
    final: bool = False
    type: str = field(default="output", repr=False)


def spread(value: object) -> list[Any]:
    """An output as a list of what its components show."""
    return [*value] if isinstance(value, tuple) else [value]


def all_outputs(state: JobState) -> list[Any]:
    """All outputs of a job that have come until now."""
    outputs = Outputs(state)
    found: list[Any] = []
    while outputs.advance():
        found.append(outputs.value())
    return found


def status_update(view: JobView, time: datetime | None) -> StatusUpdate:
    """The view in the official words; `time` is the driver's."""
    return StatusUpdate(
        code=view.code,
        rank=view.rank,
        queue_size=view.queue_size,
        eta=view.eta,
        success=view.success,
        time=time,
        progress_data=list(view.progress) or None,
        log=(view.log.text, view.log.level) if view.log else None,
        transferred=view.transferred,
    )


def current_status(view: JobView, time: datetime | None) -> StatusUpdate:
    """The view as `Job.status()` tells it: STARTING until the server says something of the job.

    Programs wait for that code, or while it lasts, as the official client shows it; so the names
    of what happens on this side are for `updates()` alone.
    """
    update = status_update(view, time)
    if view.stage in _BEFORE_FIRST_MESSAGE:
        update.code = Status.STARTING
    return update

"""Turns a job's views into the status and output objects of the official client."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..jobs.job_state import JobState, JobView, Outputs, Stage, Transferred
from ..jobs.messages import ProgressUnit
from ..jobs.status import Status

if TYPE_CHECKING:
    # For an annotation only: the core reads no clock, so it must not import datetime.
    from datetime import datetime

_BEFORE_FIRST_MESSAGE = (Stage.STARTING, Stage.UPLOADING, Stage.JOINING)
"The stages before the server's first message about a job."


@dataclass(slots=True, repr=False)
class StatusUpdate:
    """The status of a job, with the official client's names."""

    code: Status
    rank: int | None
    "Jobs before it in the queue."
    queue_size: int | None
    eta: float | None
    "Estimated seconds until it ends."
    success: bool | None
    time: datetime | None
    "When the client learned of this."
    progress_data: list[ProgressUnit] | None
    log: tuple[str, str] | None = None
    "Text and level."
    transferred: Transferred | None = None
    "Bytes sent or received so far, while files are transferred."
    type: str = "status"

    def __repr__(self) -> str:
        # Most fields are None most of the time.
        pairs = [(each.name, getattr(self, each.name)) for each in fields(self)[:-1]]
        told = [f"{name}={value!r}" for name, value in pairs if value is not None]
        return f"StatusUpdate({', '.join(told)})"


@dataclass(slots=True)
class OutputUpdate:
    """One output of a job."""

    outputs: list[object]
    "One per component; in the official iterator the bare output, and finally `data` or `error`."
    success: bool = True
    final: bool = False
    type: str = field(default="output", repr=False)


def spread(value: object) -> list[Any]:
    """Return an output as a list with one item per component."""
    return [*value] if isinstance(value, tuple) else [value]


def all_outputs(state: JobState) -> list[Any]:
    """Return all outputs of a job so far."""
    outputs = Outputs(state)
    values: list[Any] = []
    while outputs.advance():
        values.append(outputs.value())
    return values


def status_update(view: JobView, time: datetime | None) -> StatusUpdate:
    """Return a view as the official client's status; `time` comes from the driver."""
    return StatusUpdate(
        code=view.code,
        rank=view.rank,
        queue_size=view.queue_size,
        eta=view.eta,
        success=view.success,
        time=time,
        # As in the official client: None instead of an empty list.
        progress_data=list(view.progress) or None,
        log=(view.log.text, view.log.level) if view.log else None,
        transferred=view.transferred,
    )


def current_status(view: JobView, time: datetime | None) -> StatusUpdate:
    """Return a view as `Job.status()` shows it: STARTING until the server's first message.

    Programs wait for the official client's codes, which has none for uploads and joins. Those
    codes appear in `updates()` only.
    """
    update = status_update(view, time)
    if view.stage in _BEFORE_FIRST_MESSAGE:
        update.code = Status.STARTING
    return update

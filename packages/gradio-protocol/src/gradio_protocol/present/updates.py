"""Turns a job's snapshots into the status and output objects of the official client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..dataclass import dataclass, field, fields
from ..jobs.job_state import JobSnapshot, JobState, Outputs, Stage, Transferred
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


def split_output(value: object) -> list[Any]:
    """Return an output as a list with one item per component."""
    return [*value] if isinstance(value, tuple) else [value]


def all_outputs(state: JobState) -> list[Any]:
    """Return all outputs of a job so far."""
    outputs = Outputs(state)
    values: list[Any] = []
    while outputs.advance():
        values.append(outputs.value())
    return values


def call_with_result(callback: Callable[..., object], state: JobState, _: object = None) -> None:
    """Call a result callback of a job that has ended, if it has succeeded."""
    if state.snapshot.stage is Stage.SUCCEEDED:
        value = state.result()
        callback(*value) if isinstance(value, tuple) else callback(value)


class UpdateReader:
    """Reads the statuses and outputs of one job in order, as `updates()` of a job yields them.

    `times` has the time of each snapshot that the driver has announced, in the driver's own form;
    `stamp` converts one.
    """

    __slots__ = ("_outputs", "_outputs_known", "_stamp", "_state", "_taken", "_times")

    def __init__(
        self, state: JobState, times: Sequence[float], stamp: Callable[[float], datetime]
    ) -> None:
        self._state = state
        self._times = times
        self._stamp = stamp
        self._outputs = Outputs(state)
        self._taken = 0
        "How many snapshots have been returned as statuses."
        self._outputs_known = 0
        "How many outputs there were at the last of these snapshots."

    def has_more(self) -> bool:
        """Whether there is an update that `advance` has not returned."""
        return self._taken < len(self._times) or self._outputs.taken < self._outputs_known

    def advance(self) -> StatusUpdate | OutputUpdate | None:
        """Return the next update; None if there is none yet."""
        if self._outputs.taken < self._outputs_known and self._outputs.advance():
            return OutputUpdate(outputs=split_output(self._outputs.value()))
        if not self.has_more():
            return None
        snapshot, time = self._state.snapshots[self._taken], self._stamp(self._times[self._taken])
        self._taken, self._outputs_known = self._taken + 1, snapshot.outputs
        return status_update(snapshot, time)


def status_update(snapshot: JobSnapshot, time: datetime | None) -> StatusUpdate:
    """Return a snapshot as the official client's status; `time` comes from the driver."""
    return StatusUpdate(
        code=snapshot.code,
        rank=snapshot.rank,
        queue_size=snapshot.queue_size,
        eta=snapshot.eta,
        success=snapshot.success,
        time=time,
        # As in the official client: None instead of an empty list.
        progress_data=list(snapshot.progress) or None,
        log=(snapshot.log.text, snapshot.log.level) if snapshot.log else None,
        transferred=snapshot.transferred,
    )


def current_status(snapshot: JobSnapshot, time: datetime | None) -> StatusUpdate:
    """Return a snapshot as `Job.status()` shows it: STARTING until the server's first message.

    Programs wait for the official client's codes, which has none for uploads and joins. Those
    codes appear in `updates()` only.
    """
    update = status_update(snapshot, time)
    if snapshot.stage in _BEFORE_FIRST_MESSAGE:
        update.code = Status.STARTING
    return update

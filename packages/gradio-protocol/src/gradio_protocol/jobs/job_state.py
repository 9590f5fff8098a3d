"""One job's life: a total table of stages and causes, and the view that users see.

1. `JobLife.apply` is the only way in: the server's messages, bytes moved, the caller's cancel and
   a failure all are news. It never raises for what came. `receive` applies a message unless the
   job's flow has to act on it, and tell it, first.
2. The table has an entry for every stage and every cause. A final stage has itself for all of
   them: what comes late is absorbed.
3. A view is frozen: it may be read from any thread. All are kept, in order.
4. `process_generating` adds an output; `process_completed` only where none came before it, and
   never for a generator that yielded nothing, nor for an event that was cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias, assert_never

from ..app.dialect import Dialect
from ..app.endpoint import Endpoint
from ..app.files import localize_files
from ..errors import JobCancelled
from ..wire.document import JSON
from .file_search import FileSearch
from .history import History, HistoryCursor
from .messages import (
    Completed,
    DataRequested,
    Failed,
    FlowMessage,
    Generated,
    Ignored,
    JobMessage,
    Logged,
    Output,
    Progressed,
    ProgressUnit,
    Queued,
    QueueFull,
    Started,
)
from .status import Status


class Stage(Enum):
    """Where a job is in its life."""

    STARTING = "submitted, and nothing done yet"
    UPLOADING = "its files are on their way"
    JOINING = "asking to be let into the queue"
    QUEUED = "in the queue"
    RUNNING = "the app's function is running"
    SUCCEEDED = "it has a result"
    FAILED = "it has an error"
    CANCELLED = "the caller did not want it any more"

    # The hash of an enum is written in Python, and every message looks into the table.
    __hash__ = object.__hash__

    @cached_property
    def is_final(self) -> bool:
        """Whether nothing can change any more."""
        return self in _FINAL


_FINAL = (Stage.SUCCEEDED, Stage.FAILED, Stage.CANCELLED)


class Cause(Enum):
    """What may move a job from one stage to another."""

    UPLOADS = "a file is being sent"
    JOINS = "the join is being sent"
    QUEUES = "the server says where it stands in the queue"
    STARTS = "the server starts it"
    REPORTS = "progress, a log line or an output comes"
    RETURNS = "the flow ends with a result"
    RAISES = "the flow ends with an error"
    CANCELS = "the caller cancels"

    __hash__ = object.__hash__


def _build_transitions() -> dict[Stage, dict[Cause, Stage]]:
    s = Stage
    # The same from every stage that is not final, for a job may begin again: another app may be
    # there by now, or the event may be lost.
    leads = (s.UPLOADING, s.JOINING, s.QUEUED, s.RUNNING, s.RUNNING)
    row: dict[Cause, Stage] = dict(zip(Cause, (*leads, *_FINAL), strict=True))
    return {stage: dict.fromkeys(Cause, stage) if stage.is_final else row for stage in Stage}


TRANSITIONS = _build_transitions()
"The table: where each cause leads from each stage."


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The join is about to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """Bytes of files have moved, up or down."""

    done: int
    total: int | None
    "None where the server did not say how long a file is."
    upload: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file of the server is on this machine's disk now."""

    path: str
    "On the server."
    local: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebound:
    """Another app is there by now, and makes the job; no output has come before."""

    dialect: Dialect
    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The job has a result."""

    value: object = None
    "For `JobLife.result`, where a driver does not keep it itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The job has an error; JobCancelled says that it was called off."""

    error: BaseException
    "A GradioError, unless there is a bug."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The caller cancels."""


_ViewUpdate: TypeAlias = (
    Joining
    | Transferred
    | Queued
    | DataRequested
    | Started
    | Progressed
    | Logged
    | Generated
    | Output
    | Completed
    | Failed
    | QueueFull
    | Returned
    | Raised
    | Cancelled
)
JobUpdate: TypeAlias = _ViewUpdate | Fetched | Ignored | Rebound


class JobView(NamedTuple):
    """What is known of a job: its stage, and what the latest news said."""

    stage: Stage = Stage.STARTING
    code: Status = Status.STARTING
    outputs: int = 0
    "How many outputs have come."
    rank: int | None = None
    queue_size: int | None = None
    eta: float | None = None
    "Seconds."
    success: bool | None = None
    progress: tuple[ProgressUnit, ...] = ()
    log: Logged | None = None
    transferred: Transferred | None = None
    error: BaseException | None = None
    "Of a job that was called off, JobCancelled."


_INITIAL = JobView()


class Outputs:
    """Reads the outputs of a job, one after the other, as its caller wants them."""

    __slots__ = ("_cursor", "_state", "taken")

    def __init__(self, state: JobState) -> None:
        self._state = state
        self._cursor = HistoryCursor(state.history)
        self.taken = 0
        "How many outputs have been gone over."

    def advance(self) -> bool:
        """Go on to the next output; False if it has not come yet."""
        moved = self._cursor.advance()
        self.taken += moved
        return moved

    def value(self) -> object:
        """The output last gone on to: a copy, without the slots that callers do not see."""
        return self._state.visible_outputs(self._cursor.value())


class JobState:
    """What is known of one job. See the module. Not thread-safe, but its views are."""

    __slots__ = ("_files", "_saved", "_value", "endpoint", "history", "views")

    def __init__(
        self, endpoint: Endpoint, history: History, files: FileSearch | None = None
    ) -> None:
        self.endpoint = endpoint
        self.history = history
        self._files = files
        "None: the caller wants no files."
        self.views: list[JobView] = [_INITIAL]
        "All views, oldest first; only ever appended to."
        self._saved: dict[str, str] = {}
        self._value: object = None

    @property
    def view(self) -> JobView:
        """What is known now."""
        return self.views[-1]

    def result(self) -> object:
        """What the flow of a job that is over has returned. Raises the job's error."""
        if self.view.error is not None:
            raise self.view.error
        return self._value

    def receive(self, message: JobMessage) -> FlowMessage | None:
        """Apply a message, or return it if the flow has to act on it first."""
        match message:
            case Generated():
                output = self._decoded(message)
                if output.files or output.ends_input:
                    return output
                self.apply(output)
            case Failed():
                return replace(message, shown=bool(self.history.outputs))
            case DataRequested() | Completed() | QueueFull():
                return message
            case _:
                self.apply(message)
        return None

    def _decoded(self, generated: Generated) -> Output:
        changes, search = self.history.decode(generated), self._files
        files = search.find(changes, has_path=generated.has_path) if search else ()
        return Output(changes, files, generated.streamed and not self.history.outputs)

    def apply(self, update: JobUpdate) -> bool:
        """Take news in; returns whether the view is another one now."""
        before, history = self.views[-1].stage, self.history
        if before.is_final:
            return False
        match update:
            # What a job hears most often comes first.
            case Output():
                history.outputs.append(update.changes)
            case Generated():
                history.add(update)
            case Ignored():
                return False
            case Fetched():
                self._saved[update.path] = update.local
                return False
            case Rebound():
                self.endpoint = update.endpoint
                history.rebind(update.dialect.edits)
                if self._files:
                    self._files = FileSearch(update.dialect, update.endpoint)
                return False
            case Returned():
                self._value = update.value
            case Completed(data=tuple() as data) if history.outputs or not self.endpoint.generator:
                history.complete(data)
            case _:
                pass
        self.views.append(_make_view(before, len(history.outputs), update))
        return True

    def visible_outputs(self, data: tuple[JSON, ...]) -> object:
        """What the caller gets of an output: files as local paths, hidden slots left out.

        Where no file was saved, the values are those of `data`.
        """
        return self.endpoint.visible_outputs(
            localize_files(data, self._saved) if self._saved else data
        )


@lru_cache(4096)
def _simple_view(stage: Stage, code: Status, n: int, success: bool | None = None) -> JobView:
    """A view that says no more. It is a value: a thousand streams can share it."""
    return JobView(stage, code, n, success=success)


@lru_cache(4096)
def _output_view(before: Stage, n: int) -> JobView:
    """What an output says, likewise."""
    return JobView(TRANSITIONS[before][Cause.REPORTS], Status.ITERATING, n, success=True)


def _make_view(before: Stage, n: int, update: _ViewUpdate) -> JobView:
    """What the news say, after this stage and `n` outputs."""
    row = TRANSITIONS[before]
    match update:
        # What a job hears most often comes first.
        case Output() | Generated():
            return _output_view(before, n)
        case Progressed():
            return JobView(row[Cause.REPORTS], Status.PROGRESS, n, progress=update.steps)
        case Logged():
            return JobView(row[Cause.REPORTS], Status.LOG, n, log=update)
        case Transferred():
            stage = row[Cause.UPLOADS if update.upload else Cause.REPORTS]
            return JobView(stage, Status.SENDING_DATA, n, transferred=update)
        case Joining():
            return _simple_view(row[Cause.JOINS], Status.JOINING_QUEUE, n)
        case Queued():
            stage = row[Cause.QUEUES]
            return JobView(stage, Status.IN_QUEUE, n, update.rank, update.size, update.eta)
        case DataRequested():
            return _simple_view(row[Cause.QUEUES], Status.SENDING_DATA, n)
        case QueueFull():
            return JobView(row[Cause.QUEUES], Status.QUEUE_FULL, n, success=False)
        case Started():
            return JobView(row[Cause.STARTS], Status.PROCESSING, n, eta=update.eta)
        case Completed():
            return _simple_view(row[Cause.REPORTS], Status.FINISHED, n, True)
        case Returned():
            return _simple_view(row[Cause.RETURNS], Status.FINISHED, n, True)
        case Cancelled():
            error = JobCancelled("the job was cancelled")
            return JobView(row[Cause.CANCELS], Status.CANCELLED, n, success=False, error=error)
        case Raised(error=JobCancelled() as error):
            return JobView(row[Cause.CANCELS], Status.CANCELLED, n, success=False, error=error)
        case Failed(error=error):
            return JobView(row[Cause.REPORTS], Status.FINISHED, n, success=False, error=error)
        case Raised(error=error):
            return JobView(row[Cause.RAISES], Status.FINISHED, n, success=False, error=error)
        case _:
            assert_never(update)

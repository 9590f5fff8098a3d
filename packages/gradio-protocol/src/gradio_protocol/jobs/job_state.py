"""The state of one job: a table of stages and causes, and the snapshots that users read.

1. `JobState.apply` is the only way to change it. Messages of the server, transferred bytes, the
   caller's cancel and failures are all updates, and no update raises. `receive` applies a message
   unless the job's flow has to act on it first.
2. The table has an entry for every stage and every cause. A final stage leads to itself, so late
   updates change nothing: a result that arrives after a cancel is ignored.
3. Snapshots are frozen, so any thread may read them. All are kept in order, so that a reader who is
   slower than the server misses none.
4. `process_generating` adds an output. `process_completed` adds one only if none came before, and
   none for a generator that yielded nothing or an event that was cancelled: their values are null.
"""

from __future__ import annotations

from enum import Enum
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias, assert_never

from ..app.dialect import Dialect, Edits
from ..app.endpoint import UNKNOWN, Endpoint
from ..app.files import localize_files
from ..dataclass import dataclass, replace
from ..errors import JobCancelled
from ..wire.document import JSON
from .file_search import FileSearch
from .history import History, HistoryCursor
from .identity_hash import hash_by_identity
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
    Report,
    Started,
)
from .status import Status


@hash_by_identity
class Stage(Enum):
    """How far a job is."""

    STARTING = "it is submitted, and nothing is done yet"
    UPLOADING = "its files are being uploaded"
    JOINING = "its join is being sent"
    QUEUED = "it waits in the server's queue"
    RUNNING = "the app's function is running"
    SUCCEEDED = "it has a result"
    FAILED = "it has an error"
    CANCELLED = "it was cancelled, here or on the server"

    @cached_property
    def is_final(self) -> bool:
        """Whether the job is over, so that nothing changes any more."""
        return self in _FINAL


_FINAL = (Stage.SUCCEEDED, Stage.FAILED, Stage.CANCELLED)


@hash_by_identity
class Cause(Enum):
    """What moves a job from one stage to another."""

    UPLOADS = "a file is being sent"
    JOINS = "the join is being sent"
    QUEUES = "the server reports its place in the queue"
    STARTS = "the server starts it"
    REPORTS = "progress, a log line or an output arrives"
    RETURNS = "the flow ends with a result"
    RAISES = "the flow ends with an error"
    CANCELS = "the caller cancels"


def _build_transitions() -> dict[Stage, dict[Cause, Stage]]:
    s = Stage
    # Any stage that is not final can follow any other, since a job may begin again: if the app was
    # restarted, or if the caller wants lost jobs resubmitted.
    targets = (s.UPLOADING, s.JOINING, s.QUEUED, s.RUNNING, s.RUNNING)
    row: dict[Cause, Stage] = dict(zip(Cause, (*targets, *_FINAL), strict=True))
    return {stage: dict.fromkeys(Cause, stage) if stage.is_final else row for stage in Stage}


TRANSITIONS = _build_transitions()
"The next stage, by stage and cause."


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The join is about to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """Bytes of files were sent or received."""

    done: int
    total: int | None
    "None: the server did not report the size of a file."
    upload: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file was downloaded."""

    path: str
    "Path on the server."
    local: str
    "Path on this machine."


@dataclass(frozen=True, slots=True)
class Rebound:
    """Another app is there by now, and makes the job; no output has come before."""

    dialect: Dialect
    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The job has a result."""

    value: object = None
    "What `JobState.result` returns."


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The job has an error, or was cancelled, which is the error JobCancelled."""

    error: BaseException
    "A GradioError; any other type is a bug."


_VisibleUpdate: TypeAlias = Joining | Transferred | Report | Generated | Output | Returned | Raised
JobUpdate: TypeAlias = _VisibleUpdate | Downloaded | Ignored | Rebound


class JobSnapshot(NamedTuple):
    """A job as of one update: its stage, and what that update contained."""

    stage: Stage = Stage.STARTING
    code: Status = Status.STARTING
    outputs: int = 0
    "Outputs so far."
    rank: int | None = None
    queue_size: int | None = None
    eta: float | None = None
    "Estimated seconds until it ends."
    success: bool | None = None
    progress: tuple[ProgressUnit, ...] = ()
    log: Logged | None = None
    transferred: Transferred | None = None
    error: BaseException | None = None
    "JobCancelled for a job that was cancelled."


_INITIAL = JobSnapshot()


class Outputs:
    """Reads the outputs of a job in order, as the caller gets them."""

    __slots__ = ("_cursor", "_state", "taken")

    def __init__(self, state: JobState) -> None:
        self._state = state
        self._cursor = HistoryCursor(state.history)
        self.taken: int = 0
        "Outputs read so far."

    def advance(self) -> bool:
        """Move to the next output; return False if there is none yet."""
        moved = self._cursor.advance()
        self.taken += moved
        return moved

    def is_ready(self) -> bool:
        """Whether there is another output, or the job is over."""
        snapshot = self._state.snapshot
        return self.taken < snapshot.outputs or snapshot.stage.is_final

    def value(self) -> object:
        """Return the current output, as `JobState.visible_outputs` does."""
        return self._state.visible_outputs(self._cursor.value())


class JobState:
    """The state of one job. Not thread-safe, but its snapshots are; see the module."""

    __slots__ = ("_files", "_saved", "_share", "_value", "endpoint", "history", "snapshots")

    def __init__(
        self, endpoint: Endpoint, history: History, files: FileSearch | None = None
    ) -> None:
        self.endpoint: Endpoint = endpoint
        self.history: History = history
        self._files = files
        "None: the caller wants no downloads."
        self.snapshots: list[JobSnapshot] = [_INITIAL]
        "All snapshots, oldest first. Append-only."
        self._saved: dict[str, str] = {}
        self._share = False
        "Outputs may share parts: see `Options`."
        self._value: object = None

    @classmethod
    def unbound(cls) -> JobState:
        """Return the state of a job whose endpoint is unknown until the client is connected.

        `bind` completes it; until then, only an error or a cancel may be applied.
        """
        return cls(UNKNOWN, History(Edits.NONE))

    def bind(self, endpoint: Endpoint, dialect: Dialect, *, download: bool, share: bool) -> None:
        """Set the endpoint of a job, whose outputs arrive in this dialect from now on.

        With `download`, their files are found. With `share`, outputs share what did not change
        between them.
        """
        self.endpoint, self._share = endpoint, share
        self._files = FileSearch(dialect, endpoint) if download else None
        self.history.rebind(dialect.edits)

    @property
    def snapshot(self) -> JobSnapshot:
        """The latest snapshot."""
        return self.snapshots[-1]

    @property
    def failure(self) -> BaseException | None:
        """The error of a job that failed; None for one that was cancelled, too."""
        return self.snapshot.error if self.snapshot.stage is Stage.FAILED else None

    def __str__(self) -> str:
        """The endpoint, the stage, and why the job failed if it did."""
        why = f": {self.failure!r}" if self.failure else ""
        return f"{self.endpoint.title} {self.snapshot.stage.name}{why}"

    def raise_failure(self) -> None:
        """Raise the error of a job that failed, at the end of its outputs.

        Raise nothing for a job that was cancelled: a loop over it just ends.
        """
        # As in the official client 2.7.2. Whoever cancels a job knows it, and a program that shows
        # outputs until its user presses "stop" needs no `except` for that.
        if self.failure is not None:
            # Each `raise` would add to the frames that the error has gathered so far.
            raise self.failure.with_traceback(None)

    def result(self) -> object:
        """Return the result of a job that is over. Raises the job's error."""
        if self.snapshot.error is not None:
            raise self.snapshot.error.with_traceback(None)
        return self._value

    def receive(self, message: JobMessage) -> FlowMessage | None:
        """Apply a message, or return it if the flow has to act on it first."""
        match message:
            case Generated():
                output = self._decode(message)
                # Such an output is applied by the flow, after the files were downloaded or the
                # input was ended.
                if output.files or output.ends_input:
                    return output
                self.apply(output)
            case Failed():
                # The flow may run a lost job again, but not after the caller saw an output of it.
                return replace(message, shown=bool(self.history.outputs))
            # These need a request, end the job, or may lead to another attempt.
            case DataRequested() | Completed() | QueueFull():
                return message
            case _:
                self.apply(message)
        return None

    def _decode(self, generated: Generated) -> Output:
        changes, search = self.history.decode(generated), self._files
        files = search.find(changes, has_path=generated.has_path) if search else ()
        return Output(changes, files, generated.streamed and not self.history.outputs)

    def apply(self, update: JobUpdate) -> bool:
        """Apply an update; return whether there is a new snapshot."""
        before, history = self.snapshots[-1].stage, self.history
        if before.is_final:
            return False
        match update:
            # Outputs are the most frequent update, so they come first.
            case Output():
                history.outputs.append(update.changes)
            case Generated():
                history.add(update)
            case Ignored():
                return False
            case Downloaded():
                self._saved[update.path] = update.local
                return False
            case Rebound(dialect, endpoint):
                download = self._files is not None
                self.bind(endpoint, dialect, download=download, share=self._share)
                return False
            case Returned():
                self._value = update.value
            # A generator that yielded nothing completes with null values, which are not an output.
            case Completed(data=tuple() as data) if history.outputs or not self.endpoint.generator:
                history.complete(data)
            case _:
                pass
        self.snapshots.append(_make_snapshot(before, len(history.outputs), update))
        return True

    def visible_outputs(self, data: tuple[JSON, ...]) -> object:
        """Return an output as the caller gets it: local paths for files, without hidden slots.

        It is a copy, unless outputs may share parts.
        """
        outputs = localize_files(data, self._saved, share=self._share)
        return self.endpoint.visible_outputs(outputs)


@lru_cache(4096)
def _share_snapshot(stage: Stage, code: Status, n: int, success: bool | None = None) -> JobSnapshot:
    """Return a snapshot with these fields only. It is immutable, so many jobs share one."""
    return JobSnapshot(stage, code, n, success=success)


def _make_snapshot(before: Stage, n: int, update: _VisibleUpdate) -> JobSnapshot:
    """Return the snapshot after an update, given the stage before it and the number of outputs."""
    row = TRANSITIONS[before]
    match update:
        # Outputs are the most frequent update, so they come first.
        case Output() | Generated():
            return _share_snapshot(row[Cause.REPORTS], Status.ITERATING, n, True)
        case Progressed():
            return JobSnapshot(row[Cause.REPORTS], Status.PROGRESS, n, progress=update.steps)
        case Logged():
            return JobSnapshot(row[Cause.REPORTS], Status.LOG, n, log=update)
        case Transferred():
            stage = row[Cause.UPLOADS if update.upload else Cause.REPORTS]
            return JobSnapshot(stage, Status.SENDING_DATA, n, transferred=update)
        case Joining():
            return _share_snapshot(row[Cause.JOINS], Status.JOINING_QUEUE, n)
        case Queued():
            stage = row[Cause.QUEUES]
            return JobSnapshot(stage, Status.IN_QUEUE, n, update.rank, update.size, update.eta)
        case DataRequested():
            return _share_snapshot(row[Cause.QUEUES], Status.SENDING_DATA, n)
        case QueueFull():
            return JobSnapshot(row[Cause.QUEUES], Status.QUEUE_FULL, n, success=False)
        case Started():
            return JobSnapshot(row[Cause.STARTS], Status.PROCESSING, n, eta=update.eta)
        case Completed():
            return _share_snapshot(row[Cause.REPORTS], Status.FINISHED, n, True)
        case Returned():
            return _share_snapshot(row[Cause.RETURNS], Status.FINISHED, n, True)
        # By its caller or on the server, or because the client was closed.
        case Raised(error=JobCancelled() as error):
            return JobSnapshot(row[Cause.CANCELS], Status.CANCELLED, n, success=False, error=error)
        # Not final yet: the flow may make another attempt. `Raised` ends the job.
        case Failed(error=error):
            return JobSnapshot(row[Cause.REPORTS], Status.FINISHED, n, success=False, error=error)
        case Raised(error=error):
            return JobSnapshot(row[Cause.RAISES], Status.FINISHED, n, success=False, error=error)
        case _:
            assert_never(update)

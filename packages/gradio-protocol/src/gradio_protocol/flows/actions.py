"""The actions that a flow asks a driver for, and the `Flow` that a driver resumes.

A flow is a generator of actions. `ask` yields an action to the driver and returns the reply, in
the type that the action declares. `Flow` wraps the generator, so that each step returns either the
next action or `Done`.

If an action fails (`TransportFailed`, `FileFailed`), the error is raised at the line that asked. A
flow keeps no state beyond its own life and never yields in a `finally`. One thread or task at a
time may resume it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar, cast

from ..dataclass import dataclass
from ..errors import FileFailed, RemoteError
from ..jobs.job_state import JobUpdate, Transferred
from ..jobs.orders import AnyQuestion, JobStopped, Question
from ..wire.exchange import Head, Request, Response, Stat

R = TypeVar("R", covariant=True)
T = TypeVar("T")

OnTransfer: TypeAlias = Callable[[Transferred], None]
"Is called with the progress of an upload or a download."

_MOST_REPORTS = 200  # of one transfer whose size is known
_PAGE = 2**20  # bytes that a `PageBuffer` gathers
_MAX_ERROR_BODY = 2**20  # largest body of an error reply to a download, in bytes


class Action(Generic[R]):
    """Something that a flow asks a driver to do; `R` is the type of the driver's reply."""

    __slots__ = ()
    if TYPE_CHECKING:
        # Uses R, for type checkers: without a use, every Action would match every other.
        _reply: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Action[Response]):
    """Send one request. The reply is delivered whatever its status; redirects are not followed."""

    request: Request
    limit: int = 2**20
    "Largest body of the reply in bytes; a longer one is a RemoteError."
    total_timeout: float | None = None
    """Seconds that the whole exchange may take; infinity for a direct call, which takes as long as
    the job. None: the client's timeouts apply."""
    is_join: bool = False
    """The request makes the server run a job, even if nobody waits for the reply. Once its first
    byte is sent, the driver must wait for the reply."""

    def timeouts(self, timeout: float) -> tuple[float, float]:
        """Return the read timeout and the total timeout, in seconds.

        `timeout` is the client's timeout.
        """
        return (timeout, inf) if self.total_timeout is None else (inf, self.total_timeout)

    def check(self, size: int) -> None:
        """Raise RemoteError if `size` bytes are more than the limit."""
        if size > self.limit:
            raise RemoteError(f"{self.request!r}: the reply is longer than {self.limit} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """The current state of a local file."""

    size: int
    "Bytes."
    mtime_ns: int
    digest: str
    "SHA-256 of the content, in hexadecimal."

    @classmethod
    def of(cls, stat: Stat, digest: str) -> FileFacts:
        """Make the facts from `os.stat` and a digest."""
        return cls(size=stat.st_size, mtime_ns=stat.st_mtime_ns, digest=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectFile(Action[FileFacts]):
    """Read a local file's size, mtime and digest."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile(Action[bytes]):
    """Read a local file."""

    path: str
    limit: int
    "Bytes; a longer file is a FileFailed."

    def check(self, size: int) -> None:
        """Raises FileFailed if `size` bytes are more than the limit."""
        if size > self.limit:
            raise FileFailed(f"file {self.path!r} is longer than {self.limit} bytes")


PARTIAL_PREFIX: Final = ".partial-"
"What the names of files begin with while a driver writes them into the download folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A file that was saved on this machine's disk."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveBytes(Action[Saved]):
    """Write `data` into the download folder, under a name that the core has made safe."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Action["Saved | Response"]):
    """Stream the body of a 200 into the download folder; return any other reply unchanged.

    The driver writes to a temporary name and renames it, so that a partial file is never visible.
    """

    request: Request
    name: str
    "One path component, made safe."
    limit: int | None
    "Bytes; a longer body is a RemoteError, and the partial file is deleted. None: no limit."

    def timeouts(self, timeout: float) -> tuple[float, float]:
        """Return the read timeout and the total timeout, in seconds.

        `timeout` is the client's timeout.
        """
        return timeout, inf

    def takes(self, head: Head) -> bool:
        """Whether to save the body that follows. Raises RemoteError if it is too long."""
        if head.status == 200:
            self.check(head.length or 0)
        return head.status == 200

    def check(self, size: int) -> None:
        """Raise RemoteError if `size` bytes are more than the limit."""
        if self.limit is not None and size > self.limit:
            raise RemoteError(f"file {self.name!r} exceeds max_download_size ({self.limit} bytes)")


class TransferMeter:
    """Counts the bytes of files that are sent or received, and reports their number.

    The first bytes and the last ones are reported, and about 200 times between them: to report each
    chunk of a large file takes a seventh of the CPU time of its download. Without a total, each
    chunk is reported.
    """

    __slots__ = ("_done", "_next", "_report", "_total", "_upload")

    def __init__(self, report: OnTransfer, total: int | None, *, upload: bool) -> None:
        self._report, self._total, self._upload = report, total, upload
        self._done = self._next = 0

    def add(self, size: int) -> None:
        """Count bytes."""
        self._done += size
        if self._done >= self._next:
            self._report(Transferred(done=self._done, total=self._total, upload=self._upload))
            if self._total is not None:
                self._next = min(self._done + self._total // _MOST_REPORTS, self._total)


def meter_upload(request: Request, report: OnTransfer) -> Callable[[int], object]:
    """Return a function to call with the size of each part of the request's body that is sent.

    It reports the progress of a form with files.
    """
    is_form = len(request.body) > 1
    return TransferMeter(report, request.size, upload=True).add if is_form else lambda _: None


class BodyLimit:
    """Counts the bytes of one reply's body, and returns each chunk that it counts.

    `report` gets the progress of a download. Raises RemoteError if the body is longer than the
    action allows.
    """

    __slots__ = ("_action", "_count", "_head", "_refused", "_size")

    def __init__(
        self, action: Send | Download, head: Head, report: OnTransfer | None = None
    ) -> None:
        self._action, self._head, self._size = action, head, 0
        # An error reply is kept in memory and has its own limit, not that of the file.
        self._refused = isinstance(action, Download) and not action.takes(head)
        self._count = TransferMeter(report, head.length, upload=False).add if report else None

    def __call__(self, chunk: bytes) -> bytes:
        """Count a chunk and return it."""
        self._size += len(chunk)
        if not self._refused:
            self._action.check(self._size)
            if self._count is not None:
                self._count(len(chunk))
        elif self._size > _MAX_ERROR_BODY:
            status = self._head.status
            text = f"{self._action.request!r}: status {status} with a reply without end"
            raise RemoteError(text, status=status)
        return chunk


class PageBuffer:
    """Gathers the chunks of a download into pages, for a driver whose threads write them.

    To hand each chunk of a socket over to another thread would cost more than to write it.
    """

    __slots__ = ("_page",)

    def __init__(self) -> None:
        self._page = bytearray()

    def add(self, chunk: bytes) -> bytearray | None:
        """Add a chunk; return the page if it is full."""
        self._page += chunk
        return self.take() if len(self._page) >= _PAGE else None

    def take(self) -> bytearray:
        """Return what was gathered since the last page."""
        page, self._page = self._page, bytearray()
        return page


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Action[None]):
    """Report an update of the job's state to the user."""

    update: JobUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep(Action[None]):
    """Wait for some seconds."""

    seconds: float


IOAction: TypeAlias = Send | InspectFile | ReadFile | SaveBytes | Download | Sleep
"Actions that take time, which a driver has to wait for."

AnyAction: TypeAlias = IOAction | Publish | AnyQuestion

Steps: TypeAlias = Generator[AnyAction, Any, T]
"The generator of a flow that returns a T."


def ask(action: Action[R] | Question[R]) -> Generator[Any, Any, R]:
    """Yield an action to the driver; return the reply, in the type that the action declares.

    Raises the error with which the session stopped the job.
    """
    # Nothing checks this type at run time: a driver's own tests have to.
    reply: R | JobStopped = yield action
    if isinstance(reply, JobStopped):
        raise reply.error
    return reply


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The end of a flow, with the value that it returned."""

    value: T


class Flow(Generic[T]):
    """A conversation that a driver performs: `resume` with None, then with replies, until `Done`.

    An error of the flow leaves through the method that was called; it is a GradioError unless the
    driver made a mistake. Not thread-safe.
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps

    def resume(self, reply: object) -> AnyAction | Done[T]:
        """Pass in the reply to the last action, and return the next one; None begins the flow."""
        try:
            return self._steps.send(reply)
        except StopIteration as stop:
            return Done(cast(T, stop.value))

    def fail(self, error: Exception) -> AnyAction | Done[T]:
        """Report that the last action failed, and return the next one.

        An OSError counts as a failure of the disk: the flow sees a FileFailed. Drivers turn errors
        of the network into TransportFailed themselves. Any other error is a bug, which no flow
        catches.
        """
        try:
            return self._steps.throw(_as_gradio_error(error))
        except StopIteration as stop:
            return Done(cast(T, stop.value))


def _as_gradio_error(error: Exception) -> Exception:
    if not isinstance(error, OSError):
        return error
    # Some errors have no text, such as a bare `OSError()`.
    failed = FileFailed(str(error) or type(error).__name__)
    failed.__cause__ = error
    return failed

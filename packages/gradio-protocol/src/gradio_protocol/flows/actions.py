"""What a flow may ask of a driver, and what it answers.

A flow is a generator of actions. `ask` gives an action to whoever drives the flow and returns
the reply in its proper type. It alone takes a type on trust, with the loop over messages. `Flow`
is the generator with a small, total interface: each step is either the next action or `Done`.

A failure of the driver (`TransportFailed`, `FileFailed`) is raised at the line that asked. A flow
holds no state that outlives it, never yields in a `finally`, and is resumed by one thread or
task at a time.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar, cast

from ..errors import FileFailed, RemoteError
from ..jobs.job_state import JobUpdate
from ..jobs.orders import AnyQuestion, Question
from ..wire.exchange import Head, Request, Response, Stat

R = TypeVar("R", covariant=True)
T = TypeVar("T")

_MAX_ERROR_BODY = 2**20
"Bytes in which a server may say why it sends no file."


class Action(Generic[R]):
    """What a flow asks of the world; `R` is the reply that the driver gives."""

    __slots__ = ()
    if TYPE_CHECKING:
        # Binds R for the type checkers: without a use, every Action would fit every other.
        _reply: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Action[Response]):
    """One exchange. The reply is delivered whatever its status; nothing is followed."""

    request: Request
    limit: int
    "Bytes that the body of the reply may have; a longer one is a RemoteError."
    patience: float | None = None
    """Seconds that the whole exchange may take, infinity for as long as a job does (a direct
    call); None: the timeouts that the client was given."""
    is_join: bool = False
    """It asks the server to run a job, which runs also if nobody waits for the reply: from the
    first byte on it must be seen through."""

    def timeouts(self, timeout: float) -> tuple[float, float]:
        """Seconds between two reads, and in all; `timeout` is what the client was given."""
        return (timeout, inf) if self.patience is None else (inf, self.patience)

    def check(self, size: int) -> None:
        """Raises RemoteError if `size` bytes are more than the limit."""
        if size > self.limit:
            raise RemoteError(f"{self.request!r}: the reply is longer than {self.limit} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a local file is right now."""

    size: int
    "Bytes."
    mtime_ns: int
    digest: str
    "SHA-256 of the content, in hexadecimal digits."

    @classmethod
    def of(cls, stat: Stat, digest: str) -> FileFacts:
        """What the operating system says of a file, and its digest."""
        return cls(size=stat.st_size, mtime_ns=stat.st_mtime_ns, digest=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectFile(Action[FileFacts]):
    """Look at a local file."""

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
    """A file that now is on this machine's disk."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveBytes(Action[Saved]):
    """Write `data` into the download folder under a name that the core has made safe."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Action["Saved | Response"]):
    """Stream the body of a 200 into the download folder; any other reply comes back as it is.

    The driver writes to a temporary name and renames: a partial file is never seen.
    """

    request: Request
    name: str
    "Safe already: one path component."
    limit: int | None
    "Bytes; a longer body is a RemoteError, and nothing is kept. None: no limit."

    def timeouts(self, timeout: float) -> tuple[float, float]:
        """Seconds between two reads, and in all; `timeout` is what the client was given."""
        return timeout, inf

    def takes(self, head: Head) -> bool:
        """Whether the body that follows is to be saved. Raises RemoteError if it is too long."""
        if head.status == 200:
            self.check(head.length or 0)
        return head.status == 200

    def check(self, size: int) -> None:
        """Raises RemoteError if `size` bytes are more than the limit."""
        if self.limit is not None and size > self.limit:
            raise RemoteError(f"file {self.name!r} is longer than {self.limit} bytes")


class BodyLimit:
    """Counts the body of one reply, a chunk at a time; gives each chunk back.

    Raises RemoteError for what is longer than the action allows.
    """

    __slots__ = ("_action", "_refused", "_size")

    def __init__(self, action: Send | Download, head: Head) -> None:
        self._action = action
        self._refused = isinstance(action, Download) and not action.takes(head)
        self._size = 0

    def __call__(self, chunk: bytes) -> bytes:
        """Count this."""
        self._size += len(chunk)
        if not self._refused:
            self._action.check(self._size)
        elif self._size > _MAX_ERROR_BODY:
            raise RemoteError(f"{self._action.request!r}: a refusal without end")
        return chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Action[None]):
    """Hand news to the job's life and to whoever watches it."""

    update: JobUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep(Action[None]):
    """Wait."""

    seconds: float


# The WebSocket queue of 3.x will add its actions here: open a socket, send text, close.
AnyIO: TypeAlias = Send | InspectFile | ReadFile | SaveBytes | Download | Sleep
"What takes a driver time."

AnyAction: TypeAlias = AnyIO | Publish | AnyQuestion

Steps: TypeAlias = Generator[AnyAction, Any, T]
"The body of a flow that returns a T."


def ask(action: Action[R] | Question[R]) -> Generator[Any, Any, R]:
    """Ask the driver; returns the reply, in the type that the action declares."""
    reply: R = yield action
    return reply


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The end of a flow: what it returned."""

    value: T


class Flow(Generic[T]):
    """A conversation that a driver performs: `start`, then `resume` or `fail`, until `Done`.

    Whatever the flow raises leaves through the method that was called; it is a GradioError
    unless a driver broke the rules. Not thread-safe.
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps

    def start(self) -> AnyAction | Done[T]:
        """The first action."""
        return self.resume(None)

    def resume(self, reply: object) -> AnyAction | Done[T]:
        """Give the reply to the last action; returns the next one."""
        try:
            return self._steps.send(reply)
        except StopIteration as stop:
            return Done(cast(T, stop.value))

    def fail(self, error: Exception) -> AnyAction | Done[T]:
        """Say that the last action failed; returns the next one.

        What the operating system says is of the disk: the flow sees a FileFailed. What it says of
        the network, a driver has made a TransportFailed. Any other error is a bug that no flow
        catches.
        """
        try:
            return self._steps.throw(_as_gradio_error(error))
        except StopIteration as stop:
            return Done(cast(T, stop.value))

    def close(self) -> None:
        """Give the conversation up; nothing more will be asked."""
        self._steps.close()


def _as_gradio_error(error: Exception) -> Exception:
    if not isinstance(error, OSError):
        return error
    failed = FileFailed(str(error) or type(error).__name__)
    failed.__cause__ = error
    return failed

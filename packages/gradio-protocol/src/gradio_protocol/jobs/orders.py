"""The questions that flows ask their session, and the orders that a session gives.

A flow puts questions to its session, and `ClientProtocol` hands them to `Session.ask`. A session
returns orders, which `ClientProtocol` carries out in order. The answer to a question is an order
too, `Resume`, given at once or later. Each question is answered exactly once, so a waiting job is
only an entry in a table, and a cancel or a close can end every wait in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

from ..app.access import App
from ..errors import GradioError, TransportFailed
from ..wire.exchange import Headers, Request
from .messages import FlowMessage

R = TypeVar("R", covariant=True)


class Question(Generic[R]):
    """A question of a flow to its session; `R` is the type of the answer."""

    __slots__ = ()
    if TYPE_CHECKING:
        # Uses R, so that type checkers tell Question[int] from Question[str].
        _answer: R


class AppQuestion(Question[R]):
    """A question about the app, which `AppTracker` answers."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStopped:
    """The flow has to end: the job was cancelled, or the session was closed or lost."""

    error: GradioError


@dataclass(frozen=True, slots=True)
class RefreshNeeded:
    """This flow has to refresh the app, since no other is doing so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinGranted:
    """The job may join, with this session hash."""

    session_hash: str
    app: App
    "The app as the session knows it; it may be newer than the one the job was bound to."
    app_is_stale: bool
    "The app was not seen for so long that it may be another one: check its id first."


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestJoin(Question[JoinGranted | JobStopped]):
    """Ask to join. The answer waits while a `/cancel` of the same function is under way."""

    job_id: int
    fn_index: int
    direct: bool
    "The call is a request of its own, without a join and without messages."
    headers: Headers = field(default=(), repr=False)
    "Headers of this call only, for a private stream, which is also the join."
    body: str = field(default="", repr=False)
    "The JSON object with the arguments that a socket sends, without the session hash."
    own_hash: bool = False
    "The job needs a session hash of its own: two jobs of one generator harm each other (3.x)."


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinAccepted(Question["JoinAccepted | JobStopped"]):
    """Report that the server accepted the join under this event id. The answer is the question."""

    job_id: int
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinFailed(Question["JoinFailed | JobStopped"]):
    """Report that the join failed, so no message will come. The answer is the question."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMessage(Question[FlowMessage | JobStopped]):
    """Ask for the next message of this job's event that the flow has to act on.

    All messages before that one go straight to the job's state.
    """

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshApp(AppQuestion[App | RefreshNeeded | JobStopped]):
    """Ask for the current app, since `app` may have been replaced.

    The first flow to ask is answered `RefreshNeeded`: it refreshes the app, and must end with
    `AppRefreshed`. The others wait for its result.
    """

    job_id: int
    app: App


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRefreshed(AppQuestion[App]):
    """Report the refreshed app, or None if refreshing it failed.

    The answer is the app as it is now known.
    """

    job_id: int
    app: App | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpUploads(AppQuestion[tuple[str | None, ...]]):
    """Ask for the server paths of contents with these digests; None for those not uploaded yet."""

    job_id: int
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUploads(AppQuestion[None]):
    """Report the server paths of contents that were uploaded, by digest."""

    job_id: int
    paths: tuple[tuple[str, str], ...]


AnyAppQuestion: TypeAlias = RefreshApp | AppRefreshed | LookUpUploads | RecordUploads
AnyQuestion: TypeAlias = RequestJoin | JoinAccepted | JoinFailed | NextMessage | AnyAppQuestion


class StreamKind(Enum):
    """What a stream is for."""

    SHARED = "carries all messages of the session"
    SOCKET = "a WebSocket that carries the arguments and the messages of one job (3.2 to 3.50)"
    PRIVATE = "carries the messages of one job (4.0 to 4.8)"
    HEARTBEAT = "tells the server that the session is still in use (4.25 and later)"


KEEPALIVE: Final = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPALIVE", 60),
    ("TCP_KEEPINTVL", 15),
    ("TCP_KEEPCNT", 4),
)
"""TCP options with their values in seconds or probes; a platform may lack some of the names.

With `SO_KEEPALIVE` they break a connection two minutes after its peer disappears. Streams need
them, since a silent one stays open while the app replies on other connections. Direct calls need
them, since they have no other time limit. macOS says TCP_KEEPALIVE for TCP_KEEPIDLE.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """A stream to open: its request, and how long it may be silent."""

    key: int
    "Names the stream within its session: the job id of a private stream, else below zero."
    kind: StreamKind
    app: App = field(repr=False, compare=False)
    "The app that sends it, to check whether that app still runs."
    request: Request
    idle_timeout: float
    "Seconds without a byte after which the driver reports silence; again after each further one."
    answers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    "What a socket sends after a message of the server, by the message's name."


class EndReason(Enum):
    """How a stream ended, as the driver saw it."""

    FINISHED = "the body ended properly"
    BROKEN = "the connection broke, or the reply was not an event stream"
    SILENT = "no byte came within the idle timeout, and the app did not confirm that it still runs"
    REFUSED = "no connection was made"
    CLOSED_BY_US = "the client closed it"

    @classmethod
    def of(cls, error: GradioError) -> EndReason:
        """Return the reason for the end of a stream that failed with this error."""
        match error:
            # Nothing was sent, so nothing is lost. An untrusted certificate will not change by a
            # retry.
            case TransportFailed(connected=False, untrusted=False):
                return cls.REFUSED
            case TransportFailed(late=True):
                return cls.SILENT
            case _:
                # Once the request was sent, the server may have written messages to it.
                return cls.BROKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class StartStream:
    """Open this stream after `delay` seconds; its reports carry this epoch."""

    stream: StreamSpec
    epoch: int
    delay: float

    @property
    def name(self) -> tuple[int, int]:
        """The key and epoch, which name this opening within its session."""
        return self.stream.key, self.epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStream:
    """Close this stream for good, even if it is still being opened."""

    key: int
    epoch: int

    @property
    def name(self) -> tuple[int, int]:
        """The key and epoch of the opening."""
        return self.key, self.epoch


class Resume(NamedTuple):
    """Resume the flow of this job with the answer to its question."""

    job_id: int
    reply: object


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEvent:
    """Run the flow `cancel_event`, which tells the server that an event is not wanted.

    Then report with `Session.cancel_finished`, even if the flow failed.
    """

    app: App
    session_hash: str
    event_id: str
    fn_index: int
    "-1 completes exactly this event, without stopping any function (4.31 and later)."
    reset: bool
    "Use /reset (4.19.2 to 4.23) instead of /cancel."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckApp:
    """Run the flow `check_app` for a silent stream, and keep reading the stream meanwhile.

    Then report the result of the flow with `Session.app_checked`.
    """

    app: App
    key: int
    epoch: int

    @property
    def name(self) -> tuple[int, int]:
        """The key and epoch of the opening."""
        return self.key, self.epoch


Order: TypeAlias = StartStream | EndStream | Resume | CancelEvent | CheckApp


class OpenResult(NamedTuple):
    """What to do with a stream after the head of its reply."""

    read: bool
    "False: close the connection, and report nothing more about it."
    orders: list[Order]

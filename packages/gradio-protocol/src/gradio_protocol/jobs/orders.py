"""The questions that flows ask their session, and the orders that a session gives.

A flow puts questions to its session, and `ClientProtocol` hands them to `Session.ask`. A session
returns orders, which `ClientProtocol` carries out in order. The answer to a question is an order
too, `Resume`, given at once or later. Each question is answered exactly once, so a waiting job is
only an entry in a table, and a cancel or a close can end every wait in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

from ..app.access import App
from ..dataclass import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStopped:
    """Answers any question of a job that was cancelled, or whose session was closed or lost.

    The flow has to end: `ask` raises the error there.
    """

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
class RequestTurn(Question[str]):
    """Ask to be the only job of this function in the session, until the flow ends.

    The answer is the session hash. It waits while another job has the turn.
    """

    fn_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestJoin(Question[JoinGranted]):
    """Ask to join. The answer waits while a `/cancel` of the same function is under way."""

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
class JoinAccepted(Question[None]):
    """Report that the server accepted the join under this event id."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinFailed(Question[None]):
    """Report that the join failed, so no message will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMessage(Question[FlowMessage]):
    """Ask for the next message of this job's event that the flow has to act on.

    All messages before that one go straight to the job's state.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshApp(Question[App | RefreshNeeded]):
    """Ask for the current app, since `app` may have been replaced.

    The first flow to ask is answered `RefreshNeeded`: it refreshes the app, and must end with
    `AppRefreshed`. The others wait for its result.
    """

    app: App


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRefreshed(Question[App]):
    """Report the refreshed app, or None if refreshing it failed.

    The answer is the app as it is now known.
    """

    app: App | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpUploads(Question[tuple[str | None, ...]]):
    """Ask for the server paths of contents with these digests; None for those not uploaded yet."""

    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUploads(Question[None]):
    """Report the server paths of contents that were uploaded, by digest."""

    paths: tuple[tuple[str, str], ...]


AnyAppQuestion: TypeAlias = RefreshApp | AppRefreshed | LookUpUploads | RecordUploads
"A question about the app, which `AppTracker` answers."
AnyQuestion: TypeAlias = (
    RequestTurn | RequestJoin | JoinAccepted | JoinFailed | NextMessage | AnyAppQuestion
)


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


class EndReason(Enum):
    """How a stream ended, as the driver saw it."""

    FINISHED = "the server ended the stream"
    BROKEN = "the connection broke, or the reply was not an event stream"
    SILENT = "nothing came within the idle timeout, and the app did not confirm that it still runs"
    REFUSED = "no connection was made"

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


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Send this request after a delay, and report the stream under this id."""

    stream_id: int
    key: int = field(repr=False)
    "For the session: the job id of a private stream, else below zero."
    request: Request
    idle_timeout: float
    "Seconds without a byte after which to report `stream_silent`; again after each further one."
    delay: float
    "Seconds to wait before sending; `CloseStream` ends the wait."
    answers: Mapping[str, str] | None = field(default=None, repr=False)
    "For the stream's reader: what a socket sends after a message of the server, by its name."

    @property
    def is_socket(self) -> bool:
        """Whether the request asks for a WebSocket (3.2 to 3.50).

        If it is granted (`Head.is_upgrade`), pass each whole message to `receive_data`, and `b""`
        for a ping; then send what `take_answers` returns. A driver without WebSockets reports
        `stream_closed` with a RemoteError of status 501, and the function is called directly.
        """
        return self.answers is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStream:
    """Close this stream, even if it is not open yet; report nothing more about it."""

    stream_id: int


class Resume(NamedTuple):
    """Resume the flow of this job with the answer to its question."""

    job_id: int
    reply: object


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """Run the flow `cancel_event`, which tells the server that an event is not wanted.

    Then report with `Session.cancel_finished`, even if the flow failed.
    """

    app: App
    session_hash: str
    event_id: str
    fn_index: int = -1
    "-1 completes exactly this event, without stopping any function (4.31 and later)."
    reset: bool = False
    "Use /reset (4.19.2 to 4.23) instead of /cancel."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckApp:
    """Run the flow `check_app` for a silent stream, and keep reading the stream meanwhile.

    Then report the result of the flow with `Session.app_checked`.
    """

    app: App
    stream_id: int


Order: TypeAlias = OpenStream | CloseStream | Resume | CancelEvent | CheckApp

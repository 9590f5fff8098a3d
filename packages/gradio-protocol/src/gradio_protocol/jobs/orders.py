"""What passes between a session and whoever drives it.

A flow puts *questions* to its session; the driver hands them to `Session.ask`. The session gives
*orders*; the driver obeys them, in order, after it has let go of its lock. The answer to a
question is an order too, `Resume`, given at once or later: each question is answered exactly
once, so a flow that waits costs nothing but its place in a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeAlias, TypeVar

from ..app.access import App
from ..errors import GradioError, TransportFailed
from ..wire.exchange import Headers, Request
from .messages import FlowMessage

R = TypeVar("R", covariant=True)


class Question(Generic[R]):
    """What a flow asks its session; `R` is what the answer will be."""

    __slots__ = ()
    if TYPE_CHECKING:
        # Binds R for the type checkers: without a use, every Question would fit every other.
        _answer: R


class AppQuestion(Question[R]):
    """A question about the app, which the contact answers."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStopped:
    """The job need not go on: it was cancelled, or the session was closed or lost."""

    error: GradioError


@dataclass(frozen=True, slots=True)
class RefreshNeeded:
    """Nobody is finding out yet: do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinGranted:
    """Leave to join: what a join has to carry."""

    session_hash: str
    app: App
    "The app as the session knows it now; later than the one the job was bound to, perhaps."
    app_is_stale: bool
    "So long without news from the app that another one may have taken its place: ask for its id."


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestJoin(Question[JoinGranted | JobStopped]):
    """May this job join? The answer waits while a cancel of the same function is under way."""

    job_id: int
    fn_index: int
    direct: bool
    "The call travels by itself: nothing will be joined, no message will come."
    headers: Headers = field(default=(), repr=False)
    "Of this call only: a private stream carries them, being its join."


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinAccepted(Question["JoinAccepted | JobStopped"]):
    """The server has accepted the join under this event id. Answered by itself."""

    job_id: int
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinFailed(Question["JoinFailed | JobStopped"]):
    """The join has failed or was refused: no message will come of it. Answered by itself."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMessage(Question[FlowMessage | JobStopped]):
    """The next message of this job's event that its flow has to act on.

    Until it is answered, the messages before that one go straight to the job's state.
    """

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshApp(AppQuestion[App | RefreshNeeded | JobStopped]):
    """Let me find out whether the app is another one than `app` by now, or somebody else.

    Answered `Stale` to the first one, who must ask `Renewed` in the end; the others wait.
    """

    job_id: int
    app: App


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRefreshed(AppQuestion[App]):
    """The end of a renewal: the app as it is now, or None if it could not be found out.

    Answered by what is known from now on.
    """

    job_id: int
    app: App | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpUploads(AppQuestion[tuple[str | None, ...]]):
    """Where the server keeps contents of these digests, as far as this client has sent them."""

    job_id: int
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUploads(AppQuestion[None]):
    """The server keeps contents of these digests under these paths."""

    job_id: int
    paths: tuple[tuple[str, str], ...]


AnyAppQuestion: TypeAlias = RefreshApp | AppRefreshed | LookUpUploads | RecordUploads
AnyQuestion: TypeAlias = RequestJoin | JoinAccepted | JoinFailed | NextMessage | AnyAppQuestion


class StreamKind(Enum):
    """What a stream is for."""

    SHARED = "all messages of the session"
    PRIVATE = "the messages of one job (4.0 to 4.8)"
    HEARTBEAT = "tells the server that the visitor is still there (4.25 and later)"


KEEPALIVE: Final = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPALIVE", 60),
    ("TCP_KEEPINTVL", 15),
    ("TCP_KEEPCNT", 4),
)
"""Options of TCP, by their names in `socket`, which not every platform has, and their values.

With `SO_KEEPALIVE` the connection of a stream or of a direct call whose peer has gone without a
word breaks after two minutes: to a silent stream that is no loss as long as the app answers on
other connections, and a direct call has no other limit. macOS has a word of its own for the
first one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """A stream to be read: what to ask for, and how long it may be silent."""

    key: int
    "Names the stream within its session: a ticket for a private one, else below zero."
    kind: StreamKind
    app: App = field(repr=False, compare=False)
    "Who sends it, should anybody have to find out whether that app is still there."
    request: Request
    idle_timeout: float
    "Seconds without a byte after which, and then each time again, the session wants to know."


class EndReason(Enum):
    """How a stream ended, as the driver saw it."""

    FINISHED = "the body came to its proper end"
    BROKEN = "the connection broke, or what came was no event stream"
    SILENT = "no byte came within the idle time, and the app did not confirm that it still runs"
    REFUSED = "no connection was made"
    CLOSED_BY_US = "we closed it, being told to"

    @classmethod
    def of(cls, error: GradioError) -> EndReason:
        """How a stream ended that ended with this error, whoever raised it."""
        match error:
            case TransportFailed(connected=False, untrusted=False):
                return cls.REFUSED
            case TransportFailed(late=True):
                return cls.SILENT
            case _:
                # Once the request is out, the server may have said all to nobody.
                return cls.BROKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class StartStream:
    """Open this stream, after a pause of `after` seconds, and report under this epoch."""

    stream: StreamSpec
    epoch: int
    delay: float

    @property
    def name(self) -> tuple[int, int]:
        """Names this opening, different from all others of its session."""
        return self.stream.key, self.epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStream:
    """Close this stream for good, also one that is not open yet."""

    key: int
    epoch: int

    @property
    def name(self) -> tuple[int, int]:
        """The name of the opening."""
        return self.key, self.epoch


class Resume(NamedTuple):
    """Let the flow of this job go on with the answer to its question."""

    job_id: int
    reply: object


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEvent:
    """Tell the server that an event is not wanted: perform the flow `dismiss`, whatever comes.

    Then report with `Session.dismissed`.
    """

    app: App
    session_hash: str
    event_id: str
    fn_index: int
    "-1 completes exactly this event, without stopping any function (4.31 and later)."
    reset: bool
    "By /reset (4.19.2 to 4.23) instead of /cancel."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckApp:
    """A stream is silent: perform the flow `check_app`, and go on reading the stream meanwhile.

    Then report what the flow returned with `Session.checked`.
    """

    app: App
    key: int
    epoch: int

    @property
    def name(self) -> tuple[int, int]:
        """The name of the opening."""
        return self.key, self.epoch


Order: TypeAlias = StartStream | EndStream | Resume | CancelEvent | CheckApp


class OpenResult(NamedTuple):
    """What to do with a stream whose head has come."""

    read: bool
    "False: close the connection, and report nothing more of it."
    orders: list[Order]

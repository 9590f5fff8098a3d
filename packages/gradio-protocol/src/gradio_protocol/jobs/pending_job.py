"""A job as its session knows it, and the mailbox for its messages.

While the flow of a job waits for a message, messages are received at once: they go to the job's
state, up to one that the flow has to act on. From then on messages stay in the mailbox until the
flow waits again. So no output overtakes an earlier one whose files are still being downloaded.

The flow and the event on the server end independently. A cancel ends the flow at once, while the
event may run on for minutes, and may need a `/cancel` later. So a `PendingJob` remains until both
have ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from copy import copy
from enum import Enum
from typing import TypeAlias

from ..dataclass import dataclass, field
from ..errors import GradioError, JobCancelled
from ..wire.exchange import Headers
from .messages import Failed, FlowMessage, Generated, JobMessage, LastMessage, Started
from .orders import JobStopped, Order, RequestJoin, Resume

Receiver: TypeAlias = Callable[[JobMessage], "FlowMessage | JobMessage | None"]
"Receives a message; returns it, perhaps in another form, if the flow has to act on it."


def leave_to_flow(message: JobMessage) -> JobMessage:
    """Return every message to the flow, for a job without a state."""
    return message


class Mailbox:
    """The messages of one event that its job has not received yet. Not thread-safe."""

    __slots__ = ("_messages", "has_heard", "sealed", "started", "yielded")

    def __init__(self) -> None:
        self.sealed: bool = False
        "The last message has arrived, although it may not have been taken."
        self.has_heard: bool = False
        "A message has arrived."
        self.started: bool = False
        "`process_starts` has arrived, or an output."
        self.yielded: bool = False
        "An output has arrived before the last message."
        self._messages = deque[JobMessage]()

    def put(self, message: JobMessage) -> None:
        """Add a message, unless the last one has arrived."""
        if not self.sealed:
            # Flags are set on arrival, not when the flow takes the message: a cancel depends on
            # what the server has done.
            self._messages.append(message)
            self.has_heard = True
            if isinstance(message, Generated):  # the most frequent message
                self.started = self.yielded = True
            else:
                self.started = self.started or isinstance(message, Started)
                self.sealed = isinstance(message, LastMessage)

    def take(self) -> JobMessage | None:
        """Remove and return the oldest message, or return None."""
        return self._messages.popleft() if self._messages else None

    def clear(self) -> None:
        """Drop all messages."""
        self._messages.clear()


class JoinState(Enum):
    """How far the join of a job is."""

    NOT_JOINED = "it has not asked to join, or its join has failed or ended"
    WAITING = "it waits until another job of its function has ended"
    BLOCKED = "it waits until a `/cancel` of its function is answered"
    CALLING = "its direct call is in flight"
    JOINING = "its join is in flight"
    JOINED = "the server has accepted its join"


@dataclass(slots=True, eq=False)
class PendingJob:
    """One job in its session: the state of its flow, and of its event on the server."""

    job_id: int
    receive: Receiver = leave_to_flow
    mailbox: Mailbox = field(default_factory=Mailbox)
    join_state: JoinState = JoinState.NOT_JOINED
    turn: int | None = None
    "The function of which it is, or waits to be, the only job in the session."
    fn_index: int = -1
    headers: Headers = field(default=(), repr=False)
    "Headers of this call, for a private stream."
    body: str = field(default="", repr=False)
    "Its arguments, for a socket: see `RequestJoin`."
    own_hash: bool = False
    "It needs a session hash of its own: see `RequestJoin`."
    session_hash: str = ""
    "The session hash of its join."
    stream: int = 0
    "The key of the stream that carries its messages."
    event_id: str = ""
    "Empty before the join is accepted, and on a private stream."
    stream_id: int = 0
    "The id of that stream when the join was accepted; it may have ended too early for the event."
    awaits_message: bool = False
    "Its flow waits for the answer to a `NextMessage`."
    cancel_settled: bool = False
    "Nothing more can be done to cancel the event."
    stop_error: GradioError | None = None
    "Set once the flow has to end; the flow is told at its next question."
    flow_ended: bool = False
    "The flow has ended; the job is kept for its event on the server, if that is pending."

    def answer(self, reply: object) -> Resume:
        """Answer the flow's question, or tell it to end if the job was stopped."""
        stopped = JobStopped(error=self.stop_error) if self.stop_error else None
        return Resume(self.job_id, stopped or reply)

    def hand_over_message(self) -> list[Order]:
        """Receive the messages in the mailbox, up to one that the flow has to act on."""
        # One answer per question, and no message past the one that the flow acts on.
        while self.awaits_message and (message := self.mailbox.take()) is not None:
            for_flow = self.receive(message)
            if for_flow is not None:
                self.awaits_message = False
                return [Resume(self.job_id, for_flow)]
        return []

    def fail(self, error: GradioError) -> list[Order]:
        """End the event with this error, as if the server had reported it."""
        # A copy per job: raised in several threads, one error would collect all their tracebacks.
        own = copy(error)
        own.__cause__ = error.__cause__
        # In the mailbox it waits behind outputs that arrived before: none of them is lost.
        self.mailbox.put(Failed(error=own))
        return self.hand_over_message()

    def stop(self, error: GradioError) -> list[Order]:
        """Make the flow end with this error, at once if it waits; drop its messages."""
        # A flow that runs an action is told at its next question instead.
        is_held = self.join_state in (JoinState.WAITING, JoinState.BLOCKED)
        waits = self.awaits_message or is_held
        if is_held:
            self.join_state = JoinState.NOT_JOINED
        self.awaits_message = False
        self.stop_error = self.stop_error or error
        self.mailbox.clear()
        return [self.answer(None)] if waits else []

    def end_flow(self) -> None:
        """Hold nothing of the flow any more: the job may stay here until its event ends."""
        self.flow_ended = True
        # These refer to the job's state, and so to all its outputs.
        self.receive, self.stop_error = leave_to_flow, JobCancelled("the job has ended")

    def start_join(self, request: RequestJoin) -> None:
        """Prepare for a join, perhaps a second one, without any trace of an earlier event."""
        self.fn_index = request.fn_index
        self.headers = request.headers
        self.body, self.own_hash = request.body, request.own_hash
        self.event_id = ""
        # A new one, since that of an earlier event is sealed.
        self.mailbox = Mailbox()
        self.cancel_settled = False

    @property
    def is_pending(self) -> bool:
        """Whether the server has accepted the event and not finished it."""
        return self.join_state is JoinState.JOINED and not self.mailbox.sealed

    @property
    def needs_stream(self) -> bool:
        """Whether its messages are needed.

        That includes a cancelled event that can be cancelled on the server only once it starts.
        """
        return self.is_pending and not self.cancel_settled

    @property
    def may_have_event(self) -> bool:
        """Whether the server has, or may have, an unfinished event for this job.

        False for a join in flight whose stream was lost, since that seals its mailbox early.
        """
        return self.join_state in (JoinState.JOINING, JoinState.JOINED) and not self.mailbox.sealed

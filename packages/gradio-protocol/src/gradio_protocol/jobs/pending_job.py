"""A job's place in its session, and the mailbox where its messages wait.

A message is received once the flow of its job waits for one: at once, as a rule. What the flow has
to act on is handed over to it, and what comes after that stays in the mailbox until the flow waits
again. So nothing overtakes an output whose files are being fetched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from ..errors import GradioError, JobCancelled
from ..wire.exchange import Headers
from .messages import Completed, Failed, FlowMessage, Generated, JobMessage, QueueFull, Started
from .orders import JobStopped, Order, Resume

_LAST = (Completed, Failed, QueueFull)

Receiver: TypeAlias = Callable[[JobMessage], "FlowMessage | JobMessage | None"]
"Takes a message in; returns it, as the flow is to see it, if the flow has to act on it."


def leave_to_flow(message: JobMessage) -> JobMessage:
    """Receive nothing, as for a job without a state: every message is handed over."""
    return message


class Mailbox:
    """Where the messages of one event wait for the flow of its job."""

    __slots__ = ("_messages", "has_heard", "sealed", "started", "yielded")

    def __init__(self) -> None:
        self.sealed = False
        "The last message has come; it may not have been taken yet."
        self.has_heard = False
        "A message has come."
        self.started = False
        "`process_starts` has come, or an output."
        self.yielded = False
        "An output has come that is not the last word."
        self._messages = deque[JobMessage]()

    def put(self, message: JobMessage) -> None:
        """Add a message, unless the last one has come."""
        if not self.sealed:
            self._messages.append(message)
            self.has_heard = True
            if isinstance(message, Generated):  # what a job hears most often
                self.started = self.yielded = True
            else:
                self.started = self.started or isinstance(message, Started)
                self.sealed = isinstance(message, _LAST)

    def take(self) -> JobMessage | None:
        """The oldest message, or None if there is none."""
        return self._messages.popleft() if self._messages else None

    def clear(self) -> None:
        """Drop what nobody will take."""
        self._messages.clear()


class JoinState(Enum):
    """Where a job is on its way through the session."""

    NOT_JOINED = "it has not asked to join, or nothing more will come of its join"
    BLOCKED = "it waits for a cancel of its function"
    CALLING = "its direct call is in flight"
    JOINING = "its join is in flight"
    JOINED = "the server has accepted it"


@dataclass(slots=True, eq=False)
class PendingJob:
    """What the session knows of one job: of its flow, and of its event on the server."""

    job_id: int
    receive: Receiver = leave_to_flow
    mailbox: Mailbox = field(default_factory=Mailbox)
    join_state: JoinState = JoinState.NOT_JOINED
    fn_index: int = -1
    headers: Headers = field(default=(), repr=False)
    "What a private stream carries of this call."
    stream: int = 0
    "The key of the stream that its messages come on."
    event_id: str = ""
    "Empty before the join is accepted, and on a private stream."
    epoch: int = 0
    "The opening of its stream that the accepted join may have been too late for."
    awaits_message: bool = False
    "An `Await` of its flow is not answered yet."
    cancel_settled: bool = False
    "All has been done that can be done for an event that is not wanted."
    stop_error: GradioError | None = None
    "Set once the flow need not go on."
    flow_ended: bool = False
    "The flow has ended; the seat stands for the event on the server, if one is pending."

    def answer(self, reply: object) -> Resume:
        """Answer the flow's question, if only to say that it need not go on."""
        return Resume(
            job_id=self.job_id,
            reply=JobStopped(error=self.stop_error) if self.stop_error else reply,
        )

    def hand_over_message(self) -> list[Order]:
        """Receive what waits, up to a message that the flow has to act on."""
        while self.awaits_message and (message := self.mailbox.take()) is not None:
            rest = self.receive(message)
            if rest is not None:
                self.awaits_message = False
                return [Resume(self.job_id, rest)]
        return []

    def fail(self, error: GradioError) -> list[Order]:
        """Nothing more comes of it, for this reason."""
        # Its own, for raised in several threads one error would have the tracebacks of all.
        own = copy(error)
        own.__cause__ = error.__cause__
        self.mailbox.put(Failed(error=own))
        return self.hand_over_message()

    def stop(self, error: GradioError) -> list[Order]:
        """The flow need not go on; nobody reads its messages any more."""
        waits = self.awaits_message or self.join_state is JoinState.BLOCKED
        if self.join_state is JoinState.BLOCKED:
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

    def start_join(self, fn_index: int, headers: Headers) -> None:
        """The job asks to join, perhaps once more: nothing of an earlier event is left."""
        self.fn_index = fn_index
        self.headers = headers
        self.event_id = ""
        self.mailbox = Mailbox()
        self.cancel_settled = False

    @property
    def is_pending(self) -> bool:
        """Whether the server still has something to say of it."""
        return self.join_state is JoinState.JOINED and not self.mailbox.sealed

    @property
    def needs_stream(self) -> bool:
        """Whether somebody has to listen for what comes of it.

        Not if its fate is settled; a cancelled event that has to start first is listened for,
        since it must be stopped then.
        """
        return self.is_pending and not self.cancel_settled

    @property
    def may_have_event(self) -> bool:
        """Whether there is, or may be, an event of it on the server that is not at its end.

        A join in flight is not, once its stream is lost: its mailbox is sealed before its time.
        """
        return self.join_state in (JoinState.JOINING, JoinState.JOINED) and not self.mailbox.sealed

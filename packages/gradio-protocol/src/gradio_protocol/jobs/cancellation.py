"""Decides how to cancel an event on the server, and tracks the requests that do so.

`choose_cancel_method` is the policy, a pure function; `Cancellations` holds what is under way. The
first aim is that no other job is harmed, the second that the function stops. Versions are those on
which each behaviour was seen; docs/explanation/cancelling.md explains all of them.

1. `/cancel` with a function's index stops *every* running job of that session and function, and
   reports only the named one: its siblings end without a message, on a stream that the server
   never ends (4.37.2 to 6.31). It is sent once no sibling is wanted, then for each of them.
2. `/cancel` with -1 completes one event. It stops a generator that has yielded (5.50, 6.31), and no
   other function. From 6.14 on it removes a queued event. Before, that event runs all the same, and
   its second completion breaks the stream (4.37.2 to 5.20.1). For a running function it breaks the
   stream (4.37.2, 5.20.1), or takes the event off the books and leaves it running (6.31). So it
   needs a message that shows the event as queued.
3. A join sent just before a `/cancel` of its function can be lost (2 to 5 of 8 tries, 6.0.2 and
   6.31), so joins of that function wait for the reply.
4. Closing the stream harms all jobs on it, so it is for a session with a single job. The server
   notices only once it has opened the stream (4.44.1, 5.50.0, 6.31).
5. 4.19.2 to 4.23 keep a session alive without its stream: `/reset` stops a generator there, but
   not before its first output (4.19.2, 4.22.0).
6. The event of a lost stream stays on the server's books. It is completed with -1 after the next
   accepted join: until then the server has dropped the session, and ignores it (5.20.1, 6.31).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import assert_never

from ..app.access import App
from ..app.dialect import Cancelling, Dialect
from .orders import CancelEvent
from .pending_job import JoinState, PendingJob


class CancelMethod(Enum):
    """How to cancel an event that the server has accepted and not finished."""

    NONE = "send nothing, and ignore its messages"
    LATER = "send nothing until it starts, or while another job needs its function"
    CLOSE_STREAM = "close its stream"
    RESET = "send /reset, then close its stream"
    EVENT = "send /cancel for this queued event"
    FUNCTION = "send /cancel for its function, which no other job needs"


def choose_cancel_method(
    job: PendingJob,
    others: Iterable[PendingJob],
    dialect: Dialect,
    *,
    single: bool,
    listening: bool,
) -> CancelMethod:
    """Return the most effective method that harms no other job on this generation of servers.

    `others` are the jobs of the session. `single`: the session belongs to this job alone.
    `listening`: the server has opened its stream, so it notices when that is closed.
    """
    match dialect.cancelling:
        # Up to 4.8 the stream is the job's own, and closing it leaves the queue.
        case Cancelling.CLOSE:
            return CancelMethod.CLOSE_STREAM
        case Cancelling.RESET if single:
            # Before the first output there is nothing to reset (rule 5).
            return CancelMethod.RESET if job.mailbox.yielded else CancelMethod.LATER
        # Rule 4. It also stops a generator at its next `yield`, without any request.
        case _ if single and listening:
            return CancelMethod.CLOSE_STREAM
        # 4.9 to 4.30 have no `/cancel`. A single job waits until its stream is open, which is then
        # closed.
        case Cancelling.RESET | Cancelling.NOTHING:
            return CancelMethod.LATER if single else CancelMethod.NONE
        # Rule 1: one sibling that is wanted is enough to wait.
        case _ if job.mailbox.started:
            harmful = any(_is_harmed(job, other) for other in others)
            return CancelMethod.LATER if harmful else CancelMethod.FUNCTION
        case Cancelling.EXACT if job.mailbox.has_heard:
            # It was heard of and has not started, so it is queued (rule 2).
            return CancelMethod.EVENT
        # Before 6.14 a queued event cannot be removed (rule 2). From then on, an event without a
        # message yet may be queued or running: its first message tells.
        case Cancelling.EXACT | Cancelling.FUNCTION:
            return CancelMethod.LATER
        case _:
            assert_never(dialect.cancelling)


def _is_harmed(job: PendingJob, other: PendingJob) -> bool:
    # A join in flight can be lost (rule 3), also that of a job which is cancelled meanwhile.
    wanted = other.stop_error is None or other.join_state is JoinState.JOINING
    sibling = other is not job and other.fn_index == job.fn_index
    return sibling and wanted and other.may_have_event


class Cancellations:
    """The cancellations of one session, under way and to come."""

    __slots__ = ("_dead", "_stopping")

    def __init__(self) -> None:
        self._stopping: dict[str, int] = {}
        self._dead: tuple[str, ...] = ()

    def blocks_join(self, fn_index: int) -> bool:
        """Whether a join of this function has to wait for a `/cancel`."""
        return fn_index in self._stopping.values()

    def cancel(
        self, how: CancelMethod, app: App, session_hash: str, jobs: Iterable[PendingJob]
    ) -> list[CancelEvent]:
        """Return the requests that cancel these events by this method; some methods need none."""
        orders: list[CancelEvent] = []
        for job in jobs:
            # NONE is final as well: nothing that happens later allows a request.
            job.cancel_settled = how is not CancelMethod.LATER
            request = CancelEvent(app, session_hash, job.event_id)
            match how:
                case CancelMethod.NONE | CancelMethod.LATER | CancelMethod.CLOSE_STREAM:
                    pass
                case CancelMethod.RESET:
                    orders.append(replace(request, reset=True))
                case CancelMethod.EVENT:
                    orders.append(request)
                case CancelMethod.FUNCTION:
                    # Until the reply arrives, a join of this function could be lost (rule 3).
                    self._stopping[job.event_id] = job.fn_index
                    orders.append(replace(request, fn_index=job.fn_index))
                case _:
                    assert_never(how)
        return orders

    def add_dead(self, event_ids: Iterable[str]) -> None:
        """Remember the events of a lost stream, which the server still has on its books.

        An event whose `/cancel` is under way needs no other.
        """
        # Its `/cancel` completes the event as well, so a second one would complete it twice, which
        # breaks the stream up to 5.20.1.
        lost = [event_id for event_id in event_ids if event_id not in self._stopping]
        self._dead = (*self._dead, *lost)

    def clear_dead(self, app: App, session_hash: str) -> list[CancelEvent]:
        """Complete the lost events on the server, now that a join has opened the session again."""
        lost, self._dead = self._dead, ()
        return [CancelEvent(app, session_hash, event_id) for event_id in lost]

    def finish(self, event_id: str) -> bool:
        """End a `/cancel`, whether it succeeded or not; return whether joins waited for it."""
        return self._stopping.pop(event_id, None) is not None

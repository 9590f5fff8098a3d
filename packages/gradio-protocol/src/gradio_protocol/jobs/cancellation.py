"""What the server is told of events that nobody wants, or that are lost; and who waits for it.

`how_to_stop` is the policy, as a pure function. `Dismissals` keeps what is under way: joins of a
function that is being stopped wait, for a join sent just before a `/cancel` was lost (6.0.2,
6.31). A lost event is dismissed after the next join that is accepted: before it the server has
dropped the session, and does not listen (5.20.1, 6.31).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import assert_never

from ..app.access import App
from ..app.dialect import Cancelling, Dialect
from .orders import CancelEvent
from .pending_job import JoinState, PendingJob


class CancelMethod(Enum):
    """How to stop an event that is joined and pending."""

    NONE = "tell nobody; its messages are absorbed"
    LATER = "tell nobody until it starts, or as long as another job needs its function"
    CLOSE_STREAM = "close its stream"
    RESET = "by /reset, then close its stream"
    EVENT = "by /cancel of this one queued event"
    FUNCTION = "by /cancel of its function, which no other job needs"


def choose_cancel_method(
    job: PendingJob,
    others: Iterable[PendingJob],
    dialect: Dialect,
    *,
    single: bool,
    listening: bool,
) -> CancelMethod:
    """What harms nobody else, on this generation of servers.

    `single`: the session is this job's own; `listening`: its stream has been opened, so that the
    server would notice its end. `/cancel` with -1 for a plain function that runs breaks the stream
    (4.37.2, 5.20.1) and does not stop it (6.31), so it is for events that are known to be queued;
    with the real index it kills the siblings without a message (4.37.2 to 6.31), so it is for a job
    whose siblings nobody wants either.
    """
    match dialect.cancelling:
        case Cancelling.CLOSE:
            return CancelMethod.CLOSE_STREAM
        case Cancelling.RESET if single:
            # Before its first output it is nothing that could be reset (4.19.2, 4.22.0).
            return CancelMethod.RESET if job.mailbox.yielded else CancelMethod.LATER
        case _ if single and listening:
            return CancelMethod.CLOSE_STREAM
        case Cancelling.RESET | Cancelling.NOTHING:
            return CancelMethod.LATER if single else CancelMethod.NONE
        case _ if job.mailbox.started:
            return (
                CancelMethod.LATER
                if any(_is_harmed(job, other) for other in others)
                else CancelMethod.FUNCTION
            )
        case Cancelling.EXACT if job.mailbox.has_heard:
            return CancelMethod.EVENT
        case Cancelling.EXACT | Cancelling.FUNCTION:
            return CancelMethod.LATER
        case _:
            assert_never(dialect.cancelling)


def _is_harmed(job: PendingJob, other: PendingJob) -> bool:
    # A join in flight can be lost by it, wanted or not.
    wanted = other.stop_error is None or other.join_state is JoinState.JOINING
    sibling = other is not job and other.fn_index == job.fn_index
    return sibling and wanted and other.may_have_event


class Cancellations:
    """The dismissals of one session, under way and to come."""

    __slots__ = ("_dead", "_stopping")

    def __init__(self) -> None:
        self._stopping: dict[str, int] = {}
        self._dead: tuple[str, ...] = ()

    def blocks_join(self, fn_index: int) -> bool:
        """Whether a join of this function has to wait."""
        return fn_index in self._stopping.values()

    def cancel(
        self, how: CancelMethod, app: App, session_hash: str, jobs: Iterable[PendingJob]
    ) -> list[CancelEvent]:
        """Tell the server of these events, as far as this way to stop them tells anybody."""
        orders: list[CancelEvent] = []
        for job in jobs:
            job.cancel_settled = how is not CancelMethod.LATER
            orders += self._cancel(how, app, session_hash, job)
        return orders

    def _cancel(
        self, how: CancelMethod, app: App, session_hash: str, job: PendingJob
    ) -> list[CancelEvent]:
        match how:
            case CancelMethod.NONE | CancelMethod.LATER | CancelMethod.CLOSE_STREAM:
                return []
            case CancelMethod.RESET:
                return [_cancel_event(app, session_hash, job.event_id, reset=True)]
            case CancelMethod.EVENT:
                return [_cancel_event(app, session_hash, job.event_id)]
            case CancelMethod.FUNCTION:
                self._stopping[job.event_id] = job.fn_index
                return [_cancel_event(app, session_hash, job.event_id, fn_index=job.fn_index)]
            case _:
                assert_never(how)

    def add_dead(self, event_ids: Iterable[str]) -> None:
        """These events are lost, and in the session's books on the server for ever.

        One that is being stopped is taken out by that.
        """
        lost = [event_id for event_id in event_ids if event_id not in self._stopping]
        self._dead = (*self._dead, *lost)

    def clear_dead(self, app: App, session_hash: str) -> list[CancelEvent]:
        """Take the lost events out of the books, now that the session is open."""
        lost, self._dead = self._dead, ()
        return [_cancel_event(app, session_hash, event_id) for event_id in lost]

    def finish(self, event_id: str) -> bool:
        """The server was told, or could not be; returns whether joins had to wait for it."""
        return self._stopping.pop(event_id, None) is not None


def _cancel_event(
    app: App, session_hash: str, event_id: str, *, fn_index: int = -1, reset: bool = False
) -> CancelEvent:
    return CancelEvent(
        app=app, session_hash=session_hash, event_id=event_id, fn_index=fn_index, reset=reset
    )

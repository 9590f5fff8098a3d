"""The jobs of one session: whose message it is, and who waits for which stream.

1. A mailbox is sealed by its last message; a sealed mailbox accepts nothing more.
2. A message of an unknown event is kept while a join is in flight (on 6.0.2 and 6.31 it came
   before the join's reply) and dropped when none is.

The rules of streams go on in `channel`. Not thread-safe; all belongs to a `Session`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .event_stream import SHARED
from .messages import JobMessage
from .pending_job import JoinState, PendingJob, Receiver, leave_to_flow


class JobRegistry:
    """See the module."""

    __slots__ = ("_early", "_events", "_jobs", "_joining")

    def __init__(self) -> None:
        self._jobs: dict[int, PendingJob] = {}
        self._events: dict[str, PendingJob] = {}
        self._early: dict[str, list[JobMessage]] = {}
        self._joining = 0
        "How many joins are in flight."

    def add(self, job_id: int, receive: Receiver = leave_to_flow) -> None:
        """A new job, whose messages are received so."""
        self._jobs[job_id] = PendingJob(job_id, receive)

    def get(self, job_id: int) -> PendingJob | None:
        """The job of this ticket, if the session has it."""
        return self._jobs.get(job_id)

    def __iter__(self) -> Iterator[PendingJob]:
        return iter(self._jobs.values())

    def remove(self, job: PendingJob) -> None:
        """Forget a job."""
        self._jobs.pop(job.job_id, None)
        self.remove_event(job)
        self.finish_joining(job, JoinState.NOT_JOINED)

    def clear(self) -> None:
        """Forget all."""
        for table in (self._jobs, self._events, self._early):
            table.clear()
        self._joining = 0

    # Events.

    def start_joining(self, job: PendingJob) -> None:
        """The join of this job is in flight: what comes for an unknown event may be its."""
        self._joining += job.join_state is not JoinState.JOINING
        job.join_state = JoinState.JOINING

    def finish_joining(self, job: PendingJob, place: JoinState) -> None:
        """Its join is in flight no more; after the last one, early messages are nobody's."""
        self._joining -= job.join_state is JoinState.JOINING
        job.join_state = place
        if not self._joining:
            self._early.clear()

    def add_event(self, job: PendingJob) -> None:
        """Bring the messages of its event to this job, beginning with what came before its time."""
        self._events[job.event_id] = job
        for message in self._early.pop(job.event_id, ()):
            job.mailbox.put(message)

    def remove_event(self, job: PendingJob) -> None:
        """Forget its event."""
        if self._events.get(job.event_id) is job:
            del self._events[job.event_id]

    def route_message(
        self, key: int, event_id: str | None, message: JobMessage
    ) -> PendingJob | None:
        """Put a message of this stream where it belongs; returns whose it is, if anybody's."""
        job = self._events.get(event_id or "") if key == SHARED else self._jobs.get(key)
        if job is not None:
            job.mailbox.put(message)
        elif self._joining:
            self._early.setdefault(event_id or "", []).append(message)
        return job

    def cancelled_siblings(self, job: PendingJob) -> list[PendingJob]:
        """This one, and those that run beside it and waited for it to be stopped."""
        beside = [one for one in self if one.stop_error and one.fn_index == job.fn_index]
        waited = [one for one in beside if one.needs_stream and one.mailbox.started]
        return [job, *(one for one in waited if one is not job)]

    # Streams.

    def blocks_close(self, *, noticed: bool, closed: bool) -> bool:
        """Whether a job holds its session back from leaving the server, which may be `closed`.

        `noticed`: the end of the shared stream stops its jobs. Before it is open the server hears
        nothing of it, and they would run.
        """
        for job in self:
            deaf = job.needs_stream and job.stream == SHARED and not noticed
            if deaf or (job.join_state is JoinState.JOINING if closed else not job.flow_ended):
                return True
        return False

    def expects_messages(self, stream: int) -> bool:
        """Whether messages are expected on this stream."""
        return any(job.stream == stream and job.needs_stream for job in self)

    def jobs_on_stream(self, stream: int) -> list[PendingJob]:
        """Those who lose something when this stream is lost."""
        return [job for job in self if job.stream == stream and job.may_have_event]

    def unfinished_at_close(self, stream: int, epoch: int) -> list[PendingJob]:
        """Those who get nothing more if the server says, in this epoch, that it has said all.

        Not those whose events it may not have known yet.
        """
        waiting = [job for job in self if job.stream == stream and job.is_pending]
        return [job for job in waiting if job.mailbox.has_heard or job.epoch != epoch]

"""The jobs of one session: routes messages to them, and finds the jobs that a stream concerns.

1. A mailbox is sealed by its last message; a sealed mailbox accepts nothing more.
2. A message of an unknown event is kept while a join is in flight, since it may arrive before the
   join's reply: they come on two connections (6.0.2 and 6.31). Otherwise it is dropped.

The rules of streams continue in `event_stream`. Not thread-safe: it belongs to one `Session`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .event_stream import SHARED
from .messages import JobMessage
from .pending_job import JoinState, PendingJob, Receiver, leave_to_flow


class JobRegistry:
    """The jobs of one session, by id and by event. See the module."""

    __slots__ = ("_early", "_events", "_jobs", "_joining")

    def __init__(self) -> None:
        self._jobs: dict[int, PendingJob] = {}
        self._events: dict[str, PendingJob] = {}
        self._early: dict[str, list[JobMessage]] = {}
        "Messages that arrived before the reply to their join, by event id."
        self._joining = 0
        "Joins in flight."

    def add(self, job_id: int, receive: Receiver = leave_to_flow) -> None:
        """Add a job, whose messages `receive` takes."""
        self._jobs[job_id] = PendingJob(job_id, receive)

    def get(self, job_id: int) -> PendingJob | None:
        """Return the job with this id, or None if the session has forgotten it."""
        return self._jobs.get(job_id)

    def __iter__(self) -> Iterator[PendingJob]:
        return iter(self._jobs.values())

    def remove(self, job: PendingJob) -> None:
        """Forget a job and its event."""
        self._jobs.pop(job.job_id, None)
        self.remove_event(job)
        self.finish_joining(job, JoinState.NOT_JOINED)

    def clear(self) -> None:
        """Forget all jobs and messages."""
        for table in (self._jobs, self._events, self._early):
            table.clear()
        self._joining = 0

    def give_turns(self) -> list[PendingJob]:
        """Return the jobs that need wait no longer, as no other job has the turn of a function."""
        given: list[PendingJob] = []
        taken = {job.turn for job in self if job.join_state is not JoinState.WAITING}
        for job in self:
            if job.join_state is JoinState.WAITING and job.turn not in taken:
                taken.add(job.turn)
                job.join_state = JoinState.NOT_JOINED
                given.append(job)
        return given

    # Events.

    def start_joining(self, job: PendingJob) -> None:
        """Record that a join is in flight; messages of unknown events may be for its job."""
        self._joining += job.join_state is not JoinState.JOINING
        job.join_state = JoinState.JOINING

    def finish_joining(self, job: PendingJob, state: JoinState) -> None:
        """Record that a join has ended; after the last one, drop the early messages."""
        self._joining -= job.join_state is JoinState.JOINING
        job.join_state = state
        # Messages of unknown events do occur otherwise: up to 6.13 a queued event that was
        # cancelled runs all the same, and reports it.
        if not self._joining:
            self._early.clear()

    def add_event(self, job: PendingJob) -> None:
        """Route the messages of its event to this job, including those that arrived early."""
        self._events[job.event_id] = job
        for message in self._early.pop(job.event_id, ()):
            job.mailbox.put(message)

    def remove_event(self, job: PendingJob) -> None:
        """Stop routing messages of its event to this job."""
        if self._events.get(job.event_id) is job:
            del self._events[job.event_id]

    def route_message(
        self, key: int, event_id: str | None, message: JobMessage
    ) -> PendingJob | None:
        """Put a message into the mailbox of its job; return the job, or None if it is unknown."""
        # Messages of a private stream have no event id (4.0 to 4.8): the stream tells the job.
        job = self._events.get(event_id or "") if key == SHARED else self._jobs.get(key)
        if job is not None:
            job.mailbox.put(message)
        elif self._joining:
            self._early.setdefault(event_id or "", []).append(message)
        return job

    def cancelled_siblings(self, job: PendingJob) -> list[PendingJob]:
        """Return this job and the cancelled jobs that run beside it and still need a `/cancel`."""
        # Queued siblings are left out. `/cancel` does not stop them before 6.14, and they are
        # cancelled when they start.
        siblings = [one for one in self if one.stop_error and one.fn_index == job.fn_index]
        waiting = [one for one in siblings if one.needs_stream and one.mailbox.started]
        return [job, *(one for one in waiting if one is not job)]

    # Streams.

    def blocks_close(self, *, noticed: bool, closed: bool) -> bool:
        """Whether a job keeps its session, which may be `closed`, from closing its streams.

        `noticed`: the server notices when the shared stream is closed, and then stops its jobs. A
        stream that it has not opened yet it does not notice, and the jobs would run to their ends
        (4.44.1, 5.50.0, 6.31).
        """
        for job in self:
            # A closed session waits for joins in flight only, a retired one for the flows of all
            # its jobs.
            unnoticed = job.needs_stream and job.stream == SHARED and not noticed
            if unnoticed or (job.join_state is JoinState.JOINING if closed else not job.flow_ended):
                return True
        return False

    def expects_messages(self, stream: int) -> bool:
        """Whether a job needs messages from this stream."""
        return any(job.stream == stream and job.needs_stream for job in self)

    def jobs_on_stream(self, stream: int) -> list[PendingJob]:
        """Return the jobs whose events, or joins in flight, are lost with this stream."""
        return [job for job in self if job.stream == stream and job.may_have_event]

    def unfinished_at_close(self, stream: int, stream_id: int) -> list[PendingJob]:
        """Return the jobs that are lost if the server announces on a stream that it has sent all.

        An event whose join was accepted during this connection, and of which nothing was heard, may
        have been unknown to the server when it announced that: the next connection carries it.
        """
        # Close and join can cross: the reply to a join may precede a `close_stream` that was sent
        # before the server knew of it.
        waiting = [job for job in self if job.stream == stream and job.is_pending]
        return [job for job in waiting if job.mailbox.has_heard or job.stream_id != stream_id]

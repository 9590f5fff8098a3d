"""Limits how many jobs of a client run at once; the rest wait in order.

Not thread-safe: it lives under the lock of the client.
"""

from __future__ import annotations


class JobLimiter:
    """Lets at most `max_jobs` jobs run, in the order in which they were added. Jobs are ids."""

    def __init__(self, max_jobs: int) -> None:
        self._max_jobs = max_jobs
        self._running = set[int]()
        # A dict, since it keeps the order of the others when one in the middle is withdrawn.
        self._waiting: dict[int, None] = {}

    def add(self, job_id: int) -> bool:
        """Add a job; return whether it may begin at once."""
        begins = len(self._running) < self._max_jobs
        if begins:
            self._running.add(job_id)
        else:
            self._waiting[job_id] = None
        return begins

    def withdraw(self, job_id: int) -> bool:
        """Remove a job if it has not begun; return whether that is so."""
        waits = job_id in self._waiting
        self._waiting.pop(job_id, None)
        return waits

    def remove(self, job_id: int) -> int | None:
        """Remove a job that has ended; return the job that begins in its place, or None."""
        # A job can end twice, when it is cancelled and when its join has replied, but frees one
        # place.
        if job_id not in self._running:
            return None
        self._running.remove(job_id)
        next_id = next(iter(self._waiting), None)
        if next_id is not None:
            del self._waiting[next_id]
            self._running.add(next_id)
        return next_id

"""Limits how many jobs of a client run at once; the rest wait in order.

Not thread-safe: it lives under the lock of the client.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class HasJobId(Protocol):
    """A job, as far as the limiter knows it."""

    @property
    def job_id(self) -> int:
        """The id of the job."""
        ...


T = TypeVar("T", bound=HasJobId)


class JobLimiter(Generic[T]):
    """Lets at most `max_jobs` jobs run, in the order in which they were added."""

    __slots__ = ("_jobs", "_max_jobs", "_waiting")

    def __init__(self, max_jobs: int) -> None:
        self._max_jobs = max_jobs
        self._jobs: dict[int, T] = {}
        self._waiting: dict[int, T] = {}
        "Those of `_jobs` that have not begun, in order."

    def __iter__(self) -> Iterator[T]:
        return iter(self._jobs.values())

    def get(self, job_id: int) -> T | None:
        """Return a job that has not ended, or None."""
        return self._jobs.get(job_id)

    def add(self, flow: T) -> bool:
        """Add a job; return whether it may begin at once."""
        begins = len(self._jobs) - len(self._waiting) < self._max_jobs
        self._jobs[flow.job_id] = flow
        if not begins:
            self._waiting[flow.job_id] = flow
        return begins

    def withdraw(self, flow: T) -> bool:
        """Remove a job if it has not begun; return whether that is so."""
        # Removing it from the middle keeps the order of the others: dicts are ordered.
        waits = self._waiting.pop(flow.job_id, None) is not None
        if waits:
            del self._jobs[flow.job_id]
        return waits

    def remove(self, flow: T) -> T | None:
        """Remove a job that has ended; return the job that begins in its place, or None."""
        # A job can end twice, when it is cancelled and when its join has replied, but frees one
        # place.
        if self._jobs.pop(flow.job_id, None) is None:
            return None
        return self._waiting.pop(next(iter(self._waiting), 0), None)

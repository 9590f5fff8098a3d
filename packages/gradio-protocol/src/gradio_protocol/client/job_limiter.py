"""Whose turn it is: of all the flows of a client so many are under way, the others wait.

Not thread-safe: a driver uses it under the lock of its sessions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class HasJobId(Protocol):
    """What a driver keeps of one flow."""

    @property
    def job_id(self) -> int:
        """The ticket of its job."""
        ...


T = TypeVar("T", bound=HasJobId)


class JobLimiter(Generic[T]):
    """Jobs in turn. See the module. First come, first served; at most `most` are under way."""

    __slots__ = ("_all", "_most", "_waiting")

    def __init__(self, most: int) -> None:
        self._most = most
        self._all: dict[int, T] = {}
        self._waiting: dict[int, T] = {}
        "Those of them that have not begun."

    def __iter__(self) -> Iterator[T]:
        return iter(self._all.values())

    def get(self, job_id: int) -> T | None:
        """The flow of this job, until it has ended."""
        return self._all.get(job_id)

    def add(self, flow: T) -> bool:
        """Take a flow in; returns whether it begins at once."""
        begins = len(self._all) - len(self._waiting) < self._most
        self._all[flow.job_id] = flow
        if not begins:
            self._waiting[flow.job_id] = flow
        return begins

    def withdraw(self, flow: T) -> bool:
        """A flow is not wanted any more; returns whether it had not begun, and is gone."""
        waits = self._waiting.pop(flow.job_id, None) is not None
        if waits:
            del self._all[flow.job_id]
        return waits

    def remove(self, flow: T) -> T | None:
        """A flow has ended; returns the one that begins in its place, if any waits."""
        if self._all.pop(flow.job_id, None) is None:
            return None
        return self._waiting.pop(next(iter(self._waiting), 0), None)

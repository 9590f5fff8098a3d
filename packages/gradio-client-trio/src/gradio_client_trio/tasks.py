"""The tasks that work for one client, in its one nursery.

All are shielded from what cancels the block that the nursery belongs to: until the block is left
they serve it, and then `Runner.close` ends them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import trio

Work: TypeAlias = Callable[[], Awaitable[None]]


class Workers:
    """See the module."""

    def __init__(self, nursery: trio.Nursery, at_once: int) -> None:
        self._nursery = nursery
        self._spare = at_once
        self._queue = deque[Work]()
        self._scopes: set[trio.CancelScope] = set()
        self._asides: list[trio.CancelScope] = []
        self._departures = trio.lowlevel.ParkingLot()
        self.drawing = trio.CapacityLimiter(4)
        "For threads that draw: a terminal that stands still holds them, and no others."

    def spawn(self, work: Work, scope: trio.CancelScope | None = None) -> None:
        """Run a task until it ends, or its scope is cancelled."""
        scope = scope or trio.CancelScope()
        scope.shield = True
        self._scopes.add(scope)
        self._nursery.start_soon(self._shielded, work, scope)

    def submit(self, work: Work) -> None:
        """Do the same, but only so many at once; what comes meanwhile waits, and costs no task."""
        self._queue.append(work)
        if self._spare:
            self._spare -= 1
            self.spawn(self._work_off)

    def aside(self, work: Callable[[], None]) -> None:
        """Run something in a thread; nobody waits for it."""
        self._asides.append(trio.CancelScope())
        run = partial(trio.to_thread.run_sync, work, abandon_on_cancel=True)
        self.spawn(run, self._asides[-1])

    def check_gone(self) -> None:
        """Something is over that somebody may wait for."""
        self._departures.unpark_all()

    async def until(self, over: Callable[[], bool]) -> None:
        """Wait until enough is over."""
        while not over():
            await self._departures.park()

    async def gone(self) -> None:
        """Wait until there is no task."""
        await self.until(lambda: not self._scopes)

    def end_asides(self) -> None:
        """End what nobody waits for."""
        for scope in self._asides:
            scope.cancel()

    def end(self) -> None:
        """End all tasks, also those that have not begun."""
        self._queue.clear()
        for scope in self._scopes:
            scope.cancel()

    async def _work_off(self) -> None:
        try:
            while self._queue:
                await self._queue.popleft()()
        finally:
            self._spare += 1

    # An interrupt is for the program's own task, where it is one error and no group of them.
    @trio.lowlevel.enable_ki_protection
    async def _shielded(self, work: Work, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await work()
        finally:
            self._scopes.discard(scope)
            self.check_gone()

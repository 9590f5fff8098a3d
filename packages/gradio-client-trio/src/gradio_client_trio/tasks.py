"""The tasks that work for one client, in its one nursery.

All are shielded from what cancels the block that the nursery belongs to: until the block is left
they serve it, and then `Runner.close` ends them. Otherwise a timeout around the block would cut the
requests by which the client tells the server that it leaves.

Each task has a scope of its own, for it may end before the others. The nursery cannot have one
shield for all: the block itself runs inside the nursery, and the caller may cancel the block.
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
        # Not a task each that waits for a semaphore, which would cost as much: trio runs the tasks
        # that are ready together in order or, at random, in reverse, and jobs would join the
        # server's queue in the wrong order.
        self._queue.append(work)
        if self._spare:
            self._spare -= 1
            self.spawn(self._work_off)

    def aside(self, work: Callable[[], None]) -> None:
        """Run something in a thread; nobody waits for it, and leaving the block does not either."""
        self._asides.append(trio.CancelScope())
        run = partial(trio.to_thread.run_sync, work, abandon_on_cancel=True)
        self.spawn(run, self._asides[-1])

    def check_gone(self) -> None:
        """Something is over that somebody may wait for."""
        # A parking lot and not an event: what is waited for differs, and comes more than once.
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

    # Ctrl-C is for the program's own task, where it is one error and no group of them. Tasks that a
    # nursery starts have no protection unless their function says so.
    @trio.lowlevel.enable_ki_protection
    async def _shielded(self, work: Work, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await work()
        finally:
            self._scopes.discard(scope)
            self.check_gone()

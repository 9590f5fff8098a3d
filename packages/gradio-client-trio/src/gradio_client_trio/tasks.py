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
        self._free = at_once
        self._queue = deque[Work]()
        self._scopes: set[trio.CancelScope] = set()
        self._waiters = trio.lowlevel.ParkingLot()
        self.drawing_threads = trio.CapacityLimiter(4)
        "For threads that draw: a terminal that stands still holds them, and no others."

    def spawn(self, work: Work) -> None:
        """Run a task until it ends or `cancel_all` is called."""
        scope = trio.CancelScope(shield=True)
        self._scopes.add(scope)
        self._nursery.start_soon(self._run_shielded, work, scope)

    def submit(self, work: Work) -> None:
        """Do the same, but only so many at once; what comes meanwhile waits, and costs no task."""
        # Not a task each that waits for a semaphore, which would cost as much: trio runs the tasks
        # that are ready together in order or, at random, in reverse, and jobs would join the
        # server's queue in the wrong order.
        self._queue.append(work)
        if self._free:
            self._free -= 1
            self.spawn(self._run_queued)

    def run_in_thread(self, work: Callable[[], None]) -> None:
        """Run something in a thread; nobody waits for it, and leaving the block does not either."""
        self.spawn(partial(trio.to_thread.run_sync, work, abandon_on_cancel=True))

    def wake_waiters(self) -> None:
        """Something is over that somebody may wait for."""
        # A parking lot and not an event: what is waited for differs, and comes more than once.
        self._waiters.unpark_all()

    async def wait_until(self, over: Callable[[], bool]) -> None:
        """Wait until enough is over."""
        while not over():
            await self._waiters.park()

    async def wait_until_idle(self) -> None:
        """Wait until there is no task."""
        await self.wait_until(lambda: not self._scopes)

    def cancel_all(self) -> None:
        """End all tasks, also those that have not begun."""
        self._queue.clear()
        for scope in self._scopes:
            scope.cancel()

    async def _run_queued(self) -> None:
        try:
            while self._queue:
                await self._queue.popleft()()
        finally:
            self._free += 1

    # Ctrl-C is for the program's own task, where it is one error and no group of them. Tasks that a
    # nursery starts have no protection unless their function says so.
    @trio.lowlevel.enable_ki_protection
    async def _run_shielded(self, work: Work, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await work()
        finally:
            self._scopes.discard(scope)
            self.wake_waiters()

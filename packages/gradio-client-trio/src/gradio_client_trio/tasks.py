"""The tasks of one client, in its one nursery.

All tasks are shielded from a cancellation of the block that the client is open for; `Runner.close`
ends them when the block is left. Otherwise a timeout around the block would also cancel the
requests that tell the server of cancelled events.

Each task has a shielded scope of its own. One shield for the nursery would not do: the block runs
inside the nursery, and the caller must be able to cancel the block.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import trio

Work: TypeAlias = Callable[[], Awaitable[None]]


class Workers:
    """Runs functions in tasks of a nursery, shielded from its cancellation."""

    def __init__(self, nursery: trio.Nursery, at_once: int) -> None:
        self._nursery = nursery
        self._free = at_once
        self._queue = deque[Work]()
        self._scopes: set[trio.CancelScope] = set()
        self._waiters = trio.lowlevel.ParkingLot()
        self.drawing_threads: trio.CapacityLimiter = trio.CapacityLimiter(4)
        "For progress bars, so that a paused terminal blocks these threads and no others."

    def spawn(self, work: Work) -> None:
        """Run a task until it ends or `cancel_all` is called."""
        scope = trio.CancelScope(shield=True)
        self._scopes.add(scope)
        self._nursery.start_soon(self._run_shielded, work, scope)

    def submit(self, work: Work) -> None:
        """Run `work` in a shared task; `at_once` of these run at most; the rest waits in order."""
        # Not a task for each that waits for a semaphore: trio runs tasks that become ready together
        # in order or in reverse, at random, so jobs would join the server's queue in a wrong order.
        self._queue.append(work)
        if self._free:
            self._free -= 1
            self.spawn(self._run_queued)

    def run_in_thread(self, work: Callable[[], None]) -> None:
        """Run `work` in a thread in the background; leaving the block does not wait for it."""
        self.spawn(partial(trio.to_thread.run_sync, work, abandon_on_cancel=True))

    def wake_waiters(self) -> None:
        """Let the tasks in `wait_until` check their conditions again."""
        # A parking lot, not an event: the conditions differ, and are checked more than once.
        self._waiters.unpark_all()

    async def wait_until(self, is_done: Callable[[], bool]) -> None:
        """Wait until `is_done()` is true; `wake_waiters` checks it."""
        while not is_done():
            await self._waiters.park()

    async def wait_until_idle(self) -> None:
        """Wait until all tasks have ended."""
        await self.wait_until(lambda: not self._scopes)

    def cancel_all(self) -> None:
        """Cancel all tasks, and drop the work that has not begun."""
        self._queue.clear()
        # Not the scope of the nursery: that would cancel the block of the caller, which runs in it.
        for scope in self._scopes:
            scope.cancel()

    async def _run_queued(self) -> None:
        try:
            while self._queue:
                await self._queue.popleft()()
        finally:
            self._free += 1

    # KI protection, so that Ctrl-C is raised in the main task, as one error and not in a group. A
    # task of a nursery is not protected unless its function is.
    @trio.lowlevel.enable_ki_protection
    async def _run_shielded(self, work: Work, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await work()
        finally:
            self._scopes.discard(scope)
            self.wake_waiters()


class MapWaiter:
    """Waits for the jobs of one `map`."""

    def __init__(self) -> None:
        self.now: Callable[[], float] = trio.current_time
        self._waiters = trio.lowlevel.ParkingLot()

    def wake(self, job: object) -> None:  # noqa: ARG002 - it is a callback of a job
        """End the wait."""
        self._waiters.unpark_all()

    async def wait(self, seconds: float) -> None:
        """Wait until a job ends, but not for longer than these seconds."""
        with trio.move_on_after(seconds):
            await self._waiters.park()

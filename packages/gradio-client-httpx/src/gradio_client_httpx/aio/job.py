"""The `AsyncJob`: the status, the outputs and the result of one prediction.

The core's `JobState` holds all of it. This module adds time stamps, and the tasks that wait for a
change. Every wait can be cancelled and repeated without losing an output.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from gradio_protocol import JobCancelled, JobState, Raised
from gradio_protocol.clients import BaseAsyncJob

from ..job import to_local_time
from .tasks import require_loop

_log = logging.getLogger("gradio_client_httpx")


class AsyncJob(BaseAsyncJob):
    """One call of an endpoint; `AsyncClient.submit` returns it.

    `await job` returns the result, any number of times; cancelling the task that waits so cancels
    the job, as with a task of asyncio. Cancelling any other wait does not.

    `async for output in job` yields each output when it arrives, from the first one on, and raises
    the job's error at the end if it failed. If the job is cancelled, also from another task, the
    loop ends without an error; `cancelled()` tells. Leaving the loop does not cancel the job.
    Leaving an `async with` block does, if the job still runs.
    """

    def __init__(self, state: JobState, owner: object = None) -> None:
        super().__init__(state, time.time())
        self._cancel: Callable[[], bool] = partial(self.fail, JobCancelled("the job was cancelled"))
        self._owner = owner
        self._loop = require_loop()
        self._waiters: set[asyncio.Future[None]] = set()

    def cancel(self) -> bool:
        """Cancel the job; return whether it is cancelled now.

        The job ends at once. Whether the app's function stops too depends on the server's version.
        Other jobs are not affected.
        """
        require_loop(self._loop)
        return self._cancel() or self.cancelled()

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from self.result().__await__())
        except asyncio.CancelledError:
            self.cancel()
            raise

    # For the client, the runner and the iterators.

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready()` is true or the job has ended."""
        require_loop(self._loop)
        while not (ready() or self.done()):
            waiter = self._loop.create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def notify(self) -> None:
        """Record the new snapshots of the job, wake all waiting tasks, and run the callbacks."""
        self._record_snapshots(time.time())
        while self._waiters:
            waiter = self._waiters.pop()
            if not waiter.done():  # its task may have been cancelled
                waiter.set_result(None)
        if self.done():
            # Release the client, so that a job that is kept does not keep the client open.
            self._cancel, self._owner = self.cancelled, None
        for callback in self._take_callbacks():
            self._run_callback(callback)

    def cancel_by(self, cancel: Callable[[], bool]) -> None:
        """Record how to cancel the job, which is submitted now."""
        self._cancel = cancel

    def fail(self, error: Exception) -> bool:
        """End a job that is not submitted; return whether it was running."""
        has_failed = self._job_state.apply(Raised(error=error))
        self.notify()
        return has_failed

    def _run_callback(self, callback: Callable[[], object]) -> None:
        try:
            callback()
        except Exception:  # noqa: BLE001 - the caller's code may raise anything
            _log.exception("%r: a callback failed", self)

    def _ipython_display_(self) -> None:
        self._show_card(import_module("IPython"))

    def _stamp(self, time: float) -> datetime:
        return to_local_time(time)

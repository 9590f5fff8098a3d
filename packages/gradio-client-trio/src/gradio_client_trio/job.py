"""The `Job`: the status, the outputs and the result of one prediction.

The core's `JobState` holds all of it. This module adds time stamps, and the tasks that wait for a
change. Every wait can be cancelled and repeated without losing an output.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module

import trio

from gradio_protocol import JobState
from gradio_protocol.clients import BaseAsyncJob

_log = logging.getLogger("gradio_client_trio")


class Job(BaseAsyncJob):
    """One call of an endpoint; `Client.submit` returns it.

    `async for output in job` yields each output when it arrives, from the first one on, and raises
    the job's error at the end if it failed. If the job is cancelled, also from another task, the
    loop ends without an error; `cancelled()` tells. Cancelling a wait, or leaving a loop, does not
    cancel the job. Leaving an `async with` block does, if the job still runs.
    """

    def __init__(self, state: JobState, cancel: Callable[[], bool]) -> None:
        super().__init__(state, time.time())
        self._cancel = cancel
        self._waiting: set[trio.lowlevel.Task] = set()

    @trio.lowlevel.enable_ki_protection
    def cancel(self) -> bool:
        """Cancel the job; return whether it is cancelled now.

        The job ends at once. Whether the app's function stops too depends on the server's version.
        Other jobs are not affected.
        """
        return self._cancel() or self.cancelled()

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready()` is true or the job has ended; always a checkpoint."""
        if ready() or self.done():
            await trio.lowlevel.checkpoint()
        while not (ready() or self.done()):
            await self._wait_for_change()

    @trio.lowlevel.enable_ki_protection
    async def _wait_for_change(self) -> None:
        """Wait for the next `notify`; costs two thirds of a wait in a `ParkingLot`."""
        task, waiting = trio.lowlevel.current_task(), self._waiting

        def leave(_: object) -> trio.lowlevel.Abort:
            waiting.discard(task)
            return trio.lowlevel.Abort.SUCCEEDED

        waiting.add(task)
        await trio.lowlevel.wait_task_rescheduled(leave)

    def notify(self) -> None:
        """Record the new snapshots of the job, wake all waiting tasks, and run the callbacks."""
        self._record_snapshots(time.time())
        while self._waiting:
            trio.lowlevel.reschedule(self._waiting.pop())
        for callback in self._take_callbacks():
            self._run_callback(callback)

    @trio.lowlevel.disable_ki_protection  # Ctrl-C may interrupt code of the caller
    def _run_callback(self, callback: Callable[[], object]) -> None:
        try:
            callback()
        except Exception:  # noqa: BLE001 - the caller's code may raise anything
            _log.exception("%r: a callback failed", self)

    def _ipython_display_(self) -> None:
        self._show_card(import_module("IPython"))

    def _stamp(self, time: float) -> datetime:
        # Naive local time, as in the updates of the official client.
        return datetime.fromtimestamp(time)  # noqa: DTZ006

"""The `Job`: the status, the outputs and the result of one prediction.

The core's `JobState` holds all of it. This module adds time stamps, and the tasks that wait for a
change. The history of a job only grows, and each iterator has its own position in it, so a slow one
delays no other. Every wait can be cancelled and repeated without losing an output.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any, Self

import trio

from gradio_protocol import (
    JobState,
    Outputs,
    OutputUpdate,
    Stage,
    StatusUpdate,
    all_outputs,
    current_status,
    short_traceback,
    spread,
    status_update,
)

_INTERNAL = ("add_result_callbacks", "notify", "until")
"Methods for the runner and the iterators."

_log = logging.getLogger("gradio_client_trio")


class Job:
    """One call of an endpoint; `Client.submit` returns it.

    `async for output in job` yields each output when it arrives, from the first one on, and raises
    the job's error at the end if it failed. To cancel a wait, or to leave a loop, does not cancel
    the job. Leaving an `async with` block does, if the job still runs.
    """

    def __init__(self, state: JobState, cancel: Callable[[], bool]) -> None:
        self._job_state = state
        self._cancel = cancel
        self._waiting: set[trio.lowlevel.Task] = set()
        self._times = [time.time()]
        "When each view arrived, in seconds since the epoch."
        self._callbacks: tuple[Callable[..., object], ...] = ()
        self._iterator: AsyncIterator[Any] | None = None

    # For callers.

    async def result(self) -> Any:
        """Wait for the result and return it; several outputs are a tuple.

        Raises JobCancelled if the job was cancelled, and the job's error if it failed: usually an
        AppError, a RemoteError or a TransportFailed.
        """
        await self.until(self.done)
        with short_traceback:
            return self._job_state.result()

    async def exception(self) -> BaseException | None:
        """Wait for the end and return the job's error, or None."""
        await self.until(self.done)
        return self._job_state.view.error

    def outputs(self) -> list[Any]:
        """Return all outputs that have arrived so far."""
        return all_outputs(self._job_state)

    def status(self) -> StatusUpdate:
        """Return the current status; its code is STARTING until the server reports on the job."""
        return current_status(self._job_state.view, to_local_time(self._times[-1]))

    @trio.lowlevel.enable_ki_protection
    def cancel(self) -> bool:
        """Cancel the job; return whether it is cancelled now.

        The job ends at once. Whether the app's function stops too depends on the server's version.
        Other jobs are not affected.
        """
        return self._cancel() or self.cancelled()

    def done(self) -> bool:
        """Whether the job has ended: succeeded, failed or cancelled."""
        return self._job_state.view.stage.is_final

    def cancelled(self) -> bool:
        """Whether the job was cancelled."""
        return self._job_state.view.stage is Stage.CANCELLED

    def running(self) -> bool:
        """Whether the job has not ended yet."""
        return not self.done()

    def updates(self) -> AsyncIterator[StatusUpdate | OutputUpdate]:
        """Yield every change of status and every output, in order, from the first one on.

        While files are uploaded or downloaded, changes of `transferred` are among them.
        """
        return JobUpdates(self, self._job_state, self._times)

    def __aiter__(self) -> AsyncIterator[Any]:
        return JobOutputs(self, self._job_state)

    async def __anext__(self) -> Any:
        """Wait for the next output; raise StopAsyncIteration after the last one."""
        if self._iterator is None:
            self._iterator = aiter(self)
        return await anext(self._iterator)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()

    def __repr__(self) -> str:
        return f"<Job {self._job_state}>"

    def __dir__(self) -> list[str]:
        # What a prompt completes after `job.`: the methods of callers.
        return [name for name in super().__dir__() if name not in _INTERNAL]

    # For the runner and the iterators.

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
        """Record the new views of the job, wake all waiting tasks, and run the callbacks."""
        while len(self._times) < len(self._job_state.views):
            self._times.append(time.time())
        while self._waiting:
            trio.lowlevel.reschedule(self._waiting.pop())
        if self._job_state.view.stage is Stage.SUCCEEDED:
            self._run_callbacks(self._job_state.result())

    def add_result_callbacks(
        self, callbacks: Callable[..., object] | Iterable[Callable[..., object]]
    ) -> None:
        """Call each with the result when the job has succeeded; a tuple as several arguments."""
        self._callbacks += (callbacks,) if callable(callbacks) else tuple(callbacks)

    @trio.lowlevel.disable_ki_protection  # Ctrl-C may interrupt code of the caller
    def _run_callbacks(self, value: object) -> None:
        for callback in self._callbacks:
            try:
                callback(*value) if isinstance(value, tuple) else callback(value)
            except Exception:  # noqa: BLE001 - the caller's code may raise anything
                _log.exception("%r: a callback failed", self)


class JobOutputs:
    """Iterates over the outputs of one job as they arrive. Can be cancelled and continued."""

    def __init__(self, job: Job, state: JobState) -> None:
        self._job = job
        self._job_state = state
        self._outputs = Outputs(state)

    def __aiter__(self) -> JobOutputs:
        return self

    async def __anext__(self) -> Any:
        await self._job.until(self._outputs.is_ready)
        if self._outputs.advance():
            return self._outputs.value()
        # After all outputs, so that a caller gets those of a job that failed later.
        with short_traceback:
            raise self._job_state.failure or StopAsyncIteration


class JobUpdates:
    """Iterates over the statuses and outputs of one job. Can be cancelled and continued."""

    def __init__(self, job: Job, state: JobState, times: list[float]) -> None:
        self._job = job
        self._job_state = state
        self._times = times
        self._outputs = Outputs(state)
        self._taken = 0
        "How many views have been yielded as statuses."
        self._outputs_known = 0
        "How many outputs there were at the last of these views."

    def __aiter__(self) -> JobUpdates:
        return self

    async def __anext__(self) -> StatusUpdate | OutputUpdate:
        await self._job.until(self._has_more)
        if self._outputs.taken < self._outputs_known and self._outputs.advance():
            return OutputUpdate(outputs=spread(self._outputs.value()))
        if not self._has_more():
            raise StopAsyncIteration
        view, known = self._job_state.views[self._taken], to_local_time(self._times[self._taken])
        self._taken, self._outputs_known = self._taken + 1, view.outputs
        return status_update(view, known)

    def _has_more(self) -> bool:
        return self._taken < len(self._times) or self._outputs.taken < self._outputs_known


def to_local_time(seconds: float) -> datetime:
    """Return naive local time, as the official client stamps its updates."""
    return datetime.fromtimestamp(seconds)  # noqa: DTZ006

"""The handle of one prediction: its result can be awaited, its outputs and status watched.

A job's life is the core's machine; here are only the tasks that wait for its news, and the time
stamps. The history of a job only grows and each watcher keeps an index into it, so that
a slow one delays nobody. What waits here may be cancelled, and waited for again.
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
    spread,
    status_update,
)

_log = logging.getLogger("gradio_client_trio")


class Job:
    """One prediction. Made by `Client.submit`.

    Iterating gives each output as it comes, and raises the job's error at the end, if it has
    one; each iteration starts at the first output. Waiting for a job does not bind the job to the
    one who waits: a cancelled wait, or a loop that is left, leaves it alone. An `async with` block
    that is left cancels it, unless it is over.
    """

    def __init__(self, state: JobState, cancel: Callable[[], bool]) -> None:
        self._job_state = state
        self._cancel = cancel
        self._waiting: set[trio.lowlevel.Task] = set()
        self._times = [time.time()]
        "When each view became known, in seconds since the epoch."
        self._callbacks: tuple[Callable[..., object], ...] = ()
        self._iterator: AsyncIterator[Any] | None = None

    # For callers.

    async def result(self) -> Any:
        """Wait for the result.

        One output comes as it is, several as a tuple. Raises the job's error, or JobCancelled.
        """
        await self.until(self.done)
        return self._job_state.result()

    async def exception(self) -> BaseException | None:
        """Wait for the end; returns the job's error, or None."""
        await self.until(self.done)
        return self._job_state.view.error

    def outputs(self) -> list[Any]:
        """All outputs that have come until now."""
        return all_outputs(self._job_state)

    def status(self) -> StatusUpdate:
        """What is known of the job right now; STARTING until the server says something of it."""
        return current_status(self._job_state.view, to_local_time(self._times[-1]))

    @trio.lowlevel.enable_ki_protection
    def cancel(self) -> bool:
        """Call the job off; returns whether it is cancelled now.

        The job ends at once. What the server can be told, and is, depends on its version; other
        jobs are never harmed.
        """
        return self._cancel() or self.cancelled()

    def done(self) -> bool:
        """Whether the job is over, however it ended."""
        return self._job_state.view.stage.is_final

    def cancelled(self) -> bool:
        """Whether the job was called off."""
        return self._job_state.view.stage is Stage.CANCELLED

    def running(self) -> bool:
        """Whether the job is not over yet."""
        return not self.done()

    def updates(self) -> AsyncIterator[StatusUpdate | OutputUpdate]:
        """Every change of status and every output, in order, from the first one on.

        Among the changes are bytes moved (`transferred`), while files are sent or fetched.
        """
        return JobUpdates(self, self._job_state, self._times)

    def __aiter__(self) -> AsyncIterator[Any]:
        return JobOutputs(self, self._job_state)

    async def __anext__(self) -> Any:
        """The next output, or StopAsyncIteration after the last one."""
        if self._iterator is None:
            self._iterator = aiter(self)
        return await anext(self._iterator)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()

    def __repr__(self) -> str:
        return f"<Job {self._job_state.endpoint.title} {self._job_state.view.stage.name}>"

    # For the runner, and for those who watch.

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so, or the job is over; always a checkpoint."""
        if ready() or self.done():
            await trio.lowlevel.checkpoint()
        while not (ready() or self.done()):
            await self._wait_for_change()

    @trio.lowlevel.enable_ki_protection
    async def _wait_for_change(self) -> None:
        """Wait for the next news, for two thirds of the price of a `ParkingLot`."""
        task, waiting = trio.lowlevel.current_task(), self._waiting

        def leave(_: object) -> trio.lowlevel.Abort:
            waiting.discard(task)
            return trio.lowlevel.Abort.SUCCEEDED

        waiting.add(task)
        await trio.lowlevel.wait_task_rescheduled(leave)

    def notify(self) -> None:
        """There is news in the job's life: wake whoever waits for it."""
        while len(self._times) < len(self._job_state.views):
            self._times.append(time.time())
        while self._waiting:
            trio.lowlevel.reschedule(self._waiting.pop())
        if self._job_state.view.stage is Stage.SUCCEEDED:
            self._run_callbacks(self._job_state.result())

    def add_result_callbacks(
        self, callbacks: Callable[..., object] | Iterable[Callable[..., object]]
    ) -> None:
        """Call each with the result, spread where it is a tuple."""
        self._callbacks += (callbacks,) if callable(callbacks) else tuple(callbacks)

    @trio.lowlevel.disable_ki_protection  # an interrupt may stop what the caller wrote
    def _run_callbacks(self, value: object) -> None:
        for callback in self._callbacks:
            try:
                callback(*value) if isinstance(value, tuple) else callback(value)
            except Exception:  # noqa: BLE001 - the caller's mistake, and nobody here to take it
                _log.exception("%r: a callback failed", self)


class JobOutputs:
    """The outputs of one job, as they come; an iterator that can be cancelled and gone on with."""

    def __init__(self, job: Job, state: JobState) -> None:
        self._job = job
        self._job_state = state
        self._outputs = Outputs(state)

    def __aiter__(self) -> JobOutputs:
        return self

    async def __anext__(self) -> Any:
        await self._job.until(self._has_more)
        if self._outputs.advance():
            return self._outputs.value()
        # A failed job says so after all that it has given.
        error = None if self._job.cancelled() else self._job_state.view.error
        if error is not None:
            raise error
        raise StopAsyncIteration

    def _has_more(self) -> bool:
        return self._outputs.taken < self._job_state.view.outputs


class JobUpdates:
    """Everything that is seen of one job, in order; likewise."""

    def __init__(self, job: Job, state: JobState, times: list[float]) -> None:
        self._job = job
        self._job_state = state
        self._times = times
        self._outputs = Outputs(state)
        self._taken = 0
        "How many views have been shown."
        self._outputs_known = 0
        "How many outputs the last one of them told of."

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
    """Local time, without a zone, as the official client stamps its updates."""
    return datetime.fromtimestamp(seconds)  # noqa: DTZ006

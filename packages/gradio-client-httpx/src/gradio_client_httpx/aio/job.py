"""The `AsyncJob`: the status, the outputs and the result of one prediction.

The core's `JobState` holds all of it. This module adds time stamps, and the tasks that wait for a
change. The history of a job only grows, and each iterator has its own position in it, so a slow one
delays no other. Every wait can be cancelled and repeated without losing an output.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from typing import Any, Self

from gradio_protocol import (
    JobCancelled,
    JobState,
    Outputs,
    OutputUpdate,
    Raised,
    Stage,
    StatusUpdate,
    UpdateReader,
    all_outputs,
    current_status,
)

from ..job import to_local_time
from .tasks import require_loop

_log = logging.getLogger("gradio_client_httpx")


class AsyncJob:
    """One call of an endpoint; `AsyncClient.submit` returns it.

    `await job` returns the result, any number of times; cancelling the task that waits so cancels
    the job, as with a task of asyncio. Cancelling any other wait does not.

    `async for output in job` yields each output when it arrives, from the first one on, and raises
    the job's error at the end if it failed. Leaving the loop does not cancel the job. Leaving an
    `async with` block does, if the job still runs.
    """

    def __init__(self, owner: object = None) -> None:
        self.state = JobState.unbound()
        "The state, which belongs to the protocol from `submitted` on."
        self._cancel: Callable[[], bool] = self._cancel_unsubmitted
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._waiters: set[asyncio.Future[None]] = set()
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
        return self.state.result()

    async def exception(self) -> BaseException | None:
        """Wait for the end and return the job's error, or None."""
        await self.until(self.done)
        return self.state.view.error

    def outputs(self) -> list[Any]:
        """Return all outputs that have arrived so far."""
        return all_outputs(self.state)

    def status(self) -> StatusUpdate:
        """Return the current status; its code is STARTING until the server reports on the job."""
        return current_status(self.state.view, to_local_time(self._times[-1]))

    def cancel(self) -> bool:
        """Cancel the job; return whether it is cancelled now.

        The job ends at once. Whether the app's function stops too depends on the server's version.
        Other jobs are not affected.
        """
        require_loop(self._loop)
        return self._cancel() or self.cancelled()

    def done(self) -> bool:
        """Whether the job has ended: succeeded, failed or cancelled."""
        return self.state.view.stage.is_final

    def cancelled(self) -> bool:
        """Whether the job was cancelled."""
        return self.state.view.stage is Stage.CANCELLED

    def running(self) -> bool:
        """Whether the job has not ended yet."""
        return not self.done()

    def updates(self) -> AsyncIterator[StatusUpdate | OutputUpdate]:
        """Yield every change of status and every output, in order, from the first one on.

        While files are uploaded or downloaded, changes of `transferred` are among them.
        """
        return JobUpdates(self, UpdateReader(self.state, self._times, to_local_time))

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from self.result().__await__())
        except asyncio.CancelledError:
            self.cancel()
            raise

    def __aiter__(self) -> AsyncIterator[Any]:
        return JobOutputs(self, self.state)

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
        return f"<AsyncJob {self.state.endpoint.title} {self.state.view.stage.name}>"

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
        """Record the new views of the job, wake all waiting tasks, and run the callbacks."""
        self._times += [time.time()] * (len(self.state.views) - len(self._times))
        while self._waiters:
            waiter = self._waiters.pop()
            if not waiter.done():  # its task may have been cancelled
                waiter.set_result(None)
        if self.done():
            self._end()

    def add_result_callbacks(
        self, callbacks: Callable[..., object] | Iterable[Callable[..., object]]
    ) -> None:
        """Call each with the result when the job has succeeded; a tuple as several arguments."""
        self._callbacks += (callbacks,) if callable(callbacks) else tuple(callbacks)

    def submitted(self, cancel: Callable[[], bool]) -> None:
        """Record that the job is submitted to a protocol; `cancel` cancels it there."""
        self._cancel = cancel

    def fail(self, error: Exception) -> None:
        """End a job that is not submitted."""
        self.state.apply(Raised(error=error))
        self.notify()

    def _cancel_unsubmitted(self) -> bool:
        self.fail(JobCancelled("the job was cancelled"))
        return True

    def _end(self) -> None:
        # Release the client, so that a job that is kept does not keep the client open.
        self._cancel, self._owner = _cannot_cancel, None
        callbacks, self._callbacks = self._callbacks, ()
        if self.state.view.stage is Stage.SUCCEEDED:
            for callback in callbacks:
                self._run_callback(callback, self.state.result())

    def _run_callback(self, callback: Callable[..., object], value: object) -> None:
        try:
            callback(*value) if isinstance(value, tuple) else callback(value)
        except Exception:  # noqa: BLE001 - the caller's code may raise anything
            _log.exception("%r: a callback failed", self)


class JobOutputs:
    """Iterates over the outputs of one job as they arrive. Can be cancelled and continued."""

    def __init__(self, job: AsyncJob, state: JobState) -> None:
        self._job = job
        self._state = state
        self._outputs = Outputs(state)

    def __aiter__(self) -> JobOutputs:
        return self

    async def __anext__(self) -> Any:
        await self._job.until(self._has_more)
        if self._outputs.advance():
            return self._outputs.value()
        # After all outputs, so that a caller gets those of a job that failed later.
        error = None if self._job.cancelled() else self._state.view.error
        if error is not None:
            raise error
        raise StopAsyncIteration

    def _has_more(self) -> bool:
        return self._outputs.taken < self._state.view.outputs


class JobUpdates:
    """Iterates over the statuses and outputs of one job. Can be cancelled and continued."""

    def __init__(self, job: AsyncJob, reader: UpdateReader) -> None:
        self._job = job
        self._reader = reader

    def __aiter__(self) -> JobUpdates:
        return self

    async def __anext__(self) -> StatusUpdate | OutputUpdate:
        await self._job.until(self._reader.has_more)
        update = self._reader.advance()
        if update is None:
            raise StopAsyncIteration
        return update


def _cannot_cancel() -> bool:
    return False

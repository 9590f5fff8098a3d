"""The part of a job that every async driver shares.

A driver's `Job` derives from `BaseAsyncJob` and adds what depends on its event loop: `until`, which
waits for a change, `cancel`, and the clock. Nothing here depends on a loop: a method awaits
nothing but `until`.

The history of a job only grows, and each iterator has its own position in it, so a slow one delays
no other. The iterators are objects, not generators: one whose wait was cancelled can continue.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from ..jobs.job_state import JobState, Outputs, Stage
from .tracebacks import short_traceback
from .updates import (
    OutputUpdate,
    StatusUpdate,
    UpdateReader,
    all_outputs,
    call_with_result,
    current_status,
)

if TYPE_CHECKING:
    # For annotations only. The core reads no clock, so it must not import datetime.
    from datetime import datetime

    from .card import JobCard

_INTERNAL = ("add_result_callbacks", "cancel_by", "fail", "notify", "until")
"Methods for the runner and the iterators."


class BaseAsyncJob(ABC):
    """A job without its waits: its status, outputs, result and iterators.

    `now` is the time of its first snapshot, in any form that `_stamp` converts.
    """

    def __init__(self, state: JobState, now: float) -> None:
        self._job_state = state
        self._times = [now]
        "When each snapshot arrived."
        self._callbacks: tuple[Callable[[], object], ...] = ()
        self._card: JobCard | None = None
        self._iterator: AsyncIterator[Any] | None = None

    # What a driver adds.

    @abstractmethod
    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready()` is true or the job has ended."""

    @abstractmethod
    def cancel(self) -> bool:
        """Cancel the job; return whether it is cancelled now.

        The job ends at once. Whether the app's function stops too depends on the server's version.
        Other jobs are not affected.
        """

    @abstractmethod
    def _stamp(self, time: float) -> datetime:
        """Return the time that an update shows."""

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
        return self._job_state.snapshot.error

    def outputs(self) -> list[Any]:
        """Return all outputs that have arrived so far."""
        return all_outputs(self._job_state)

    def status(self) -> StatusUpdate:
        """Return the current status; its code is STARTING until the server reports on the job."""
        return current_status(self._job_state.snapshot, self._stamp(self._times[-1]))

    def done(self) -> bool:
        """Whether the job has ended: succeeded, failed or cancelled."""
        return self._job_state.snapshot.stage.is_final

    def cancelled(self) -> bool:
        """Whether the job was cancelled."""
        return self._job_state.snapshot.stage is Stage.CANCELLED

    def running(self) -> bool:
        """Whether the job has not ended yet."""
        return not self.done()

    def updates(self) -> AsyncIterator[StatusUpdate | OutputUpdate]:
        """Yield every change of status and every output, in order, from the first one on.

        The code of the last one is FINISHED, with `success`, or CANCELLED; no error is raised.
        While files are uploaded or downloaded, changes of `transferred` are among them.
        """
        return JobUpdates(self, UpdateReader(self._job_state, self._times, self._stamp))

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
        return f"<{type(self).__name__} {self._job_state}>"

    def _repr_html_(self) -> str:
        return self._make_card().html(self._times[-1])

    def __dir__(self) -> list[str]:
        # What a prompt completes after `job.`: the methods of callers.
        return [name for name in super().__dir__() if name not in _INTERNAL]

    def add_done_callback(self, fn: Callable[[Self], object]) -> None:
        """Call `fn(job)` when the job has ended, in the event loop; now if it has."""
        if self.done():
            fn(self)
        else:
            self._callbacks += (partial(fn, self),)

    # For the driver.

    def add_result_callbacks(
        self, callbacks: Callable[..., object] | Iterable[Callable[..., object]]
    ) -> None:
        """Call each with the result when the job has succeeded; a tuple as several arguments."""
        for callback in (callbacks,) if callable(callbacks) else callbacks:
            self.add_done_callback(partial(call_with_result, callback, self._job_state))

    def _record_snapshots(self, now: float) -> None:
        """Record that the snapshots that are new have arrived now."""
        self._times += [now] * (len(self._job_state.snapshots) - len(self._times))

    def _take_callbacks(self) -> tuple[Callable[[], object], ...]:
        """Return what to call after a change: callers' callbacks once, when the job has ended."""
        now = self._times[-1]
        redraw = (partial(self._card.update, now),) if self._card else ()
        if not self.done():
            return redraw
        callbacks, self._callbacks = self._callbacks, ()
        return (*redraw, *callbacks)

    def _show_card(self, ipython: Any) -> None:
        """Show the job in a notebook, and redraw it there when it changes; see `JobCard.show`."""
        self._card = self._card or self._make_card()
        self._card.show(ipython, self._times[-1])

    def _make_card(self) -> JobCard:
        from .card import JobCard  # noqa: PLC0415 - for notebooks only

        return JobCard(self._job_state, self._times[0])


class JobOutputs:
    """Iterates over the outputs of one job as they arrive. Can be cancelled and continued."""

    def __init__(self, job: BaseAsyncJob, state: JobState) -> None:
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
            self._job_state.raise_failure()
            raise StopAsyncIteration


class JobUpdates:
    """Iterates over the statuses and outputs of one job. Can be cancelled and continued."""

    def __init__(self, job: BaseAsyncJob, reader: UpdateReader) -> None:
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

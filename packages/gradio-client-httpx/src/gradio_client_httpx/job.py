"""The `Job`: a future that also has the status and the outputs of one prediction.

The core's `JobState` holds all of it. This module adds time stamps, and ways to wait for a change:

1. Threads wait on one condition, which `notify` notifies; it also wakes asyncio tasks.
2. No lock is held while a result is set or a callback runs, so both may call the client.
3. The callbacks of a job run one after the other, on a thread that they may block.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from gradio_protocol import (
    JobState,
    Outputs,
    OutputUpdate,
    Raised,
    Stage,
    StatusUpdate,
    StreamLost,
    all_outputs,
    current_status,
)
from gradio_protocol.clients import UpdateReader, call_with_result, short_traceback

from .awaitable import AwaitableFuture
from .blocking import warn_in_loop
from .threads import Pool, Workers

if TYPE_CHECKING:
    from gradio_protocol.clients import JobCard

_INTERNAL = (
    *("add_result_callbacks", "after_fork", "notify"),
    *("set_exception", "set_result", "set_running_or_notify_cancel"),
    *("close", "send", "throw"),
)
"Methods for the runner, for whoever makes a Future, and for asyncio."

_log = logging.getLogger("concurrent.futures")


class Job(AwaitableFuture):
    """One call of an endpoint; `Client.submit` returns it. Thread-safe.

    A job is a `concurrent.futures.Future`:

    - `result(timeout=None)` and `exception(timeout=None)` wait for the end of the job, or raise
      TimeoutError after `timeout` seconds. Both raise `concurrent.futures.CancelledError` for a
      cancelled job; `result` raises the error of a failed one.
    - `for output in job` yields each output when it arrives, from the first one on, and raises the
      job's error at the end if it failed. If the job is cancelled, also from another thread, the
      loop ends without an error, as in the official client; `cancelled()` tells. Leaving the loop
      does not cancel the job.
    - `await job` returns the result, any number of times, and `asyncio.create_task(job)` makes a
      task of it. Cancelling the task that waits cancels the job.
    - `async for update in job` yields what the official client yields: a StatusUpdate for each
      message of the server, an OutputUpdate for each output, and at the end an OutputUpdate that is
      `final`, whose `outputs` are a dict with `data` or with `error`. A cancelled job has no such
      update; its last one is a StatusUpdate with the code CANCELLED.
    - Leaving a `with` or `async with` block cancels the job if it still runs.
    """

    def __init__(
        self, state: JobState, workers: Workers, cancel: Callable[[], None], owner: object = None
    ) -> None:
        super().__init__()
        self._job_state = state
        self._cancel: Callable[[], None] = cancel
        self._changed = threading.Condition()
        self._times = [time.time()]
        "When each snapshot arrived, in seconds since the epoch."
        self._callbacks = Pool(workers.call, 1)
        self._owner = owner
        self._ended = False
        self._next_lock = threading.Lock()
        self._iterator: Iterator[Any] | None = None
        self._card: JobCard | None = None
        self._card_lock = threading.Lock()
        JOBS.add(self)

    # For callers.

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result and return it; several outputs are a tuple.

        Raises TimeoutError after `timeout` seconds, `concurrent.futures.CancelledError` if the job
        was cancelled, and the job's error if it failed: usually an AppError, a RemoteError or a
        TransportFailed.
        """
        self._warn_if_unfinished("Job.result()", timeout)
        try:
            with short_traceback:
                return super().result(timeout)
        except TimeoutError:
            raise self._timeout_error(timeout) from None
        except CancelledError:
            raise CancelledError(f"{self}: the job was cancelled, so there is no result") from None

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end and return the job's error, or None.

        Raises TimeoutError after `timeout` seconds, and `concurrent.futures.CancelledError` if the
        job was cancelled.
        """
        self._warn_if_unfinished("Job.exception()", timeout)
        try:
            return super().exception(timeout)
        except TimeoutError:
            raise self._timeout_error(timeout) from None

    def outputs(self) -> list[Any]:
        """Return all outputs that have arrived so far."""
        return all_outputs(self._job_state)

    def status(self) -> StatusUpdate:
        """Return the current status; its code is STARTING until the server reports on the job."""
        with self._changed:
            return current_status(self._job_state.snapshot, to_local_time(self._times[-1]))

    def cancel(self) -> bool:
        """Cancel the job; return whether it is cancelled now.

        The job ends at once. Whether the app's function stops too depends on the server's version.
        Other jobs are not affected.
        """
        self._cancel()
        self.notify()
        return self._job_state.snapshot.stage is Stage.CANCELLED

    def running(self) -> bool:
        """Whether the job has not ended yet."""
        return not self.done()

    def updates(self) -> Iterator[StatusUpdate | OutputUpdate]:
        """Yield every change of status and every output, in order, from the first one on.

        The code of the last one is FINISHED, with `success`, or CANCELLED; no error is raised.
        While files are uploaded or downloaded, changes of `transferred` are among them.
        """
        self._warn_if_unfinished("Job.updates()", instead="use `async for`")
        reader = UpdateReader(self._job_state, self._times, to_local_time)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or reader.has_more())
            if (update := reader.advance()) is None:
                return
            yield update

    def __iter__(self) -> Iterator[Any]:
        self._warn_if_unfinished("iterating a job", instead="use `async for`")
        outputs = Outputs(self._job_state)
        while True:
            with self._changed:
                self._changed.wait_for(outputs.is_ready)
            if not outputs.advance():
                break
            yield outputs.value()
        # After all outputs, so that a caller gets those of a job that failed later.
        with short_traceback:
            self._job_state.raise_failure()

    def __next__(self) -> Any:
        """Wait for the next output; raise StopIteration after the last one."""
        if self._is_run_by_task():
            return self.send(None)
        # A generator cannot run on two threads at once. Threads that share the job take turns, and
        # each output goes to one of them.
        with self._next_lock:
            if self._iterator is None:
                self._iterator = iter(self)
            return next(self._iterator)

    async def __aiter__(self) -> AsyncIterator[StatusUpdate | OutputUpdate]:
        from .official_updates import read_official_updates  # noqa: PLC0415 - few programs do this

        with self._subscribe() as wait_for_change:
            for update in read_official_updates(self._job_state, self._times, to_local_time):
                if update is None:
                    await wait_for_change()
                else:
                    yield update

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call `fn(job)` when the job has ended, on a thread that it may block."""
        if self.done():
            _call_when_done(fn, self)
            return
        super().add_done_callback(
            lambda _: self._callbacks.submit(lambda: _call_when_done(fn, self))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()

    def __repr__(self) -> str:
        return f"<Job {self._job_state}>"

    def _repr_html_(self) -> str:
        return self._make_card().html(self._times[-1])

    def _make_card(self) -> JobCard:
        from gradio_protocol.clients import JobCard  # noqa: PLC0415 - for notebooks only

        return JobCard(self._job_state, self._times[0])

    def _ipython_display_(self) -> None:
        with self._card_lock:
            self._card = self._card or self._make_card()
            self._card.show(import_module("IPython"), self._times[-1])

    def __dir__(self) -> list[str]:
        # What a prompt completes after `job.`: the methods of callers.
        return [name for name in super().__dir__() if name not in _INTERNAL]

    # For the runner.

    def notify(self) -> bool:
        """Wake everything that waits for a change of the job; return whether the job has ended.

        The runner calls this outside the lock of the protocol: it sets the result of the future,
        which may run code of callers, and that may call the client. Thread-safe.
        """
        with self._changed:
            added = len(self._job_state.snapshots) - len(self._times)
            self._times += [time.time()] * added
            ended = (
                self._job_state.snapshots[len(self._times) - 1].stage.is_final and not self._ended
            )
            self._ended = self._ended or ended
            if added:
                self._changed.notify_all()
        if ended:
            self._settle()
        if added:
            # After the result is set, which is what most tasks wait for.
            self._wake_tasks()
            if self._card is not None:
                self._callbacks.submit(self._redraw)  # the page may block it
        return self._ended

    def _redraw(self) -> None:
        with self._card_lock:
            if self._card is not None:
                self._card.update(self._times[-1])

    def _settle(self) -> None:
        # Release the client, so that a job that is kept does not keep the client open, and break
        # the reference cycle through `_cancel`.
        self._cancel, self._owner = lambda: None, None
        match self._job_state.snapshot.stage, self._job_state.snapshot.error:
            case Stage.CANCELLED, _:
                # `Future.cancel` does nothing for a future that runs, so a job's future stays
                # pending until the job ends. `set_running_or_notify_cancel` wakes the threads in
                # `concurrent.futures.wait` and `as_completed`, which `cancel` does not.
                super().cancel()
                self.set_running_or_notify_cancel()
            case _, None:
                self.set_result(self._job_state.result())
            case _, error:
                self.set_exception(error)

    def add_result_callbacks(
        self, callbacks: Callable[..., object] | Iterable[Callable[..., object]]
    ) -> None:
        """Call each with the result when the job has succeeded; a tuple as several arguments."""
        for callback in (callbacks,) if callable(callbacks) else callbacks:
            self.add_done_callback(partial(call_with_result, callback, self._job_state))

    def after_fork(self) -> None:
        """Fail the job in a forked child, which has none of the threads that run it."""
        # A thread of the parent may have held these locks at the fork, and nothing in the child
        # would ever release them. The threads that waited exist only in the parent.
        self._condition, self._changed = threading.Condition(), threading.Condition()
        self._next_lock, self._iterator = threading.Lock(), None
        self._card_lock, self._card = threading.Lock(), None
        mine: Any = self
        mine._done_callbacks, mine._waiters, self._wakers = [], [], []
        self._job_state.apply(
            Raised(
                error=StreamLost("the job was submitted before the fork; only the parent has it")
            )
        )
        self.notify()

    # For those that wait.

    def _warn_if_unfinished(
        self, call: str, timeout: float | None = None, instead: str = "`await` the job"
    ) -> None:
        if timeout != 0 and not self.done():
            warn_in_loop(call, instead)

    def _timeout_error(self, timeout: float | None) -> TimeoutError:
        left = "the job is still running; call it again to keep waiting, or cancel() to stop it"
        return TimeoutError(f"{self}: no result after {timeout:g} s; {left}")


JOBS: weakref.WeakSet[Job] = weakref.WeakSet()
"All jobs of this process; a fork fails those in the child."


def to_local_time(seconds: float) -> datetime:
    """Return naive local time, as the official client stamps its updates."""
    return datetime.fromtimestamp(seconds)  # noqa: DTZ006


def _call_when_done(fn: Callable[[Future[Any]], object], job: Job) -> None:
    try:
        fn(job)
    except Exception:  # noqa: BLE001 - the caller's code may raise anything
        # The standard library logs such errors of its futures with this logger and text.
        _log.exception("exception calling callback for %r", job)

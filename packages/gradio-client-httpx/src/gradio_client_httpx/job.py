"""The handle of one prediction: a future whose partial outputs and status can be watched.

A job's life is the core's machine; here are only the condition that its watchers wait on, and
the time stamps. A result is set, and callbacks run, without any lock held; callbacks run one
after the other on a thread that may block, so they may call the client again. Under asyncio a
job is awaited and iterated without a thread: whatever changes it wakes the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any, Self

from gradio_protocol import (
    JobState,
    JobView,
    Outputs,
    OutputUpdate,
    Raised,
    Stage,
    Status,
    StatusUpdate,
    StreamLost,
    all_outputs,
    current_status,
    spread,
    status_update,
)

from .awaitable import AwaitableFuture
from .blocking import warn_in_loop
from .threads import Serial, Workers

Waker = Callable[[], None]

_log = logging.getLogger("concurrent.futures")


class Job(AwaitableFuture):
    """One prediction. Made by `Client.submit`.

    `result(timeout=None)` and `exception(timeout=None)` wait for the end, and raise TimeoutError
    after so many seconds. Both raise `concurrent.futures.CancelledError` for a job that was called
    off, and `result` the error of one that failed.

    Iterating gives each output as it comes, and raises the job's error at the end, if it has
    one; each iteration starts at the first output. `await job` is its result, any number of times,
    and tasks can be made of it, as of a coroutine; whoever is cancelled there cancels the job.
    Under `async for` a job gives what the official client gives there: a StatusUpdate for each
    message, an OutputUpdate for each output, and at the end one that is `final`, whose `outputs`
    are a dict with `data`, or with `error`.

    A loop that is left leaves the job alone; a `with` or `async with` block that is left cancels
    it, unless it is over. Everything here may be used from any thread.
    """

    def __init__(
        self, state: JobState, workers: Workers, cancel: Callable[[], None], owner: object = None
    ) -> None:
        super().__init__()
        self._job_state = state
        self._cancel: Callable[[], None] = cancel
        self._changed = threading.Condition()
        self._times = [time.time()]
        "When each view became known, in seconds since the epoch."
        self._wakers: list[Waker] = []
        self._callbacks = Serial(workers)
        self._owner = owner
        self._ended = False
        self._next_lock = threading.Lock()
        self._iterator: Iterator[Any] | None = None
        JOBS.add(self)

    # For callers.

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result; one output comes as it is, several as a tuple."""
        self._warn_if_unfinished("Job.result()", timeout)
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end; returns the job's error, or None."""
        self._warn_if_unfinished("Job.exception()", timeout)
        return super().exception(timeout)

    def outputs(self) -> list[Any]:
        """All outputs that have come until now."""
        return all_outputs(self._job_state)

    def status(self) -> StatusUpdate:
        """What is known of the job right now; STARTING until the server says something of it."""
        with self._changed:
            return current_status(self._job_state.view, to_local_time(self._times[-1]))

    def cancel(self) -> bool:
        """Call the job off; returns whether it is cancelled now.

        The job ends at once. What the server can be told, and is, depends on its version; other
        jobs are never harmed.
        """
        self._cancel()
        self.notify()
        return self._job_state.view.stage is Stage.CANCELLED

    def running(self) -> bool:
        """Whether the job is not over yet."""
        return not self.done()

    def updates(self) -> Iterator[StatusUpdate | OutputUpdate]:
        """Every change of status and every output, in order, from the first one on.

        Among the changes are bytes moved (`transferred`), while files are sent or fetched.
        """
        self._warn_if_unfinished("Job.updates()", instead="use `async for`")
        outputs, taken, final = Outputs(self._job_state), 0, False
        while not final:
            view, known = self._wait_for_view(taken)
            taken, final = taken + 1, view.stage.is_final
            yield status_update(view, known)
            while outputs.taken < view.outputs and outputs.advance():
                yield OutputUpdate(outputs=spread(outputs.value()))

    def __iter__(self) -> Iterator[Any]:
        self._warn_if_unfinished("iterating a job", instead="use `async for`")
        outputs = Outputs(self._job_state)
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: (
                        self._job_state.view.stage.is_final
                        or outputs.taken < self._job_state.view.outputs
                    )
                )
            if not outputs.advance():
                break
            yield outputs.value()
        # A failed job says so after all that it has given.
        error = (
            None if self._job_state.view.stage is Stage.CANCELLED else self._job_state.view.error
        )
        if error is not None:
            raise error

    def __next__(self) -> Any:
        """The next output, or StopIteration after the last one."""
        if self._is_run_by_task():
            return self.send(None)
        # One thread waits, the others for it: each output is given to one of them.
        with self._next_lock:
            if self._iterator is None:
                self._iterator = iter(self)
            return next(self._iterator)

    async def __aiter__(self) -> AsyncIterator[StatusUpdate | OutputUpdate]:
        outputs, taken, final, told = Outputs(self._job_state), 0, False, False
        with self._subscribe() as heard:
            while not final:
                while taken == len(self._times):
                    await heard()
                view, known = self._wait_for_view(taken)
                taken, final = taken + 1, view.stage.is_final
                finished = view.code is Status.FINISHED
                while not finished and outputs.taken < view.outputs and outputs.advance():
                    yield _make_output(outputs.value())
                # The end is told twice: by the server's last message, and by the flow.
                if taken > 1 and not (told and final):
                    yield status_update(view, known)
                told = told or finished
        last = self._make_final_update()
        if last is not None:
            yield last

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call `fn(job)` once the job is over, on a thread that may block."""
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
        return f"<Job {self._job_state.endpoint.title} {self._job_state.view.stage.name}>"

    # For the runner.

    def notify(self) -> bool:
        """There is news in the job's life: wake whoever waits for it; returns whether it is over.

        Thread-safe.
        """
        with self._changed:
            news = len(self._job_state.views) - len(self._times)
            self._times += [time.time()] * news
            ended = self._job_state.views[len(self._times) - 1].stage.is_final and not self._ended
            self._ended = self._ended or ended
            if news:
                self._changed.notify_all()
            bells = self._wakers.copy() if news else []
        if ended:
            self._settle()
        for bell in bells:
            bell()
        return self._ended

    def _settle(self) -> None:
        # What is over keeps nothing alive, neither a client nor, in a circle, itself.
        self._cancel, self._owner = _do_nothing, None
        match self._job_state.view.stage, self._job_state.view.error:
            case Stage.CANCELLED, _:
                # `Future.cancel` can be called off from outside only until a future runs, so this
                # one stays pending until its end. The second call wakes those who wait for several.
                super().cancel()
                self.set_running_or_notify_cancel()
            case _, None:
                self.set_result(self._job_state.result())
            case _, error:
                self.set_exception(error)

    def add_result_callbacks(
        self, callbacks: Callable[..., object] | Iterable[Callable[..., object]]
    ) -> None:
        """Call each with the result, spread where it is a tuple."""
        for callback in (callbacks,) if callable(callbacks) else callbacks:
            self.add_done_callback(partial(_call_with_output, callback))

    def after_fork(self) -> None:
        """This is another process now, where nobody works at the job."""
        # Another thread may have held these; whoever waited has stayed behind.
        self._condition, self._changed = threading.Condition(), threading.Condition()
        self._next_lock, self._iterator = threading.Lock(), None
        mine: Any = self
        mine._done_callbacks, mine._waiters, self._wakers = [], [], []
        self._job_state.apply(
            Raised(error=StreamLost("the job belongs to the process that was forked"))
        )
        self.notify()

    # For those who watch.

    def _warn_if_unfinished(
        self, call: str, timeout: float | None = None, instead: str = "`await` the job"
    ) -> None:
        if timeout != 0 and not self.done():
            warn_in_loop(call, instead)

    def _wait_for_view(self, number: int) -> tuple[JobView, datetime]:
        """A view, when it has come."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._times) > number)
            return self._job_state.views[number], to_local_time(self._times[number])

    @contextlib.contextmanager
    def _subscribe(self) -> Generator[Callable[[], Awaitable[None]]]:
        """What a task awaits until something has changed since the last time."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def ring() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(changed.set)

        async def heard() -> None:
            await changed.wait()
            changed.clear()

        self._wakers.append(ring)
        try:
            yield heard
        finally:
            self._wakers.remove(ring)

    def _make_final_update(self) -> OutputUpdate | None:
        """What ends an `async for`; None for a cancelled job."""
        view = self._job_state.view
        match view.stage:
            case Stage.SUCCEEDED:
                return _make_output({"data": spread(self._job_state.result())}, final=True)
            case Stage.FAILED:
                shown = ("title", "duration", "visible")
                how = {name: getattr(view.error, name, None) for name in shown}
                return _make_output({"error": str(view.error), **how}, success=False, final=True)
            case _:
                return None


JOBS: weakref.WeakSet[Job] = weakref.WeakSet()
"All of this process."


def to_local_time(seconds: float) -> datetime:
    """Local time, without a zone, as the official client stamps its updates."""
    return datetime.fromtimestamp(seconds)  # noqa: DTZ006


def _make_output(outputs: Any, *, success: bool = True, final: bool = False) -> OutputUpdate:
    """As officially, `outputs` is whatever it is, and no list."""
    return OutputUpdate(outputs=outputs, success=success, final=final)


def _call_with_output(callback: Callable[..., object], job: Future[Any]) -> None:
    if job.cancelled() or job.exception() is not None:
        return
    result = job.result()
    callback(*result) if isinstance(result, tuple) else callback(result)


def _call_when_done(fn: Callable[[Future[Any]], object], job: Job) -> None:
    try:
        fn(job)
    except Exception:  # noqa: BLE001 - it is the caller's code
        # Where the standard library says it, for futures of its own.
        _log.exception("exception calling callback for %r", job)


def _do_nothing() -> None:
    pass

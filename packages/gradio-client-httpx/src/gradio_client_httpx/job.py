"""The handle of one prediction: a future whose partial outputs and status can be watched.

A job's life is the core's machine; here are only the condition that its watchers wait on, and
the time stamps. A result is set, and callbacks run, without any lock held; callbacks run one
after the other on a thread that may block, so they may call the client again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from gradio_protocol import (
    Cancelled,
    JobCancelled,
    JobLife,
    News,
    Outputs,
    OutputUpdate,
    Raised,
    Returned,
    Stage,
    StatusUpdate,
    status_update,
)

from .threads import Crew, Serial


class Job(Future[Any]):
    """One prediction. Made by `Client.submit`.

    Iterating gives each output as it comes, and raises the job's error at the end, if it has
    one; each iteration starts at the first output. Everything here may be used from any thread.
    """

    def __init__(self, life: JobLife, crew: Crew) -> None:
        super().__init__()
        self._life = life
        self._changed = threading.Condition()
        self._times = [now()]
        self._callbacks = Serial(crew)
        self._call_off: Callable[[], None] = _nothing
        self._iterator: Iterator[Any] | None = None

    # For callers.

    def outputs(self) -> list[Any]:
        """All outputs that have come until now."""
        outputs = Outputs(self._life)
        found: list[Any] = []
        while outputs.advance():
            found.append(outputs.value())
        return found

    def status(self) -> StatusUpdate:
        """What is known of the job right now."""
        with self._changed:
            return status_update(self._life.view, self._times[-1])

    def cancel(self) -> bool:
        """Call the job off; returns whether it was not over yet.

        The job ends at once. What the server can be told, and is, depends on its version; other
        jobs are never harmed.
        """
        if not self._end(Cancelled()):
            return False
        self._call_off()
        self._cancelled()
        return True

    def running(self) -> bool:
        """Whether the job is not over yet."""
        return not self.done()

    def updates(self) -> Iterator[StatusUpdate | OutputUpdate]:
        """Every change of status and every output, in order, from the first one on."""
        outputs, taken = Outputs(self._life), 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._times) > taken)
                view, time = self._life.views[taken], self._times[taken]
            taken += 1
            yield status_update(view, time)
            while outputs.taken < view.outputs and outputs.advance():
                yield OutputUpdate(outputs=spread(outputs.value()))
            if view.stage.final:
                return

    def __iter__(self) -> Iterator[Any]:
        outputs = Outputs(self._life)
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._life.view.stage.final or outputs.taken < self._life.view.outputs
                )
            if not outputs.advance():
                break
            yield outputs.value()
        # A failed job says so after all that it has given.
        error = None if self._life.view.stage is Stage.CANCELLED else self._life.view.error
        if error is not None:
            raise error

    def __next__(self) -> Any:
        """The next output, or StopIteration after the last one."""
        if self._iterator is None:
            self._iterator = iter(self)
        return next(self._iterator)

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call `fn(job)` once the job is over, on a thread that may block."""
        if self.done():
            fn(self)
            return
        super().add_done_callback(lambda _: self._callbacks.submit(lambda: _called(fn, self)))

    def __repr__(self) -> str:
        return f"<Job {self._life.endpoint.title} {self._life.view.stage.name}>"

    # For the switchboard.

    def tell(self, news: News) -> None:
        """Take news in."""
        with self._changed:
            if self._life.apply(news):
                self._times.append(now())
                self._changed.notify_all()

    def returned(self, value: object) -> None:
        """The job has a result."""
        if self._end(Returned()):
            self.set_result(value)

    def raised(self, error: BaseException) -> None:
        """The job has an error."""
        if isinstance(error, JobCancelled):
            if self._end(Cancelled()):
                self._cancelled()
        elif self._end(Raised(error=error)):
            self.set_exception(error)

    def calls_off(self, call_off: Callable[[], None]) -> None:
        """What `cancel` has to do besides ending the job."""
        self._call_off = call_off

    def _end(self, news: News) -> bool:
        """Apply the news that end the job; False if it was over already."""
        with self._changed:
            if not self._life.apply(news):
                return False
            self._times.append(now())
            self._changed.notify_all()
            return True

    def _cancelled(self) -> None:
        # `Future.cancel` can be called off from outside only until a future runs, so this one
        # stays pending until its end. The second call wakes those who wait for several futures.
        super().cancel()
        self.set_running_or_notify_cancel()


def now() -> datetime:
    """Local time, without a zone, as the official client stamps its updates."""
    return datetime.now().astimezone().replace(tzinfo=None)


def spread(value: object) -> list[Any]:
    """An output as a list of what its components show."""
    return [*value] if isinstance(value, tuple) else [value]


def _called(fn: Callable[[Future[Any]], object], job: Job) -> None:
    fn(job)


def _nothing() -> None:
    pass

"""Lets asyncio wait for a job: a future that can be awaited, and that a task can run.

A job has to be a coroutine, because `asyncio.create_task` and `TaskGroup.create_task` take nothing
else. This also protects callers of `asyncio.wait`: it rejects coroutines with a clear error, but
would accept a `concurrent.futures.Future` and never notice that it is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import asyncio  # elsewhere in functions that asyncio calls: the import takes 20 ms

from .blocking import is_in_loop

_Iterator = Generator[Any, None, Any]


class AwaitableFuture(Future[Any], Coroutine[Any, Any, Any]):
    """A `concurrent.futures.Future` that asyncio can await any number of times.

    Tasks wait for an event that `_wake_tasks` sets through their loop, so they need no thread.
    Whoever settles the future calls it afterwards.
    """

    _iterators: WeakKeyDictionary[asyncio.Task[Any], _Iterator] | None = None
    "Where each task that runs this as its coroutine has got to. None for most jobs: no task does."

    def __init__(self) -> None:
        super().__init__()
        self._wakers: list[Callable[[], None]] = []

    def _wake_tasks(self) -> None:
        # A copy, since tasks that stop waiting remove theirs at any time.
        for wake in self._wakers.copy():
            wake()

    @contextlib.contextmanager
    def _subscribe(self) -> Generator[Callable[[], Awaitable[None]]]:
        """Yield a coroutine function that waits until `_wake_tasks` was called since the last."""
        import asyncio

        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, so nothing waits
                loop.call_soon_threadsafe(changed.set)

        async def wait_for_change() -> None:
            await changed.wait()
            changed.clear()

        self._wakers.append(wake)
        try:
            yield wait_for_change
        finally:
            self._wakers.remove(wake)

    async def _wait_until_done(self) -> None:
        # Not with `add_done_callback`: callbacks of a job run one after the other, and one of the
        # caller that blocks would keep this task waiting.
        with self._subscribe() as wait_for_change:
            while not self.done():
                await wait_for_change()

    def __await__(self) -> _Iterator:
        import asyncio

        try:
            yield from self._wait_until_done().__await__()
        except asyncio.CancelledError:
            self.cancel()
            raise
        if self.cancelled():
            raise asyncio.CancelledError(f"{self}: the job was cancelled, so there is no result")
        return self.result()

    def send(self, value: Any) -> Any:
        """Advance the wait of the current asyncio task, which runs this as its coroutine."""
        return self._get_iterator().send(value)

    def throw(self, typ: Any, val: Any = None, tb: object = None) -> Any:  # noqa: ARG002
        """Raise an error in the current asyncio task's wait; a cancellation cancels the job."""
        import asyncio

        error = typ if isinstance(typ, BaseException) else (val or typ())
        if isinstance(error, asyncio.CancelledError):
            # Here too: a task that is cancelled before it starts never runs `__await__`.
            self.cancel()
        return self._get_iterator().throw(error)

    def close(self) -> None:
        """Cancel the job unless it is done."""
        self.cancel()

    def _is_run_by_task(self) -> bool:
        """Whether the current asyncio task runs this as its coroutine.

        CPython's tasks call `__next__` instead of `send(None)` if the coroutine has one; a job has,
        for iteration over its outputs.
        """
        if not is_in_loop():
            return False
        import asyncio

        task = asyncio.current_task()
        return task is not None and task.get_coro() is self

    def _get_iterator(self) -> _Iterator:
        import asyncio

        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only an asyncio task can run a job as a coroutine; await the job")
        if self._iterators is None:
            self._iterators = WeakKeyDictionary()
        if task not in self._iterators:
            self._iterators[task] = self.__await__()
        return self._iterators[task]

"""How asyncio waits for a job: it is awaitable, and a coroutine that tasks can run.

`asyncio.create_task` and `TaskGroup.create_task` take coroutines only. `asyncio.wait` refuses them,
and says to make tasks; a thread's future it would take, and never see the end of.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Generator
from concurrent.futures import Future
from typing import Any
from weakref import WeakKeyDictionary

_Iterator = Generator[Any, None, Any]


class AwaitableFuture(Future[Any], Coroutine[Any, Any, Any]):
    """A future of a thread, which asyncio can await any number of times."""

    _iterators: WeakKeyDictionary[asyncio.Task[Any], _Iterator] | None = None
    "What each task that runs this as its coroutine is at; most jobs are run by none."

    def __await__(self) -> _Iterator:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def wake_loop(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(done.set)

        # Not as one of the caller's callbacks, which may block.
        super().add_done_callback(wake_loop)
        try:
            yield from done.wait().__await__()
        except asyncio.CancelledError:
            self.cancel()
            raise
        if self.cancelled():
            raise asyncio.CancelledError
        return self.result()

    def send(self, value: Any) -> Any:
        """For asyncio, whose current task runs this."""
        return self._get_iterator().send(value)

    def throw(self, typ: Any, val: Any = None, tb: object = None) -> Any:  # noqa: ARG002
        """For asyncio, likewise."""
        error = typ if isinstance(typ, BaseException) else (val or typ())
        if isinstance(error, asyncio.CancelledError):
            # Also if the task never came to wait.
            self.cancel()
        return self._get_iterator().throw(error)

    def close(self) -> None:
        """Cancel the job, unless it is over."""
        self.cancel()

    def _is_run_by_task(self) -> bool:
        """Whether asyncio runs this as a task right here, and not the caller's code.

        CPython's tasks call `__next__`, where there is one, when they mean `send(None)`.
        """
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return False
        return task is not None and task.get_coro() is self

    def _get_iterator(self) -> _Iterator:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a job runs as a coroutine in tasks of asyncio only; await it")
        if self._iterators is None:
            self._iterators = WeakKeyDictionary()
        if task not in self._iterators:
            self._iterators[task] = self.__await__()
        return self._iterators[task]

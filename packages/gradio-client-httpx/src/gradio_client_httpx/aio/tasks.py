"""Waits that a cancellation does not cut short, work in threads, and checks of the loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from gradio_protocol import InvalidArguments

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def wait_to_end(future: asyncio.Future[T]) -> T:
    """Wait for the end of a future, even if cancelled meanwhile; a cancellation is raised then."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return future.result()


async def in_thread(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Call a function in a thread and wait for its end, even if cancelled meanwhile."""
    return await wait_to_end(asyncio.get_running_loop().run_in_executor(None, function, *args))


async def in_thread_until_cancelled(function: Callable[[Callable[[], bool]], T]) -> T:
    """Call a function in a thread. A cancellation leaves it, and its argument then returns True."""
    left = threading.Event()
    try:
        return await asyncio.to_thread(function, left.is_set)
    finally:
        left.set()


class MapWaiter:
    """Waits for the jobs of one `map`."""

    def __init__(self) -> None:
        self.now: Callable[[], float] = time.monotonic
        self._ended = asyncio.Event()

    def wake(self, job: object) -> None:  # noqa: ARG002 - it is a callback of a job
        """End the wait."""
        self._ended.set()

    async def wait(self, seconds: float) -> None:
        """Wait until a job ends, but not for longer than these seconds."""
        self._ended.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()


def require_loop(loop: asyncio.AbstractEventLoop | None = None) -> asyncio.AbstractEventLoop:
    """Return the running loop. Raises InvalidArguments if there is none, or if it is not `loop`."""
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        text = "an AsyncClient needs a running event loop: use it in an async function"
        raise InvalidArguments(text) from None
    if loop not in (None, running):
        raise InvalidArguments(
            "the client belongs to another event loop, in which it was first used; make one client "
            "for each loop"
        )
    return running

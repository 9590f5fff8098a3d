"""Waiting for one another without sleeping, between tasks and threads alike.

Each of these may be touched from any thread and from any trio loop.  Every wait has an end: after
`PATIENCE` seconds it raises `NeverHappened`, which fails the test and names what was awaited.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

import trio

PATIENCE = 60.0
"""Seconds of real time after which what a test waits for is taken never to come.

Only a test that fails waits as long, so a machine that is very busy is given its time.
"""

T = TypeVar("T")


class NeverHappened(AssertionError):
    """What a test waited for did not come."""


class Ledger(Generic[T]):
    """An append-only list that can be waited upon until it holds what a test looks for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._items: list[T] = []
        self._changed = threading.Condition()
        self._wakers: dict[trio.Event, trio.lowlevel.TrioToken] = {}

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> T:
        return self._items[index]

    @property
    def items(self) -> tuple[T, ...]:
        return tuple(self._items)

    def append(self, item: T) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()
            wakers, self._wakers = self._wakers, {}
        for event, token in wakers.items():
            _wake(token, event)

    def matching(self, wanted: Callable[[T], bool]) -> list[T]:
        return [item for item in self.items if wanted(item)]

    async def until(self, wanted: Callable[[T], bool], times: int = 1) -> list[T]:
        """Wait, as a task, until `times` items are wanted ones; give them all."""
        with trio.move_on_after(PATIENCE):
            while True:
                event = trio.Event()
                with self._changed:
                    if len(found := self.matching(wanted)) >= times:
                        return found
                    self._wakers[event] = trio.lowlevel.current_trio_token()
                await event.wait()
        raise NeverHappened(f"{self._name}: not {times} times in {PATIENCE:g} s: {self.items!r}")

    def until_blocking(self, wanted: Callable[[T], bool], times: int = 1) -> list[T]:
        """Wait, as a thread, until `times` items are wanted ones; give them all."""
        with self._changed:
            if self._changed.wait_for(lambda: len(self.matching(wanted)) >= times, PATIENCE):
                return self.matching(wanted)
        raise NeverHappened(f"{self._name}: not {times} times in {PATIENCE:g} s: {self.items!r}")


class Latch:
    """Something that happens once."""

    def __init__(self, name: str = "latch") -> None:
        self._happened: Ledger[None] = Ledger(name)

    def set(self) -> None:
        self._happened.append(None)

    def is_set(self) -> bool:
        return len(self._happened) > 0

    async def wait(self) -> None:
        await self._happened.until(_anything)

    def wait_blocking(self) -> None:
        self._happened.until_blocking(_anything)


class Gate:
    """A place where a server stops until the test lets it go on.

    The server says `await gate.passed()`; the test waits until somebody stands there, does what it
    came for, and opens.
    """

    def __init__(self, name: str = "gate") -> None:
        self.reached = Latch(f"{name} reached")
        self._opened = Latch(f"{name} opened")

    async def passed(self) -> None:
        self.reached.set()
        await self._opened.wait()

    def open(self) -> None:
        self._opened.set()


def _anything(_: object) -> bool:
    return True


def _wake(token: trio.lowlevel.TrioToken, event: trio.Event) -> None:
    with suppress(trio.RunFinishedError):  # the loop that waited is gone, and its wait with it
        token.run_sync_soon(event.set)

"""A flow at its place in a session, and the one who watches it."""

from __future__ import annotations

from collections.abc import Awaitable
from math import inf
from typing import Protocol, TypeVar

import trio

from gradio_protocol import Flow, JobCancelled, News, Session

T = TypeVar("T")


class Watcher(Protocol):
    """Who owns a flow: a job."""

    def tell(self, news: News) -> None:
        """Take news in."""

    def returned(self, value: object) -> None:
        """The flow has a result."""

    def raised(self, error: BaseException) -> None:
        """The flow has an error."""


class Seated:
    """A flow that has a place in a session, and who watches it."""

    __slots__ = (
        "_answered",
        "_bell",
        "_patience",
        "_reply",
        "_until",
        "flow",
        "session",
        "ticket",
        "watcher",
    )

    def __init__(self, flow: Flow[object], session: Session, ticket: int, watcher: Watcher) -> None:
        self.flow = flow
        self.session = session
        self.ticket = ticket
        self.watcher = watcher
        self._answered = False
        self._reply: object = None
        self._bell = trio.lowlevel.ParkingLot()
        self._until = inf
        self._patience: trio.CancelScope | None = None

    def resume(self, reply: object) -> None:
        """The answer to the flow's question has come."""
        self._answered, self._reply = True, reply
        self._bell.unpark_all()

    async def answer(self) -> object:
        """Wait for the answer, if it has not come already."""
        while not self._answered:
            await self._bell.park()
        self._answered = False
        return self._reply

    async def while_wanted(self, work: Awaitable[T]) -> T:
        """What the work gives. Raises JobCancelled where nobody has the patience for it."""
        with trio.CancelScope(deadline=self._until) as self._patience:
            return await work
        raise JobCancelled("the job was cancelled")

    def hurry(self, seconds: float) -> None:
        """Nothing that takes time may go on for longer than so many seconds from now."""
        self._until = trio.current_time() + seconds
        if self._patience is not None:
            self._patience.deadline = self._until

"""A flow at its place in a session, and the one who watches it."""

from __future__ import annotations

from math import inf
from typing import Protocol

import trio

from gradio_protocol import Flow, News, Send, Session

from .perform import IO


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
        "_patience",
        "_until",
        "flow",
        "session",
        "ticket",
        "wanted",
        "watcher",
    )

    def __init__(self, flow: Flow[object], session: Session, ticket: int, watcher: Watcher) -> None:
        self.flow = flow
        self.session = session
        self.ticket = ticket
        self.watcher = watcher
        self.wanted: IO | None = None
        "What the flow asks for, until a task does it."
        self._until = inf
        self._patience: trio.CancelScope | None = None

    @property
    def brief(self) -> bool:
        """Whether it asks for nothing, or for one exchange that lasts no longer than others."""
        wanted = self.wanted
        return wanted is None or (isinstance(wanted, Send) and wanted.patience != inf)

    @property
    def busy(self) -> bool:
        """Whether it has a task right now."""
        return self._patience is not None

    def patience(self) -> trio.CancelScope:
        """A scope for its task: it ends when nobody has the patience for what takes time."""
        self._patience = trio.CancelScope(deadline=self._until)
        return self._patience

    def let_go(self) -> None:
        """It has no task any more."""
        self._patience = None

    def hurry(self, seconds: float) -> None:
        """Nothing that takes time may go on for longer than so many seconds from now."""
        self._until = trio.current_time() + seconds
        if self._patience is not None:
            self._patience.deadline = self._until

"""A flow at its place in a session, and the one who watches it."""

from __future__ import annotations

from typing import Protocol

from gradio_protocol import Flow, News, Session

from .wire import Wire


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

    __slots__ = ("flow", "session", "ticket", "watcher", "wire")

    def __init__(self, flow: Flow[object], session: Session, ticket: int, watcher: Watcher) -> None:
        self.flow = flow
        self.session = session
        self.ticket = ticket
        self.watcher = watcher
        self.wire = Wire()
        "Under its direct call, if it makes one."

"""A flow at its place in a session, and the one who watches it."""

from __future__ import annotations

from typing import Protocol

from gradio_protocol import AnyAction, Done, Flow, JobCancelled, News, Session

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
    """A flow that has a place in a session, and who watches it.

    While it pauses it is nobody's: who ends the pause goes on with it. What is said of pauses is
    said under the switchboard's lock.
    """

    __slots__ = ("_pause", "flow", "is_unwanted", "session", "ticket", "watcher", "wire")

    def __init__(self, flow: Flow[object], session: Session, ticket: int, watcher: Watcher) -> None:
        self.flow = flow
        self.session = session
        self.ticket = ticket
        self.watcher = watcher
        self.wire = Wire()
        "Under its exchanges."
        self.is_unwanted = False
        self._pause: object = None

    def rest(self) -> object:
        """The flow pauses; what `wakes` is told when the time is over."""
        self._pause = object()
        return self._pause

    def wakes(self, pause: object) -> bool:
        """Whether the flow still was in this pause; it is over now."""
        was = self._pause is pause
        if was:
            self._pause = None
        return was

    def rouse(self) -> bool:
        """The job is no longer wanted; whether its flow was in a pause, which is over now."""
        self.is_unwanted = True
        was, self._pause = self._pause is not None, None
        return was

    def awake(self) -> AnyAction | Done[object]:
        """Go on after a pause. Raises JobCancelled where the job is no longer wanted."""
        if self.is_unwanted:
            raise JobCancelled("the job was cancelled")
        return self.flow.resume(None)

"""A flow at its place in a session, the one who watches it, and how many may be under way."""

from __future__ import annotations

from collections.abc import Iterator
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


class Seats:
    """The flows of one client: some are under way, the others wait, first come, first served.

    Used under the switchboard's lock.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        "May be under way at once."
        self._seated: dict[int, Seated] = {}
        self._waiting: dict[int, Seated] = {}
        "Those of them that have not begun."

    def __iter__(self) -> Iterator[Seated]:
        return iter(self._seated.values())

    def get(self, ticket: int) -> Seated | None:
        """The flow of this job, until it has ended."""
        return self._seated.get(ticket)

    def add(self, seated: Seated) -> bool:
        """Take a flow in; returns whether it begins at once."""
        begins = len(self._seated) - len(self._waiting) < self._most
        self._seated[seated.ticket] = seated
        if not begins:
            self._waiting[seated.ticket] = seated
        return begins

    def withdraw(self, seated: Seated) -> bool:
        """A flow is not wanted any more; returns whether it had not begun, and is gone."""
        waits = self._waiting.pop(seated.ticket, None) is not None
        if waits:
            del self._seated[seated.ticket]
        return waits

    def remove(self, seated: Seated) -> Seated | None:
        """A flow has ended; returns the one that begins in its place, if any waits."""
        self._seated.pop(seated.ticket, None)
        return self._waiting.pop(next(iter(self._waiting), 0), None)

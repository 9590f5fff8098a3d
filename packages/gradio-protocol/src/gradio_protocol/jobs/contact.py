"""What one client knows of its app, shared by all of its sessions.

The app may be another one tomorrow: it is restarted, its cookies die and its functions get other
indices, so that the wrong function could be called. A contact knows when the app last gave a
sign of life, sees to it that only one flow finds out what has become of it while the others
wait, and remembers which contents the app already keeps.

Not thread-safe; it lives under the same lock as the sessions.
"""

from __future__ import annotations

from typing import assert_never

from ..app.access import App
from ..errors import JobCancelled
from .channel import IDLE
from .orders import AnyKnowledge, Gone, Recall, Remember, Renew, Renewed, Resume, Stale

FRESH = 1.0
"""Seconds after a sign of life for which the app is taken to be the same one: no Gradio server
was seen to start again in less than two."""


class Contact:
    """What the sessions of one client know together of the app. See the module."""

    def __init__(self, app: App, now: float, *, stream_idle_timeout: float | None = None) -> None:
        self._app = app
        self.idle = IDLE if stream_idle_timeout is None else stream_idle_timeout
        "Seconds that a stream may be silent before the app is asked whether it is still there."
        self._tickets = 0
        self._heard: float | None = now
        self._finder: int | None = None
        self._waiting: list[int] = []
        self._paths: dict[str, str] = {}
        self._closed = False

    @property
    def app(self) -> App:
        """The app as it is known now."""
        return self._app

    def ticket(self) -> int:
        """A number for a new job, different from all others of this client."""
        self._tickets += 1
        return self._tickets

    def heard(self, now: float) -> None:
        """The app gave a sign of life at this time."""
        self._heard = now

    def doubt(self) -> None:
        """Something is wrong: the next job has to make sure of the app first."""
        self._heard = None

    def is_fresh(self, now: float) -> bool:
        """Whether the app is surely still the same one."""
        return self._heard is not None and now - self._heard <= FRESH

    def ask(self, question: AnyKnowledge, now: float) -> list[Resume]:
        """Take a question about the app; the answer is among the orders, now or later."""
        match question:
            case Renew():
                return self._renew(question)
            case Renewed():
                return self._renewed(question, now)
            case Recall():
                known = tuple(self._paths.get(digest) for digest in question.digests)
                return [Resume(ticket=question.ticket, reply=known)]
            case Remember():
                self._paths.update(question.paths)
                return [Resume(ticket=question.ticket, reply=None)]
            case _:
                assert_never(question)

    def _renew(self, question: Renew) -> list[Resume]:
        if question.app is not self._app:
            # Somebody was faster.
            return [Resume(ticket=question.ticket, reply=self._app)]
        if self._closed:
            return [Resume(ticket=question.ticket, reply=_closed())]
        if self._finder is not None:
            self._waiting.append(question.ticket)
            return []
        self._finder = question.ticket
        return [Resume(ticket=question.ticket, reply=Stale())]

    def _renewed(self, question: Renewed, now: float) -> list[Resume]:
        """The finder is back; without an app the next of those who wait tries its own luck."""
        if question.app is None:
            answer = Resume(ticket=question.ticket, reply=self._app)
            return [answer, *self.release(question.ticket)]
        if question.app.config.app_id != self._app.config.app_id:
            # Another process may have another folder, and its own memory of uploads.
            self._paths.clear()
        self._app = question.app
        self._heard = now
        self._finder = None
        told, self._waiting = [question.ticket, *self._waiting], []
        return [Resume(ticket=ticket, reply=self._app) for ticket in told]

    def withdraw(self, ticket: int) -> bool:
        """This job waits no longer to hear of the app; returns whether it did."""
        waits = ticket in self._waiting
        if waits:
            self._waiting.remove(ticket)
        return waits

    def release(self, ticket: int) -> list[Resume]:
        """The flow of this job has ended: if it was finding out, the next one has to."""
        self.withdraw(ticket)
        if self._finder != ticket:
            return []
        self._finder = self._waiting.pop(0) if self._waiting else None
        return [] if self._finder is None else [Resume(ticket=self._finder, reply=Stale())]

    def close(self) -> list[Resume]:
        """No flow will find out anything more; those who wait are told."""
        self._closed = True
        waiting, self._waiting = self._waiting, []
        return [Resume(ticket=ticket, reply=_closed()) for ticket in waiting]


def _closed() -> Gone:
    return Gone(error=JobCancelled("the client was closed"))

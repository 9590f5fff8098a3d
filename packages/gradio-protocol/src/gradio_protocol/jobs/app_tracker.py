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
from .event_stream import IDLE_TIMEOUT
from .orders import (
    AnyAppQuestion,
    AppRefreshed,
    JobStopped,
    LookUpUploads,
    RecordUploads,
    RefreshApp,
    RefreshNeeded,
    Resume,
)

APP_CHECK_AFTER = 1.0
"""Seconds after a sign of life for which the app is taken to be the same one: no Gradio server
was seen to start again in less than two."""


class AppTracker:
    """What the sessions of one client know together of the app. See the module."""

    def __init__(self, app: App, now: float, *, stream_idle_timeout: float | None = None) -> None:
        self._app = app
        self.idle_timeout = IDLE_TIMEOUT if stream_idle_timeout is None else stream_idle_timeout
        "Seconds that a stream may be silent before the app is asked whether it is still there."
        self._tickets = 0
        self._last_seen: float | None = now
        self._refreshing_job: int | None = None
        self._waiting: list[int] = []
        self._uploads: dict[str, str] = {}
        self._closed = False

    @property
    def app(self) -> App:
        """The app as it is known now."""
        return self._app

    def new_job_id(self) -> int:
        """A number for a new job, different from all others of this client."""
        self._tickets += 1
        return self._tickets

    def saw_app(self, now: float) -> None:
        """The app gave a sign of life at this time."""
        self._last_seen = now

    def mark_stale(self) -> None:
        """Something is wrong: the next job has to make sure of the app first."""
        self._last_seen = None

    def is_fresh(self, now: float) -> bool:
        """Whether the app is surely still the same one."""
        return self._last_seen is not None and now - self._last_seen <= APP_CHECK_AFTER

    def ask(self, question: AnyAppQuestion, now: float) -> list[Resume]:
        """Take a question about the app; the answer is among the orders, now or later."""
        match question:
            case RefreshApp():
                return self._refresh(question)
            case AppRefreshed():
                return self._finish_refresh(question, now)
            case LookUpUploads():
                known = tuple(self._uploads.get(digest) for digest in question.digests)
                return [Resume(job_id=question.job_id, reply=known)]
            case RecordUploads():
                self._uploads.update(question.paths)
                return [Resume(job_id=question.job_id, reply=None)]
            case _:
                assert_never(question)

    def _refresh(self, question: RefreshApp) -> list[Resume]:
        if question.app is not self._app:
            # Somebody was faster.
            return [Resume(job_id=question.job_id, reply=self._app)]
        if self._closed:
            return [Resume(job_id=question.job_id, reply=_closed())]
        if self._refreshing_job is not None:
            self._waiting.append(question.job_id)
            return []
        self._refreshing_job = question.job_id
        return [Resume(job_id=question.job_id, reply=RefreshNeeded())]

    def _finish_refresh(self, question: AppRefreshed, now: float) -> list[Resume]:
        """The finder is back; without an app the next of those who wait tries its own luck."""
        if question.app is None:
            answer = Resume(job_id=question.job_id, reply=self._app)
            return [answer, *self.finish_job(question.job_id)]
        if question.app.config.app_id != self._app.config.app_id:
            # Another process may have another folder, and its own memory of uploads.
            self._uploads.clear()
        self._app = question.app
        self._last_seen = now
        self._refreshing_job = None
        told, self._waiting = [question.job_id, *self._waiting], []
        return [Resume(job_id=job_id, reply=self._app) for job_id in told]

    def stop_waiting(self, job_id: int) -> bool:
        """This job waits no longer to hear of the app; returns whether it did."""
        waits = job_id in self._waiting
        if waits:
            self._waiting.remove(job_id)
        return waits

    def finish_job(self, job_id: int) -> list[Resume]:
        """The flow of this job has ended: if it was finding out, the next one has to."""
        self.stop_waiting(job_id)
        if self._refreshing_job != job_id:
            return []
        self._refreshing_job = self._waiting.pop(0) if self._waiting else None
        return (
            []
            if self._refreshing_job is None
            else [Resume(job_id=self._refreshing_job, reply=RefreshNeeded())]
        )

    def close(self) -> list[Resume]:
        """No flow will find out anything more; those who wait are told."""
        self._closed = True
        waiting, self._waiting = self._waiting, []
        return [Resume(job_id=job_id, reply=_closed()) for job_id in waiting]


def _closed() -> JobStopped:
    return JobStopped(error=JobCancelled("the client was closed"))

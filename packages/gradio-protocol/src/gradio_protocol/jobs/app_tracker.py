"""Tracks the app that one client is connected to, for all of its sessions.

An app can be replaced while a client uses it: a restart ends its logins, and a function's index may
then mean another function. Three things are therefore kept once per client, not per session:

1. When the app was last seen. A join later than `APP_CHECK_AFTER` is preceded by a check, since
   nothing in the reply to a join tells that another function ran.
2. Which job is refreshing the app. The others wait for its result: a thousand jobs that each
   noticed the restart would log in a thousand times, and could disagree about the outcome.
3. Where the server keeps the contents that were uploaded, so that no file is sent twice.

Not thread-safe: it lives under the same lock as the sessions.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
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
"""Seconds for which an app that was seen counts as the same one.

No Gradio server restarted in less than two seconds (all recorded versions, 3.36 to 6.31)."""


class AppTracker:
    """The app of one client, as all of its sessions know it.

    `stream_idle_timeout` is in seconds; None stands for the default. `now` is monotonic time. `ids`
    gives the ids of streams; a client passes the counter of its actions, so that a driver can keep
    actions and streams in one table.
    """

    def __init__(
        self,
        app: App,
        now: float,
        *,
        stream_idle_timeout: float | None = None,
        ids: Iterator[int] | None = None,
    ) -> None:
        self.app: App = app
        "The app as it was last fetched."
        idle_timeout = IDLE_TIMEOUT if stream_idle_timeout is None else stream_idle_timeout
        self.idle_timeout: float = idle_timeout
        "Seconds of silence on a stream after which the app is asked whether it still runs."
        self.job_ids: Iterator[int] = count(1)
        "Ids for new jobs, unique within this client."
        self.stream_ids: Iterator[int] = count(1) if ids is None else ids
        self._last_seen: float | None = now
        self._refreshing_job: int | None = None
        self._waiting: list[int] = []
        self._uploads: dict[str, str] = {}
        self._closed = False

    def saw_app(self, now: float) -> None:
        """Record that the app replied at this time."""
        self._last_seen = now

    def mark_stale(self) -> None:
        """Make the next join check first whether the app is still the same one."""
        self._last_seen = None

    def is_fresh(self, now: float) -> bool:
        """Whether the app was seen so recently that no restart can have happened since."""
        return self._last_seen is not None and now - self._last_seen <= APP_CHECK_AFTER

    def ask(self, job_id: int, question: AnyAppQuestion, now: float) -> list[Resume]:
        """Answer a job's question about the app; if it has to wait, the answer comes later."""
        match question:
            case RefreshApp():
                return self._refresh(job_id, question.app)
            case AppRefreshed():
                return self._finish_refresh(job_id, question.app, now)
            case LookUpUploads():
                paths = tuple(self._uploads.get(digest) for digest in question.digests)
                return [Resume(job_id, paths)]
            case RecordUploads():
                self._uploads.update(question.paths)
                return [Resume(job_id, None)]
            case _:
                assert_never(question)

    def _refresh(self, job_id: int, app: App) -> list[Resume]:
        if app is not self.app:
            # Compared by identity, since a refresh that finds the same app keeps the object.
            # Another job has refreshed the app since this one fetched it.
            return [Resume(job_id, self.app)]
        # A driver that is closing runs no more requests to find out.
        if self._closed:
            return [Resume(job_id, _make_stopped())]
        if self._refreshing_job is not None:
            self._waiting.append(job_id)
            return []
        self._refreshing_job = job_id
        return [Resume(job_id, RefreshNeeded())]

    def _finish_refresh(self, job_id: int, app: App | None, now: float) -> list[Resume]:
        """Pass the refreshed app to all that wait; after a failure, let the next one refresh."""
        if app is None:
            # This job fails with its own error. Another may succeed: the app may be up again by
            # then.
            return [Resume(job_id, self.app), *self.finish_job(job_id)]
        if app.config.app_id != self.app.config.app_id:
            # Another process may use another folder, and does not know the earlier uploads.
            self._uploads.clear()
        self.app = app
        self._last_seen = now
        self._refreshing_job = None
        answered, self._waiting = [job_id, *self._waiting], []
        return [Resume(each, self.app) for each in answered]

    def stop_waiting(self, job_id: int) -> bool:
        """Take a job out of those that wait for a refresh; return whether it was one."""
        waits = job_id in self._waiting
        if waits:
            self._waiting.remove(job_id)
        return waits

    def finish_job(self, job_id: int) -> list[Resume]:
        """Forget a job whose flow has ended; if it was refreshing, let the next one refresh."""
        self.stop_waiting(job_id)
        if self._refreshing_job != job_id:
            return []
        self._refreshing_job = self._waiting.pop(0) if self._waiting else None
        if self._refreshing_job is None:
            return []
        return [Resume(self._refreshing_job, RefreshNeeded())]

    def close(self) -> list[Resume]:
        """Stop all jobs that wait for a refresh."""
        self._closed = True
        waiting, self._waiting = self._waiting, []
        return [Resume(job_id, _make_stopped()) for job_id in waiting]


def _make_stopped() -> JobStopped:
    return JobStopped(error=JobCancelled("the client was closed"))

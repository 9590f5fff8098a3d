"""Detects that a stream has been silent for too long.

The thread that reads a stream is blocked in `recv`. A read timeout of httpx would not help: it ends
the connection, and a silent stream has to stay open while the core asks the app. So the timer of
the client's threads looks at each stream from time to time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Self

from .threads import Workers


class SilenceMonitor:
    """Calls `report` after each `idle_timeout` seconds without data, while it is entered.

    Only the thread that reads the stream may enter it and call `record_data`.
    """

    def __init__(self, workers: Workers, idle_timeout: float, report: Callable[[], None]) -> None:
        self._workers = workers
        self._idle_timeout = idle_timeout
        self._report = report
        self._last_data = time.monotonic()
        self._ended = False

    def __enter__(self) -> Self:
        if self._idle_timeout < inf:
            self._workers.call_later(self._idle_timeout, self._check)
        return self

    def __exit__(self, *_: object) -> None:
        # Its entry in the timer stays until it is due, and then does nothing.
        self._ended = True

    def record_data(self) -> None:
        """Record that data has arrived."""
        # No lock, since this runs for every chunk; a race with the timer shifts a report a little.
        self._last_data = time.monotonic()

    def _check(self) -> None:
        if self._ended:
            return
        now = time.monotonic()
        is_silent = now - self._last_data >= self._idle_timeout
        if is_silent:
            self._last_data = now
        self._workers.call_later(self._last_data + self._idle_timeout - now, self._check)
        if is_silent:
            self._report()

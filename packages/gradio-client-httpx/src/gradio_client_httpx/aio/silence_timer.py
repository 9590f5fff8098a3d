"""Detects that a stream has been silent for too long."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Self


class SilenceTimer:
    """Calls `report` after each `idle_timeout` seconds without data, while its block runs.

    A read timeout of httpx would not help: it ends the connection, and a silent stream has to stay
    open while the core asks the app.
    """

    def __init__(self, idle_timeout: float, report: Callable[[], None]) -> None:
        self._idle_timeout = idle_timeout
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._last_data = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def record_data(self) -> None:
        """Record that data has arrived."""
        # The timer stays as it is, and finds out when it fires: setting a new one for each chunk
        # would cost more than the rest of the bookkeeping.
        self._last_data = self._loop.time()

    def __enter__(self) -> Self:
        if self._idle_timeout != math.inf:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _start(self) -> None:
        self._timer = self._loop.call_at(self._last_data + self._idle_timeout, self._check)

    def _check(self) -> None:
        now = self._loop.time()
        is_silent = self._last_data + self._idle_timeout <= now
        self._last_data = now if is_silent else self._last_data
        self._start()
        if is_silent:
            self._report()

"""Detects streams that have been silent for too long.

The thread that reads a stream is blocked in `recv`. A read timeout of httpx would not help: it ends
the connection, and a silent stream has to stay open while the core asks the app. So one timer
serves all streams of a client, and fires when the next of them may be silent.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from .threads import Workers


class SilenceMonitor:
    """Calls `report` with the id of each stream that is silent. Thread-safe."""

    def __init__(self, workers: Workers, report: Callable[[int], None]) -> None:
        self._workers = workers
        self._report = report
        self._lock = threading.Lock()
        self._streams: dict[int, tuple[float, float]] = {}
        "For each stream: the seconds that it may be silent, and the time when these have passed."
        self._is_looking = False

    def watch(self, stream_id: int, idle_timeout: float) -> None:
        """Watch a stream from now on; report it after `idle_timeout` seconds without data."""
        if idle_timeout == math.inf:
            return
        with self._lock:
            self._streams[stream_id] = idle_timeout, time.monotonic() + idle_timeout
            begins, self._is_looking = not self._is_looking, True
        if begins:
            self._report_silent()

    def record_data(self, stream_id: int) -> None:
        """Record that data has arrived on a stream."""
        # Without the lock, since this runs for every chunk. Only the thread that reads the stream
        # calls this and `forget`; a race with the timer shifts the next report a little.
        found = self._streams.get(stream_id)
        if found is not None:
            self._streams[stream_id] = found[0], time.monotonic() + found[0]

    def forget(self, stream_id: int) -> None:
        """Stop watching a stream."""
        with self._lock:
            self._streams.pop(stream_id, None)

    def _report_silent(self) -> None:
        """Report the silent streams, and run again when the next one may be silent."""
        now = time.monotonic()
        with self._lock:
            silent = [key for key, (_, due) in self._streams.items() if due <= now]
            for key in silent:
                idle_timeout, _ = self._streams[key]
                self._streams[key] = idle_timeout, now + idle_timeout
            first = min((due for _, due in self._streams.values()), default=math.inf)
            self._is_looking = first < math.inf
        if first < math.inf:
            self._workers.call_later(first - now, self._report_silent)
        for key in silent:
            self._report(key)

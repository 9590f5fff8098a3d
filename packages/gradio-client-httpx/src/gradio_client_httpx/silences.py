"""Notices streams on which nothing comes; a thread that waits for bytes cannot.

One timer looks at all streams of a client when the first of them is due.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from .threads import Workers


class Silences:
    """See the module; thread-safe. `report` is called with the id of each silent stream."""

    def __init__(self, workers: Workers, report: Callable[[int], None]) -> None:
        self._workers = workers
        self._report = report
        self._lock = threading.Lock()
        self._streams: dict[int, tuple[float, float]] = {}
        "Seconds that a stream may be silent, and when it will have been, by its id."
        self._is_looking = False

    def watch(self, stream_id: int, idle_timeout: float) -> None:
        """Watch a stream from now on."""
        if idle_timeout == math.inf:
            return
        with self._lock:
            self._streams[stream_id] = idle_timeout, time.monotonic() + idle_timeout
            begins, self._is_looking = not self._is_looking, True
        if begins:
            self._report_silent()

    def record_data(self, stream_id: int) -> None:
        """Something has come on a stream."""
        found = self._streams.get(stream_id)
        if found is not None:
            self._streams[stream_id] = found[0], time.monotonic() + found[0]

    def forget(self, stream_id: int) -> None:
        """A stream has ended."""
        with self._lock:
            self._streams.pop(stream_id, None)

    def _report_silent(self) -> None:
        """Report the streams that are silent, and look again when the next one may be."""
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

"""What a piece of work takes of this process: time, processor, memory, threads.

It runs in the environment of every client, so it needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

STATUS = Path("/proc/self/status")
PEAK = Path("/proc/self/clear_refs")
RESET_PEAK = "5"

CONTROL = "callgrind_control"
COUNTED = "BENCH_COUNTED"
"""The variable that is set where callgrind runs this process."""

Figures = dict[str, float]


class Meter:
    """Measures from its making until `read`."""

    def __init__(self) -> None:
        self._memory = memory("VmRSS")
        if STATUS.exists():
            PEAK.write_text(RESET_PEAK)
        self._times: list[float] = []
        self._threads = threading.active_count()
        self._cpu = time.process_time()
        self._begin = time.perf_counter()
        count_instructions("on")

    def seconds(self) -> float:
        """The time since it was made."""
        return time.perf_counter() - self._begin

    @contextlib.contextmanager
    def one(self) -> Generator[None]:
        """Time one call."""
        begin = time.perf_counter()
        yield
        self._times.append(time.perf_counter() - begin)

    def look(self) -> None:
        """Count the threads there are now."""
        self._threads = max(self._threads, threading.active_count())

    def read(self, *, wanted: int, done: int) -> Figures:
        """Seconds, MB, and how many of the wanted pieces were done."""
        count_instructions("off")
        figures = {
            "wall": self.seconds(),
            "cpu": time.process_time() - self._cpu,
            "memory": memory("VmHWM") - self._memory,
            "threads": max(self._threads, threading.active_count()),
            "done": done,
            "lost": wanted - done,
        }
        if self._times:
            times = sorted(self._times)
            figures |= {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}
        return figures


def memory(name: str) -> float:
    """MB of this process: resident now (`VmRSS`), or at most (`VmHWM`).

    Where there is no /proc, both are the peak since the start.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # in bytes, as macOS


def count_instructions(state: str) -> None:
    """Have callgrind count from here on (`on`), or no longer (`off`), if it runs this process."""
    if COUNTED in os.environ:
        command = (CONTROL, "-i", state, str(os.getpid()))
        nowhere = ((os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),)
        os.waitpid(os.posix_spawnp(CONTROL, command, os.environ, file_actions=nowhere), 0)


def since_start() -> Figures:
    """What this process has taken since it began."""
    return {"cpu": time.process_time(), "done": 1, "lost": 0}


def finish(figures: dict[str, Any]) -> NoReturn:
    """Print the figures and leave at once; jobs that are lost would hold up an orderly end."""
    print(json.dumps(figures), flush=True)
    os._exit(0)

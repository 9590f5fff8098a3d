"""A blocking client's times against one server: run by `scripts/bench`, in its environment.

`python bench_worker.py MODULE TASK ADDRESS JOBS` imports the client from MODULE, whichever of the
two it is, and prints one JSON object. It must run where nothing but that client is installed, so
it imports nothing of this project.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import threading
import time
from typing import Any

WARMING = 5
"Calls before the clock starts: connections, caches."


def cold(module: str, address: str, _: int) -> dict[str, float]:
    """Import, connect, one result."""
    begin = time.perf_counter()
    client = importlib.import_module(module).Client(address, **options())
    client.predict("hello", api_name="/echo")
    return {"seconds": time.perf_counter() - begin}


def sequential(module: str, address: str, jobs: int) -> dict[str, float]:
    """One call after the other."""
    client = importlib.import_module(module).Client(address, **options())
    for _ in range(WARMING):
        client.predict("hello", api_name="/echo")
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(jobs):
        client.predict("hello", api_name="/echo")
    seconds = time.perf_counter() - begin
    return {"seconds": seconds / jobs, "cpu": (time.process_time() - cpu) / jobs}


def flight(module: str, address: str, jobs: int) -> dict[str, float]:
    """All calls at once."""
    client = importlib.import_module(module).Client(address, max_workers=jobs, **options())
    for _ in range(WARMING):
        client.predict("hello", api_name="/echo")
    begin, cpu = time.perf_counter(), time.process_time()
    made = [client.submit(f"{number}", api_name="/echo") for number in range(jobs)]
    lost = threads = 0
    for number, job in enumerate(made):
        lost += not came(job, f"{number}")
        threads = max(threads, threading.active_count())
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu / jobs, "lost": lost, "threads": threads}


def came(job: Any, text: str) -> bool:
    """Whether a job has its own result."""
    with contextlib.suppress(Exception):
        return str(job.result(timeout=60)).endswith(text)
    return False


def options() -> dict[str, Any]:
    """Both clients without words and telemetry."""
    return {"verbose": False, "analytics_enabled": False}


def main(module: str, task: str, address: str, jobs: str) -> None:
    """Do the task and say what it took."""
    tasks = {"cold": cold, "sequential": sequential, "flight": flight}
    print(json.dumps(tasks[task](module, address, int(jobs))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The trio client's times against one server: `worker.py` for a client that is awaited."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial

BEGIN = time.perf_counter()
"The clock of a cold start: trio is a part of this client."

import trio  # noqa: E402

from gradio_client_trio import Client, Job  # noqa: E402

WARMING = 5
"Calls before the clock starts: connections, caches."

Work = Callable[[Client, int], Awaitable[dict[str, float]]]


async def cold(client: Client, _: int) -> dict[str, float]:
    """Import, connect, one result."""
    await client.predict("hello", api_name="/echo")
    return {"seconds": time.perf_counter() - BEGIN}


async def sequential(client: Client, jobs: int) -> dict[str, float]:
    """One call after the other."""
    for _ in range(WARMING):
        await client.predict("hello", api_name="/echo")
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(jobs):
        await client.predict("hello", api_name="/echo")
    seconds = time.perf_counter() - begin
    return {"seconds": seconds / jobs, "cpu": (time.process_time() - cpu) / jobs}


async def flight(client: Client, jobs: int) -> dict[str, float]:
    """All calls at once."""
    for _ in range(WARMING):
        await client.predict("hello", api_name="/echo")
    begin, cpu = time.perf_counter(), time.process_time()
    made = [client.submit(f"{number}", api_name="/echo") for number in range(jobs)]
    lost = threads = 0
    for number, job in enumerate(made):
        lost += not await came(job, f"{number}")
        threads = max(threads, threading.active_count())
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu / jobs, "lost": lost, "threads": threads}


async def came(job: Job, text: str) -> bool:
    """Whether a job has its own result."""
    with contextlib.suppress(Exception), trio.fail_after(60):
        return str(await job.result()).endswith(text)
    return False


async def main(task: str, address: str, jobs: str) -> None:
    """Do the task and say what it took."""
    tasks: dict[str, Work] = {"cold": cold, "sequential": sequential, "flight": flight}
    most = max(40, int(jobs))
    async with Client(address, max_workers=most, verbose=False, analytics_enabled=False) as client:
        print(json.dumps(await tasks[task](client, int(jobs))), flush=True)


if __name__ == "__main__":
    trio.run(partial(main, *sys.argv[2:]))

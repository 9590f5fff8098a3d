"""Runs `Client.map` over two worker processes of dask: kills one, stops a run, and resumes it.

It needs `distributed` beside what the tests need, so it is not a part of `./scripts/test`. The
number of inputs may be given; it is 400 otherwise. Prints what it has found, and fails with an
AssertionError if a result is missing or comes twice.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from gradio_client_httpx import Client
from tests.support.fake.functions import ALL_FUNCTIONS
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded

HOW: dict[str, Any] = {"api_name": "/echo", "concurrency": 10, "chunk_size": 20, "max_chunks": 4}


def main(number: int = 400) -> None:
    inputs = [str(each) for each in range(number)]
    fake = FakeGradio(functions=[function.limited(10_000) for function in ALL_FUNCTIONS])
    options: dict[str, Any] = {"verbose": False, "download_files": False}
    with (
        threaded(fake) as server,
        cluster() as dask,
        Client(server.url, **options) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        kill_a_worker(client, dask, inputs)
        print(f"one of two workers was killed: {len(inputs)} results, each once", end="; ")
        print(f"{joins(fake) - len(inputs)} calls were made again")
        recorded = stop(client, dask, inputs, Path(folder) / "run.jsonl")
        before = joins(fake)
        resume(client, dask, inputs, Path(folder) / "run.jsonl")
        assert joins(fake) - before == len(inputs) - recorded
        print(f"stopped with {recorded} results: the resumed run called the app for the others")


@contextmanager
def cluster() -> Iterator[Any]:
    """A client of two worker processes."""
    # Not installed where the tests run.
    import dask.distributed as dd  # type: ignore[import-not-found] # noqa: PLC0415

    workers = dd.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with workers, dd.Client(workers) as dask:
        yield dask


def kill_a_worker(client: Client, dask: Any, inputs: list[str]) -> None:
    results: list[str] = []
    with dask.get_executor() as executor:
        for result in client.map(inputs, executor=executor, **HOW):
            results.append(result)
            if len(results) == len(inputs) // 2:
                os.kill(next(iter(dask.run(os.getpid).values())), signal.SIGKILL)
    assert results == inputs


def stop(client: Client, dask: Any, inputs: list[str], journal: Path) -> int:
    """Leave a run half-way; return how many results the journal has."""
    with (
        dask.get_executor() as executor,
        closing(client.map(inputs, executor=executor, journal=journal, **HOW)) as outcomes,
    ):
        assert list(islice(outcomes, len(inputs) // 2)) == inputs[: len(inputs) // 2]
    recorded = len(journal.read_bytes().splitlines())
    with journal.open("ab") as file:
        file.write(b'{"index":0,"inp')  # as a process leaves it that is killed while it writes
    # Dask cannot stop a chunk that has begun: its calls are not those of the resumed run.
    while any(dask.run(count_tasks).values()):
        time.sleep(0.1)
    return recorded


def count_tasks(dask_worker: Any) -> int:
    """How many tasks a worker knows; dask passes the worker by the parameter's name."""
    return len(dask_worker.state.tasks)


def resume(client: Client, dask: Any, inputs: list[str], journal: Path) -> None:
    with dask.get_executor() as executor:
        assert list(client.map(inputs, executor=executor, journal=journal, **HOW)) == inputs


def joins(fake: FakeGradio) -> int:
    return len(fake.requests("queue/join"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

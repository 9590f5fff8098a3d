"""A blocking client at work: ours, or the official one, whose calls look the same.

`python -m scripts.benchmarks.workers.blocking MODULE TASK ADDRESS OPTIONS` prints one JSON object.
It runs where nothing but that client is installed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from scripts.benchmarks.workers.meter import Figures, Meter, finish, since_start

WARMING = 3
"""Calls before the clock starts: connections, caches."""


class Worker:
    """One client and what it is asked to do."""

    def __init__(self, module: str, address: str, options: dict[str, Any]) -> None:
        self.options = options
        self.module = importlib.import_module(module)
        self.address = address
        self.client = self.make_client()

    def make_client(self) -> Any:
        """A client that says nothing."""
        more = {"download_files": self.options["folder"]} if "folder" in self.options else {}
        return self.module.Client(
            self.address,
            max_workers=max(40, self.options.get("jobs", 0)),
            verbose=False,
            analytics_enabled=False,
            **more,
        )

    def cold(self) -> Figures:
        """Import, connect, one result."""
        self.client.predict("hello", api_name="/echo")
        return since_start()

    def echo(self) -> Figures:
        """One call after the other."""
        self.warm()
        return self.repeat(lambda _: self.client.predict("hello", api_name="/echo") == "hello")

    def flight(self) -> Figures:
        """All calls at once."""
        self.warm()
        jobs, meter = self.options["jobs"], Meter()
        made = [self.client.submit(f"{number}", api_name="/echo") for number in range(jobs)]
        done = 0
        for number, job in enumerate(made):
            with contextlib.suppress(Exception):
                done += job.result(timeout=max(0.001, self.left(meter))) == f"{number}"
            meter.look()
        return meter.read(wanted=jobs, done=done)

    def stream(self) -> Figures:
        """The outputs of one generator, each looked at."""
        self.warm()
        wanted, meter, done = self.options["outputs"], Meter(), 0
        for _ in self.client.submit(wanted, api_name=self.options["endpoint"]):
            done += 1
            if self.left(meter) < 0:
                break
        return meter.read(wanted=wanted, done=min(done, wanted))

    def result(self) -> Figures:
        """The outputs of one generator, of which the last is wanted."""
        self.warm()
        wanted, meter = self.options["outputs"], Meter()
        job = self.client.submit(wanted, api_name=self.options["endpoint"])
        job.result(timeout=self.options["patience"])
        return meter.read(wanted=wanted, done=wanted)

    def upload(self) -> Figures:
        """Files, one after the other."""
        self.warm()

        def upload(number: int) -> bool:
            file = self.module.handle_file(f"{self.options['files']}/{number}.bin")
            return bool(self.client.predict(file, api_name="/size"))

        return self.repeat(upload)

    def download(self) -> Figures:
        """Files, one after the other."""
        self.warm()
        size = self.options["size"]

        def download(_: int) -> bool:
            path: str = self.client.predict(size, api_name="/download")
            return os.path.getsize(path) == int(size)

        return self.repeat(download)

    def clients(self) -> Figures:
        """Clients, each with a call of its own; all stay open."""
        self.warm()
        every: list[Any] = []

        def call(_: int) -> bool:
            every.append(self.make_client())
            return bool(every[-1].predict("hello", api_name="/echo") == "hello")

        figures = self.repeat(call)
        for client in every:
            client.close()
        return figures

    def idle(self) -> Figures:
        """A client that has nothing to do."""
        self.warm()
        meter = Meter()
        time.sleep(self.options["seconds"])
        return meter.read(wanted=1, done=1)

    def repeat(self, call: Callable[[int], bool]) -> Figures:
        """Time each of the calls, until patience ends; a call says whether it did what it must."""
        jobs, meter, done = self.options["jobs"], Meter(), 0
        for number in range(jobs):
            with meter.one():
                done += call(number)
            if self.left(meter) < 0:
                break
        return meter.read(wanted=jobs, done=done)

    def warm(self) -> None:
        for _ in range(WARMING):
            self.client.predict("hello", api_name="/echo")

    def left(self, meter: Meter) -> float:
        """Seconds of patience."""
        return float(self.options["patience"] - meter.seconds())


def main(module: str, task: str, address: str, options: str) -> None:
    """Do the task and say what it took."""
    figures: Figures = getattr(Worker(module, address, json.loads(options)), task)()
    finish(figures)


if __name__ == "__main__":
    main(*sys.argv[1:])

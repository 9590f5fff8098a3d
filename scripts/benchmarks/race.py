"""Runs the rows: every contestant in turn, in a process of its own, against the same server.

A Gradio server slows down with each event that it has served, so each figure has a fresh one; with
`--quick`, each row has.
"""

from __future__ import annotations

import json
import os
import re
import resource  # POSIX only
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeAlias

from scripts.benchmarks.contestants import Contestant, Who
from scripts.benchmarks.rows import Figures, Row, Server
from scripts.benchmarks.scripted import save_documents, scripted
from scripts.benchmarks.workers.meter import COUNTED
from scripts.bootstrap import ROOT
from scripts.environments.servers import NEWEST
from tests.support.live import DidNotStart, live

APP = Path(__file__).parent / "live_app.py"
PATIENCE = 60
"""Seconds that a worker may take beyond the patience it has itself."""
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "", "GRADIO_ANALYTICS_ENABLED": "False"}
"""Modules are compiled once, as for any user."""
CALLGRIND = (
    "valgrind",
    "--tool=callgrind",
    "--instr-atstart=no",
    "--callgrind-out-file=/dev/null",
)
COLLECTED = re.compile(r"Collected : (\d+)")

Failure: TypeAlias = str
Outcome: TypeAlias = "Figures | Failure"
Results: TypeAlias = dict[str, dict[Who, Outcome]]
"""By the key of a row, what each contestant did."""


class Race:
    """One run of some rows."""

    def __init__(self, entrants: Sequence[Contestant], *, fresh: bool) -> None:
        self.entrants = entrants
        self.fresh = fresh
        "Whether each figure has a live server of its own."
        self.results: Results = {}

    def run(self, rows: Iterable[Row], say: Callable[[Row], None]) -> None:
        """Run the rows one after the other; `say` is called after each."""
        with TemporaryDirectory() as made:
            folder = Path(made)
            with live(NEWEST, app=APP) as server:
                save_documents(server.url, folder)
            for row in rows:
                self.results[row.key] = self.measure(row, folder)
                say(row)

    def measure(self, row: Row, folder: Path) -> dict[Who, Outcome]:
        """The median of the rounds, for each contestant."""
        entrants = [each for each in self.entrants if each.who not in row.without]
        rounds: dict[Who, list[Outcome]] = {each.who: [] for each in entrants}
        with row_server(row, folder, shared=not self.fresh or row.at_once) as shared:

            def take_turn(entrant: Contestant) -> Outcome:
                try:
                    with turn_server(row, shared) as address, working_folder(row) as options:
                        return take(entrant, row, address, options)
                except DidNotStart:
                    return "its server did not start"

            for _ in range(row.rounds):
                if row.at_once:
                    with ThreadPoolExecutor(len(entrants)) as pool:
                        outcomes = list(pool.map(take_turn, entrants))
                else:
                    outcomes = [take_turn(entrant) for entrant in entrants]
                for entrant, outcome in zip(entrants, outcomes, strict=True):
                    rounds[entrant.who].append(outcome)
        return {who: middle(outcomes) for who, outcomes in rounds.items()}


@contextmanager
def row_server(row: Row, folder: Path, *, shared: bool) -> Generator[str]:
    """The address of a server for a whole row; empty if each turn has one of its own."""
    if row.server in (Server.SCRIPTED, Server.BIG):
        options = ["big"] if row.server is Server.BIG else []
        with scripted(folder, *options) as address:
            yield address
    elif row.server is Server.LIVE and shared:
        with live(NEWEST, app=APP) as server:
            yield server.url
    else:
        yield ""


@contextmanager
def turn_server(row: Row, shared: str) -> Generator[str]:
    """The address of the server for one turn."""
    if row.server is Server.LIVE and not shared:
        with live(NEWEST, app=APP) as server:
            yield server.url
    else:
        yield shared


@contextmanager
def working_folder(row: Row) -> Generator[dict[str, str | float]]:
    """The options of a row, with folders for its files, which are there for one turn."""
    if row.task not in ("upload", "download"):
        yield {**row.options}
        return
    with TemporaryDirectory() as made, TemporaryDirectory() as files:
        if row.task == "upload":
            for number in range(int(row.options["jobs"])):
                with (Path(files) / f"{number}.bin").open("wb") as file:
                    file.write(b"%d" % number)  # our clients send the same content only once
                    file.truncate(int(row.options["size"]))
        yield {**row.options, "folder": made, "files": files}


def take(
    entrant: Contestant, row: Row, address: str, options: Mapping[str, str | float]
) -> Outcome:
    """What a contestant says of one task, or how it failed."""
    try:
        if row.task == "import":
            return {"cpu": max(0.0, cpu(entrant.imports) - cpu(entrant.bare)), "done": 1}
        return ask([*entrant.worker, row.task, address, json.dumps(options)], row)
    except subprocess.TimeoutExpired as late:
        return f"not done in {late.timeout:g} s"
    except subprocess.CalledProcessError as failed:
        lines = [line for line in failed.stderr.splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"it ended with {failed.returncode}"
    except (IndexError, ValueError):
        return "it said nothing"


def ask(command: list[str], row: Row) -> Figures:
    """What a worker says of its task."""
    environment = {**os.environ, **ENVIRONMENT}
    if row.counted:
        command, environment = [*CALLGRIND, *command], {**environment, COUNTED: "1"}
    begin = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE + float(row.options.get("patience", 0)),
        check=True,
    )
    figures: dict[str, float] = {"wall": time.perf_counter() - begin}
    figures |= json.loads(done.stdout.splitlines()[-1])
    if counted := COLLECTED.search(done.stderr):
        figures["instructions"] = float(counted[1])
    return figures


def cpu(command: Sequence[str]) -> float:
    """Seconds of the processor that a program takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **ENVIRONMENT}
    subprocess.run(command, check=True, env=environment, cwd=ROOT, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def middle(outcomes: Sequence[Outcome]) -> Outcome:
    """The median of each figure; a failure if one round failed. Of what is lost, the worst."""
    figures: list[Figures] = []
    for outcome in outcomes:
        if isinstance(outcome, str):
            return outcome
        figures.append(outcome)
    return {
        name: (max if name == "lost" else median)([each[name] for each in figures])
        for name in figures[0]
    }

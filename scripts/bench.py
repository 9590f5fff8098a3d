"""Both of our clients beside the official one: the same calls, the same minutes, new servers.

Each figure is taken in a fresh process, from a server that has served nobody yet, since a Gradio
server slows down with each event that it has served. The clients take turns, so that whatever
else this machine does slows all of them; a ratio is that of the medians. `--check` fails where one
is worse than what is promised. `--streams` is another race: see `benchmarks/streams.py`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks import streams
from scripts.bootstrap import ROOT, BootstrapFailed
from scripts.environments import official, virtualenv
from scripts.environments.servers import NEWEST
from tests.support.live import DidNotStart, live

WORKERS_IN = Path(__file__).parent / "benchmarks"
OFFICIAL, HTTPX, TRIO = "gradio_client", "gradio_client_httpx", "gradio_client_trio"
OURS = (HTTPX, TRIO)
WORKERS = {
    OFFICIAL: WORKERS_IN / "worker.py",
    HTTPX: WORKERS_IN / "worker.py",
    TRIO: WORKERS_IN / "worker_trio.py",
}
ROUNDS = 5
PATIENCE = 120
"""Seconds for one figure."""

Figures = dict[str, float]
Said = dict[str, list[Figures]]
"""What each client's worker said, round after round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """One figure, of all clients."""

    title: str
    task: str
    jobs: int
    figure: Callable[[Figures], float]
    unit: str
    promised: Mapping[str, float]
    """By client of ours: its part of the official client's figure, at most."""


RACES = (
    Race(
        title="import, connect, first result",
        task="cold",
        jobs=1,
        figure=lambda said: said["seconds"],
        unit="s",
        promised={HTTPX: 0.7},
    ),
    Race(
        title="one call after the other",
        task="sequential",
        jobs=50,
        figure=lambda said: said["seconds"] * 1e3,
        unit="ms a call",
        promised={HTTPX: 0.16, TRIO: 0.12},
    ),
    Race(
        title="400 calls at once",
        task="flight",
        jobs=400,
        figure=lambda said: said["seconds"],
        unit="s",
        promised={HTTPX: 0.25, TRIO: 0.2},
    ),
    Race(
        title="processor, 400 calls at once",
        task="flight",
        jobs=400,
        figure=lambda said: said["cpu"] * 1e3,
        unit="ms a call",
        promised={HTTPX: 0.15, TRIO: 0.05},
    ),
)

COUNTS: Mapping[str, Mapping[str, int]] = {
    "lost": {HTTPX: 0, TRIO: 0},
    # The one of the loop: trio's own, for what may block, are not needed for a call.
    "threads": {TRIO: 1},
}
"""What was counted while 400 calls were out → by client of ours, how many there may be."""


def python_with(client: str) -> str:
    """The Python of an environment that has a client of ours and what it needs, as users have it.

    httpx, for one, imports trio where it finds it, which takes 80 ms.
    """
    folders = (ROOT / "packages" / name for name in ("gradio-protocol", client.replace("_", "-")))
    wanted = [f"--editable={folder}" for folder in folders]
    return str(virtualenv.ensure(f"bench-{client}", wanted, day=official.DAY))


def main(argv: list[str]) -> int:
    """Run all races, print a line for each."""
    if "--streams" in argv:
        return streams.main(argv)
    try:
        theirs = str(official.ensure())
        pythons = {OFFICIAL: theirs, **{client: python_with(client) for client in OURS}}
        said = {task: measured(pythons, task, jobs) for task, jobs in tasks().items()}
    except (BootstrapFailed, DidNotStart) as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 1
    print(f"{'':<30}" + "".join(f"{module:>22}" for module in WORKERS))
    broken = [each for race in RACES for each in raced(race, said[race.task])]
    broken += [each for what in COUNTS for each in counted(what, said["flight"])]
    for each in broken:
        print(each)
    return 1 if broken and "--check" in argv else 0


def tasks() -> dict[str, int]:
    """What has to be run, each once, with how many jobs."""
    return {race.task: race.jobs for race in RACES}


def measured(pythons: Mapping[str, str], task: str, jobs: int) -> Said:
    """What all clients said, in turn."""
    said: Said = {module: [] for module in pythons}
    for _ in range(ROUNDS):
        for module, python in pythons.items():
            with live(NEWEST, settings={"CONCURRENCY": "100"}) as server:
                worker = str(WORKERS[module])
                said[module].append(asked([python, worker, module, task, server.url, str(jobs)]))
    return said


def asked(command: list[str]) -> Figures:
    """The last line that a worker prints."""
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},  # compiled once, as for any user
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def raced(race: Race, said: Said) -> Iterator[str]:
    """Print the medians and their ratios; what is not as promised."""
    medians = {module: statistics.median(map(race.figure, said[module])) for module in said}
    ratios = {module: medians[module] / medians[OFFICIAL] for module in OURS}
    shown = [f"{medians[OFFICIAL]:.2f} {race.unit}"]
    shown += [f"{medians[module]:.2f} = {ratios[module]:.3f} x" for module in OURS]
    print(f"{race.title:<30}" + "".join(f"{each:>22}" for each in shown), flush=True)
    for module, most in race.promised.items():
        if ratios[module] > most:
            yield f"{module}: {race.title}: {ratios[module]:.3f} is more than {most}"


def counted(what: str, said: Said) -> Iterator[str]:
    """Print the worst of the rounds; what is more than it may be."""
    worst = {module: max(int(figures[what]) for figures in said[module]) for module in said}
    print(f"{f'of 400, {what}':<30}" + "".join(f"{worst[module]:>22}" for module in said))
    for module, most in COUNTS[what].items():
        if worst[module] > most:
            yield f"{module}: {what}: {worst[module]} is more than {most}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

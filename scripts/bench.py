"""The blocking client beside the official one: the same calls, the same server, the same minutes.

Each figure is taken in a fresh process, in turn for the one and the other, so that whatever else
this machine does slows both; the ratio is that of the medians. `--check` fails where a ratio is
worse than what is promised.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts import official
from scripts.bootstrap import BootstrapFailed
from scripts.servers import NEWEST
from tests.support.live import DidNotStart, live

WORKER = Path(__file__).with_name("bench_worker.py")
ROUNDS = 3
PATIENCE = 120
"""Seconds for one figure."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """One figure, of both clients."""

    title: str
    task: str
    jobs: int
    figure: Callable[[Figures], float]
    unit: str
    promised: float
    """Ours, as a part of the official client's, at most."""


RACES = (
    Race(
        title="import, connect, first result",
        task="cold",
        jobs=1,
        figure=lambda said: said["seconds"],
        unit="s",
        promised=0.7,
    ),
    Race(
        title="one call after the other",
        task="sequential",
        jobs=50,
        figure=lambda said: said["seconds"] * 1e3,
        unit="ms a call",
        promised=0.16,
    ),
    Race(
        title="400 calls at once",
        task="flight",
        jobs=400,
        figure=lambda said: said["seconds"],
        unit="s",
        promised=0.25,
    ),
    Race(
        title="processor, 400 calls at once",
        task="flight",
        jobs=400,
        figure=lambda said: said["cpu"] * 1e3,
        unit="ms a call",
        promised=0.15,
    ),
)


def main(argv: list[str]) -> int:
    """Run all races, print a line for each."""
    try:
        theirs = str(official.ensure())
        pythons = {"gradio_client": theirs, "gradio_client_httpx": sys.executable}
        with live(NEWEST, settings={"CONCURRENCY": "100"}) as server:
            said = {task: measured(pythons, task, jobs, server.url) for task, jobs in tasks()}
    except (BootstrapFailed, DidNotStart) as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 1
    kept = [shown(race, said[race.task]) for race in RACES]
    lost = [sum(int(run["lost"]) for run in runs) for runs in said["flight"].values()]
    print(f"{'of these, lost':<32} {lost[0]:9} {lost[1]:9}")
    good = all(kept) and lost[1] == 0
    return 0 if good or "--check" not in argv else 1


def tasks() -> set[tuple[str, int]]:
    """What has to be run, each once."""
    return {(race.task, race.jobs) for race in RACES}


def measured(
    pythons: dict[str, str], task: str, jobs: int, address: str
) -> dict[str, list[Figures]]:
    """What both clients said, in turn."""
    said: dict[str, list[Figures]] = {module: [] for module in pythons}
    for _ in range(ROUNDS):
        for module, python in pythons.items():
            said[module].append(asked([python, str(WORKER), module, task, address, str(jobs)]))
    return said


def asked(command: list[str]) -> Figures:
    """The last line that a worker prints."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def shown(race: Race, said: dict[str, list[Figures]]) -> bool:
    """Print the medians and their ratio; whether it is as promised."""
    theirs, ours = (
        statistics.median(map(race.figure, said[module]))
        for module in ("gradio_client", "gradio_client_httpx")
    )
    ratio = ours / theirs
    verdict = "" if ratio <= race.promised else f"  more than {race.promised}"
    print(
        f"{race.title:<32} {theirs:9.2f} {ours:9.2f} {race.unit:<10} ratio {ratio:.3f}{verdict}",
        flush=True,
    )
    return ratio <= race.promised


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

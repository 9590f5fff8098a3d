"""What `gradio-client info` costs beside `hf-gradio info`, on the tutorial's app, for the eye.

`python -m scripts.benchmarks.info_time [RUNS]` runs both in turn against a server on this machine,
and prints medians, in seconds: of the processor time that each took, and of the time on the clock.
"""

from __future__ import annotations

import resource  # POSIX only
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from scripts.environments.servers import NEWEST, ensure
from tests.support.live import live

APP = Path(__file__).resolve().parents[2] / "tests" / "support" / "apps" / "tutorial_app.py"


def main(arguments: list[str]) -> None:
    """Measure in turn, so that what disturbs one disturbs both."""
    runs = int(arguments[0]) if arguments else 9
    programs = {
        "gradio-client": [sys.executable, "-m", "gradio_client_httpx"],
        "hf-gradio": [str(ensure(NEWEST).with_name("hf-gradio"))],
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    with live(NEWEST, app=APP) as server:
        for _ in range(runs):
            for name, program in programs.items():
                taken[name].append(cost([*program, "info", server.url]))
    print(f"{'cpu':>7} {'clock':>7}   median of {runs}")
    for name, times in taken.items():
        cpu, clock = (median(each) for each in zip(*times, strict=True))
        print(f"{cpu:7.3f} {clock:7.3f}   {name}")


def cost(command: list[str]) -> tuple[float, float]:
    """Processor time and clock time of a command."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    clock, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, clock


if __name__ == "__main__":
    main(sys.argv[1:])

"""What importing the core costs over a bare Python, for the eye.

`python -m scripts.benchmarks.import_time [RUNS]` starts fresh Pythons in turn and prints the median
of the processor time that each took, in milliseconds, and how much that is over the bare one.
"""

from __future__ import annotations

import resource  # POSIX only
import subprocess
import sys
from statistics import median

BARE = "pass"
SUBJECTS = {
    "a bare Python": BARE,
    "what it needs of the standard library": "import base64, calendar, collections.abc,"
    " dataclasses, difflib, enum, hashlib, inspect, itertools, json, keyword, math, re, typing,"
    " urllib.parse",
    "gradio_protocol": "import gradio_protocol",
    "every public name of it": "from gradio_protocol import *",
}


def main(arguments: list[str]) -> None:
    """Measure in turn, so that what disturbs one disturbs all."""
    runs = int(arguments[0]) if arguments else 25
    taken: dict[str, list[float]] = {title: [] for title in SUBJECTS}
    for _ in range(runs):
        for title, source in SUBJECTS.items():
            taken[title].append(milliseconds(source))
    bare = median(taken["a bare Python"])
    print(f"{'ms':>7} {'over':>7}   median of {runs}")
    for title, times in taken.items():
        print(f"{median(times):7.1f} {median(times) - bare:7.1f}   {title}")


def milliseconds(source: str) -> float:
    """Processor time of a fresh Python that runs this."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-c", source], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Puts the targets of `tests/support/any_input.py` under a fuzzer that watches branches.

`python -m scripts.checks.fuzz [SECONDS]` fuzzes for ten minutes, or as long as it is told, on one
core, in an environment of its own (`.tools/fuzz`), and prints how often each target ran and what
left one that is no GradioError. What reached new branches is kept in `.tools/fuzz-corpus`, where
the next run begins.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.bootstrap import (
    ROOT,
    TOOLS,
    BootstrapFailed,
    clean_environ,
    digest,
    is_fresh,
    locked,
    make_boot,
    python_of,
    run,
    say,
    seal,
    uv_of,
)

ATHERIS = "atheris==3.0.0"
PYTHON = "3.11"
"""A Python for which there is a wheel of it."""
CORPUS = TOOLS / "fuzz-corpus"
REPORT = TOOLS / "fuzz-report.json"
LOG = TOOLS / "fuzz.log"
"""What the fuzzer itself has to say."""
EMPTY = '{"runs": {}, "found": {}}'
MEMORY = 1024
"""Megabytes that the process may have; more is a finding."""


def main(arguments: list[str]) -> int:
    """Fuzz, then say what was found."""
    seconds = int(arguments[0]) if arguments else 600
    try:
        python = ensure()
    except BootstrapFailed as failure:
        print(f"scripts.checks.fuzz: {failure}", file=sys.stderr)
        return 1
    CORPUS.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)
    limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY}", "-timeout=30"]
    shape = ["-max_len=1024", "-len_control=20", f"-artifact_prefix={TOOLS}/fuzz-"]
    worker = [
        str(python),
        "-m",
        "scripts.checks.fuzz_worker",
        str(REPORT),
        *limits,
        *shape,
        str(CORPUS),
    ]
    paths = (ROOT, ROOT / "packages/gradio-protocol/src")
    environ = clean_environ() | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    with LOG.open("wb") as log:
        code = subprocess.call(worker, cwd=ROOT, env=environ, stdout=log, stderr=log)
    return judged(code, REPORT)


def judged(code: int, report: Path) -> int:
    """Print what the worker wrote down; 1 if anything was found, or if it died."""
    said: dict[str, dict[str, Any]] = json.loads(
        report.read_text("utf-8") if report.exists() else EMPTY
    )
    for target, count in said["runs"].items():
        print(f"{count:>10}  {target}")
    print(f"{sum(said['runs'].values()):>10}  executions, {len(said['found'])} findings")
    for place, example in said["found"].items():
        print(f"\n{place}\n{example}")
    if code:
        print(f"the fuzzer ended with {code}: out of memory, too slow, or it did not start")
    return 1 if code or said["found"] or not said["runs"] else 0


def ensure() -> Path:
    """The Python of an environment with the fuzzer in it."""
    home, stamp = TOOLS / "fuzz", digest(ATHERIS, PYTHON, str(ROOT))
    if not is_fresh(home, stamp):
        with locked(TOOLS / "bootstrap.lock"):
            uv = uv_of(make_boot())
            say(f"making {home.name} with {ATHERIS}")
            shutil.rmtree(home, ignore_errors=True)
            run([uv, "venv", "--no-project", "-p", PYTHON, home], f"find Python {PYTHON}")
            run([uv, "pip", "install", "-p", python_of(home), ATHERIS], "fetch the fuzzer")
            seal(home, stamp)
    return python_of(home)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Checks everything that can be checked, two steps at a time, and says at the end what failed.

`scripts/test`            every step
`scripts/test --fast`     the core's own tests, without the slow ones; seconds
`scripts/test --matrix`   every step, with the live tests on every Gradio version at hand, and
                          the table of scenarios by version, which goes into the documentation
`scripts/test PATH -k …`  pytest alone, with these arguments; paths start at the root

Every step runs, whatever failed before it. A step that passes says so in one line; tests and a
step that fails show all they printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import ROOT, TOOLS, run_in_place
from scripts.matrix import TESTS as BY_VERSION

PYTHON = sys.executable
LINT_IMPORTS = str(Path(PYTHON).with_name("lint-imports"))

CORE = ("tests/protocol", "tests/simulation")
"""The tests that must reach every branch of the core, with no help from a driver's."""

WRITERS = ("behaviours", "bump", "corpus", "map", "parity", "states", "tables")
"""The scripts that write files, and whose `--check` says whether the files are up to date."""


PATIENCE = 900
"""Seconds; a command that takes longer hangs."""
ON_ALL_VERSIONS = 3600
"""Likewise, for what is played on every Gradio version, each of which has to be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands that run one after the other until one fails."""

    title: str
    commands: tuple[tuple[str, ...], ...]
    shown: bool = False
    """Whether its output is worth reading also when it passes."""
    patience: int = PATIENCE
    """Seconds for each of its commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a step."""

    step: Step
    passed: bool
    output: str
    seconds: float


def main(arguments: list[str]) -> int:
    """Run what the arguments ask for."""
    options = {"--fast", "--matrix"} & set(arguments)
    passed_on = [word for word in arguments if word not in options]
    if "--matrix" in options:
        os.environ["GRADIO_MATRIX"] = "1"
        if not passed_on:
            return check([*steps(), matrix(), side_by_side()])
    if "--fast" in options:
        return check(list(fast_steps(passed_on)))
    if passed_on:
        table = ("-p", "scripts.matrix") if "--matrix" in options else ()
        return run_in_place([PYTHON, "-m", "pytest", *table, *passed_on])
    return check(list(steps()))


def check(planned: list[Step]) -> int:
    """Run the steps on two threads and sum up."""
    started = time.monotonic()
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(perform, planned):
            outcomes.append(outcome)
            report(outcome)
    failed = [outcome.step.title for outcome in outcomes if not outcome.passed]
    seconds = time.monotonic() - started
    print(f"{len(planned) - len(failed)} of {len(planned)} steps passed in {seconds:.0f} s")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def steps() -> Iterator[Step]:
    """Everything there is to check, the long ones first."""
    yield core_tests()
    yield one("types: pyright", "-m", "pyright", "--pythonpath", PYTHON, "--warnings")
    yield other_tests()
    yield one("types: mypy", "-m", "mypy", "--no-error-summary")
    yield one("format", "-m", "ruff", "format", "--check", ".")
    yield one("lint", "-m", "ruff", "check", ".")
    yield Step(title="imports", commands=((LINT_IMPORTS, "--no-cache"),))
    yield one("budgets", "-m", "scripts.budgets", "--check")
    yield one("mutants: their lines", "-m", "scripts.mutants", "--check")
    yield one("docs", "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(TOOLS / "docs"))
    for name in WRITERS:
        if (ROOT / "scripts" / f"{name}.py").exists():
            yield one(f"written: {name}", "-m", f"scripts.{name}", "--check")


def fast_steps(passed_on: list[str]) -> Iterator[Step]:
    """The core's own tests in two halves, one for each of two cores."""
    quick = ("-m", "not slow and not live", "--hypothesis-profile=fast", *passed_on)
    halves = {
        "documents and conversations": [
            f"tests/protocol/{name}" for name in ("app", "wire", "flows")
        ],
        "jobs and the simulation": [
            *(
                str(path.relative_to(ROOT))
                for path in sorted((ROOT / "tests/protocol").glob("*.py"))
            ),
            "tests/protocol/jobs",
            "tests/protocol/testing",
            "tests/simulation",
        ],
    }
    for title, half in halves.items():
        command = (PYTHON, "-m", "pytest", "-q", *half, *quick, "-o", "faulthandler_timeout=0")
        yield Step(title=title, commands=(command,), shown=True)


def one(title: str, *arguments: str) -> Step:
    """A step of one command of this Python."""
    return Step(title=title, commands=((PYTHON, *arguments),))


def core_tests() -> Step:
    """The core's own tests, which must reach every branch of it."""
    run = (PYTHON, "-m", "coverage", "run", "-m", "pytest", "-q", *with_tests(CORE))
    return Step(
        title="tests of the core, with coverage",
        commands=(run, (PYTHON, "-m", "coverage", "report")),
        shown=True,
    )


def other_tests() -> Step:
    """All other tests; their Gradio server is installed first, where it tells its own story."""
    rest = with_tests(
        f"tests/{path.name}"
        for path in sorted((ROOT / "tests").iterdir())
        if path.is_dir() and f"tests/{path.name}" not in CORE
    )
    server = (PYTHON, "-m", "scripts.servers")
    elsewhere = BY_VERSION if os.environ.get("GRADIO_MATRIX") == "1" else ()
    ignored = (f"--ignore={path}" for path in elsewhere)
    tests = (PYTHON, "-m", "pytest", "-q", "--durations=5", *rest, *ignored)
    live = "tests/live" in rest
    return Step(title="tests", commands=(server, tests) if live else (tests,), shown=True)


def matrix() -> Step:
    """The scenarios on every version at hand, and the table of them for the documentation."""
    play = (PYTHON, "-m", "scripts.matrix")
    return Step(
        title="scenarios by version", commands=(play,), shown=True, patience=ON_ALL_VERSIONS
    )


def side_by_side() -> Step:
    """The corpus of small apps, asked about by the official client and ours, on three versions."""
    play = (PYTHON, "-m", "scripts.corpus")
    return Step(title="the corpus, by version", commands=(play,), patience=ON_ALL_VERSIONS)


def with_tests(folders: Iterable[str]) -> list[str]:
    """Those folders that have a test in them."""
    return [folder for folder in folders if any((ROOT / folder).rglob("test_*.py"))]


def perform(step: Step) -> Outcome:
    """Run a step and keep what it prints."""
    started = time.monotonic()
    output: list[str] = []
    passed = True
    for command in step.commands:
        passed, text = ran(command, step.patience)
        output.append(text)
        if not passed:
            break
    return Outcome(
        step=step, passed=passed, output="".join(output), seconds=time.monotonic() - started
    )


def ran(command: tuple[str, ...], patience: int) -> tuple[bool, str]:
    """Whether a command passed, and what it printed; one that does not end has not."""
    with tempfile.TemporaryFile() as printed:
        try:
            code = subprocess.call(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=patience,
            )
            last = ""
        except subprocess.TimeoutExpired:
            code, last = 1, f"\nstopped after {patience} seconds\n"
        printed.seek(0)
        return code == 0, printed.read().decode("utf-8", "replace") + last


def report(outcome: Outcome) -> None:
    """Say how a step went."""
    word = "passed" if outcome.passed else "FAILED"
    print(f"{word} {outcome.seconds:6.1f} s  {outcome.step.title}", flush=True)
    if outcome.step.shown or not outcome.passed:
        print(outcome.output.rstrip(), end="\n\n", flush=True)


if __name__ == "__main__":
    TOOLS.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))

"""Checks everything that can be checked, four steps at a time, and says at the end what failed.

`scripts/test`             every step
`scripts/test --fast`      the core's own tests, without the slow ones, and cheap checks; seconds
`scripts/test --explore …` the random tests, with 2,000 new examples each; minutes. What fails is
                           written as a patch that adds it to the tests as an example
`scripts/test --matrix`    every step, with the live tests on every Gradio version at hand, every
                           client against every fake version, and the table of scenarios by
                           version, which goes into the documentation
`scripts/test PATH -k …`   pytest alone, with these arguments; paths start at the root
`scripts/test --help`      this text; for pytest's own, `.tools/dev/bin/python -m pytest --help`

Random tests draw the same examples in each run and on each machine, except with `--explore`.
Every branch of the core has to be reached by a test that draws nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from scripts.bootstrap import ROOT, TOOLS, run_in_place
from scripts.checks.steps import Step, check
from scripts.pages.matrix import TESTS as BY_VERSION

PYTHON = sys.executable
ZIZMOR = str(Path(PYTHON).with_name("zizmor"))

EXAMPLES = ("-m", "not hypothesis")
"""The tests that draw nothing; hypothesis marks those that do."""
RANDOM = ("-m", "hypothesis")

JOBS = ("tests/protocol/jobs", "tests/simulation")
"""Half of the core's tests, by the time they take."""

EACH_VERSION = (
    "tests/live/test_scenarios.py",
    "tests/live/test_reliability.py",
    "tests/live/test_example_drivers.py",
    "tests/live/test_servers.py",
    "tests/live/test_trio.py",
)
"""What meets the reference app on each version, and so shares its servers in one step."""

NIGHTLY = (
    "tests/live/test_hf_gradio.py",
    "tests/live/test_queue_of_one.py",
    "tests/live/test_stubs.py",
    "tests/live/test_view_api_parity.py",
)
"""What only `--matrix` runs. Without it, `tests/protocol/app` compares the small apps with what the
official client was recorded to say of them, and `tests/cli` checks the typed clients of the corpus
and the command line.
"""

HOUR = 3600
"""Seconds; the limit for what plays on every Gradio version or explores."""


def main(arguments: list[str]) -> int:
    """Run what the arguments ask for."""
    if {"--help", "-h"} & set(arguments):
        print(__doc__, end="")
        return 0
    options = {"--explore", "--fast", "--matrix"} & set(arguments)
    passed_on = [word for word in arguments if word not in options]
    if "--explore" in options:
        return check(list(explore_steps(passed_on)))
    if "--matrix" in options:
        os.environ["GRADIO_MATRIX"] = "1"
        if not passed_on:
            return check([matrix(), side_by_side(), *steps()])
    if "--fast" in options:
        return check(list(fast_steps(passed_on)))
    if passed_on:
        table = ("-p", "scripts.pages.matrix") if "--matrix" in options else ()
        return run_in_place([PYTHON, "-m", "pytest", *table, *passed_on])
    return check(list(steps()))


def steps() -> Iterator[Step]:
    """Everything there is to check, the long ones first, so that both processors end together."""
    yield from driver_tests()
    yield one("types: pyright", "-m", "pyright", "--pythonpath", PYTHON, "--warnings")
    yield one("types: declared for users", "-m", "scripts.checks.typed", "--check")
    yield pytest("random tests of the core", "tests/protocol", "tests/simulation", *RANDOM)
    yield core_tests()
    yield other_tests()
    yield one("docs", "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(TOOLS / "docs"))
    yield one("types: mypy", "-m", "mypy", "--no-error-summary")
    yield from cheap_checks()
    yield one("mutants: their lines", "-m", "scripts.checks.mutants", "--check")
    yield one("versions and pins", "-m", "scripts.release.bump", "--check")
    yield one("pages", "-m", "scripts.pages")


def cheap_checks() -> Iterator[Step]:
    """The checks that take a second or two."""
    yield one("format", "-m", "ruff", "format", "--check", ".")
    yield one("lint", "-m", "ruff", "check", ".")
    yield Step(title="workflows", commands=((ZIZMOR, "--offline", "--quiet", ".github"),))
    yield one("budgets", "-m", "scripts.checks.budgets", "--check")
    yield one("twins", "-m", "scripts.checks.twins", "--check")


def driver_tests() -> Iterator[Step]:
    """The tests that wait for servers, in parts that take about a minute each."""
    every = os.environ.get("GRADIO_MATRIX") == "1"
    elsewhere = BY_VERSION if every else NIGHTLY
    yield live_tests(
        "live tests: each version", *(path for path in EACH_VERSION if path not in elsewhere)
    )
    yield live_tests("live tests: the others", "tests/live", *without([*EACH_VERSION, *elsewhere]))
    yield pytest("tests of the drivers: conformance", "tests/conformance")
    trio = [str(path.relative_to(ROOT)) for path in (ROOT / "tests/drivers").glob("test_trio_*.py")]
    yield pytest("tests of the drivers: trio", *sorted(trio))
    yield pytest("tests of the drivers: httpx", "tests/drivers", *without(trio))


def core_tests() -> Step:
    """The core's own tests, which must reach every branch of it without drawing anything."""
    run = (PYTHON, "-m", "coverage", "run", "-m", "pytest", "-q", "tests/protocol", *EXAMPLES)
    return Step(
        title="tests of the core, with coverage",
        commands=(run, (PYTHON, "-m", "coverage", "report")),
        shown=True,
    )


def other_tests() -> Step:
    """The tests in every folder that has no step of its own."""
    own = {"conformance", "drivers", "live", "protocol", "simulation"}
    folders = sorted((ROOT / "tests").iterdir())
    rest = (path for path in folders if path.name not in own and any(path.rglob("test_*.py")))
    return pytest("tests of all else", *(str(path.relative_to(ROOT)) for path in rest))


def fast_steps(passed_on: list[str]) -> Iterator[Step]:
    """The core's own tests in two halves, one for each of two processors, and cheap checks."""
    quick = ("-m", "not slow and not live", "--hypothesis-profile=fast", *passed_on)
    options = (*quick, "-o", "faulthandler_timeout=0")
    yield pytest("documents and conversations", "tests/protocol", *without(JOBS), *options)
    yield pytest("jobs and the simulation", *JOBS, *options)
    if not passed_on:
        yield from cheap_checks()


def explore_steps(passed_on: list[str]) -> Iterator[Step]:
    """The random tests with new examples, in two halves, or those that the arguments choose."""
    options = (*RANDOM, "--hypothesis-profile=explore", "-o", "faulthandler_timeout=0")
    if passed_on:
        yield pytest("random tests", *options, *passed_on, timeout=HOUR)
    else:
        yield pytest("random tests of jobs, and the simulation", *JOBS, *options, timeout=HOUR)
        yield pytest("all other random tests", "tests", *without(JOBS), *options, timeout=HOUR)


def matrix() -> Step:
    """The scenarios on every version at hand, and the table of them for the documentation."""
    play = (PYTHON, "-m", "scripts.pages.matrix")
    return Step(title="scenarios by version", commands=(play,), shown=True, timeout=HOUR)


def side_by_side() -> Step:
    """The corpus of small apps, asked about by the official client and ours, on three versions."""
    play = (PYTHON, "-m", "scripts.pages.corpus")
    return Step(title="the corpus, by version", commands=(play,), timeout=HOUR)


def one(title: str, *arguments: str) -> Step:
    """A step of one command of this Python."""
    return Step(title=title, commands=((PYTHON, *arguments),))


def pytest(title: str, *arguments: str, timeout: int = 900) -> Step:
    """A step of pytest."""
    command = (PYTHON, "-m", "pytest", "-q", "--durations=5", *arguments)
    return Step(title=title, commands=(command,), shown=True, timeout=timeout)


def live_tests(title: str, *arguments: str) -> Step:
    """A step of pytest for which Gradio servers are installed first, each once.

    A new Gradio compiles as it is imported: six such servers on a busy machine take minutes.
    """
    install = (PYTHON, "-m", "scripts.environments.servers")
    step = pytest(title, *arguments, "-o", "faulthandler_timeout=600")
    return replace(step, commands=(install, *step.commands))


def without(paths: Iterable[str]) -> list[str]:
    """Options of pytest that leave out files and folders."""
    return [f"--ignore={path}" for path in paths]


if __name__ == "__main__":
    TOOLS.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))

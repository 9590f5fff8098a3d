"""Runs the steps of a check, four at a time, and says at the end what failed.

Four keep two cores busy: live tests wait for their servers about half of the time.

Every step runs, whatever failed before it. A step that passes says so in one line when it ends;
one that is shown or that fails prints all it has to say.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from scripts.bootstrap import ROOT

TIMEOUT = 900
"""Seconds; a command that takes longer hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands that run one after the other until one fails."""

    title: str
    commands: tuple[tuple[str, ...], ...]
    shown: bool = False
    """Whether its output is worth reading also when it passes."""
    timeout: int = TIMEOUT
    """Seconds for each of its commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a step."""

    step: Step
    passed: bool
    output: str
    seconds: float


def check(planned: list[Step]) -> int:
    """Run the steps in this order on four threads and sum up; put the longest first."""
    started = time.monotonic()
    failed: list[str] = []
    with ThreadPoolExecutor(max_workers=4) as pool:
        for future in as_completed([pool.submit(perform, step) for step in planned]):
            outcome = future.result()
            report(outcome)
            if not outcome.passed:
                failed.append(outcome.step.title)
    seconds = time.monotonic() - started
    print(f"{len(planned) - len(failed)} of {len(planned)} steps passed in {seconds:.0f} s")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def perform(step: Step) -> Outcome:
    """Run a step and keep what it prints."""
    started = time.monotonic()
    output: list[str] = []
    passed = True
    for command in step.commands:
        passed, text = ran(command, step.timeout)
        output.append(text)
        if not passed:
            break
    return Outcome(
        step=step, passed=passed, output="".join(output), seconds=time.monotonic() - started
    )


def ran(command: tuple[str, ...], timeout: int) -> tuple[bool, str]:
    """Whether a command passed, and what it printed; one that does not end has not."""
    with tempfile.TemporaryFile() as printed:
        try:
            code = subprocess.call(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
            last = ""
        except subprocess.TimeoutExpired:
            code, last = 1, f"\nstopped after {timeout} seconds\n"
        printed.seek(0)
        return code == 0, printed.read().decode("utf-8", "replace") + last


def report(outcome: Outcome) -> None:
    """Say how a step went."""
    word = "passed" if outcome.passed else "FAILED"
    print(f"{word} {outcome.seconds:6.1f} s  {outcome.step.title}", flush=True)
    if outcome.step.shown or not outcome.passed:
        print(outcome.output.rstrip(), end="\n\n", flush=True)

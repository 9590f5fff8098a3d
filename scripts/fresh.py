"""Runs `.ci/run` in fresh clones of HEAD, one after the other, and says what came of each.

Each clone starts with an empty HOME, in a folder with a space in its name, and with little more in
its environment than PATH and what leads to the package index. In the last ones two other processes
keep two processors busy. Clones are removed when they end; the log of one that fails is kept.

All clones share one uv cache, which begins empty: the first fetches what the others find there.
With `--cold`, each has its own and fetches everything.

Exits with 1 if any run fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import ROOT, TOOLS

TIMEOUT = 1800
"""Seconds; a run that takes longer hangs."""
BURNERS = 2
"""Processes that keep a processor busy beside a loaded run."""

KEPT = {"PATH", "PYTHON", "LANG", "LC_ALL", "TZ", "CI"}
KEPT_BEGIN = ("PIP_", "UV_", "SSL_CERT_")
KEPT_END = ("_PROXY", "_CA_BUNDLE", "_CA_CERTS")
"""What of the environment a run is given: by name, by how it begins, by how it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run in a clone of its own."""

    number: int
    loaded: bool
    code: int
    seconds: float
    last: str
    """The last line that it printed."""

    def __str__(self) -> str:
        load = "loaded" if self.loaded else "idle"
        return f"{self.number:>3}  {load:6}  {self.code:>4}  {self.seconds:>5.0f} s  {self.last}"


def main(arguments: list[str]) -> int:
    """Run as often as asked, and print a line for each."""
    options = parsed(arguments)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda received, _: sys.exit(128 + received))  # so that blocks end
    folder = Path(tempfile.mkdtemp(prefix="fresh clones "))
    failed = 0
    print("run  load    exit  seconds  last line", flush=True)
    try:
        for number in range(1, options.runs + 1):
            loaded = number > options.runs - options.loaded
            log = TOOLS / "fresh" / f"{number}.log"
            run = run_clone(folder, number, log, loaded=loaded, cold=options.cold)
            print(run, flush=True)
            if run.code:
                failed += 1
                print(f"     its log: {log.relative_to(ROOT)}", flush=True)
            elif not options.keep:
                log.unlink()
            if not options.keep:
                remove(folder / f"run {number}")
    finally:
        if options.keep:
            print(f"clones: {folder}")
        else:
            remove(folder)
    print(f"{options.runs - failed} of {options.runs} runs passed")
    return 1 if failed else 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="scripts/fresh",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="how many clones: 10")
    parser.add_argument(
        "--loaded", type=int, metavar="M", help="how many of them beside busy processes: half"
    )
    parser.add_argument("--keep", action="store_true", help="leave the clones and all logs")
    parser.add_argument("--cold", action="store_true", help="give each clone a uv cache of its own")
    options = parser.parse_args(arguments)
    if options.loaded is None:
        options.loaded = options.runs // 2
    if not 0 <= options.loaded <= options.runs or options.runs < 1:
        parser.error("--runs must be at least 1, and --loaded between 0 and --runs")
    return options


def run_clone(folder: Path, number: int, log: Path, *, loaded: bool, cold: bool) -> Run:
    """Clone HEAD and run its checks, with all output in `log`."""
    place = folder / f"run {number}"
    clone, home = place / "clone", place / "home"
    home.mkdir(parents=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "-q", "--no-local", ROOT, clone], check=True)
    environ = minimal_environ() | {
        "HOME": str(home),
        "UV_CACHE_DIR": str((place if cold else folder) / "uv cache"),
    }
    started = time.monotonic()
    with busy(BURNERS if loaded else 0):
        code = run_logged([str(clone / ".ci" / "run")], clone, environ, log)
    return Run(
        number=number,
        loaded=loaded,
        code=code,
        seconds=time.monotonic() - started,
        last=last_line(log),
    )


def minimal_environ() -> dict[str, str]:
    """What a run needs of this process's environment."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_BEGIN) or name.upper().endswith(KEPT_END)
    }


def run_logged(command: list[str], folder: Path, environ: dict[str, str], log: Path) -> int:
    """Run a command in a session of its own; whatever it leaves behind ends with it."""
    with log.open("wb") as printed:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            printed.write(f"\nstopped after {TIMEOUT} seconds\n".encode())
            return 124
        finally:
            end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all of its group."""
    with suppress(ProcessLookupError):  # all of it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def busy(processes: int) -> Generator[None]:
    """Keep so many processors busy."""
    burn = [sys.executable, "-c", "while True: pass"]
    burning = [subprocess.Popen(burn) for _ in range(processes)]
    try:
        yield
    finally:
        for each in burning:
            each.kill()
            each.wait()


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    lines = log.read_text("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def remove(folder: Path) -> None:
    """Remove a folder, also where tests have made something in it read-only."""
    try:
        shutil.rmtree(folder)
    except PermissionError:
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

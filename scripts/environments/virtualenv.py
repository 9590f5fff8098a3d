"""Environments that hold what this project is tried against: one folder under .tools/ for each.

Everything is as it was on one day, so that what is fetched tomorrow is what was fetched today.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.bootstrap import (
    TOOLS,
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


def ensure(name: str, wanted: Sequence[str], *, day: str, python: str = sys.executable) -> Path:
    """The Python of an environment that has these packages, made if there is none.

    Nothing newer than `day` is in it. Safe to call from several processes at once: one makes it,
    the others wait. Raises BootstrapFailed where something cannot be fetched.
    """
    home = TOOLS / name
    stamp = digest(day, python, *wanted, str(home))
    if not is_fresh(home, stamp):
        with locked(TOOLS / f"{name}.lock"):
            if not is_fresh(home, stamp):
                make(home, wanted, day, python)
                seal(home, stamp)
    return python_of(home)


def make(home: Path, wanted: Sequence[str], day: str, python: str) -> None:
    """Install the packages into a new environment, with the dependencies of that day."""
    with locked(TOOLS / "bootstrap.lock"):
        uv = uv_of(make_boot())
    say(f"making {home.name}")
    shutil.rmtree(home, ignore_errors=True)
    run([uv, "venv", "--no-project", "-p", python, home], f"find Python {python}")
    pip: list[str | Path] = [uv, "pip", "install", "-p", python_of(home)]
    run([*pip, "--exclude-newer", day, *wanted], f"fetch {wanted[0]}")

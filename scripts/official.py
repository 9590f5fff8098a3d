"""The official client, in an environment of its own, asked what it says of apps and schemas.

It is only ever run, to compare with what it prints; nothing of this project imports it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.bootstrap import (
    ROOT,
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

VERSION = "2.7.2"
DAY = "2026-11-20"
"""Nothing newer than this day is installed."""
HOME = TOOLS / f"official-{VERSION}"
ASKED = ROOT / "tests" / "support" / "apps" / "official.py"
PATIENCE = 300
"""Seconds for all apps of one question."""


def ensure() -> Path:
    """The Python of the environment that has the official client, made if there is none.

    Safe to call from several processes at once. Raises BootstrapFailed where it cannot be fetched.
    """
    stamp = digest(VERSION, DAY, str(HOME))
    if not is_fresh(HOME, stamp):
        with locked(TOOLS / f"{HOME.name}.lock"):
            if not is_fresh(HOME, stamp):
                make()
                seal(HOME, stamp)
    return python_of(HOME)


def make() -> None:
    with locked(TOOLS / "bootstrap.lock"):
        uv = uv_of(make_boot())
    say(f"making {HOME.name}")
    shutil.rmtree(HOME, ignore_errors=True)
    run([uv, "venv", "--no-project", "-p", sys.executable, HOME], "make an environment")
    wanted = ("--exclude-newer", DAY, f"gradio_client=={VERSION}")
    install: list[str | Path] = [uv, "pip", "install", "-p", python_of(HOME), *wanted]
    run(install, f"fetch gradio_client {VERSION}")


def ask(apps: Mapping[str, str], schemas: Sequence[Any] = ()) -> dict[str, Any]:
    """What the official client says of each app, by name, and of each schema, in order.

    `apps` are addresses by name; the answer is described in `tests/support/apps/official.py`.
    """
    done = subprocess.run(
        [str(ensure()), str(ASKED)],
        input=json.dumps({"apps": dict(apps), "schemas": list(schemas)}),
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer

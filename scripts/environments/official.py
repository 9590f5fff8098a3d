"""The official client, in an environment of its own, asked what it says of apps and schemas.

It is only ever run, to compare with what it prints; nothing of this project imports it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.bootstrap import ROOT
from scripts.environments import virtualenv

VERSION = "2.7.2"
DAY = "2026-11-20"
"""Nothing newer than this day is installed."""
ASKED = ROOT / "tests" / "support" / "apps" / "official.py"
PATIENCE = 300
"""Seconds for all apps of one question."""


def ensure() -> Path:
    """The Python of the environment that has the official client."""
    return virtualenv.ensure(f"official-{VERSION}", [f"gradio_client=={VERSION}"], day=DAY)


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

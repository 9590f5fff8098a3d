"""Others' code that imports `gradio_client`, in environments where this package is beside it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scripts.bootstrap import ROOT
from scripts.environments import virtualenv
from scripts.environments.servers import NEWEST, RELEASES
from tests.support.live import QUIET

SOURCES = [ROOT / "packages" / name / "src" for name in ("gradio-client-httpx", "gradio-protocol")]


def with_official() -> Path:
    """A Python that has Gradio, what its MCP server needs, and with it the official client."""
    wanted = (f"gradio[mcp]=={NEWEST}", "gradio_tools==0.0.9", "wsproto==1.3.2")
    return virtualenv.ensure("with-official", wanted, day=RELEASES[NEWEST].day)


def without_official() -> Path:
    """A Python that has no `gradio_client`."""
    wanted = ("smolagents==1.26.0", "httpx==0.28.1", "wsproto==1.3.2")
    return virtualenv.ensure("without-official", wanted, day=RELEASES[NEWEST].day)


def printed(python: Path, *arguments: str | Path, **environ: str) -> str:
    """What a program prints that can import this package."""
    path = os.pathsep.join(map(str, SOURCES))
    done = subprocess.run(
        [python, *arguments],
        env={**os.environ, **QUIET, "PYTHONPATH": path, **environ},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout

"""A public library that imports `gradio_client`, unchanged, on this package: smolagents."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bootstrap import (
    ROOT,
    TOOLS,
    digest,
    is_fresh,
    locked,
    make_boot,
    python_of,
    run,
    seal,
    uv_of,
)
from tests.support.live import LiveServer

WANTED = ("smolagents==1.26.0", "httpx==0.28.1")
DAY = "2026-11-20"
"""Nothing newer than this day is installed."""
HOME = TOOLS / "smolagents-1.26.0"
SOURCES = [ROOT / "packages" / name / "src" for name in ("gradio-client-httpx", "gradio-protocol")]

CODE = """
import sys, gradio_client_httpx
gradio_client_httpx.install_as_gradio_client()
from smolagents import Tool
tool = Tool.from_space(sys.argv[1], name="echo", description="Says it again.", api_name="/echo")
print(tool("hello"))
tool.client.close()
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """An environment that has smolagents, and no `gradio_client`."""
    stamp = digest(*WANTED, DAY, str(HOME))
    with locked(TOOLS / f"{HOME.name}.lock"):
        if not is_fresh(HOME, stamp):
            with locked(TOOLS / "bootstrap.lock"):
                uv = uv_of(make_boot())
            shutil.rmtree(HOME, ignore_errors=True)
            run([uv, "venv", "--no-project", "-p", sys.executable, HOME], "make an environment")
            install: list[str | Path] = [
                uv,
                "pip",
                "install",
                "-p",
                python_of(HOME),
                "--exclude-newer",
                DAY,
            ]
            run([*install, *WANTED], "fetch smolagents")
            seal(HOME, stamp)
    return python_of(HOME)


@pytest.mark.slow
def test_a_tool_of_smolagents_is_made_from_an_app(python: Path, tour: LiveServer) -> None:
    path = os.pathsep.join(map(str, SOURCES))
    done = subprocess.run(
        [str(python), "-c", CODE, tour.url],
        env={**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "hello"

"""What a person meets first: the commands, on a machine that is not ready for them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.ports import closed_port

ROOT = Path(__file__).parents[2]

OLD_PYTHON = """#!/bin/sh
case "$2" in
  *sys.exit*) exit 1 ;;
  *) echo "Python 3.10" ;;
esac
"""


def scripts_in(folder: Path) -> Path:
    """The commands and what they read, in a folder of their own."""
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def refused(folder: Path, command: str, **variables: str) -> str:
    """What a command prints that must end with exit code 1."""
    done = subprocess.run(
        [folder / "scripts" / command],
        env={"PATH": os.defpath, "HOME": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["demo", "test"])
def test_a_python_that_is_too_old_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    old = tmp_path / "python3"
    old.write_text(OLD_PYTHON)
    old.chmod(0o755)
    assert refused(ROOT, command, PYTHON=str(old)) == (
        f"scripts/{command}: needs Python 3.11 or newer, and '{old}' is Python 3.10;"
        " name another one in PYTHON.\n"
    )


@pytest.mark.slow
def test_without_a_network_the_first_run_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    with closed_port() as port:
        index = f"http://127.0.0.1:{port}"
        said = refused(scripts_in(folder), "demo", PIP_INDEX_URL=index, PIP_RETRIES="0")
    assert said.splitlines()[-1] == (
        "scripts/demo: could not fetch uv; a first run needs the network,"
        " and what went wrong is at the end of .tools/bootstrap.log."
    )


def test_every_action_of_a_workflow_is_pinned_by_a_commit() -> None:
    used = [
        line
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for line in path.read_text("utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    loose = [line for line in used if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    assert loose == []


def test_no_workflow_has_a_permission_that_no_job_asked_for() -> None:
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        assert "\npermissions: {}\n" in path.read_text("utf-8")

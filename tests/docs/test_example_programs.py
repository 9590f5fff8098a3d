"""Each program in `examples` runs against a server as it stands, and prints what it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import threaded

FOLDER = Path(__file__).parents[2] / "examples"
PROGRAMS = {
    "predict": ["hello", "the app says: the guide says no to strangers"],
    "files": ["first.txt: DEAR READER", "second.txt: YOURS TRULY"],
    "generator": ["one", "one word", "one word after", "one word after another", "4 steps"],
    "many_jobs": ["100 jobs, sum 4950"],
    "nursery": ["timed out", "still connected"],
}
"""The last lines that each prints."""
HEARD = {"predict": "/echo", "generator": "walking: ", "nursery": "[0, 1, 2, 3]"}
"""What is printed besides, in an order or a number that the server decides."""


def printed(program: str, folder: Path) -> str:
    """All that a program prints; it must end well."""
    passed_on = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    with threaded(FakeGradio()) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", FOLDER / f"{program}.py", server.url],
            cwd=folder,
            env={**passed_on, "HOME": str(folder), "HF_HUB_OFFLINE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_what_it_should(program: str, tmp_path: Path) -> None:
    text = printed(program, tmp_path)
    last = PROGRAMS[program]
    said = [line.strip() for line in text.splitlines() if not line.startswith("walking: ")]
    assert said[-len(last) :] == last
    assert HEARD.get(program, "") in text


def test_every_program_is_run_and_listed() -> None:
    programs = {path.stem for path in FOLDER.glob("*.py")}
    assert programs == set(PROGRAMS)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    modules = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py")}
    assert [module for module in sorted(modules) if f"]({module})" not in readme] == []

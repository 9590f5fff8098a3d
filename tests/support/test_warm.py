"""Programs that are started in forks of one Python have nothing but its imports in common."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.warm import WarmPython

FACTS = """
import imported_before, json, os, sys
import __main__
facts = {
    "same": imported_before.PID == os.getppid(),
    "arguments": sys.argv[1:],
    "environ": dict(os.environ),
    "group": os.getpgid(0) == os.getsid(0) == os.getpid(),
    "path": sys.path[0],
    "main": vars(__main__) is globals(),
    "before": hasattr(imported_before, "touched"),
}
imported_before.touched = True
print(json.dumps(facts))
"""


@pytest.fixture
def warm(tmp_path: Path) -> Generator[WarmPython]:
    """A Python that has imported a module, which knows in which process it was imported."""
    (tmp_path / "imported_before.py").write_text("import os\nPID = os.getpid()\n")
    python = WarmPython(
        sys.executable, ["imported_before"], environ={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    yield python
    python.close()


def program(folder: Path, source: str) -> Path:
    """A program in a folder of its own."""
    path = folder / "of its own" / "program.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    return path


def test_programs_share_the_imports_and_nothing_else(warm: WarmPython, tmp_path: Path) -> None:
    path = program(tmp_path, FACTS)
    for number in ("1", "2"):
        process = warm.start(path, "one", number, environ={"ONLY": "this"})
        with process.stdin, process.stdout:
            facts = json.loads(process.stdout.read())
        assert process.wait() == 0
        assert facts == {
            "same": True,
            "arguments": ["one", number],
            "environ": {"ONLY": "this"},
            "group": True,
            "path": str(path.parent),
            "main": True,
            "before": False,
        }


def test_a_program_reads_its_input_and_says_how_it_ended(warm: WarmPython, tmp_path: Path) -> None:
    path = program(tmp_path, "import sys\nprint(sys.stdin.read())\nsys.exit(3)\n")
    process = warm.start(path)
    with process.stdout:
        with process.stdin:
            process.stdin.write("what it is told")
        assert process.stdout.read() == "what it is told\n"
    assert process.wait() == process.wait() == 3


def test_what_a_program_fails_with_is_printed(warm: WarmPython, tmp_path: Path) -> None:
    path = program(tmp_path, "raise LookupError('nothing here')\n")
    with pytest.raises(AssertionError, match=r"program\.py(.|\n)*LookupError: nothing here"):
        warm.run(path)


def test_a_program_can_be_killed(warm: WarmPython, tmp_path: Path) -> None:
    process = warm.start(program(tmp_path, "import sys\nsys.stdin.read()\n"))
    with process.stdin, process.stdout:
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.kill()


def test_a_module_that_cannot_be_imported_starts_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    python = WarmPython(sys.executable, ["no_such_module"])
    with pytest.raises(AssertionError, match="has ended"):
        python.run(program(tmp_path, ""))
    python.close()
    assert "No module named 'no_such_module'" in capfd.readouterr().err

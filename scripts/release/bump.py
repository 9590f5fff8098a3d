"""Writes one version into the three distributions and their pins; `--check` compares them.

`scripts/release/bump 0.2.0` also has towncrier move what lies in changes/ into CHANGELOG.md. The
three are released together, and a driver takes any core of its own minor version and no other.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

VERSION = re.compile(r'__version__ = "(\d+\.\d+\.\d+)"')
PIN = re.compile(r'"gradio-protocol[^"]*"')


def main(arguments: list[str]) -> int:
    """Write a version, or check the one there is."""
    if arguments[:1] == ["--check"]:
        faults = list(disagreements(ROOT, *arguments[1:]))
        for fault in faults:
            print(fault)
        return 1 if faults else 0
    if len(arguments) != 1 or not re.fullmatch(r"\d+\.\d+\.\d+", arguments[0]):
        print("scripts/release/bump: say a version such as 0.2.0, or --check", file=sys.stderr)
        return 1
    write(ROOT, arguments[0])
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", arguments[0]]
    return subprocess.call(command, cwd=ROOT)


def write(root: Path, version: str) -> None:
    """Put a version where versions are."""
    for path in version_files(root):
        replace(path, VERSION, f'__version__ = "{version}"')
    for path in pyprojects(root):
        replace(path, PIN, f'"{pin(version)}"')


def disagreements(root: Path, version: str = "") -> Iterator[str]:
    """One line for each place that is not of this version, or else of the core's."""
    wanted = version or said(core(root))
    for path in version_files(root):
        if said(path) != wanted:
            yield f"{path.relative_to(root)}: {said(path)}, not {wanted}"
    for path in pyprojects(root):
        for found in PIN.findall(requirements(path)):
            if found != f'"{pin(wanted)}"':
                yield f"{path.relative_to(root)}: {found}, not {pin(wanted)!r}"


def pin(version: str) -> str:
    """What a driver of this version asks of the core."""
    major, minor, _ = version.split(".")
    return f"gradio-protocol>={version},<{major}.{int(minor) + 1}"


def version_files(root: Path) -> list[Path]:
    """The modules that hold the versions."""
    return sorted(root.glob("packages/*/src/*/_version.py"))


def pyprojects(root: Path) -> list[Path]:
    """The files that hold the pins: the drivers', for the core asks for nothing."""
    return sorted(root.glob("packages/gradio-client-*/pyproject.toml"))


def core(root: Path) -> Path:
    """The module that the others follow."""
    return root / "packages/gradio-protocol/src/gradio_protocol/_version.py"


def said(path: Path) -> str:
    """The version that a module holds."""
    found = VERSION.search(path.read_text(encoding="utf-8"))
    return found[1] if found else "no version"


def requirements(path: Path) -> str:
    """The part of a pyproject.toml that says what a distribution depends on."""
    return path.read_text(encoding="utf-8").partition("\ndependencies = [")[2]


def replace(path: Path, pattern: re.Pattern[str], new: str) -> None:
    """Rewrite what a pattern matches in the last list of a file that has it."""
    head, mark, tail = path.read_text(encoding="utf-8").partition("\ndependencies = [")
    text = head + mark + pattern.sub(new, tail) if mark else pattern.sub(new, head)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

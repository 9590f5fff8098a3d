"""Installs the wheels alone in several Pythons, and calls an app with each client there.

`scripts/release/smoke`              Python 3.11 to 3.14
`scripts/release/smoke 3.12 …`       these: versions, or paths of interpreters
`scripts/release/smoke --every …`    fails if a Python cannot be had; otherwise it is left out

Each client gets two environments in each Python: one with the oldest direct dependencies that its
metadata allow, one with the newest there are. uv fetches a Python that is not at hand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from scripts.bootstrap import ROOT, TOOLS, BootstrapFailed, python_of, run, tool_environ, uv_of
from scripts.release.build import build

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
CLIENTS = {"gradio-client-httpx": "[cli]", "gradio-client-trio": ""}
"""What to install, with which extra."""
RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}
PROGRAM = Path(__file__).with_name("smoke_call.py")


def main(arguments: list[str]) -> int:
    """Build, try everything, and sum up."""
    pythons = [word for word in arguments if word != "--every"] or list(PYTHONS)
    try:
        build()
        with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
            results = {python: try_python(python, Path(folder)) for python in pythons}
    except BootstrapFailed as failure:
        print(f"scripts/release/smoke: {failure}", file=sys.stderr)
        return 1
    missing = [python for python, passed in results.items() if passed is None]
    if missing:
        print(f"left out, since uv found no such Python: {', '.join(missing)}")
    wanted_all = "--every" in arguments
    return 1 if False in results.values() or (missing and wanted_all) else 0


def try_python(python: str, folder: Path) -> bool | None:
    """Whether all clients work in a Python; None if there is no such Python."""
    if not has_python(python):
        return None
    results = [
        try_client(python, client, dependencies, folder)
        for client in CLIENTS
        for dependencies in RESOLUTIONS
    ]
    return all(results)


def has_python(python: str) -> bool:
    """Whether uv has this Python, or can fetch it."""
    uv = uv_of(TOOLS / "boot")
    if quiet([uv, "python", "find", "--no-project", python]) == 0:
        return True
    return not Path(python).exists() and quiet([uv, "python", "install", "--no-bin", python]) == 0


def quiet(command: Sequence[str | Path]) -> int:
    """The exit code of a tool, whose output nobody needs."""
    return subprocess.run(command, env=tool_environ(), capture_output=True, check=False).returncode


def try_client(python: str, client: str, dependencies: str, folder: Path) -> bool:
    """Whether a client works in a new environment; says so."""
    home = folder / "environment"
    shutil.rmtree(home, ignore_errors=True)
    uv = uv_of(TOOLS / "boot")
    run([uv, "venv", "--no-project", "-p", python, home], f"use Python {python}")
    # Without the project's configuration, which ends the list of releases at a day.
    install = (uv, "pip", "install", "--no-config", "-p", python_of(home), "--resolution")
    wanted = [RESOLUTIONS[dependencies], *requirements(client)]
    run((*install, *wanted), f"install {client} with its {dependencies} dependencies")
    done = subprocess.run(
        [python_of(home), "-I", PROGRAM, client.replace("-", "_")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(f"{python}, {dependencies}: {done.stdout.strip() or f'{client} FAILED'}", flush=True)
    if done.returncode:
        print(done.stderr)
    return done.returncode == 0


def requirements(client: str) -> list[str]:
    """The two wheels, and by name what they need: only what is named is `lowest-direct`."""
    project = tomllib.loads((ROOT / "packages" / client / "pyproject.toml").read_text("utf-8"))
    needed = [*project["project"]["dependencies"]]
    for extra in project["project"].get("optional-dependencies", {}).values():
        needed += extra
    others = [name for name in needed if not name.startswith("gradio-protocol")]
    (core,) = (ROOT / "dist" / "gradio-protocol").glob("*.whl")
    (wheel,) = (ROOT / "dist" / client).glob("*.whl")
    return [str(core), f"{wheel}{CLIENTS[client]}", *others]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

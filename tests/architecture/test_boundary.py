"""The tools that guard the boundary pass on the packages, and catch each thing they are there for.

A copy of the packages gets one violation of each kind, and every tool must name its own.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

CONTRACTS = {
    "layers": "The core is layered: client, present, flows, jobs, app, wire, errors",
    "pure": "The core imports no clock, no randomness, no file, no socket, no lock and no driver",
    "independent": "The drivers do not know each other",
    "root": "Drivers import the public names of the core, never its folders",
    "acyclic": "No import goes round in a circle, not even under TYPE_CHECKING",
}

VIOLATIONS = {
    "gradio-protocol/src/gradio_protocol/wire/climbs.py": "from ..flows import actions\n",
    "gradio-protocol/src/gradio_protocol/wire/reads_clock.py": "import time\n",
    "gradio-client-httpx/src/gradio_client_httpx/copies.py": "import gradio_client_trio.http\n",
    "gradio-client-httpx/src/gradio_client_httpx/digs.py": "import gradio_protocol.wire.sse\n",
    "gradio-client-trio/src/gradio_client_trio/circle.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import ring\n"
    ),
    "gradio-client-trio/src/gradio_client_trio/ring.py": "from . import circle\n",
}

CULPRITS = {
    "layers": "gradio_protocol.wire.climbs -> gradio_protocol.flows",
    "pure": "gradio_protocol.wire.reads_clock -> time",
    "independent": "gradio_client_httpx.copies -> gradio_client_trio.http",
    "root": "gradio_client_httpx.digs -> gradio_protocol.wire.sse",
    "acyclic": "No cycles are allowed in gradio_client_trio.",
}

BANNED_IN_CORE = (
    "import asyncio",
    "import email",
    "import importlib.metadata",
    "import io",
    "import logging",
    "import os",
    "import random",
    "import secrets",
    "import socket",
    "import ssl",
    "import subprocess",
    "import tempfile",
    "import threading",
    "import time",
    "import urllib.request",
    "import uuid",
    "from datetime import datetime; datetime.now()",
    "from pathlib import Path",
)
BANNED_IN_DRIVERS = ("import json", "from urllib.parse import urljoin", "import http.cookies")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace without its tests, to be spoiled."""
    root = tmp_path_factory.mktemp("spoiled")
    caches = shutil.ignore_patterns("__pycache__", ".*_cache")
    shutil.copytree(ROOT / "packages", root / "packages", ignore=caches)
    shutil.copy(ROOT / "pyproject.toml", root)
    for place, source in VIOLATIONS.items():
        (root / "packages" / place).write_text(source, encoding="utf-8")
    return root


def lint_imports(root: Path) -> tuple[int, str]:
    """What import-linter says of the packages under a root."""
    sources = os.pathsep.join(str(path) for path in sorted(root.glob("packages/*/src")))
    done = subprocess.run(
        [BIN / "lint-imports", "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": sources, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def banned(root: Path, package: str, source: str) -> str:
    """What ruff says of a module of a package, as far as banned names go."""
    path = next(root.glob(f"packages/*/src/{package}")) / "wants.py"
    options = ("--no-cache", "--select=TID251", "--output-format=concise")
    done = subprocess.run(
        [BIN / "ruff", "check", *options, "--stdin-filename", path, "-"],
        cwd=root,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def verdict(copy: Path) -> str:
    """What import-linter says of the spoiled copy."""
    code, text = lint_imports(copy)
    assert code == 1, text
    return text


@pytest.mark.slow
def test_the_packages_keep_every_import_contract() -> None:
    code, text = lint_imports(ROOT)
    assert code == 0, text
    assert "Contracts: 5 kept, 0 broken." in text


@pytest.mark.slow
@pytest.mark.parametrize("contract", CONTRACTS)
def test_an_import_that_breaks_a_contract_is_named(verdict: str, contract: str) -> None:
    assert f"{CONTRACTS[contract]} BROKEN" in verdict
    assert CULPRITS[contract] in verdict


@pytest.mark.parametrize("line", BANNED_IN_CORE)
def test_the_core_may_not_write(line: str) -> None:
    assert "TID251" in banned(ROOT, "gradio_protocol", line + "\n")


@pytest.mark.parametrize("package", ["gradio_client_httpx", "gradio_client_trio"])
@pytest.mark.parametrize("line", BANNED_IN_DRIVERS)
def test_a_driver_may_not_write(package: str, line: str) -> None:
    assert "TID251" in banned(ROOT, package, line + "\n")


@pytest.mark.parametrize(
    "line",
    [
        "from datetime import datetime",
        "import json",
        "import re",
        "import hashlib",
        "from urllib.parse import quote",
        "import html",
    ],
)
def test_the_core_may_write(line: str) -> None:
    assert "TID251" not in banned(ROOT, "gradio_protocol", line + "\n")


REACHING = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
"""Builtins that reach the world, and that no import gives away."""


def reaches(source: str) -> list[str]:
    """The builtins of that kind that a module uses."""
    return [
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in REACHING
    ]


def test_the_core_names_no_builtin_that_reaches_the_world() -> None:
    core = ROOT / "packages/gradio-protocol/src"
    found = {path: reaches(path.read_text("utf-8")) for path in core.rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("name", sorted(REACHING))
def test_a_builtin_that_reaches_the_world_is_found(name: str) -> None:
    assert reaches(f"value = {name}('x')\n") == [name]

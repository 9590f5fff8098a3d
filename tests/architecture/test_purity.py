"""The core does nothing to the world: no file, no socket, no process, not even by an import.

Each test looks at a Python of its own, started with -I, which nothing of this test run has
touched. `EXERCISES` names what the core is made to do under the audit hook.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "packages" / "gradio-protocol" / "src" / "gradio_protocol"

EXERCISES = (
    "tests.architecture.exercise:parse",
    "tests.architecture.exercise:compose",
    "tests.architecture.exercise:use_a_client",
)
"""`module:function`, each called without arguments."""

ON_THE_WAY = (
    "client/protocol.py",
    "flows/call.py",
    "flows/connect.py",
    "flows/download.py",
    "flows/cancel.py",
    "flows/upload.py",
    "jobs/session.py",
    "wire/sse.py",
)
"""Modules of the core that a client at work runs through."""

OUTSIDE = {
    "_socket", "_ssl", "asyncio", "concurrent.futures", "email", "h11", "http.client",
    "httpx", "huggingface_hub", "importlib.metadata", "logging", "multiprocessing", "pathlib",
    "queue", "random", "secrets", "select", "selectors", "shutil", "socket", "ssl", "subprocess",
    "tempfile", "threading", "trio", "truststore", "urllib.request", "uuid",
}  # fmt: skip
"""Modules that would let the core reach the world, or the world reach the core."""

IMPORT_EVERYTHING = """
import sys, pkgutil, importlib
before = set(sys.modules)
import gradio_protocol
for found in pkgutil.walk_packages(gradio_protocol.__path__, "gradio_protocol."):
    importlib.import_module(found.name)
"""

THE_EVENT = "event"
THE_FILE = "arguments[0].rpartition('/')[2] if event == 'open' else event"
"""What is told of an event: its name, or of an `open` the name of the file."""

WATCH = """
forbidden = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "glob.", "ctypes.",
             "fcntl.", "mmap.", "signal.", "time.", "urllib.", "_thread.", "webbrowser.")
seen = []
armed = False
def watch(event, arguments):
    if armed and event.startswith(forbidden):
        seen.append({seen})
sys.addaudithook(watch)
armed = True
{work}
armed = False
print(*seen)
"""


def in_a_fresh_python(source: str) -> str:
    """What a program prints in a Python that knows the packages and nothing of this run."""
    command = [sys.executable, "-I", "-W", "error", "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded_by(source: str) -> set[str]:
    """The modules that a program loads after it sets `before`."""
    return set(in_a_fresh_python(source + "\nprint(*set(sys.modules) - before)").split())


def events_of(work: str, before: str = "", *, seen: str = THE_EVENT) -> list[str]:
    """The audit events of a piece of work, as far as they reach the world."""
    return in_a_fresh_python(before + WATCH.format(work=work, seen=seen)).split()


def events_of_the_exercises(core: Path = SOURCE, *, seen: str = THE_EVENT) -> list[str]:
    """The same, of all exercises with the core in this folder."""
    modules = dict.fromkeys(name.partition(":")[0] for name in EXERCISES)
    calls = [name.replace(":", ".") + "()" for name in EXERCISES]
    path = f"import sys; sys.path[:0] = {[str(core.parent), str(ROOT)]!r}\n"
    before = path + IMPORT_EVERYTHING + "\n".join(f"import {module}" for module in modules)
    return events_of("\n".join(calls), before, seen=seen)


def core_that_opens_files(folder: Path) -> Path:
    """A copy of the core; in some of its modules each function first opens the module."""
    core = folder / SOURCE.name
    shutil.copytree(SOURCE, core, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (core / module for module in ON_THE_WAY):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.body[:0] = ast.parse("open(__file__, 'rb').close()").body
        path.write_text(ast.unparse(tree), encoding="utf-8")
    return core


def test_importing_the_core_brings_nothing_of_the_outside_along() -> None:
    source = "import sys; before = set(sys.modules); import gradio_protocol"
    assert loaded_by(source) & OUTSIDE == set()


def test_no_module_of_the_core_brings_anything_of_the_outside_along() -> None:
    loaded = loaded_by(IMPORT_EVERYTHING)
    assert "gradio_protocol.flows.call" in loaded
    assert loaded & OUTSIDE == set()


def test_what_an_import_brings_along_is_seen() -> None:
    assert "socket" in loaded_by("import sys; before = set(sys.modules); import http.client")


def test_the_core_at_work_does_nothing_to_the_world() -> None:
    assert events_of_the_exercises() == []


def test_a_file_that_is_opened_anywhere_on_the_way_is_seen(tmp_path: Path) -> None:
    seen = events_of_the_exercises(core_that_opens_files(tmp_path), seen=THE_FILE)
    assert set(seen) == {Path(module).name for module in ON_THE_WAY}


def test_the_hook_sees_a_file_a_folder_a_socket_and_a_process() -> None:
    assert "open" in events_of("open(sys.executable, 'rb').close()", "import sys")
    assert "os.listdir" in events_of("os.listdir('.')", "import os, sys")
    assert "socket.__new__" in events_of("socket.socket().close()", "import socket, sys")
    run = "subprocess.call([sys.executable, '-c', ''])"
    assert "subprocess.Popen" in events_of(run, "import subprocess, sys")

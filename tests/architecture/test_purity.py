"""The core does nothing to the world: no file, no socket, no process, not even by an import.

Each test looks at a Python of its own, started with -I, which nothing of this test run has
touched. `EXERCISES` names what the core is made to do under the audit hook.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

EXERCISES = (
    "tests.architecture.exercise:parse",
    "tests.architecture.exercise:compose",
)
"""`module:function`, each called without arguments."""

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

WATCH = """
forbidden = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "glob.", "ctypes.",
             "fcntl.", "mmap.", "signal.", "time.", "urllib.", "_thread.", "webbrowser.")
seen = []
armed = False
def watch(event, arguments):
    if armed and event.startswith(forbidden):
        seen.append(event)
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


def events_of(work: str, before: str = "") -> list[str]:
    """The audit events of a piece of work, as far as they reach the world."""
    return in_a_fresh_python(IMPORT_EVERYTHING + before + WATCH.format(work=work)).split()


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
    modules = [name.partition(":")[0] for name in EXERCISES]
    calls = [name.replace(":", ".") + "()" for name in EXERCISES]
    before = f"sys.path.insert(0, {str(ROOT)!r})\n" + "\n".join(f"import {m}" for m in modules)
    assert events_of("\n".join(calls), before) == []


def test_the_hook_sees_a_file_a_folder_a_socket_and_a_process() -> None:
    assert "open" in events_of("open(sys.executable, 'rb').close()")
    assert "os.listdir" in events_of("os.listdir('.')", "import os")
    assert "socket.__new__" in events_of("socket.socket().close()", "import socket")
    run = "subprocess.call([sys.executable, '-c', ''])"
    assert "subprocess.Popen" in events_of(run, "import subprocess")

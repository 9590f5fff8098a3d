"""What an import may load: everybody who imports the core or a client pays for each module.

How long it takes is no test; `scripts/benchmarks/import_time.py` measures it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "packages/gradio-protocol/src/gradio_protocol"

NAMED = {
    "__future__", "abc", "base64", "calendar", "collections", "collections.abc", "contextlib",
    "copy", "dataclasses", "difflib", "enum", "functools", "hashlib",
    "html", "inspect", "itertools", "json", "keyword", "math", "re", "reprlib", "typing",
    "urllib.parse", "zlib",
}  # fmt: skip
"""The modules of the standard library that the core may import; none does I/O."""


RARE = {
    "click", "difflib", "gradio_client_httpx.aio", "gradio_client_httpx.cli",
    "gradio_client_httpx.compat", "gradio_client_httpx.map_executor",
    "gradio_client_httpx.mapping", "gradio_client_httpx.official_updates",
    "gradio_client_httpx.progress", "gradio_client_httpx.telemetry",
    "gradio_client_httpx.websocket", "gradio_client_trio.duplicate", "gradio_client_trio.progress",
    "gradio_client_trio.telemetry", "gradio_protocol.app.png", "gradio_protocol.app.telemetry",
    "gradio_protocol.chunks", "gradio_protocol.client.map_window", "gradio_protocol.flows.cancel",
    "gradio_protocol.flows.check", "gradio_protocol.flows.duplicate",
    "gradio_protocol.present.card", "gradio_protocol.present.describe",
    "gradio_protocol.present.progress",
    "gradio_protocol.present.snippets", "gradio_protocol.testing",
    "gradio_protocol.wire.multipart", "html", "huggingface_hub", "secrets", "tqdm",
    "wsproto",
}  # fmt: skip
"""What only some programs need, and imports when they do."""

ASYNC = {"asyncio", "gradio_protocol.client.connecting", "gradio_protocol.present.async_job"}
"""What only asynchronous clients need."""


def test_the_core_names_few_modules_of_the_standard_library() -> None:
    named = {name for path in SOURCE.rglob("*.py") for name in imported(path)}
    assert {"json", "typing"} <= named
    assert named <= NAMED


def test_an_import_of_the_core_loads_these_and_itself_and_nothing_else() -> None:
    alone = loaded_by("; ".join(f"import {name}" for name in sorted(NAMED)))
    others = loaded_by("import gradio_protocol") - alone
    assert "gradio_protocol" in others
    assert {name.partition(".")[0] for name in others} == {"gradio_protocol"}


def test_the_blocking_client_loads_nothing_that_only_some_programs_need() -> None:
    loaded = loaded_by("from gradio_client_httpx import Client")
    assert "httpx" in loaded
    assert loaded.isdisjoint(RARE | ASYNC | {"pygments", "rich"})


def test_the_trio_client_loads_nothing_that_only_some_programs_need() -> None:
    loaded = loaded_by("from gradio_client_trio import Client")
    assert {"h11", "trio"} <= loaded
    assert loaded.isdisjoint(RARE | {"email", "http.client", "truststore", "urllib.request"})


@pytest.mark.parametrize("name", ["AsyncClient", "AsyncJob", "install_as_gradio_client"])
def test_other_names_of_the_blocking_package_are_loaded_when_they_are_used(name: str) -> None:
    loaded = loaded_by(f"import gradio_client_httpx; gradio_client_httpx.{name}")
    assert ("asyncio" in loaded) == name.startswith("Async")
    assert ("gradio_client_httpx.compat" in loaded) != name.startswith("Async")


def test_the_command_line_of_httpx_is_loaded_when_it_is_called() -> None:
    code = "import sys, gradio_client_httpx, httpx; sys.argv[1:] = ['--help']; httpx.main()"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    assert b"httpx" in done.stdout


def imported(path: Path) -> Iterator[str]:
    """What a module imports when it is imported, but for its own package."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def loaded_by(source: str) -> set[str]:
    """All modules that a fresh Python has after this."""
    code = f"{source}; import sys; print(*sys.modules)"
    command = [sys.executable, "-I", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

"""What a driver may not do, read from its source: the core decides, the driver obeys."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVERS = ("gradio_client_httpx", "gradio_client_trio")


def modules(driver: str) -> list[Path]:
    """The modules of a driver."""
    return sorted(next(ROOT.glob(f"packages/*/src/{driver}")).rglob("*.py"))


def faults(source: str) -> Iterator[str]:
    """Whatever in a module decides what is the core's to decide."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr="raise_for_status" | "is_success" | "is_error" as name):
                yield f"looks at a status: {name}"
            case ast.Compare(left=ast.Attribute(attr="status" | "status_code")):
                yield "looks at a status: a comparison"
            case ast.Call(func=ast.Attribute(attr="json"), args=[]):
                yield "parses JSON"
            case ast.keyword(arg="follow_redirects", value=ast.Constant(value=True)):
                yield "follows redirects"
            case _:
                pass


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_decides_nothing_about_replies(driver: str) -> None:
    found = {path.name: list(faults(path.read_text(encoding="utf-8"))) for path in modules(driver)}
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(
    "line",
    [
        "reply.raise_for_status()",
        "if reply.status == 401: login()",
        "reply.is_success",
        "reply.json()",
        "Client(follow_redirects=True)",
    ],
)
def test_a_driver_that_decides_is_found(line: str) -> None:
    assert len(list(faults(line))) == 1


def test_httpx_is_imported_where_it_is_spoken_and_nowhere_else() -> None:
    paths = [*modules("gradio_client_httpx")]
    assert {path.stem for path in paths if imports(path, "httpx")} == {"httpx_module"}
    assert {path.stem for path in paths if imports(path, "httpx_module")} == {"http"}


@pytest.mark.parametrize("driver", DRIVERS)
def test_importing_a_driver_does_not_load_huggingface_hub(driver: str) -> None:
    source = f"import sys, {driver}; print('huggingface_hub' in sys.modules)"
    command = [sys.executable, "-I", "-c", source]
    assert subprocess.check_output(command, text=True).strip() == "False"


def imports(path: Path, name: str) -> bool:
    """Whether a module imports another, or a name from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names) if any(each.name == name for each in names):
                return True
            case ast.ImportFrom(module=module) if module == name:
                return True
            case _:
                pass
    return False


EXAMPLES = [ROOT / "examples" / "drivers" / name for name in ("sockets.py", "streams.py")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_of_a_driver_is_one_short_file(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_of_a_driver_needs_h11_and_nothing_else(path: Path) -> None:
    outside = {name for name in imported(path) if name not in sys.stdlib_module_names}
    assert outside == {"h11", "gradio_protocol"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a module imports, by their first names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (each.name.partition(".")[0] for each in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]
            case _:
                pass

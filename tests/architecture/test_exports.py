"""The public names are those of `__all__`: all there, each once, and nothing else."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from scripts.pages.api import public_names

ROOT = Path(__file__).parents[2]
USERS = ("packages/gradio-client-*/src/**/*.py", "examples/drivers/*.py")
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CORE = importlib.import_module("gradio_protocol")
KITS = ("gradio_protocol.chunks", "gradio_protocol.clients")
CLIENT = importlib.import_module("gradio_protocol.client_exports")
PACKAGES = ("gradio_protocol", "gradio_client_httpx", "gradio_client_trio")


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> ModuleType:
    """One of the three."""
    return importlib.import_module(request.param)


def test_every_public_name_can_be_imported(package: ModuleType) -> None:
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert missing == []


def test_no_public_name_is_listed_twice(package: ModuleType) -> None:
    assert len(set(package.__all__)) == len(package.__all__)


def test_whatever_a_package_imports_by_name_is_public(package: ModuleType) -> None:
    bound = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert bound <= set(package.__all__)


def test_public_classes_and_functions_say_what_they_are(package: ModuleType) -> None:
    public = [(name, getattr(package, name)) for name in package.__all__]
    speaking = [(name, it) for name, it in public if inspect.isclass(it) or inspect.isfunction(it)]
    assert [name for name, it in speaking if not it.__doc__] == []


def test_every_package_says_its_version(package: ModuleType) -> None:
    assert "__version__" in package.__all__


def test_the_core_has_few_public_names() -> None:
    assert len(CORE.__all__) <= 80


def test_every_name_of_the_core_is_used_or_says_what_a_used_one_is_made_of() -> None:
    sources = [path.read_text(encoding="utf-8") for users in USERS for path in ROOT.glob(users)]
    for page in ROOT.glob("docs/**/*.md"):
        sources += _BLOCK.findall(page.read_text(encoding="utf-8"))
    used = {name for source in sources for name in taken(ast.parse(source))}
    used.update(CLIENT.__all__)
    public = {name: getattr(CORE, name) for name in CORE.__all__}
    for kit in map(importlib.import_module, KITS):
        public |= {name: getattr(kit, name) for name in public_names(kit)}
    told = {word for it in public.values() for word in annotated(it)}
    assert public.keys() - used - told == {"__version__"}


def test_pages_and_examples_import_public_names_only() -> None:
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob("examples/**/*.py")]
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        sources += _BLOCK.findall(page.read_text(encoding="utf-8"))
    found = {folder for source in sources for folder in folders(ast.parse(source))}
    assert found == {"gradio_protocol", "gradio_protocol.testing"}


def folders(module: ast.Module) -> Iterator[str]:
    """The modules of the core that a module imports."""
    for node in ast.walk(module):
        named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        named += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in named if name.partition(".")[0] == "gradio_protocol")


def taken(module: ast.Module) -> Iterator[str]:
    """The names that a module takes from the core, one by one or as `gp.Name`."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom() if node.module in ("gradio_protocol", *KITS):
                yield from (each.name for each in node.names)
            case ast.Attribute(value=ast.Name(id="gp"), attr=name):
                yield name
            case _:
                pass


def annotated(public: object) -> Iterator[str]:
    """The words in the annotations of what is public of a class or function."""
    members = vars(public).items() if inspect.isclass(public) else ()
    found = [member for key, member in members if not key.startswith("_")]
    for it in (public, *found):
        bare = it.fget if isinstance(it, property) else getattr(it, "__func__", it)
        for annotation in getattr(bare, "__annotations__", {}).values():
            yield from re.findall(r"\w+", str(annotation))


def test_what_nobody_takes_is_found() -> None:
    source = "import gradio_protocol as gp\nfrom gradio_protocol import Head\ngp.Sleep(x.Send)"
    assert set(taken(ast.parse(source))) == {"Head", "Sleep"}
    assert "Options" in set(annotated(CORE.BoundCall))

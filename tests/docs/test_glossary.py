"""The picture of one prediction and its glossary name what the code has, and stay small."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPLANATION = ROOT / "docs" / "explanation"

MAX_CONCEPTS = 30
"What a newcomer can hold in mind while following one prediction."

_ROW = re.compile(r"^\| (\*?)(\w+)\1 \| .* \| (?:`([\w/]+\.py)`)? ?\|$", re.MULTILINE)
_PICTURE = re.compile(r"^:name: one-prediction$(.*?)^```$", re.MULTILINE | re.DOTALL)
_CLASS_NAME = re.compile(r"\b[A-Z][a-z]\w*")
_MODULE = re.compile(r"`((?:wire|app|jobs|flows|client)/\w+\.py)`")


def page(name: str) -> str:
    return (EXPLANATION / name).read_text(encoding="utf-8")


def glossary() -> dict[str, str]:
    """The module of each concept, empty for one that is no class."""
    rows = _ROW.findall(page("glossary.md"))
    return {name: module for _, name, module in rows}


def picture() -> str:
    (drawn,) = _PICTURE.findall(page("architecture.md"))
    return str(drawn)


def defined(path: Path) -> set[str]:
    """The classes and type aliases of a module."""
    found = set[str]()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case _:
                pass
    return found


def test_the_glossary_is_short() -> None:
    rows = [line for line in page("glossary.md").splitlines() if line.startswith("| ")][2:]
    assert len(glossary()) == len(rows), "a row that the pattern does not read"
    assert len(glossary()) <= MAX_CONCEPTS


def test_the_glossary_explains_every_name_in_the_picture() -> None:
    assert set(_CLASS_NAME.findall(picture())) - set(glossary()) == set()


def test_the_picture_has_every_name_in_the_glossary() -> None:
    assert set(glossary()) - set(re.findall(r"\w+", picture())) == set()


@pytest.mark.parametrize(("name", "module"), glossary().items())
def test_the_code_defines_the_concept_where_the_glossary_says(name: str, module: str) -> None:
    if name.islower():
        assert not module, "only classes have a module"
        return
    paths = list(ROOT.glob(f"packages/*/src/*/{module}"))
    assert len(paths) == (1 if "/" in module else 2), "one in the core, or one in each driver"
    assert [path for path in paths if name not in defined(path)] == []


@pytest.mark.parametrize("name", ["architecture.md", "cancelling.md", "secrets.md", "wire.md"])
def test_the_modules_of_the_core_that_this_page_names_exist(name: str) -> None:
    core = ROOT / "packages" / "gradio-protocol" / "src" / "gradio_protocol"
    assert [path for path in _MODULE.findall(page(name)) if not (core / path).exists()] == []

"""Every diagram of the docs can be drawn, and shows each of its nodes once."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.docs.test_examples import DOCS, PAGES, title

_BLOCK = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SVG = "{http://www.w3.org/2000/svg}"
DRAWN = [page for page in PAGES if _BLOCK.search(page.read_text(encoding="utf-8"))]


def load() -> Any:
    """The module, which is no package's: Sphinx finds it beside its configuration."""
    spec = spec_from_file_location("diagrams", DOCS / "diagrams.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


diagrams = load()


def texts(picture: str) -> Counter[str]:
    return Counter(text.text or "" for text in ET.fromstring(picture).iter(f"{_SVG}text"))


@pytest.mark.parametrize("page", DRAWN, ids=title)
def test_the_diagrams_on_this_page_can_be_drawn(page: Path) -> None:
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        diagram = diagrams.read(block)
        seen = texts(diagrams.draw(diagram))
        assert {name: seen[name] for name in diagram.names} == dict.fromkeys(diagram.names, 1)


def test_there_are_diagrams() -> None:
    assert {page.stem for page in DRAWN} == {"import-map", "states"}


@pytest.mark.parametrize(
    "block",
    ["pie", "flowchart LR\n  a -.-> b", "stateDiagram-v2\n  note left of A", "flowchart LR\na"],
)
def test_what_is_not_known_is_an_error(block: str) -> None:
    with pytest.raises(diagrams.UnknownSyntax):
        diagrams.read(block)


def test_an_arrow_that_leads_back_keeps_its_label() -> None:
    seen = texts(diagrams.draw(diagrams.read("stateDiagram-v2\nA --> B : go\nB --> A : return")))
    assert seen == Counter(["A", "B", "go", "return"])


def test_states_that_may_all_follow_each_other_are_one_box() -> None:
    inner = "A --> B : x\nB --> A : y\nA --> C : z\nB --> C : z\nC --> A : y\nC --> B : x"
    diagram = diagrams.read(f"stateDiagram-v2\nstate all {{\n{inner}\n}}\nall --> D : end")
    assert diagram.causes == {"A": "y", "B": "x", "C": "z"}
    assert diagram.edges == {("all", "D"): "end"}
    assert texts(diagrams.draw(diagram))["each of these may follow any other"] == 1

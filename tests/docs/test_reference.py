"""The docs name what there is: every public name, and no path that leads nowhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from gradio_protocol import testing
from scripts.pages.api import public_names
from tests.docs.test_examples import PAGES, title

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
OTHERS = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", *sorted(ROOT.glob("[!.]*/README.md"))]

_DOCUMENTED = re.compile(r"^\.\. (?:auto|py:)\w+:: ([\w.]+)$", re.MULTILINE)
_PATH = re.compile(r"`((?:tests|scripts|docs|packages|examples)/[\w/.-]+)`")


def documented() -> set[str]:
    pages = (page.read_text(encoding="utf-8") for page in sorted(REFERENCE.glob("*.md")))
    return {name for page in pages for name in _DOCUMENTED.findall(page)}


def test_every_public_name_of_the_core_has_its_place_in_the_reference() -> None:
    names = importlib.import_module("gradio_protocol").__all__
    public = {f"gradio_protocol.{name}" for name in names}
    public |= {f"gradio_protocol.testing.{name}" for name in testing.__all__}
    for kit in ("gradio_protocol.chunks", "gradio_protocol.clients"):
        public |= {f"{kit}.{name}" for name in public_names(importlib.import_module(kit))}
    named = {name for name in documented() if name.startswith("gradio_protocol.")}
    assert public - named == {"gradio_protocol.__version__"}
    assert named - public == set()


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=title)
def test_the_paths_on_this_page_exist(page: Path) -> None:
    paths = _PATH.findall(page.read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []

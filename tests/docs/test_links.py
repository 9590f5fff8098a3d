"""Links to other files, on the pages that Sphinx does not check, lead to files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT

PAGES = sorted(
    path for glob in ("*.md", "[!.]*/README.md", "[!.]*/*/README.md") for path in ROOT.glob(glob)
)

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_links_on_this_page_lead_to_files(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_has_links_to_check() -> None:
    assert "docs/tutorial/first-call.md" in _LINK.findall((ROOT / "README.md").read_text("utf-8"))

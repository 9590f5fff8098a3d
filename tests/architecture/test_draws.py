"""The random tests draw the same in each run, whatever else is collected with them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st


def drawn() -> list[tuple[int, str]]:
    """What a test draws."""
    found: list[tuple[int, str]] = []

    @given(st.integers(), st.text())
    def draw(number: int, text: str) -> None:
        found.append((number, text))

    draw()
    return found


def test_draws_do_not_depend_on_what_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn()
    constants = [*range(1000, 1100), *(f"word {n}" for n in range(100))]
    (tmp_path / "imported_here.py").write_text(f"ALL = {constants!r}\n", "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.import_module("imported_here")
    assert drawn() == before


def test_draws_are_many_and_different() -> None:
    assert len(drawn()) == 100
    assert len(set(drawn())) > 50

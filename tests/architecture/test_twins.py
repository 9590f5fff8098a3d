"""The drivers share little code, and the tool that counts it can say that it is too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.checks import twins


def test_the_drivers_share_no_more_code_than_they_may() -> None:
    assert twins.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("second", "count"),
    [
        ("a = 1\nb = 2\nc = 3\nd = 4\n", 4),
        ("a = 1\nb = 2\nc = 3\nx = 4\n", 3),
        ("a = 1\nb = 2\nx = 3\nd = 4\n", 0),
        ('"""Docs."""\na = 1\n\n# Why.\nb = 2\nc = 3\n', 3),
    ],
)
def test_lines_of_code_are_counted_in_runs_of_three_or_more(second: str, count: int) -> None:
    assert twins.common("a = 1\nb = 2\nc = 3\nd = 4\n", second) == count


def test_imports_count_as_any_code() -> None:
    source = "import a\nfrom b import (\n    c,\n)\n"
    assert twins.common(source, source) == 4


def test_only_modules_of_the_same_name_are_compared(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, names in ((first, "ab"), (second, "bc")):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.py").write_text("a = 1\nb = 2\nc = 3\n")
    assert list(twins.shared(first, second)) == [("b.py", 3)]


def test_too_much_is_a_failure_that_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(twins, "CEILING", -1)
    assert twins.main(["--check"]) == 1
    assert "client.py" in capsys.readouterr().out

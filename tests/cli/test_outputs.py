"""Outputs as text and as JSON, and the files among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx.cli.outputs import SavedFiles, as_line, as_lines


@pytest.mark.parametrize(
    ("values", "text", "json"),
    [
        ([], [], ["[]"]),
        (["two\nlines"], ["two\nlines"], [r'"two\nlines"']),
        ([5], ["5"], ["5"]),
        (["a\ud800"], ["a\\ud800"], ['"a\\ud800"']),
        ([None], ["null"], ["null"]),
        (["a", 1.5, {"ä": [True]}], ["a", "1.5", '{"ä": [true]}'], ['["a", 1.5, {"ä": [true]}]']),
    ],
)
def test_a_result_is_text_or_json(values: list[Any], text: list[str], json: list[str]) -> None:
    assert as_lines(values, "text") == text
    assert as_lines(values, "json") == json


def test_an_output_of_a_stream_is_one_line() -> None:
    assert as_line(["a\n\tb\\c\r", 2], "text") == r"a\n\tb\\c\r" + "\t2"
    assert as_line(["a\n"], "json") == r'"a\n"'


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    for digest, text in (("1", "one"), ("2", "two")):
        (tmp_path / "downloads" / digest).mkdir(parents=True)
        (tmp_path / "downloads" / digest / "a.txt").write_text(text)
    return tmp_path / "downloads"


def test_files_are_saved_under_their_names_and_nothing_is_replaced(
    downloads: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "a.txt").write_text("mine")
    one, two = str(downloads / "1" / "a.txt"), str(downloads / "2" / "a.txt")
    saved = SavedFiles(downloads, folder)
    placed = saved.place([one, {"video": two, "more": [one]}, "text", 5])
    first, second = str(folder / "a-2.txt"), str(folder / "a-3.txt")
    assert placed == [first, {"video": second, "more": [first]}, "text", 5]
    assert [path.read_text() for path in sorted(folder.iterdir())] == ["one", "two", "mine"]
    assert saved.place([one]) == [first]


def test_a_text_that_names_another_file_stays_a_text(downloads: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    saved = SavedFiles(downloads, tmp_path / "results")
    texts = [str(mine), str(downloads), str(downloads / "../mine.txt"), "\0"]
    assert saved.place(texts) == texts
    assert not (tmp_path / "results").exists()

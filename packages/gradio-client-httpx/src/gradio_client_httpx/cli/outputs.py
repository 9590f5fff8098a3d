"""Writes the outputs of a job, and puts the files among them where the user wants them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, cast

from .listing import write_json


def as_lines(values: list[Any], form: str) -> list[str]:
    """Return the lines for a result: one for each value, or one of JSON.

    JSON is what `predict` returns: a single value as it is, several or none as a list.
    """
    if form == "json":
        return [write_json(values[0] if len(values) == 1 else values)]
    return [_as_text(value) for value in values]


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        return write_json(value)
    # JSON can have half of a letter, which UTF-8 cannot express.
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def as_line(values: list[Any], form: str) -> str:
    """Return one line for an output of a stream.

    Text has its line breaks, tabs and backslashes escaped, and a tab stands between two values.
    """
    if form == "json":
        return as_lines(values, form)[0]
    return "\t".join(map(_escape, as_lines(values, form)))


def _escape(text: str) -> str:
    for letter, escape in (("\\", r"\\"), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t")):
        text = text.replace(letter, escape)
    return text


class SavedFiles:
    """Copies files from the folder of the client's downloads into the user's, by their names."""

    def __init__(self, downloads: Path, folder: Path) -> None:
        self._downloads = downloads
        self._folder = folder
        self._saved: dict[str, str] = {}

    def place(self, values: list[Any]) -> list[Any]:
        """Return the values, with the paths of downloads replaced by those of copies."""
        return [map_text(value, self._place) for value in values]

    def _place(self, text: str) -> str:
        if text not in self._saved:
            # Downloads are the only files in that folder, whose name an app cannot know.
            path = Path(text)
            is_below = path.is_relative_to(self._downloads) and ".." not in path.parts
            if not (is_below and path.is_file()):
                return text
            self._folder.mkdir(parents=True, exist_ok=True)
            self._saved[text] = str(_copy(path, self._folder))
        return self._saved[text]


def _copy(path: Path, folder: Path) -> Path:
    """Copy a file under its name, or one with a number if there is another file of this name."""
    for number in count(1):
        target = folder / (path.name if number == 1 else f"{path.stem}-{number}{path.suffix}")
        try:
            # Opened exclusively: what is there already is not replaced.
            with path.open("rb") as source, target.open("xb") as copy:
                shutil.copyfileobj(source, copy)
        except FileExistsError:
            continue
        return target
    raise AssertionError


def map_text(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with each text in it changed, but not the keys of objects."""
    match value:
        case str():
            return change(value)
        case list() | tuple():
            return [map_text(part, change) for part in cast("list[Any]", value)]
        case dict():
            parts = cast("dict[str, Any]", value)
            return {key: map_text(part, change) for key, part in parts.items()}
        case _:
            return value

"""The functions of the tutorial's app, as the fake server has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.support.fake.functions import ALL_FUNCTIONS, Function, Part

APP = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "app.py"
_LISTED = re.compile(r"^        \((\w+), ", re.MULTILINE)


def tutorial_functions() -> Iterator[Function]:
    """Yield the functions that the app lists, with its labels."""
    known = {function.name: function for function in ALL_FUNCTIONS}
    for name in _LISTED.findall(APP.read_text(encoding="utf-8")):
        function = known[name]
        yield replace(function, outputs=tuple(map(relabelled, function.outputs)))


def relabelled(part: Part) -> Part:
    """Return an output with the label that its component has as an input."""
    labels = {"textbox": "Text", "number": "Number"}
    return replace(part, label=labels.get(part.type, part.label))

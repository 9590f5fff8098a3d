"""The app of the tutorial, `docs/tutorial/app.py`, as functions of the fake server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.fake.functions import ALL_FUNCTIONS, Call, Function, Part, Plain

APP = Path(__file__).resolve().parents[3] / "docs" / "tutorial" / "app.py"
_LISTED = re.compile(r"^        \((\w+), ", re.MULTILINE)


def tutorial_functions() -> Iterator[Function]:
    """The functions that the app lists, with its labels."""
    known = {function.name: function for function in ALL_FUNCTIONS}
    for name in _LISTED.findall(APP.read_text(encoding="utf-8")):
        function = known[name]
        yield replace(function, outputs=tuple(map(relabelled, function.outputs)))


def relabelled(part: Part) -> Part:
    """An output with the label that its component has as an input."""
    labels = {"textbox": "Text", "number": "Number"}
    return replace(part, label=labels.get(part.type, part.label))


def pausing_tutorial(doing: str = "walking") -> list[Function]:
    """The same, but `/progress` takes one job at a time, and holds each half-way.

    It says only that it is half-way and that it is done: steps that follow each other quickly need
    not all be shown.
    """
    return [
        replace(function, plain=pause_half_way(doing), limit=1)
        if function.name == "progress"
        else function
        for function in tutorial_functions()
    ]


def pause_half_way(doing: str) -> Plain:
    """A `/progress` that says what it does."""

    async def progress(call: Call) -> list[Any]:
        steps = int(call.data[0])
        unit = {"length": steps, "unit": "steps", "progress": None, "desc": doing}
        call.say("progress", [unit | {"index": steps // 2}])
        await call.hold()
        call.say("progress", [unit | {"index": steps}])
        return [f"{steps} steps"]

    return progress

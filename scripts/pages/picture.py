"""Draws two terminals: some steps of the demo for README.md, and a session of the command line.

`python -m scripts.pages.picture` writes docs/terminal.svg and docs/shell.svg; with `--check` it
only compares. The demo checks the answers of its steps; the session runs here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from html import escape
from typing import TypeAlias

from scripts.bootstrap import ROOT
from scripts.demo import BLOCKING, Step, examples, lines_of
from scripts.pages.shell_session import HALF_WAY, Shown, run_session

DOCS = ROOT / "docs"
STEPS = [BLOCKING[number] for number in (0, 1, 2, 7)]
URL = "http://127.0.0.1:7860/"

LETTER, LINE, EDGE, BAR = 8, 20, 20, 36
"Pixels: the width of a letter, the height of a line, the margin, the title bar."
COLUMNS = 68
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
TEXT, PROMPT, CODE, TITLE, ERROR = "#c9d1d9", "#7ee787", "#79c0ff", "#8b949e", "#ff7b72"

Line: TypeAlias = list[tuple[str, str]]
"Pieces of text, each with its colour."


def main(arguments: list[str]) -> int:
    """Write the pictures, or with `--check` compare them."""
    pictures = {
        "terminal.svg": draw("A Python prompt", [*lines_of_steps(STEPS)]),
        "shell.svg": draw("A shell", [*lines_of_session(run_session(COLUMNS))]),
    }
    stale = [name for name, drawn in pictures.items() if read(name) != drawn]
    if "--check" not in arguments:
        for name in stale:
            (DOCS / name).write_text(pictures[name], encoding="utf-8")
        return 0
    for name in stale:
        print(f"docs/{name} is stale; run python -m scripts.pages.picture")
    return 1 if stale else 0


def read(name: str) -> str:
    """The picture as it is; empty if there is none."""
    path = DOCS / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def lines_of_steps(steps: list[Step]) -> Iterator[Line]:
    """The lines of these steps, as the demo shows them."""
    for number, step in enumerate(steps):
        if number:
            yield []
        yield [(f"# {step.title}", TITLE)]
        for example in examples(step, URL):
            for prompt, line in lines_of(example):
                yield [(f"{prompt} ", PROMPT), (line, CODE)]
            for line in example.want.splitlines():
                yield [(line, ERROR if "Error:" in line else TEXT)]


def lines_of_session(session: Iterable[Shown]) -> Iterator[Line]:
    """The lines of these commands, as a shell shows them."""
    for shown in session:
        yield [("$ ", PROMPT), (shown.command, CODE)]
        for row in shown.rows:
            is_error = row.startswith("gradio-client: ")
            yield [(row, ERROR if is_error else TITLE if row == HALF_WAY else TEXT)]


def draw(title: str, lines: list[Line]) -> str:
    """The picture as SVG."""
    width, height = COLUMNS * LETTER + 2 * EDGE, BAR + len(lines) * LINE + EDGE
    buttons = zip((20, 40, 60), ("#ff5f56", "#ffbd2e", "#27c93f"), strict=True)
    rows = [
        f'<text y="{BAR + (number + 1) * LINE - 6}">{"".join(draw_pieces(line))}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
        f'<rect {size} rx="8" fill="#0d1117"/>',
        *(f'<circle cx="{x}" cy="18" r="6" fill="{colour}"/>' for x, colour in buttons),
        f'<g font-size="13" xml:space="preserve" font-family="{FONTS}">',
        *rows,
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def draw_pieces(line: Line) -> Iterator[str]:
    """The pieces of a line, each as wide as its letters, whichever font there is."""
    column = 0
    for text, colour in line:
        # Not all browsers keep blanks at the edges, and several blanks in a row.
        for found in re.finditer(r"\S+(?: \S+)*", text):
            x = EDGE + (column + found.start()) * LETTER
            size = f'x="{x}" textLength="{len(found[0]) * LETTER}"'
            yield f'<tspan {size} fill="{colour}">{escape(found[0])}</tspan>'
        column += len(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

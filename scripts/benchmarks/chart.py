"""A chart of figures as SVG: for each line a row of dots on one logarithmic axis.

Every line is divided by the figure of the official client, which stands at 1, so that lines of
different units share the axis. Of every line less is better.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import TypeAlias

from scripts.benchmarks.contestants import Who

Lines: TypeAlias = Mapping[str, Mapping[Who, float]]
"""By its title, the figures of a line."""

COLOURS = {
    Who.FLOOR: "#999999",
    Who.BLOCKING: "#0072b2",
    Who.ASYNCIO: "#56b4e9",
    Who.TRIO: "#009e73",
    Who.OFFICIAL: "#000000",
    Who.JAVASCRIPT: "#e69f00",
}
"""Colours that people who see few of them can tell apart."""
TITLES = 430
"""Pixels for the titles."""
PLOT = 520
EDGE = 30
ROW = 26
TOP = 76
RADIUS = 5.5
FONT = "font-family='system-ui, sans-serif' font-size='13'"


def chart(lines: Lines) -> str:
    """The document; lines without a figure of the official client are left out."""
    ratios = {
        title: {
            who: figure / figures[Who.OFFICIAL] for who, figure in figures.items() if figure > 0
        }
        for title, figures in lines.items()
        if figures.get(Who.OFFICIAL)
    }
    width, height = TITLES + PLOT + EDGE, TOP + ROW * len(ratios) + EDGE
    axis = Axis(ratio for each in ratios.values() for ratio in each.values())
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' {FONT}>",
        "<title>Figures of each client, divided by those of gradio_client</title>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        *legend(ratios),
        *axis.drawn(height - EDGE),
        text(TITLES, height - 10, "less is better, gradio_client is 1"),
        *(part for at, title in enumerate(ratios) for part in row(at, title, ratios[title], axis)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class Axis:
    """A logarithmic axis of whole powers of ten."""

    def __init__(self, ratios: Iterable[float]) -> None:
        powers = [math.log10(ratio) for ratio in ratios] or [0.0]
        self.low = min(-1, math.floor(min(powers)))
        self.high = max(1, math.ceil(max(powers)))

    def x(self, ratio: float) -> float:
        """Where a ratio is."""
        share = (math.log10(ratio) - self.low) / (self.high - self.low)
        return round(TITLES + PLOT * share, 1)

    def drawn(self, bottom: float) -> Iterator[str]:
        """A line for each power of ten."""
        for power in range(self.low, self.high + 1):
            x, colour = self.x(10**power), "#666666" if power == 0 else "#dddddd"
            yield f"<line x1='{x}' x2='{x}' y1='{TOP - 14}' y2='{bottom}' stroke='{colour}'/>"
            yield text(x, TOP - 22, f"{10**power:g} x", "middle")


def legend(ratios: Lines) -> Iterator[str]:
    """Who has which colour."""
    shown = [who for who in Who if any(who in each for each in ratios.values())]
    step = (TITLES + PLOT) / max(1, len(shown))
    for number, who in enumerate(shown):
        x = 20 + step * number
        yield dot(x, 20, who)
        yield text(x + 12, 24, who.value)


def row(at: int, title: str, ratios: Mapping[Who, float], axis: Axis) -> Iterator[str]:
    """The title of a line and its dots."""
    y = TOP + ROW * at + ROW / 2 - 10
    xs = [axis.x(ratio) for ratio in ratios.values()]
    yield text(TITLES - 14, y + 4.5, title.replace("`", ""), "end")
    yield f"<line x1='{min(xs)}' x2='{max(xs)}' y1='{y}' y2='{y}' stroke='#bbbbbb'/>"
    for who, ratio in ratios.items():
        yield dot(axis.x(ratio), y, who)


def dot(x: float, y: float, who: Who) -> str:
    """A dot of somebody's colour."""
    return f"<circle cx='{x:g}' cy='{y:g}' r='{RADIUS}' fill='{COLOURS[who]}' fill-opacity='0.85'/>"


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """Words at a place."""
    return f"<text x='{x:g}' y='{y:g}' text-anchor='{anchor}' fill='#222222'>{escape(words)}</text>"

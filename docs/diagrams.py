"""Draws the Mermaid blocks of these pages as SVG while Sphinx builds: no page needs a script.

It knows the part of Mermaid that the pages use: `flowchart` with `a --> b`, and `stateDiagram-v2`
with `a --> b : label` and `state name { … }`. Anything else is an error, which fails the build.
States of a group that may all follow each other, each for one cause, are drawn as one box, with the
cause below each state.
"""

import re
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive

LETTER, ROW, COLUMN, HEIGHT = 7.6, 62, 64, 30
"Pixels: the width of a letter, between two rows, between two columns, and the height of a box."

_EDGE = re.compile(r"(\[\*\]|\w+) --> (\[\*\]|\w+)(?: : (.+))?")
_GROUP = re.compile(r"state (\w+) \{")


class UnknownSyntax(ValueError):
    """A line that is not part of what can be drawn."""


@dataclass
class Diagram:
    """What a block says."""

    edges: dict[tuple[str, str], str] = field(default_factory=dict)
    "From where to where, with the label."
    groups: dict[str, list[str]] = field(default_factory=dict)
    "The members of each group."
    causes: dict[str, str] = field(default_factory=dict)
    "Of the states in a group that may follow any other: what leads there."

    @property
    def names(self) -> list[str]:
        """All nodes, in the order of their first mention."""
        ends = [end for edge in self.edges for end in edge]
        members = [member for group in self.groups.values() for member in group]
        return [name for name in dict.fromkeys(members + ends) if name not in self.groups]


def read(text: str) -> Diagram:
    """Read a block. Raises UnknownSyntax."""
    first, *lines = [line.strip() for line in text.strip().splitlines()]
    if not re.fullmatch(r"flowchart (TD|LR)|stateDiagram-v2", first):
        raise UnknownSyntax(first)
    diagram, group = Diagram(), ""
    for line in lines:
        if opened := _GROUP.fullmatch(line):
            group = opened[1]
            diagram.groups[group] = []
        elif line == "}":
            group = ""
        elif found := _EDGE.fullmatch(line):
            source, target, label = found.groups()
            if "[*]" in (source, target):  # the first and the last states are known by their arrows
                continue
            diagram.edges[source, target] = label or ""
            if group:
                diagram.groups[group] = [*dict.fromkeys([*diagram.groups[group], source, target])]
        else:
            raise UnknownSyntax(line)
    return collapse(diagram)


def collapse(diagram: Diagram) -> Diagram:
    """Turn the arrows between the states of a group into one cause for each state."""
    for members in diagram.groups.values():
        inner = {edge: label for edge, label in diagram.edges.items() if {*edge} <= {*members}}
        for target in members:
            labels = {label for (_, end), label in inner.items() if end == target}
            if len(labels) == 1:
                diagram.causes[target] = labels.pop()
        for edge in inner:
            del diagram.edges[edge]
    return diagram


def columns(diagram: Diagram) -> list[list[str]]:
    """The nodes by column, so that most arrows point to the right; each column in a good order."""
    forward = forward_edges(diagram)
    depth = dict.fromkeys(diagram.names, 0)
    for _ in depth:
        for source, target in forward:
            depth[target] = max(depth[target], depth[source] + 1)
    for name in set(depth) - {target for _, target in forward}:  # as near as can be
        depth[name] = min((depth[b] - 1 for a, b in forward if a == name), default=0)
    placed = [[n for n in depth if depth[n] == level] for level in range(max(depth.values()) + 1)]
    for _ in range(4):  # towards the middle of their neighbours, from the left and from the right
        for column in [*placed, *reversed(placed)]:
            rows = {name: row for each in placed for row, name in enumerate(each)}
            column.sort(key=lambda name: middle(name, forward, rows))
    return placed


def forward_edges(diagram: Diagram) -> list[tuple[str, str]]:
    """The arrows without those that lead back; those of a group begin at each member."""
    forward: list[tuple[str, str]] = []
    for source, target in diagram.edges:
        for start in diagram.groups.get(source, [source]):
            if not leads(forward, target, start):
                forward.append((start, target))
    for members in diagram.groups.values():
        forward += pairwise(members)
    return forward


def leads(edges: list[tuple[str, str]], start: str, end: str) -> bool:
    """Whether a way leads from `start` to `end`."""
    return start == end or any(leads(edges, b, end) for a, b in edges if a == start)


def middle(name: str, edges: list[tuple[str, str]], rows: dict[str, int]) -> float:
    """The mean row of a node's neighbours."""
    near = [rows[b if a == name else a] for a, b in edges if name in (a, b)]
    return sum(near) / len(near) if near else rows[name]


Box = tuple[float, float, float]
"Left, middle height, width."


def boxes(diagram: Diagram) -> dict[str, Box]:
    """Where each node stands; groups around their members."""
    found: dict[str, Box] = {}
    left, placed = 20.0, columns(diagram)
    tallest = max(map(len, placed))
    for column in placed:
        texts = [text for name in column for text in (name, diagram.causes.get(name, ""))]
        wide = max(map(len, texts)) * LETTER + 20
        for row, name in enumerate(column):
            middle_row = row + (tallest - len(column)) / 2
            found[name] = (left, 40 + middle_row * ROW, wide)
        longest = [len(label) for (_, b), label in diagram.edges.items() if b not in column]
        left += wide + max(COLUMN, max(longest, default=0) * 7 + 32)
    return found


def draw(diagram: Diagram) -> str:
    """Return the picture."""
    placed = boxes(diagram)
    parts = [draw_group(name, members, placed) for name, members in diagram.groups.items()]
    parts += [draw_edge(edge, label, placed) for edge, label in diagram.edges.items()]
    for name, (x, y, wide) in placed.items():
        if name in diagram.groups:
            continue
        parts.append(
            f'<rect class="node" x="{x:g}" y="{y - HEIGHT / 2:g}" width="{wide:g}"'
            f' height="{HEIGHT}" rx="6"/>'
            f'<text x="{x + wide / 2:g}" y="{y + 4:g}">{escape(name)}</text>'
        )
        if cause := diagram.causes.get(name):
            parts.append(
                f'<text class="label" x="{x + wide / 2:g}" y="{y + 31:g}">{escape(cause)}</text>'
            )
    # Causes, and arrows that lead back with their labels, need some room.
    is_plain = not diagram.groups and all(placed[b][0] > placed[a][0] for a, b in diagram.edges)
    width = max(x + wide for x, _, wide in placed.values()) + (20 if is_plain else 50)
    height = max(y for _, y, _ in placed.values()) + (30 if is_plain else 70)
    # Wide ones shrink to the page, but not until nobody can read them.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" viewBox="0 0 {width:g}'
        f' {height:g}" width="{width:g}" style="min-width: {min(width, 600):g}px" role="img">'
        f"{''.join(parts)}</svg>"
    )


def draw_group(name: str, members: list[str], placed: dict[str, Box]) -> str:
    """Return the box around the members of a group; adds it to `placed`."""
    inside = [placed[member] for member in members]
    left, right = min(x for x, _, _ in inside) - 12, max(x + wide for x, _, wide in inside) + 12
    highest, lowest = min(y for _, y, _ in inside), max(y for _, y, _ in inside)
    top, bottom = highest - 26, lowest + 46
    placed[name] = (left, (highest + lowest) / 2, right - left)
    return (
        f'<rect class="group" x="{left:g}" y="{top:g}" width="{right - left:g}"'
        f' height="{bottom - top:g}" rx="10"/><text class="label" x="{(left + right) / 2:g}"'
        f' y="{bottom + 16:g}">each of these may follow any other</text>'
    )


def draw_edge(edge: tuple[str, str], label: str, placed: dict[str, Box]) -> str:
    """Return an arrow: to the right through the gap, or back below the boxes."""
    (x, y, wide), (goal, high, goal_wide) = (placed[name] for name in edge)
    if goal > x:
        start, end = x + wide, goal
        bend = (end - start) / 2
        path = (
            f"M{start:g} {y:g}C{start + bend:g} {y:g} {end - bend:g} {high:g} {end - 7:g} {high:g}"
        )
        tip = f"M{end:g} {high:g}l-8 -4v8z"
        middle_x, middle_y = (start + end) / 2, (y + high) / 2 - 5
    else:
        start, end = x + wide / 2 - 8, goal + goal_wide / 2 + 8
        low = max(y, high) + HEIGHT / 2 + 14 + (start - end) / 14
        path = (
            f"M{start:g} {y + HEIGHT / 2:g}C{start:g} {low + 12:g} {end:g} {low + 12:g}"
            f" {end:g} {high + HEIGHT / 2 + 7:g}"
        )
        tip = f"M{end:g} {high + HEIGHT / 2:g}l-4 8h8z"
        middle_x, middle_y = start + len(label) * 3.5 + 4, y + HEIGHT / 2 + 14
    text = f'<text class="label" x="{middle_x:g}" y="{middle_y:g}">{escape(label)}</text>'
    return f'<path class="edge" d="{path}"/><path class="tip" d="{tip}"/>{text if label else ""}'


class MermaidDirective(Directive):
    """A block of Mermaid, drawn as SVG."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[Any]:
        """Return the picture; a block that cannot be drawn is an error."""
        try:
            picture = draw(read("\n".join(self.content)))
        except UnknownSyntax as error:
            raise self.error(f"cannot draw {error}") from error
        return [nodes.raw("", f'<div class="diagram">{picture}</div>', format="html")]

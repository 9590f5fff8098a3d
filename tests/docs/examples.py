"""Runs the examples of the docs, and compares what they show with what they say they show.

A statement of one expression may end with a comment, `# → …`. After the example has run, the
comment must be what the expression was: its `repr`, or, for a `print`, what was printed. Where the
line ran several times, or printed several lines, all of them, separated by commas.

An example with an `await` of its own is a cell of a notebook, and so is every later one on its
page. They run in one event loop.
"""

from __future__ import annotations

import ast
import asyncio
from collections import defaultdict
from collections.abc import Mapping
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType
from typing import Any

from sybil import Document, Example
from sybil.parsers.myst import CodeBlockParser

ARROW = "# → "


class Shown:
    """What the marked lines of one example came to."""

    def __init__(self) -> None:
        self._seen: defaultdict[int, list[str]] = defaultdict(list)

    def value(self, line: int, value: object) -> object:
        """Keep what an expression was."""
        self._seen[line].append(repr(value))
        return value

    def printed(self, line: int, *values: object, sep: str = " ", end: str = "\n") -> None:
        """Keep what would have been printed."""
        text = sep.join(map(str, values)) + end
        self._seen[line] += text.rstrip("\n").split("\n")

    def at(self, line: int) -> str:
        """What the comment of a line has to say."""
        return ", ".join(self._seen[line])


class Marked(ast.NodeTransformer):
    """Reports to a `Shown`, which is called `shown`, what the marked expressions are."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.expected: dict[int, str] = {}

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        line = node.end_lineno or node.lineno
        _, mark, comment = self._lines[line - 1].partition(ARROW)
        if mark:
            self.expected[line] = comment.strip()
            node.value = ast.copy_location(_reported(node.value, line), node)
        return ast.fix_missing_locations(node)


def _reported(value: ast.expr, line: int) -> ast.expr:
    place = ast.Constant(line)
    match value:
        case ast.Call(func=ast.Name(id="print"), args=args, keywords=keywords):
            return ast.Call(_shown("printed"), [place, *args], keywords)
        case _:
            return ast.Call(_shown("value"), [place, value], [])


def _shown(method: str) -> ast.expr:
    return ast.Attribute(ast.Name("shown", ast.Load()), method, ast.Load())


def run(page: Path, namespace: Mapping[str, Any], replaced: Mapping[str, str]) -> dict[str, Any]:
    """Run the `python` examples of a page, in order, in one namespace, which is returned.

    Each key of `replaced` that stands in an example is run as its value.
    """

    def evaluate(example: Example) -> None:
        source = str(example.parsed)
        for written, meant in replaced.items():
            source = source.replace(written, meant)
        # Blank lines in front, so that a traceback names the line of the page.
        padding = "\n" * (example.line + example.parsed.line_offset)
        show(padding + source, example.path, example.namespace)

    document = Document.parse(str(page), CodeBlockParser("python", evaluate))
    document.namespace.update(namespace, loop=asyncio.Runner())
    examples = list(document.examples())
    try:
        for example in examples:
            example.evaluate()
    finally:
        document.namespace["loop"].close()
    found: dict[str, Any] = document.namespace
    return found


async def _run_cell(code: CodeType, namespace: dict[str, Any]) -> None:
    outcome = eval(code, namespace)
    if code.co_flags & CO_COROUTINE:
        await outcome


def show(source: str, path: str, namespace: dict[str, Any]) -> None:
    """Run one example; raises AssertionError where a comment is not what was shown."""
    marked = Marked(source.splitlines())
    tree = marked.visit(ast.parse(source, path))
    shown = namespace["shown"] = Shown()
    code = compile(tree, path, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & CO_COROUTINE:
        namespace["is_notebook"] = True
    if "is_notebook" in namespace:
        namespace["loop"].run(_run_cell(code, namespace))
    else:
        eval(code, namespace)
    for line, comment in marked.expected.items():
        assert shown.at(line) == comment, f"{path}:{line} shows {shown.at(line)}"

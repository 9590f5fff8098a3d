"""Says how long modules and functions are; with `--check`, fails when one is over its ceiling.

What is counted: lines of code; the parameters of a function, without `self` and `cls`. Blank lines,
comments and docstrings, those of attributes too, cost nothing: a reason must be free. A public
constructor and a method of a public `Client` may have more parameters: they keep another library's
promise.

A ceiling that good code cannot meet is raised in EXCEPTIONS, with the reason, never met by
squeezing.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TypeAlias, TypeGuard

ROOT = Path(__file__).resolve().parents[2]

PACKAGE_LINES = {
    "gradio_protocol": 7820,
    "gradio_protocol/testing": 420,
    "gradio_client_httpx": 2160,
    "gradio_client_httpx/aio": 900,
    "gradio_client_httpx/cli": 2000,
    "gradio_client_trio": 1420,
}
"""Lines of code. Why there are ceilings: docs/explanation/decisions.md."""
MODULE_LINES = 300
BODY_LINES = 40
BODY_MEDIAN = 9
BODY_MOST = 25
"""Nine functions of ten are no longer than this."""
PARAMETERS = 6

EXCEPTIONS: dict[str, tuple[int, str]] = {
    "gradio_protocol/client/protocol.py": (360, "one class: all that a driver may call"),
    "gradio_protocol/jobs/session.py": (320, "one class: the rules of a session need each other"),
}
"""`package/module.py` or `package/module.py:Class.function` → its own ceiling, and why."""

CLIENTS = ("Client", "AsyncClient")
"""Classes whose methods keep another library's promise."""

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One function: where it is, how long its body is, how much it asks for."""

    where: str
    body: int
    parameters: int
    excused: bool
    """Whether it may ask for more than others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module, measured."""

    where: str
    lines: int
    described: bool
    functions: tuple[Measure, ...]


def main(arguments: list[str]) -> int:
    """Print the table, or with `--check` only what is wrong."""
    modules = list(measured(ROOT))
    if "--check" not in arguments:
        for line in table(modules):
            print(line)
        return 0
    faults = list(judged(modules))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def measured(root: Path) -> Iterator[Module]:
    """Every module of every package under a root."""
    for source in sorted(root.glob("packages/*/src")):
        for path in sorted(source.rglob("*.py")):
            yield measure(path.read_text(encoding="utf-8"), path.relative_to(source).as_posix())


def measure(source: str, where: str) -> Module:
    """Measure the source of one module."""
    tree = ast.parse(source)
    code = code_lines(source, tree)
    return Module(
        where=where,
        lines=len(code),
        described=ast.get_docstring(tree) is not None,
        functions=tuple(
            measure_function(node, where, parent, names, code)
            for node, parent, names in functions_of(tree, ())
        ),
    )


def code_lines(source: str, tree: ast.Module) -> frozenset[int]:
    """The numbers of the lines that hold code."""
    silent = {
        tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
        tokenize.ENDMARKER,
    }  # fmt: skip
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spans = [(t.start[0], t.end[0]) for t in tokens if t.type not in silent]
    told = {line for node in ast.walk(tree) if is_text(node) for line in lines_of(node)}
    return frozenset(line for start, end in spans for line in range(start, end + 1)) - told


def is_text(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Whether a statement is nothing but text: a docstring, or what stands below an attribute."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def lines_of(node: ast.stmt) -> range:
    """The numbers of the lines that a statement covers."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


Found: TypeAlias = tuple[Function, ast.AST, tuple[str, ...]]
"""A function, what it stands in, and the names on the way to it, its own last."""


def functions_of(parent: ast.AST, names: tuple[str, ...]) -> Iterator[Found]:
    """The functions inside a node, those inside classes and functions too."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Function):
            yield node, parent, (*names, node.name)
            yield from functions_of(node, (*names, node.name))
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node, (*names, node.name))
        else:
            yield from functions_of(node, names)


def measure_function(
    node: Function, where: str, parent: ast.AST, names: tuple[str, ...], code: frozenset[int]
) -> Measure:
    """Measure one function."""
    asked = node.args
    count = sum(map(len, (asked.posonlyargs, asked.args, asked.kwonlyargs)))
    count += sum(extra is not None for extra in (asked.vararg, asked.kwarg))
    in_class = isinstance(parent, ast.ClassDef)
    return Measure(
        where=f"{where}:{'.'.join(names)}",
        body=len({line for statement in node.body for line in lines_of(statement)} & code),
        parameters=count - (in_class and not is_static(node)),
        excused=in_class and is_public(names) and (names[-1] == "__init__" or names[-2] in CLIENTS),
    )


def is_static(node: Function) -> bool:
    """Whether a method has neither `self` nor `cls`."""
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


def is_public(names: tuple[str, ...]) -> bool:
    """Whether nothing on the way to a function is private; a magic method is not."""
    return not any(name.startswith("_") and not name.startswith("__") for name in names)


def judged(modules: list[Module]) -> Iterator[str]:
    """Everything over its ceiling, one line each."""
    for module in modules:
        if not module.described:
            yield f"{module.where}: has no docstring"
        yield from over(module.where, module.lines, MODULE_LINES, "lines of code")
        for function in module.functions:
            yield from over(function.where, function.body, BODY_LINES, "lines of body")
            if not function.excused:
                yield from over(function.where, function.parameters, PARAMETERS, "parameters")
    for package, ceiling in PACKAGE_LINES.items():
        mine = [module for module in modules if package_of(module) == package]
        yield from over(package, sum(module.lines for module in mine), ceiling, "lines of code")
        yield from spread(package, mine)


def over(where: str, found: int, ceiling: int, unit: str) -> Iterator[str]:
    """A line if a ceiling is passed."""
    allowed = EXCEPTIONS[where][0] if where in EXCEPTIONS else ceiling
    if found > allowed:
        yield f"{where}: {found} {unit}, not at most {allowed}"


def spread(package: str, modules: list[Module]) -> Iterator[str]:
    """Lines if a package's functions are long on the whole."""
    middle, most = lengths(modules)
    if middle > BODY_MEDIAN:
        yield f"{package}: half of the functions are over {middle:g} lines, not {BODY_MEDIAN}"
    if most > BODY_MOST:
        yield f"{package}: a tenth of the functions are over {most:g} lines, not {BODY_MOST}"


def lengths(modules: list[Module]) -> tuple[float, float]:
    """The median of the functions' lengths, and what nine of ten stay within."""
    bodies = [function.body for module in modules for function in module.functions]
    if len(bodies) < 2:
        return (0, 0)
    return median(bodies), quantiles(bodies, n=10, method="inclusive")[-1]


def table(modules: list[Module]) -> Iterator[str]:
    """The sizes of everything, for people."""
    for package, ceiling in PACKAGE_LINES.items():
        mine = [module for module in modules if package_of(module) == package]
        middle, most = lengths(mine)
        total = sum(module.lines for module in mine)
        bodies = f"median {middle:g}, nine of ten {most:g}"
        yield f"{package}: {total} lines of code of {ceiling}; lines of a body: {bodies}"
        for module in mine:
            longest = max((function.body for function in module.functions), default=0)
            yield f"  {module.lines:4}  {longest:3}  {module.where.removeprefix(package + '/')}"


def package_of(module: Module) -> str:
    """The package a module is in, as budgets have it."""
    package = module.where.rpartition("/")[0]
    return package if package in PACKAGE_LINES else module.where.split("/", 1)[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

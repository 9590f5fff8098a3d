"""Writes what each distribution makes public, one line for each name, into packages/*/api.txt.

`python -m scripts.pages.api`              write the records
`python -m scripts.pages.api --check`      fail if one is out of date
`python -m scripts.pages.api OLD [NEW]`    what changed between two revisions; NEW is the work tree

A class is followed by its members, the inherited ones too, as the sources declare them. A name that
a client passes on from the core is one line.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, UnionType
from typing import Union, get_args, get_origin

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "gradio-protocol": (
        "gradio_protocol",
        "gradio_protocol.chunks",
        "gradio_protocol.clients",
        "gradio_protocol.testing",
    ),
    "gradio-client-httpx": ("gradio_client_httpx",),
    "gradio-client-trio": ("gradio_client_trio",),
}
OURS = ("gradio_protocol", "gradio_client_httpx", "gradio_client_trio")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main(arguments: list[str]) -> int:
    """Write, check or compare."""
    records = {path_of(name): "".join(f"{line}\n" for line in record(name)) for name in MODULES}
    if arguments and arguments != ["--check"]:
        for path, now in records.items():
            old = at(arguments[0], path)
            new = at(arguments[1], path) if arguments[1:] else now
            print(*changes(path.parent.name, old.splitlines(), new.splitlines()), sep="\n")
        return 0
    stale = [path for path, text in records.items() if read(path) != text]
    for path in stale:
        if arguments:
            print(f"{path.relative_to(ROOT)} is out of date: run python -m scripts.pages.api")
        else:
            path.write_text(records[path], encoding="utf-8")
    return 1 if arguments and stale else 0


def path_of(distribution: str) -> Path:
    """Where the record of a distribution lies."""
    return ROOT / "packages" / distribution / "api.txt"


def read(path: Path) -> str:
    """The record that is there, or nothing."""
    return path.read_text("utf-8") if path.exists() else ""


def at(revision: str, path: Path) -> str:
    """A record as it was; nothing if that revision has none."""
    command = ["git", "show", f"{revision}:{path.relative_to(ROOT).as_posix()}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def changes(distribution: str, old: list[str], new: list[str]) -> Iterator[str]:
    """The lines that are gone, with a minus, and the new ones, with a plus, by name."""
    lines = [(line, "-") for line in old if line not in new]
    lines += [(line, "+") for line in new if line not in old]
    yield f"{distribution}: {len(lines)} changes"
    # A name's old line comes before its new one.
    yield from (f"{sign} {line}" for line, sign in sorted(lines, key=lambda it: name_of(it[0])))


def name_of(line: str) -> str:
    """The name that a line is about."""
    return re.split(r"[ (:]", line.removeprefix("class "))[0]


def record(distribution: str) -> Iterator[str]:
    """The lines of a distribution."""
    for module in map(importlib.import_module, MODULES[distribution]):
        prefix = module.__name__.partition(".")[2]
        for name in sorted(public_names(module)):
            full = f"{prefix}.{name}" if prefix else name
            yield from lines_of(module, full, getattr(module, name))


def public_names(module: ModuleType) -> list[str]:
    """The public names of a module, whether it lists them or imports each as itself."""
    listed: list[str] | None = getattr(module, "__all__", None)
    return listed or [name for name in vars(module) if not name.startswith("_")]


def lines_of(module: ModuleType, name: str, public: object) -> Iterator[str]:
    """The lines of one public name."""
    home = str(getattr(public, "__module__", "")).partition(".")[0]
    if home in OURS and home != module.__name__.partition(".")[0]:
        yield f"{name} = {home}.{name}"
    elif inspect.isclass(public):
        bases = [base.__name__ for base in public.__bases__ if base is not object]
        yield f"class {name}({', '.join(bases)})"
        found = {key: line for line, key in members(public)}
        yield from (f"{name}.{found[key]}" for key in sorted(found))
    elif inspect.isfunction(public):
        yield signature(name, parsed(public))
    elif name.endswith("__version__"):
        yield f"{name}: str"
    elif isinstance(public, int | float | str):
        yield f"{name} = {public!r}"
    elif isinstance(public, tuple):
        values = (getattr(value, "__name__", repr(value)) for value in public)  # functions
        yield f"{name} = ({', '.join(values)})"
    elif get_origin(public) in (Union, UnionType):
        yield f"{name} = {' | '.join(kind.__name__ for kind in get_args(public))}"
    elif get_origin(public):
        yield f"{name}: TypeAlias"
    else:
        yield f"{name}: {type(public).__name__}"


def members(public: type) -> Iterator[tuple[str, str]]:
    """The line and the name of each public member; one of a base before the class's own."""
    for each in reversed(public.__mro__):
        if each.__module__.partition(".")[0] in OURS:
            tree = parsed(each)
            assert isinstance(tree, ast.ClassDef)
            for node in tree.body:
                yield from (
                    (line, name)
                    for line, name in lines_in_class(node)
                    if name in ("__init__", "__call__") or not name.startswith("_")
                )


def lines_in_class(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """The lines and names of what one statement in the body of a class makes."""
    if isinstance(node, Function):
        yield signature(node.name, node), node.name
        yield from attributes(node)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield ast.unparse(node), node.target.id
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield ast.unparse(node), target.id


def attributes(function: Function) -> Iterator[tuple[str, str]]:
    """The attributes that a method gives to `self`, with the types that it declares for them."""
    arguments = (*function.args.args, *function.args.kwonlyargs)
    types = {it.arg: ast.unparse(it.annotation) for it in arguments if it.annotation}
    for node in ast.walk(function):
        match node:
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                yield f"{name}: {ast.unparse(node.annotation)}", name
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                value=ast.Name(id=parameter),
            ) if parameter in types:
                yield f"{name}: {types[parameter]}", name
            case _:
                pass


def signature(name: str, node: ast.stmt) -> str:
    """A function with its parameters and what it returns; a property with its type."""
    assert isinstance(node, Function)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    marks = {ast.unparse(decorator) for decorator in node.decorator_list}
    if marks & {"property", "cached_property"}:
        return f"{name}: {returns.removeprefix(' -> ')} (property)"
    told = sorted(marks & {"classmethod", "staticmethod"})
    told += ["async"] if isinstance(node, ast.AsyncFunctionDef) else []
    return f"{name}({ast.unparse(node.args)}){returns}{''.join(f' ({word})' for word in told)}"


def parsed(public: object) -> ast.stmt:
    """The statement that defines a class or function."""
    source = inspect.getsource(public)  # type: ignore[arg-type] # a class or function
    return ast.parse(textwrap.dedent(source)).body[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

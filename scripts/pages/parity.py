"""Compares the clients, and writes where they differ, and why, to docs/reference/parity.md.

1. The blocking client is compared with that for trio, and with that for asyncio, whose classes have
   names of their own.
2. What they export must be the same: names, what each name is, its parameters in their order with
   their kinds and defaults.
3. What differs has a reason in `parity_reasons`, or the comparison fails; so does a reason that
   nothing needs any more.

`--check` writes nothing, and also fails when the page is stale.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from types import FunctionType
from typing import Any, TypeAlias, cast

from scripts.pages.parity_reasons import ASYNCIO_REASONS, REASONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "parity.md"

CORE = "gradio_protocol"
DRIVERS = ("gradio_client_httpx", "gradio_client_trio")
ASYNCIO = {"AsyncClient": "Client", "AsyncJob": "Job"}
"""The classes for asyncio, and the classes of the blocking client that they are compared with."""
Facts: TypeAlias = dict[str, str]
"""`Client`, `Client.predict`, `Client.predict(fn_index)` → what that is; in order."""

HEAD = """# The clients compared

Written by `scripts/pages/parity.py` from the clients themselves. A difference that has no reason
here fails the tests, and so does a reason that no difference needs.

## Threads and trio

"""

ASYNC_HEAD = """
## Threads and asyncio

`AsyncClient` is compared with `Client`, and `AsyncJob` with `Job`.

"""

SAME = """
## What is the same

These are there in all three, with the same parameters, in the same order, with the same defaults,
but for what stands in the tables above.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One name, and what it is in each driver."""

    name: str
    ours: tuple[str, str]
    """In the order of DRIVERS; empty where it is missing."""


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it; 1 if anything is amiss."""
    public = differences(*map(surface, DRIVERS))
    for_asyncio = differences(surface(DRIVERS[0]), asyncio_surface())
    faults = [*judged(public, REASONS), *judged(for_asyncio, ASYNCIO_REASONS)]
    page = written(public, for_asyncio)
    if "--check" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        faults.append(f"{PAGE.relative_to(ROOT)} is stale; run python -m scripts.pages.parity")
    print("".join(f"{fault}\n" for fault in faults), end="")
    return 1 if faults else 0


# What each driver has.


def surface(package: str) -> Facts:
    """Everything public of one driver, without what only asyncio uses."""
    root = importlib.import_module(package)
    return gathered({name: getattr(root, name) for name in root.__all__ if name not in ASYNCIO})


def asyncio_surface() -> Facts:
    """Everything public of the client for asyncio, under the names of the blocking one."""
    root = importlib.import_module(DRIVERS[0])
    theirs = {blocking: name for name, blocking in ASYNCIO.items()}
    names: list[str] = [name for name in root.__all__ if name not in ASYNCIO]
    return gathered({name: getattr(root, theirs.get(name, name)) for name in names})


def gathered(public: Mapping[str, object]) -> Facts:
    """What public names are."""
    facts: Facts = {}
    for name, it in public.items():
        facts |= described(name, it, DRIVERS)
    return facts


def described(name: str, it: object, packages: tuple[str, ...]) -> Facts:
    """What a public name is; of what another package defines, that it is there."""
    if inspect.isclass(it):
        return {name: "class"} | (members(name, it, packages) if of(packages, it) else {})
    if inspect.isfunction(it):
        return called(name, it)
    return {name: type(it).__name__}


def members(owner: str, cls: type, packages: tuple[str, ...]) -> Facts:
    """The constructor and public members of a class, and the operators it defines."""
    facts: Facts = {}
    init = inspect.getattr_static(cls, "__init__")
    if inspect.isfunction(init):
        facts |= parameters(owner, init)
    for name in sorted(set(dir(cls)) - {"__init__"}):
        static = inspect.getattr_static(cls, name)
        operator = (
            name.startswith("__") and inspect.isfunction(static) and of((*packages, CORE), static)
        )
        if operator or not name.startswith("_"):
            facts |= member(f"{owner}.{name}", static)
    return facts


def fields(cls: type) -> Iterator[str]:
    """The keys of a typed dictionary."""
    return iter(sorted(cast("Any", cls).__annotations__))


def member(name: str, static: object) -> Facts:
    """What a member of a class is; nothing for what is not written in Python."""
    match static:
        case property():
            return {name: "property"}
        case classmethod():
            function = cast("Any", static).__func__
            return called(name, function) | {name: f"class method, {kind(function)}"}
        case _ if inspect.isfunction(static):
            return called(name, static)
        case _:
            return {}


def called(name: str, function: FunctionType) -> Facts:
    """A function, and its parameters."""
    return {name: kind(function)} | parameters(name, function)


def kind(function: FunctionType) -> str:
    """What calling it gives."""
    given, _, inside = str(function.__annotations__.get("return", "")).partition("[")
    of_what = inside.removesuffix("]").replace(" | ", " or ")
    match given:
        case "Iterator":
            return f"iterator of {of_what}"
        case "AsyncIterator":
            return f"async iterator of {of_what}"
        case _:
            return "coroutine" if inspect.iscoroutinefunction(function) else "plain"


def parameters(owner: str, function: FunctionType) -> Facts:
    """Each public parameter: how it is passed, and its default."""
    facts: Facts = {}
    for name, it in inspect.signature(function).parameters.items():
        if name == "self" or name.startswith("_"):
            continue
        default = "" if it.default is inspect.Parameter.empty else f" = {it.default!r}"
        facts[f"{owner}({name})"] = it.kind.description + default
        unpacked = re.fullmatch(r"Unpack\[(\w+)\]", str(it.annotation))
        if unpacked:
            keys = fields(function.__globals__[unpacked[1]])
            facts |= {f"{owner}({key})": "keyword of its own" for key in keys}
    return facts


def of(packages: tuple[str, ...], it: Any) -> bool:
    """Whether one of these packages defines it."""
    return str(it.__module__).partition(".")[0] in packages


# How they differ.


def differences(first: Facts, second: Facts) -> list[Difference]:
    """What is not the same; of what only one has, not also its parts."""
    lone = first.keys() ^ second.keys()
    found = [
        Difference(name=name, ours=(first.get(name, ""), second.get(name, "")))
        for name in merged(first, second)
        if first.get(name) != second.get(name) and not lone & {*owners(name)}
    ]
    return [*found, *moved([*first], [*second])]


def merged(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """All names, those of one class together."""
    names = dict.fromkeys([*first, *second])
    heads = {name: number for number, name in enumerate(dict.fromkeys(map(head, names)))}
    return sorted(names, key=lambda name: heads[head(name)])


def head(name: str) -> str:
    """The class that a name belongs to."""
    return name.partition("(")[0].partition(".")[0]


def owners(name: str) -> Iterator[str]:
    """What a name is a part of."""
    if name.endswith(")"):
        name = name.partition("(")[0]
        yield name
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def moved(first: list[str], second: list[str]) -> Iterator[Difference]:
    """The names that both have, but in another order."""
    common = {*first} & {*second}
    ours, theirs = ([name for name in names if name in common] for names in (first, second))
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    kept = {name for block in blocks for name in ours[block.a : block.a + block.size]}
    for name in ours:
        if name not in kept:
            yield Difference(
                name=f"{name} (order)", ours=(before(name, ours), before(name, theirs))
            )


def before(name: str, names: list[str]) -> str:
    """Where a name stands."""
    number = names.index(name)
    return f"after {names[number - 1]}" if number else "first"


def judged(found: Iterable[Difference], reasons: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What is amiss: a difference without a reason, a reason without a difference."""
    known = Counter(name for names in reasons.values() for name in names)
    for one in found:
        if one.name not in known:
            ours = (it or "missing" for it in one.ours)
            yield f"{one.name}: no reason why it is {' and '.join(ours)}"
    differing = {one.name for one in found}
    for name, count in known.items():
        if name not in differing:
            yield f"{name}: a reason, and nothing differs"
        elif count > 1:
            yield f"{name}: {count} reasons"


# The page.


def written(public: list[Difference], for_asyncio: list[Difference]) -> str:
    """The page."""
    tables = table(public, "trio", REASONS), table(for_asyncio, "asyncio", ASYNCIO_REASONS)
    return "".join([HEAD, tables[0], ASYNC_HEAD, tables[1], SAME, common()])


def table(found: Iterable[Difference], other: str, reasons: Mapping[str, tuple[str, ...]]) -> str:
    """Each difference with its reason, those of one reason and one kind in one row."""
    why = {name: reason for reason, names in reasons.items() for name in names}
    rows: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        rows.setdefault((*one.ours, why.get(one.name, "")), []).append(f"`{one.name}`")
    lines = [f"| name | threads | {other} | why |", "| --- | --- | --- | --- |"]
    for (ours, theirs, reason), names in rows.items():
        lines.append(f"| {', '.join(names)} | {ours or '·'} | {theirs or '·'} | {reason} |")
    return "".join(f"{line}\n" for line in lines)


def common() -> str:
    """The public names that all have, by class."""
    first, second = map(surface, DRIVERS)
    classes: dict[str, list[str]] = {}
    for name in first.keys() & second.keys() & asyncio_surface().keys():
        if "(" not in name:
            classes.setdefault(name.partition(".")[0], []).append(name.partition(".")[2])
    single = [f"`{name}`" for name, inside in sorted(classes.items()) if inside == [""]]
    lines = [
        f"- `{name}`: {', '.join(f'`{one}`' for one in sorted(inside) if one)}"
        for name, inside in sorted(classes.items())
        if inside != [""]
    ]
    return "".join(f"{line}\n" for line in [*lines, f"- {', '.join(single)}"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

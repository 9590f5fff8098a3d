"""How servers turn one output into the next: their edits, with their mistakes.

An independent model for the tests of the repair; it was compared, edit for edit, with what Gradio
4.44.1, 5.20.1 and 6.31.0 make of the same random values.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # when it runs, a fake shares nothing with what it tests
    from gradio_protocol.wire.document import JSON

Value: TypeAlias = "JSON"
Wire: TypeAlias = list[Any]


def server_edits(old: Value, new: Value, *, shifted: bool) -> list[Wire]:
    """The edits from `old` to `new`; `shifted` as 5.29.1 and later make them."""
    found = _between(old, new, [], shifted)
    # The lists of one edit are shared with no other: what comes is what JSON would bring.
    return [[action, list(path), value] for action, path, value in found]


def _between(old: Value, new: Value, path: list[Any], shifted: bool) -> list[Wire]:
    if old == new:
        return []
    match old, new:
        case str(), str() if new.startswith(old):
            return [["append", path, new[len(old) :]]]
        case list(), list():
            return _lists(old, new, path, shifted)
        case dict(), dict():
            return _objects(old, new, path, shifted)
        case _:
            return [["replace", path, new]]


def _lists(old: list[Value], new: list[Value], path: list[Any], shifted: bool) -> list[Wire]:
    made: list[Wire] = []
    for place, (before, after) in enumerate(zip(old, new, strict=False)):
        made += _between(before, after, [*path, place], shifted)
    made += [["delete", [*path, place], None] for place in range(len(new), len(old))]
    made += [["add", [*path, place], new[place]] for place in range(len(old), len(new))]
    if shifted:
        taken = 0
        for action, target, _ in made:
            if action == "delete" and type(target[-1]) is int:
                target[-1] -= taken
                taken += 1
    return made


def _objects(
    old: dict[str, Value], new: dict[str, Value], path: list[Any], shifted: bool
) -> list[Wire]:
    made: list[Wire] = []
    for key, before in old.items():
        if key in new:
            made += _between(before, new[key], [*path, key], shifted)
        else:
            made.append(["delete", [*path, key], None])
    made += [["add", [*path, key], value] for key, value in new.items() if key not in old]
    return made


def random_value(random: Random, depth: int = 4) -> Value:
    """Any JSON value, mostly lists and objects, of at most this depth."""
    match random.randrange(6 if depth else 2):
        case 0:
            return random.choice([None, True, False, 0, 1, 1.5, -3])
        case 1:
            return "ab\u2028é"[: random.randrange(5)]
        case 2 | 3 | 4:
            return [random_value(random, depth - 1) for _ in range(random.randrange(6))]
        case _:
            return {key: random_value(random, depth - 1) for key in "abcd" if random.random() < 0.5}


def random_change(random: Random, value: Value, depth: int = 4) -> Value:
    """A value like this one: longer, shorter, or with other things in it."""
    if random.random() < 0.1:
        return random_value(random, depth)
    match value:
        case str():
            return value + random.choice(["", "x", "yz"])
        case [*items]:
            kept = [random_change(random, item, depth - 1) for item in items]
            del kept[random.randrange(len(kept) + 1) :]
            more = random.choice([0, 0, 1, 3]) if depth > 0 else 0
            return kept + [random_value(random, depth - 1) for _ in range(more)]
        case dict():
            stay = {key: item for key, item in value.items() if random.random() < 0.8}
            return {key: random_change(random, item, depth - 1) for key, item in stay.items()}
        case _:
            return value

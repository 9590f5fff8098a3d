"""One component's value while it is edited.

1. A step costs what its edits cost, but an insertion or a deletion inside a list moves what
   comes after it.
2. Appended texts stay pieces until they are read, so that a text of many pieces costs its length.
3. What an edit brings is copied before anything in it changes, and who reads gets a copy: the
   edits stay as they came, and what was read never changes.
4. Recursion is bounded: no value and no path is too deep.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, TypeAlias, assert_never

from ..wire.document import JSON
from .edits import TOP, Action, Edit, Step


class _Text:
    """A text that grows: its pieces are joined when it is read, once."""

    __slots__ = ("pieces",)

    def __init__(self, start: str) -> None:
        self.pieces = [start]

    def read(self) -> str:
        self.pieces = ["".join(self.pieces)]
        return self.pieces[0]


Node: TypeAlias = "bool | int | float | str | _Text | list[Node] | dict[str, Node] | None"
_Compound: TypeAlias = "list[Any] | dict[str, Any] | _Text"
_COMPOUND = frozenset((list, dict, _Text))


class PatchError(Exception):
    """An edit of something that is not there."""


class PatchedValue:
    """A value while it is edited; null at first."""

    __slots__ = ("_owned", "_top")

    def __init__(self) -> None:
        self._top: list[Any] = [None]
        self._owned = True
        "False: the value is the one that came with an edit, which must not change."

    def apply(self, change: tuple[Edit, ...]) -> None:
        """Make these edits. Raises Misfit, with some of them made."""
        for action, path, value, items in change:
            if action == "replace" and path == TOP:
                self._top, self._owned = [value], False
                continue
            if not self._owned:
                self._top, self._owned = [assemble(self._top[0])], True
            box: Node = self._top
            for step in path[:-1]:
                box = _child(box, step)
            last = path[-1]
            new: Any = assemble(value)
            if isinstance(box, list) and isinstance(last, int):
                _edit_list(box, last, new, action, items)
            elif isinstance(box, dict) and isinstance(last, str):
                _edit_object(box, last, new, action)
            else:
                raise PatchError

    def value(self) -> JSON:
        """The value as it is now, assembled."""
        return assemble(self._top[0])


def assemble(tree: Any) -> JSON:
    """A copy with whole texts, which is the caller's: nothing that can change is shared."""
    root: list[JSON] = [tree]
    deeper: list[tuple[Any, Any]] = [(root, 0)] if type(tree) in _COMPOUND else []
    while deeper:
        box, key = deeper.pop()
        box[key] = _assemble_item(box[key], deeper)
    return root[0]


def _child(box: Node, step: Step) -> Node:
    if isinstance(box, list) and isinstance(step, int) and 0 <= step < len(box):
        return box[step]
    if isinstance(box, dict) and isinstance(step, str) and step in box:
        return box[step]
    raise PatchError


def _edit_list(box: list[Node], index: int, new: Node, action: Action, items: int) -> None:
    needed = 0 if action == "add" else items
    if not 0 <= index <= len(box) - needed:
        raise PatchError
    match action:
        case "replace":
            box[index] = new
        case "append":
            box[index] = _appended(box[index], new)
        case "add":
            box.insert(index, new)
        case "delete":
            del box[index : index + items]
        case _:
            assert_never(action)


def _edit_object(box: dict[str, Node], key: str, new: Node, action: Action) -> None:
    if (key in box) == (action == "add"):
        raise PatchError
    match action:
        case "replace" | "add":
            box[key] = new
        case "append":
            box[key] = _appended(box[key], new)
        case "delete":
            del box[key]
        case _:
            assert_never(action)


def _appended(old: Node, piece: Node) -> _Text:
    text = _Text(old) if isinstance(old, str) else old
    if not isinstance(text, _Text) or not isinstance(piece, str):
        raise PatchError
    text.pieces.append(piece)
    return text


def _assemble_item(tree: _Compound, deeper: list[tuple[Any, Any]], levels: int = 50) -> Any:
    """A copy so many levels deep; `deeper` gets the places of what is below them.

    Recursion takes half the time of a stack of one's own.
    """
    if isinstance(tree, _Text):
        return tree.read()
    if isinstance(tree, list) and _is_table(tree):
        return [row.copy() for row in tree]
    box: Any = tree.copy()
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        if type(box[key]) in _COMPOUND:
            if levels:
                box[key] = _assemble_item(box[key], deeper, levels - 1)
            else:
                deeper.append((box, key))
    return box


def _is_table(rows: list[Any]) -> bool:
    """Whether these are lists, or objects, of plain values: loops in C find that out.

    Copied as any other list, 2,000 rows take three times as long.
    """
    kinds = set(map(type, rows[:1]))
    if kinds not in ({list}, {dict}) or set(map(type, rows)) != kinds:
        return False
    cells = chain.from_iterable(rows if list in kinds else (row.values() for row in rows))
    return _COMPOUND.isdisjoint(map(type, cells))

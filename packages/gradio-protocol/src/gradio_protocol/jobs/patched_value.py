"""Applies edits to the value of one component.

A chat of ten thousand words arrives as ten thousand edits, so the cost of one must not grow with
the value:

1. A step costs as much as its edits, except that an insertion or deletion inside a list moves the
   items after it.
2. Appended texts stay in pieces until they are read: joining them at each step takes quadratic
   time.
3. What an edit inserts is copied before anything in it changes, and a reader gets a copy. So the
   edits stay as they arrived, for other cursors, and a value that was read never changes.
4. Recursion is bounded, whatever the depth of a value or a path: the server chooses both.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, TypeAlias, assert_never

from ..wire.document import JSON
from .edits import TOP, Action, Edit, Step


class _Text:
    """A growing text; reading it joins its pieces, and keeps the result as the only piece."""

    __slots__ = ("pieces",)

    def __init__(self, start: str) -> None:
        self.pieces: list[str] = [start]

    def read(self) -> str:
        self.pieces = ["".join(self.pieces)]
        return self.pieces[0]


Node: TypeAlias = "bool | int | float | str | _Text | list[Node] | dict[str, Node] | None"
_Compound: TypeAlias = "list[Any] | dict[str, Any] | _Text"
_COMPOUND = frozenset((list, dict, _Text))


class PatchError(Exception):
    """An edit does not apply: its path leads nowhere, or to a value of another type."""


class PatchedValue:
    """A value that edits change; null at first."""

    __slots__ = ("_owned", "_top")

    def __init__(self) -> None:
        self._top: list[Any] = [None]
        self._owned = True
        "False: the value belongs to an edit, so it is copied before it is changed."

    def apply(self, change: tuple[Edit, ...]) -> None:
        """Apply these edits. Raises PatchError, after which some of them are applied."""
        for action, path, value, items in change:
            # Shared with the edit until another edit changes it: most values that are replaced as a
            # whole are replaced so again.
            if action == "replace" and path == TOP:
                self._top, self._owned = [value], False
                continue
            if not self._owned:
                self._top, self._owned = [assemble(self._top[0])], True
            container: Node = self._top
            for step in path[:-1]:
                container = _get_child(container, step)
            last = path[-1]
            # Copied, since later edits may change it in place, and other cursors read the same
            # edit.
            new: Any = assemble(value)
            if isinstance(container, list) and isinstance(last, int):
                _edit_list(container, last, new, action, items)
            elif isinstance(container, dict) and isinstance(last, str):
                _edit_object(container, last, new, action)
            else:
                raise PatchError

    def value(self) -> JSON:
        """Return a copy of the current value, with its texts joined."""
        return assemble(self._top[0])


def assemble(tree: Any) -> JSON:
    """Return a deep copy with joined texts, which the caller may change."""
    root: list[JSON] = [tree]
    pending: list[tuple[Any, Any]] = [(root, 0)] if type(tree) in _COMPOUND else []
    # Below the bounded recursion of _assemble_item, an explicit stack goes on: a server may nest a
    # value as deeply as its JSON parser allows.
    while pending:
        container, key = pending.pop()
        container[key] = _assemble_item(container[key], pending)
    return root[0]


def _get_child(container: Node, step: Step) -> Node:
    if isinstance(container, list) and isinstance(step, int) and 0 <= step < len(container):
        return container[step]
    if isinstance(container, dict) and isinstance(step, str) and step in container:
        return container[step]
    raise PatchError


def _edit_list(container: list[Node], index: int, new: Node, action: Action, items: int) -> None:
    # An item may be added after the last one; other edits need the items that they name.
    needed = 0 if action == "add" else items
    if not 0 <= index <= len(container) - needed:
        raise PatchError
    match action:
        case "replace":
            container[index] = new
        case "append":
            container[index] = _append_text(container[index], new)
        case "add":
            container.insert(index, new)
        case "delete":
            del container[index : index + items]
        case _:
            assert_never(action)


def _edit_object(container: dict[str, Node], key: str, new: Node, action: Action) -> None:
    # `add` needs a key that is absent, the others one that is present. A wrong edit is an error
    # here, so that `History` falls back to the last good value.
    if (key in container) == (action == "add"):
        raise PatchError
    match action:
        case "replace" | "add":
            container[key] = new
        case "append":
            container[key] = _append_text(container[key], new)
        case "delete":
            del container[key]
        case _:
            assert_never(action)


def _append_text(old: Node, piece: Node) -> _Text:
    text = _Text(old) if isinstance(old, str) else old
    if not isinstance(text, _Text) or not isinstance(piece, str):
        raise PatchError
    text.pieces.append(piece)
    return text


def _assemble_item(tree: _Compound, pending: list[tuple[Any, Any]], levels: int = 50) -> Any:
    """Copy so many levels of a value; add the places of what is below them to `pending`."""
    # Recursion takes half the time of an explicit stack, so it serves for the usual depth.
    if isinstance(tree, _Text):
        return tree.read()
    if isinstance(tree, list) and _is_table(tree):
        return [row.copy() for row in tree]
    container: Any = tree.copy()
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        if type(container[key]) in _COMPOUND:
            if levels:
                container[key] = _assemble_item(container[key], pending, levels - 1)
            else:
                pending.append((container, key))
    return container


def _is_table(rows: list[Any]) -> bool:
    """Whether these are all lists, or all objects, of plain values, such as the rows of a table."""
    # Loops in C find out: as any other list, a table of 2,000 rows takes three times as long.
    kinds = set(map(type, rows[:1]))
    if kinds not in ({list}, {dict}) or set(map(type, rows)) != kinds:
        return False
    cells = chain.from_iterable(rows if list in kinds else (row.values() for row in rows))
    return _COMPOUND.isdisjoint(map(type, cells))

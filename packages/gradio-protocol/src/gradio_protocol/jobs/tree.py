"""One component's value while it is edited.

1. A step costs what its edits cost, but an insertion or a deletion inside a list moves what
   comes after it.
2. Appended texts stay pieces until they are read, so that a text of many pieces costs its length.
3. The tree is made of copies, and gives copies: the edits stay as they came, and what was read
   never changes.
4. Nothing recurses: no value and no path is too deep.
"""

from __future__ import annotations

from typing import TypeAlias, assert_never, cast

from ..wire.document import JSON
from .edits import Edit, Step


class _Text:
    """A text that grows: its pieces are joined when it is read, once."""

    __slots__ = ("_pieces",)

    def __init__(self, start: str) -> None:
        self._pieces = [start]

    def append(self, piece: str) -> None:
        self._pieces.append(piece)

    def read(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]


Node: TypeAlias = "bool | int | float | str | _Text | list[Node] | dict[str, Node] | None"


class Misfit(Exception):
    """An edit of something that is not there."""


class Tree:
    """A value while it is edited; null at first."""

    __slots__ = ("_top",)

    def __init__(self) -> None:
        self._top: list[Node] = [None]

    def apply(self, change: tuple[Edit, ...]) -> list[Node]:
        """Make these edits; what came with them is `assembled` when all are made.

        That is each list and object that an edit brought, and each object whose `path` one
        changed: where there can be new files. Raises Misfit, with some of the edits made.
        """
        touched: list[Node] = []
        for edit in change:
            box: Node = self._top
            for step in edit.path[:-1]:
                box = _child(box, step)
            last = edit.path[-1]
            new = _copied(cast("Node", edit.value))
            match box, last:
                case list(), int():
                    _edit_list(box, last, edit, new)
                case dict(), str():
                    _edit_object(box, last, edit, new)
                case _:
                    raise Misfit
            if isinstance(new, (list, dict)):
                touched.append(new)
            if last == "path":
                touched.append(box)
        return touched

    def value(self) -> JSON:
        """The value as it is now, assembled."""
        return assembled(self._top[0])


def assembled(tree: Node | JSON) -> JSON:
    """A copy with whole texts, which is the caller's: nothing that can change is shared."""
    return cast("JSON", _copied(cast("Node", tree)))


def _child(box: Node, step: Step) -> Node:
    if isinstance(box, list) and isinstance(step, int) and 0 <= step < len(box):
        return box[step]
    if isinstance(box, dict) and isinstance(step, str) and step in box:
        return box[step]
    raise Misfit


def _edit_list(box: list[Node], index: int, edit: Edit, new: Node) -> None:
    needed = 0 if edit.action == "add" else edit.items
    if not 0 <= index <= len(box) - needed:
        raise Misfit
    match edit.action:
        case "replace":
            box[index] = new
        case "append":
            box[index] = _appended(box[index], new)
        case "add":
            box.insert(index, new)
        case "delete":
            del box[index : index + edit.items]
        case _:
            assert_never(edit.action)


def _edit_object(box: dict[str, Node], key: str, edit: Edit, new: Node) -> None:
    if (key in box) == (edit.action == "add"):
        raise Misfit
    match edit.action:
        case "replace" | "add":
            box[key] = new
        case "append":
            box[key] = _appended(box[key], new)
        case "delete":
            del box[key]
        case _:
            assert_never(edit.action)


def _appended(old: Node, piece: Node) -> _Text:
    text = _Text(old) if isinstance(old, str) else old
    if not isinstance(text, _Text) or not isinstance(piece, str):
        raise Misfit
    text.append(piece)
    return text


def _copied(tree: Node) -> Node:
    """A copy that shares nothing that can change; texts are joined."""
    top: list[Node] = [tree]
    boxes: list[list[Node] | dict[str, Node]] = [top]
    while boxes:
        box = boxes.pop()
        if isinstance(box, list):
            for index, item in enumerate(box):
                box[index] = _opened(item, boxes)
        else:
            for key, item in box.items():
                box[key] = _opened(item, boxes)
    return top[0]


def _opened(item: Node, boxes: list[list[Node] | dict[str, Node]]) -> Node:
    if isinstance(item, (list, dict)):
        item = item.copy()
        boxes.append(item)
    return item.read() if isinstance(item, _Text) else item

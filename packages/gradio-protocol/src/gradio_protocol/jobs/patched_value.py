"""One component's value while it is edited.

1. A step costs what its edits cost, but an insertion or a deletion inside a list moves what
   comes after it.
2. Appended texts stay pieces until they are read, so that a text of many pieces costs its length.
3. The tree is made of copies, and gives copies: the edits stay as they came, and what was read
   never changes.
4. Nothing recurses: no value and no path is too deep.
"""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never, cast

from ..wire.document import JSON
from .edits import Action, Edit, Step


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
_Box: TypeAlias = "list[Node] | dict[str, Node]"
_COMPOUND = (list, dict, _Text)


class PatchError(Exception):
    """An edit of something that is not there."""


class PatchedValue:
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
        for action, path, value, items in change:
            box: Node = self._top
            for step in path[:-1]:
                box = _child(box, step)
            last = path[-1]
            if isinstance(value, (list, dict)):
                new: Node = _copy(value)
                touched.append(new)
            else:
                new = value
            if isinstance(box, list) and isinstance(last, int):
                _edit_list(box, last, new, action, items)
            elif isinstance(box, dict) and isinstance(last, str):
                _edit_object(box, last, new, action)
            else:
                raise PatchError
            if last == "path":
                touched.append(box)
        return touched

    def value(self) -> JSON:
        """The value as it is now, assembled."""
        return assemble(self._top[0])


def assemble(tree: Node | JSON) -> JSON:
    """A copy with whole texts, which is the caller's: nothing that can change is shared."""
    if isinstance(tree, _Text):
        return tree.read()
    return cast("JSON", _copy(tree)) if isinstance(tree, (list, dict)) else tree


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
    text.append(piece)
    return text


def _copy(tree: list[Any] | dict[str, Any]) -> _Box:
    """A copy that shares nothing that can change; texts are joined."""
    copy: _Box = tree.copy()
    boxes = [copy]
    while boxes:
        box = boxes.pop()
        if isinstance(box, list):
            for index, item in enumerate(box):
                if isinstance(item, _COMPOUND):
                    box[index] = _assemble_item(item, boxes)
        else:
            for key, item in box.items():
                if isinstance(item, _COMPOUND):
                    box[key] = _assemble_item(item, boxes)
    return copy


def _assemble_item(item: _Box | _Text, boxes: list[_Box]) -> Node:
    if isinstance(item, _Text):
        return item.read()
    item = item.copy()
    boxes.append(item)
    return item

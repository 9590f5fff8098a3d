"""Applies edits to the value of one component.

A chat of ten thousand words arrives as ten thousand edits, so the cost of one must not grow with
the value:

1. A step costs as much as its edits, except that an insertion or deletion inside a list moves the
   items after it.
2. Appended texts stay in pieces until they are read: joining them at each step takes quadratic
   time.
3. A value that was read never changes, nor does what an edit inserts: the lists and objects on the
   path of an edit are copied first, though not what they contain. So values share whatever no
   edit between them has changed, and to read one costs no more than the edits before it.
4. Nothing recurses: the server chooses the depth of values and of paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, assert_never, cast

from ..wire.document import JSON
from .edits import Action, Edit, Step


class _Text:
    """A text that grows until it is read."""

    __slots__ = ("pieces",)

    def __init__(self, start: str) -> None:
        self.pieces: list[str] = [start]


Node: TypeAlias = "bool | int | float | str | _Text | list[Node] | dict[str, Node] | None"
_Container: TypeAlias = "list[Any] | dict[str, Any]"


class PatchError(Exception):
    """An edit does not apply: its path leads nowhere, or to a value of another type."""


class PatchedValue:
    """A value that edits change; null at first."""

    __slots__ = ("_growing", "_own", "_top")

    def __init__(self) -> None:
        self._top: list[Any] = [None]
        self._own: dict[int, _Container] = {}
        "The lists and objects that nobody else has, by `id`: edits change them in place."
        self._growing: dict[int, _Container] = {}
        "Those of them, or the top, that contain a `_Text`."

    def apply(self, change: tuple[Edit, ...]) -> None:
        """Apply these edits. Raises PatchError, after which some of them are applied."""
        for action, path, value, items in change:
            container: Node = self._top
            for step in path[:-1]:
                container = self._own_child(container, step)
            last = path[-1]
            if isinstance(container, list) and isinstance(last, int):
                _edit_list(container, last, value, action, items)
            elif isinstance(container, dict) and isinstance(last, str):
                _edit_object(container, last, value, action)
            else:
                raise PatchError
            if action == "append":
                self._growing[id(container)] = container

    def value(self) -> JSON:
        """Return the current value, whose parts earlier and later values may share.

        It never changes, and the caller must not change it.
        """
        for container in self._growing.values():
            is_object = isinstance(container, dict)
            _join_texts(container, container if is_object else range(len(container)))
        self._growing, self._own = {}, {}
        current: JSON = self._top[0]
        return current

    def _own_child(self, container: Node, step: Step) -> Node:
        """Return what is at this step of a path, as edits may change it."""
        child = _get_child(container, step)
        if isinstance(child, (list, dict)) and id(child) not in self._own:
            child, holder = child.copy(), cast("Any", container)
            holder[step] = self._own[id(child)] = child
        return child


def _join_texts(container: Any, keys: Iterable[Any]) -> None:
    for key in keys:
        text = container[key]
        if isinstance(text, _Text):
            container[key] = "".join(text.pieces)


def _get_child(container: Node, step: Step) -> Node:
    if isinstance(container, list) and isinstance(step, int) and 0 <= step < len(container):
        return container[step]
    if isinstance(container, dict) and isinstance(step, str) and step in container:
        return container[step]
    raise PatchError


def _edit_list(container: list[Node], index: int, new: Any, action: Action, items: int) -> None:
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


def _edit_object(container: dict[str, Node], key: str, new: Any, action: Action) -> None:
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

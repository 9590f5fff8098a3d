"""The edits of one output, read once and repaired.

A generator's output after the first is, for each component, a list of `[action, path, value]`:
`replace` and `append` (to a text) at any place, `add` and `delete` for the items of lists and
objects. Every server up to 6.31 sends wrong positions for some deletions; the repair is exact:

1. Up to 5.29.0 a position is that before any deletion: less the earlier deletions from its list.
2. From 5.29.1 on each list on the path, the innermost too, has taken off the earlier deletions at
   or below it: add these, and again less the earlier deletions from the list itself.

Source: the edits that 4.17.0, 4.44.1, 5.20.1, 5.50.0, 6.0.2 and 6.31.0 make of random values.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from ..app.dialect import Edits
from ..wire.document import JSON

Step: TypeAlias = int | str
Path: TypeAlias = tuple[Step, ...]
Action: TypeAlias = Literal["replace", "append", "add", "delete"]

TOP: Path = (0,)
"The whole value: it is taken for the one item of a list, so that it has a place like any other."


class Edit(NamedTuple):
    """One edit, with the position that it should have had."""

    action: Action
    path: Path
    "Begins with `TOP`."
    value: JSON = None
    items: int = 1
    "How many items a deletion takes from a list, from its position on."


Change: TypeAlias = tuple[Edit, ...] | None
"What an output brings for one component; None: it cannot be read."


def whole(value: JSON) -> Change:
    """The change to this value from any other."""
    return (Edit("replace", TOP, value),)


def is_whole(change: Change) -> bool:
    """Tell whether the change does not depend on what was before."""
    return change is not None and [edit[:2] for edit in change[:1]] == [("replace", TOP)]


class Reader:
    """Reads the changes of one job."""

    def __init__(self, edits: Edits) -> None:
        self._shifted = edits is Edits.SHIFTED
        # One path comes again and again, in a chat that grows by ten thousand words.
        self._paths: dict[Path, Path] = {}

    def read(self, item: JSON) -> Change:
        """The change that a list of edits is; None where it is no such list."""
        if not isinstance(item, list):
            return None
        change: list[Edit] = []
        deletions = _Deletions()
        for entry in item:
            edit = self._edit(entry)
            if edit is None:
                return None
            if edit.action == "delete" and isinstance(edit.path[-1], int):
                edit = edit._replace(path=self._repaired(edit.path, edit.path[-1], deletions))
                if change and change[-1][:2] == edit[:2]:
                    # Item by item, a long list would be moved as often as it has items.
                    edit = edit._replace(items=change.pop().items + 1)
            change.append(edit)
        return tuple(change)

    def _edit(self, entry: JSON) -> Edit | None:
        match entry:
            case [str(name), [*steps], value] if name in _ACTIONS:
                path = _path(steps)
            case _:
                return None
        action = _ACTIONS[name]
        if path is None or (path == TOP and action in ("add", "delete")):
            return None
        return Edit(action, self._paths.setdefault(path, path), value)

    def _repaired(self, path: Path, index: int, deletions: _Deletions) -> Path:
        nodes = [deletions]
        for step in path[1:-1]:
            nodes.append(nodes[-1].inner.setdefault(step, _Deletions()))
        index -= nodes[-1].own
        if self._shifted:
            steps = zip(nodes, path[1:], strict=True)
            index += sum(node.below for node, step in steps if isinstance(step, int))
        nodes[-1].own += 1
        for node in nodes:
            node.below += 1
        path = (*path[:-1], index)
        return self._paths.setdefault(path, path)


class _Deletions:
    """How many items earlier edits of one change took out of lists, at one place and below."""

    __slots__ = ("below", "inner", "own")

    def __init__(self) -> None:
        self.own = 0
        self.below = 0
        self.inner: dict[Step, _Deletions] = {}


_ACTIONS: dict[str, Action] = {
    "replace": "replace",
    "append": "append",
    "add": "add",
    "delete": "delete",
}


def _path(steps: list[JSON]) -> Path | None:
    # A bool is an int to isinstance, and no step.
    path = tuple(s for s in steps if isinstance(s, (int, str)) and not isinstance(s, bool))
    return (*TOP, *path) if len(path) == len(steps) else None

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

from typing import Literal, TypeAlias, get_args

from ..app.dialect import Edits
from ..wire.document import JSON

Step: TypeAlias = int | str
Path: TypeAlias = tuple[Step, ...]
Action: TypeAlias = Literal["replace", "append", "add", "delete"]

TOP: Path = (0,)
"The whole value: it is taken for the one item of a list, so that it has a place like any other."


# All outputs of all jobs are kept as these, so they are bare tuples: the garbage collector looks at
# a tuple of texts and numbers once, at an object of any other type again and again.
Edit: TypeAlias = tuple[Action, Path, JSON, int]
"""One edit, with the position that it should have had.

The path begins with `TOP`. The number is that of the items that a deletion takes from a list, from
its position on; otherwise 1.
"""

Change: TypeAlias = tuple[Edit, ...] | None
"What an output brings for one component; None: it cannot be read."


def replace_all(value: JSON) -> Change:
    """The change to this value from any other."""
    return (("replace", TOP, value, 1),)


def is_replace_all(change: Change) -> bool:
    """Tell whether the change does not depend on what was before."""
    return (change[0][0] == "replace" and change[0][1] == TOP) if change else False


class EditDecoder:
    """Reads the changes of one job."""

    __slots__ = ("_paths", "_shifted")

    def __init__(self, edits: Edits) -> None:
        self._shifted = edits is Edits.SHIFTED
        # One path comes again and again, in a chat that grows by ten thousand words.
        self._paths: dict[Path, Path] = {}

    def decode(self, item: JSON) -> Change:
        """The change that a list of edits is; None where it is no such list."""
        if not isinstance(item, list):
            return None
        change: list[Edit] = []
        deletions: _Deletions | None = None
        for entry in item:
            edit = self._edit(entry)
            if edit is None:
                return None
            action, path, value, items = edit
            if action == "delete" and isinstance(path[-1], int):
                deletions = deletions or _Deletions()
                path = self._repaired(path, path[-1], deletions)
                if change and change[-1][:2] == (action, path):
                    # Item by item, a long list would be moved as often as it has items.
                    items += change.pop()[3]
                edit = (action, path, value, items)
            change.append(edit)
        return tuple(change)

    def _edit(self, entry: JSON) -> Edit | None:
        if not isinstance(entry, list) or len(entry) != 3:
            return None
        name, steps, value = entry
        action = _ACTIONS.get(name) if isinstance(name, str) else None
        path = self._path(steps) if isinstance(steps, list) else None
        if action is None or path is None or (path is TOP and action in ("add", "delete")):
            return None
        return (action, path, value, 1)

    def _path(self, steps: list[JSON]) -> Path | None:
        if not steps:
            return TOP
        path = list(TOP)
        for step in steps:
            # A bool is an int to isinstance, and no step.
            if not isinstance(step, (int, str)) or isinstance(step, bool):
                return None
            path.append(step)
        return self._paths.setdefault(tuple(path), tuple(path))

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


_ACTIONS: dict[str, Action] = {name: name for name in get_args(Action)}

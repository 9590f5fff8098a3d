"""Decodes the edits of a generator's outputs, and repairs their positions.

Each output of a generator after the first is, for each component, a list of edits
`[action, path, value]`: `replace` and `append` (to a text) anywhere, `add` and `delete` for items
of lists and objects. Every server up to 6.31 sends wrong positions for some deletions. They
are repaired exactly, as the dialect says:

1. Up to 5.29.0 a position counts from before any deletion. Subtract the earlier deletions from the
   same list.
2. From 5.29.1 on, the server subtracts from each list on the path, also the innermost, the earlier
   deletions at or below it. Add these back, then subtract the earlier deletions from the list
   itself.

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
"The path of the whole value, which is kept as the only item of a list: no case is special then."


# Bare tuples, since all outputs of all jobs are kept as these: the garbage collector stops tracking
# a tuple of texts and numbers after one look, and visits any other object again and again.
Edit: TypeAlias = tuple[Action, Path, JSON, int]
"""One edit, with its repaired position.

The path begins with `TOP`. The number says how many items a deletion removes from a list, starting
at its position; it is 1 for all other edits.
"""

Change: TypeAlias = tuple[Edit, ...] | None
"What an output changes in one component; None: it is not valid."


def replace_all(value: JSON) -> Change:
    """Return the change that replaces whatever there is with this value."""
    return (("replace", TOP, value, 1),)


def is_replace_all(change: Change) -> bool:
    """Whether the result of a change does not depend on the value before."""
    return (change[0][0] == "replace" and change[0][1] == TOP) if change else False


class EditDecoder:
    """Decodes the edits of one job. Not thread-safe."""

    __slots__ = ("_paths", "_shifted")

    def __init__(self, edits: Edits) -> None:
        self._shifted = edits is Edits.SHIFTED
        # A chat that grows by ten thousand words repeats one path as often: keep it once.
        self._paths: dict[Path, Path] = {}

    def decode(self, item: JSON) -> Change:
        """Return the change that a list of edits describes, or None if it is not such a list."""
        if not isinstance(item, list):
            return None
        # One invalid edit makes the whole change invalid: the edits after it assume its effect.
        change: list[Edit] = []
        deletions: _Deletions | None = None
        for entry in item:
            edit = self._read_edit(entry)
            if edit is None:
                return None
            action, path, value, items = edit
            if action == "delete" and isinstance(path[-1], int):
                deletions = deletions or _Deletions()
                path = self._repair_path(path, path[-1], deletions)
                if change and change[-1][:2] == (action, path):
                    # Merge deletions: item by item, emptying a list takes quadratic time.
                    items += change.pop()[3]
                edit = (action, path, value, items)
            change.append(edit)
        return tuple(change)

    def _read_edit(self, entry: JSON) -> Edit | None:
        if not isinstance(entry, list) or len(entry) != 3:
            return None
        name, steps, value = entry
        action = _ACTIONS.get(name) if isinstance(name, str) else None
        path = self._read_path(steps) if isinstance(steps, list) else None
        # The whole value is no item of a list, so it cannot be added or deleted.
        if action is None or path is None or (path is TOP and action in ("add", "delete")):
            return None
        return (action, path, value, 1)

    def _read_path(self, steps: list[JSON]) -> Path | None:
        if not steps:
            return TOP
        path = list(TOP)
        for step in steps:
            # isinstance takes a bool for an int, but it is not a step.
            if not isinstance(step, (int, str)) or isinstance(step, bool):
                return None
            path.append(step)
        return self._paths.setdefault(tuple(path), tuple(path))

    def _repair_path(self, path: Path, index: int, deletions: _Deletions) -> Path:
        # Follow the path through the lists and objects that this change has already deleted from.
        nodes = [deletions]
        for step in path[1:-1]:
            nodes.append(nodes[-1].inner.setdefault(step, _Deletions()))
        # Both rules: an item moves forward by each earlier deletion from its own list.
        index -= nodes[-1].own
        # Rule 2: the server has subtracted more, once for each list on the path.
        if self._shifted:
            steps = zip(nodes, path[1:], strict=True)
            index += sum(node.below for node, step in steps if isinstance(step, int))
        nodes[-1].own += 1
        # This deletion counts as `below` for every list around it.
        for node in nodes:
            node.below += 1
        path = (*path[:-1], index)
        return self._paths.setdefault(path, path)


class _Deletions:
    """How many items the earlier edits of one change removed from a list, and from lists in it."""

    __slots__ = ("below", "inner", "own")

    def __init__(self) -> None:
        self.own = 0
        self.below = 0
        self.inner: dict[Step, _Deletions] = {}


_ACTIONS: dict[str, Action] = {name: name for name in get_args(Action)}

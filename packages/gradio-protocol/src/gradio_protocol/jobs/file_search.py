"""Finds the files that each output of a job brings.

A value is searched only where an edit may have brought a file: with a list or an object, or by
changing the `path` of an object that is there already. So a stream of words costs nothing here.
What the output's component is does not matter, for the update of any component can hold files (a
Dataset's samples, whose value is a number).
"""

from __future__ import annotations

from ..app.dialect import Dialect, Edits
from ..app.endpoint import Endpoint
from ..app.files import RemoteFile, find_remote_files
from ..wire.document import JSON
from .edits import Change
from .history import History, HistoryCursor


class FileSearch:
    """See the module. For one job; not thread-safe."""

    __slots__ = ("_cursor", "_dialect", "_endpoint", "_history")

    def __init__(self, dialect: Dialect, endpoint: Endpoint) -> None:
        self._dialect = dialect
        self._endpoint = endpoint
        self._history = History(Edits.NONE)
        "The job's outputs, also the one that is not shown before its files are here."
        self._cursor = HistoryCursor(self._history)

    def find(self, changes: tuple[Change, ...], *, has_path: bool) -> tuple[RemoteFile, ...]:
        """The files in the next output, if it may bring any; `has_path` is that of its message."""
        self._history.outputs.append(changes)
        bring = [i for i, change in enumerate(changes) if has_path and self._may_bring(change)]
        if not bring:
            return ()
        while self._cursor.advance():
            pass
        found = [self._brought(i, changes[i]) if i in bring else None for i in range(len(changes))]
        return find_remote_files(self._endpoint.seen(found), self._dialect)

    def _may_bring(self, change: Change) -> bool:
        return any(
            path[-1] == "path"
            or (isinstance(value, (list, dict)) and find_remote_files(value, self._dialect))
            for _, path, value, _ in change or ()
        )

    def _brought(self, index: int, change: Change) -> JSON:
        """Where the new files of one component are: in what its edits brought, or anywhere."""
        if self._cursor.is_stale(index):
            return None
        if any(path[-1] == "path" for _, path, _, _ in change or ()):
            # Only what stands beside a path says whether it is that of a file.
            return self._cursor.component(index)
        return [value for _, _, value, _ in change or ()]

"""Finds the files in each output of a job, before the output is shown.

A value is searched only if an edit may have added a file to it: if it inserts a list or an object,
or changes the `path` of an object. A stream of words therefore costs nothing here. The type of the
component does not matter, since the update of any component can contain files (the value of a
Dataset is a number, but its samples are files).
"""

from __future__ import annotations

from ..app.dialect import Dialect, Edits
from ..app.endpoint import Endpoint
from ..app.files import RemoteFile, find_remote_files
from ..wire.document import JSON
from .edits import Change
from .history import History, HistoryCursor


class FileSearch:
    """Searches the outputs of one job for files. Not thread-safe."""

    __slots__ = ("_cursor", "_dialect", "_endpoint", "_history")

    def __init__(self, dialect: Dialect, endpoint: Endpoint) -> None:
        self._dialect = dialect
        self._endpoint = endpoint
        self._history = History(Edits.NONE)
        "The job's outputs, including one that is not shown until its files are downloaded."
        self._cursor = HistoryCursor(self._history)

    def find(self, changes: tuple[Change, ...], *, has_path: bool) -> tuple[RemoteFile, ...]:
        """Return the files in the next output. `has_path`: see `Generated`."""
        # Always, even without a search: later edits refer to this output.
        self._history.outputs.append(changes)
        adding = [i for i, change in enumerate(changes) if has_path and self._may_add_file(change)]
        if not adding:
            return ()
        # The cursor catches up only when there is something to search.
        while self._cursor.advance():
            pass
        parts = {i: self._get_new_parts(i, changes[i]) for i in adding}
        found = [parts.get(i) for i in range(len(changes))]
        return find_remote_files(self._endpoint.select_visible(found), self._dialect)

    def _may_add_file(self, change: Change) -> bool:
        return any(
            # A new `path` in an object that is there already is a text, and makes it another file.
            path[-1] == "path"
            or (isinstance(value, (list, dict)) and find_remote_files(value, self._dialect))
            for _, path, value, _ in change or ()
        )

    def _get_new_parts(self, index: int, change: Change) -> JSON:
        """Return what may contain the new files of a component: what its edits inserted, or all."""
        if self._cursor.is_stale(index):
            return None
        if any(path[-1] == "path" for _, path, _, _ in change or ()):
            # Only what stands beside a path says whether it is that of a file.
            return self._cursor.component(index)
        return [value for _, _, value, _ in change or ()]

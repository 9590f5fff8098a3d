"""The journal of a `map`: which inputs have a result, so that a run that was stopped can resume.

A journal is a file of JSON lines that only grows. A line says that the call for one input has
succeeded:

    {"index": 3, "input": "9f86d081884c7d65", "result": "hello"}

`index` is the input's place, from 0; `input` is a digest of it. A line counts only for an input
with this place and this digest, so a changed input is run again. A function with several outputs
has `results`, a list. Any other line is ignored: one about an error, or the part of a line that a
process wrote before it was killed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..dataclass import dataclass
from ..errors import InvalidArguments, RemoteError
from ..wire import document
from ..wire.document import JSON

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line about an input that has a result."""

    index: int
    digest: str
    result: Any
    line: bytes
    "Without its end."


class MapJournal:
    """What a journal says, and what is to be added to it. `lines` are those of the file."""

    def __init__(self, lines: Iterable[bytes] = ()) -> None:
        self._is_torn = False
        self._results = {
            (entry.index, entry.digest): entry.result
            for entry in read_journal(self._watch_end(lines))
        }

    def digest(self, index: int, value: object) -> str:
        """Return the digest of an input. Raises InvalidArguments if it cannot have one."""
        return digest_input(value, where=f"journal: input {index}")

    def take(self, index: int, digest: str) -> tuple[Any] | None:
        """Return the recorded result of an input in a tuple, and forget it; None: there is none."""
        key = (index, digest)
        return (self._results.pop(key),) if key in self._results else None

    def record(self, index: int, digest: str, result: object) -> bytes:
        """Return what to append to the file. Raises InvalidArguments if it is not JSON."""
        key = "results" if isinstance(result, tuple) else "result"
        entry: dict[str, object] = {"index": index, "input": digest, key: result}
        line = document.write(entry, where=f"journal: the result of input {index}")
        # The torn line gets an end first, or the new one would be a part of it.
        start, self._is_torn = b"\n" if self._is_torn else b"", False
        return start + line + b"\n"

    def _watch_end(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            self._is_torn = not line.endswith(b"\n")
            yield line


def read_journal(lines: Iterable[bytes]) -> Iterator[JournalEntry]:
    """Yield an entry for each line about an input that has a result."""
    for line in lines:
        try:
            note = document.read_object(line, where="journal")
        except RemoteError:
            continue
        match note:
            case {"index": int(index), "input": str(digest), "results": list(results)}:
                yield JournalEntry(index, digest, tuple(results), line.rstrip(b"\r\n"))
            case {"index": int(index), "input": str(digest), "result": result}:
                yield JournalEntry(index, digest, result, line.rstrip(b"\r\n"))
            case _:
                pass


def digest_input(value: object, *, where: str = "input") -> str:
    """Return a digest of an input: JSON, in which there may also be paths and bytes.

    A file counts by its path, not by its content. Raises InvalidArguments for any other value.
    """
    try:
        text = json.dumps(value, sort_keys=True, default=_as_json)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArguments(f"{where}: expected JSON, paths or bytes ({error})") from error
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_DIGITS]


def _as_json(value: object) -> JSON:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if hasattr(value, "__fspath__"):  # a path: the core knows no file system
        return str(value)
    raise TypeError(f"got a value of type {type(value).__name__}")

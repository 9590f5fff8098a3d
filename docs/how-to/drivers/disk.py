"""Files, as the core asks for them: the same whatever carries the bytes.

What the operating system refuses is a FileFailed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias, assert_never

import gradio_protocol as gp

OnDisk: TypeAlias = gp.Inspect | gp.ReadFile | gp.SaveBytes
CHUNK = 2**16


@contextmanager
def failing() -> Generator[None]:
    """What the operating system says, as FileFailed; for a block, or for a function."""
    try:
        yield
    except OSError as error:
        raise gp.FileFailed(str(error)) from error


@failing()
def perform(action: OnDisk, folder: Path) -> gp.FileFacts | bytes | gp.Saved:
    """The reply to an action that is about files only."""
    match action:
        case gp.Inspect():
            return inspect(action)
        case gp.ReadFile():
            return read_file(action)
        case gp.SaveBytes():
            return save(action.name, [action.data], folder)
        case _:
            assert_never(action)


def inspect(action: gp.Inspect) -> gp.FileFacts:
    """Size, time of change and digest of a file."""
    with open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return gp.FileFacts(size=facts.st_size, mtime_ns=facts.st_mtime_ns, digest=digest)


def read_file(action: gp.ReadFile) -> bytes:
    """The content of a file."""
    with open(action.path, "rb") as file:
        data = file.read(action.limit + 1)
    if len(data) > action.limit:
        raise gp.FileFailed(f"file {action.path!r} is longer than {action.limit} bytes")
    return data


def content(part: bytes | gp.FileSlice) -> Iterator[bytes]:
    """The bytes of a part of a body; a file must be the one that was looked at."""
    if isinstance(part, bytes):
        yield part
        return
    with failing(), open(part.path, "rb") as file:
        facts = os.fstat(file.fileno())
        if (facts.st_size, facts.st_mtime_ns) != (part.size, part.mtime_ns):
            raise gp.FileFailed(f"file {part.path!r} has changed since it was looked at")
        while chunk := file.read(CHUNK):
            yield chunk


def save(name: str, chunks: Iterable[bytes], folder: Path) -> gp.Saved:
    """A file of these bytes; when they do not all come, none."""
    with closing(Partial(folder)) as file:
        for chunk in chunks:
            file.write(chunk)
        return file.saved(name)


class Partial:
    """A file on its way into a folder: nobody sees it before it is whole."""

    @failing()
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, self._path = tempfile.mkstemp(prefix=".partial-", dir=folder)
        self._file, self._digest = os.fdopen(handle, "wb"), hashlib.sha256()
        self._folder = folder

    @failing()
    def write(self, chunk: bytes) -> None:
        """Take in a chunk."""
        self._file.write(chunk)
        self._digest.update(chunk)

    @failing()
    def saved(self, name: str) -> gp.Saved:
        """It is whole: give it its name, in a folder that has its digest for one."""
        self._file.close()
        place = self._folder / self._digest.hexdigest() / name
        place.parent.mkdir(exist_ok=True)
        os.replace(self._path, place)
        return gp.Saved(path=str(place))

    def close(self) -> None:
        """Remove it, unless it was saved."""
        self._file.close()
        Path(self._path).unlink(missing_ok=True)

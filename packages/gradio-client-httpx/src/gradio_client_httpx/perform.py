"""Runs flows: one function for each action that is I/O, and one place that translates exceptions.

An action either gives its reply or raises TransportFailed or FileFailed, which the flow then
sees at the line that asked. Nothing here decides anything: statuses, headers, redirects and
names are the core's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeAlias, assert_never

from gradio_protocol import (
    PARTIAL_PREFIX,
    BodyLimit,
    Download,
    FileFacts,
    FileFailed,
    FileSlice,
    Head,
    InspectFile,
    ReadFile,
    Request,
    Response,
    SaveBytes,
    Saved,
    Send,
    Transferred,
    file_errors,
)

from .cancel_handle import CancelHandle
from .http import Connections
from .inputs import TransportConfig

IO: TypeAlias = Send | InspectFile | ReadFile | SaveBytes | Download
OnTransfer: TypeAlias = Callable[[Transferred], None]
"Is told of bytes as they move."

_CHUNK = 2**16


class Performer:
    """Performs the actions that are I/O."""

    def __init__(self, settings: TransportConfig, connections: Connections) -> None:
        self.connections = connections
        self._settings = settings
        self._partial: set[str] = set()
        "Files that are being written. Their threads are daemons, and may never clean up."

    def close(self) -> None:
        """Cut what is under way, and remove the files that it had begun to write."""
        self.connections.close()
        for partial in list(self._partial):
            # Where open files cannot be removed, the thread that writes one does it a little later.
            with contextlib.suppress(OSError):
                Path(partial).unlink(missing_ok=True)

    def perform(self, action: IO, on_transfer: OnTransfer, handle: CancelHandle) -> object:
        """The reply to an action. Raises TransportFailed, FileFailed or RemoteError."""
        match action:
            case Send():
                return self.send(action, on_transfer, handle)
            case InspectFile():
                return inspect(action)
            case ReadFile():
                return read_file(action)
            case SaveBytes():
                return self.save_bytes(action)
            case Download():
                return self.download(action, on_transfer, handle)
            case _:
                assert_never(action)

    def send(self, action: Send, on_transfer: OnTransfer, handle: CancelHandle) -> Response:
        """One exchange."""
        request = action.request
        with self._exchange(request, action.patience, on_transfer, handle) as (head, chunks):
            return head.with_body(b"".join(map(BodyLimit(action, head), chunks)))

    def download(
        self, action: Download, on_transfer: OnTransfer, handle: CancelHandle
    ) -> Saved | Response:
        """Stream a body to the disk, if it is the one that was asked for."""
        with self._exchange(action.request, None, on_transfer, handle) as (head, chunks):
            metered = map(BodyLimit(action, head), chunks)
            if not action.takes(head):
                return head.with_body(b"".join(metered))
            return self._save(action.name, report_chunks(metered, head.length, on_transfer))

    def save_bytes(self, action: SaveBytes) -> Saved:
        """Write bytes into the download folder."""
        return self._save(action.name, iter((action.data,)))

    @contextlib.contextmanager
    def _exchange(
        self, request: Request, seconds: float | None, on_transfer: OnTransfer, handle: CancelHandle
    ) -> Generator[tuple[Head, Iterator[bytes]]]:
        with (
            contextlib.closing(iter_body(request, on_transfer)) as body,
            self.connections.exchange(request, body, seconds, handle) as exchange,
        ):
            yield exchange

    def _save(self, name: str, chunks: Iterator[bytes]) -> Saved:
        """Write to a temporary name, then rename into a folder named after the content."""
        folder = Path(self._settings.folder)
        digest = hashlib.sha256()
        with file_errors(str(folder), "download folder"):
            folder.mkdir(parents=True, exist_ok=True)
            # In the folder itself: a rename is atomic only within one file system.
            handle, partial = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=folder)
        self._partial.add(partial)
        try:
            # What is left in the buffer is written when the file is closed.
            with file_errors(name), os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
            place = folder / digest.hexdigest() / name
            with file_errors(name):
                place.parent.mkdir(exist_ok=True)
                Path(partial).replace(place)
            return Saved(path=str(place))
        except BaseException:
            with contextlib.suppress(OSError):
                Path(partial).unlink(missing_ok=True)
            raise
        finally:
            self._partial.discard(partial)


def iter_body(request: Request, on_transfer: OnTransfer) -> Generator[bytes, None, None]:
    """The bytes of a body; those of files are read as they are sent, and reported."""
    total, done = request.size, 0
    is_form = len(request.body) > 1
    for part in request.body:
        for chunk in read_chunks(part) if isinstance(part, FileSlice) else split_bytes(part):
            yield chunk
            done += len(chunk)
            if is_form:
                on_transfer(Transferred(done=done, total=total, upload=True))


def split_bytes(part: bytes) -> Iterator[bytes]:
    """Bytes, in pieces of which one is sent soon."""
    return (part[start : start + _CHUNK] for start in range(0, len(part), _CHUNK))


def read_chunks(part: FileSlice) -> Iterator[bytes]:
    """The bytes of a file, which must be the one that was looked at, and stay so."""
    with file_errors(part.path), open(part.path, "rb") as file:
        left = part.size
        while True:
            chunk = file.read(min(left, _CHUNK))
            # After each read: the head has promised a length, and a mixture of two versions of a
            # file should not be taken for one of them.
            part.check(os.fstat(file.fileno()))
            if left and not chunk:
                raise FileFailed(f"file {part.path!r} is shorter than it says")
            if not left:
                return
            left -= len(chunk)
            yield chunk


def report_chunks(
    chunks: Iterator[bytes], total: int | None, on_transfer: OnTransfer
) -> Iterator[bytes]:
    """The chunks of a download, each reported."""
    done = 0
    for chunk in chunks:
        done += len(chunk)
        on_transfer(Transferred(done=done, total=total, upload=False))
        yield chunk


def inspect(action: InspectFile) -> FileFacts:
    """Look at a local file."""
    with file_errors(action.path), open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileFacts.of(facts, digest)


def read_file(action: ReadFile) -> bytes:
    """The content of a local file."""
    with file_errors(action.path), open(action.path, "rb") as file:
        data = file.read(action.limit + 1)
    action.check(len(data))
    return data


def ignore_transfer(_: Transferred) -> None:
    """For exchanges that move no files."""

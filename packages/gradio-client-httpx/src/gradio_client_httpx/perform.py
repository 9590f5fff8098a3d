"""Performs the actions of the core, which are I/O: exchanges, files and pauses.

An action returns its reply, or raises TransportFailed or FileFailed. Nothing here decides: the core
handles statuses, headers, redirects and file names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Generator, Iterator
from typing import assert_never

from gradio_protocol import (
    BodyLimit,
    Download,
    FileFacts,
    FileFailed,
    FileSlice,
    Head,
    InspectFile,
    IOAction,
    ReadFile,
    Request,
    Response,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    Transferred,
    file_errors,
)
from gradio_protocol.clients import OnTransfer, meter_upload

from .cancel_handle import CancelHandle
from .http import Connections
from .inputs import TransportConfig
from .partial_file import PartialFile

_CHUNK = 2**18
"Bytes of one write to a socket."


class Performer:
    """Performs actions. Thread-safe."""

    def __init__(self, config: TransportConfig, src: str) -> None:
        self.connections: Connections = Connections(config, src)
        self._config = config
        self._partial: set[PartialFile] = set()
        "Files being written. Their threads are daemons, so `close` cleans up for them."

    def close(self) -> None:
        """Abort all exchanges, and remove the files that are only partly written."""
        self.connections.close()
        for file in list(self._partial):
            file.remove()

    def perform(self, action: IOAction, on_transfer: OnTransfer, handle: CancelHandle) -> object:
        """Return the reply to an action. Raises TransportFailed, FileFailed or RemoteError."""
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
            case Sleep():
                return self.connections.pause(action.seconds)
            case _:
                assert_never(action)

    def send(self, action: Send, on_transfer: OnTransfer, handle: CancelHandle) -> Response:
        """Perform one exchange; return the whole reply."""
        request = action.request
        with self._exchange(request, action.total_timeout, on_transfer, handle) as (head, chunks):
            return head.with_body(b"".join(map(BodyLimit(action, head), chunks)))

    def download(
        self, action: Download, on_transfer: OnTransfer, handle: CancelHandle
    ) -> Saved | Response:
        """Save the body of a reply, or return a reply that the action does not take."""
        with self._exchange(action.request, None, on_transfer, handle) as (head, chunks):
            metered = map(BodyLimit(action, head, on_transfer), chunks)
            if not action.takes(head):
                return head.with_body(b"".join(metered))
            return self._save(action.name, metered)

    def save_bytes(self, action: SaveBytes) -> Saved:
        """Save bytes in the download folder."""
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
        file = PartialFile(self._config.folder, name)
        self._partial.add(file)
        try:
            for chunk in chunks:
                file.add(chunk)
            return file.keep()
        finally:
            file.drop()
            self._partial.discard(file)


def iter_body(request: Request, on_transfer: OnTransfer) -> Generator[bytes, None, None]:
    """Yield the chunks of a body; read its files while they are sent, and report progress."""
    count = meter_upload(request, on_transfer)
    for part in request.body:
        for chunk in read_pages(part, _CHUNK) if isinstance(part, FileSlice) else split_bytes(part):
            yield chunk
            count(len(chunk))


def split_bytes(part: bytes) -> Generator[bytes, None, None]:
    """Split bytes into chunks, so that progress is reported between them."""
    return (part[start : start + _CHUNK] for start in range(0, len(part), _CHUNK))


def read_pages(part: FileSlice, most: int) -> Generator[bytes, None, None]:
    """Yield a file in pages of at most so many bytes.

    Raises FileFailed if it has changed since it was inspected.
    """
    with file_errors(part.path), open(part.path, "rb") as file:
        left = part.size
        while True:
            page = file.read(min(left, most))
            # After each read: the request has announced a length, and a mixture of two versions of
            # the file must not arrive as one of them.
            part.check(os.fstat(file.fileno()))
            if left and not page:
                raise FileFailed(f"file {part.path!r} became shorter while it was being uploaded")
            if not left:
                return
            left -= len(page)
            yield page


def inspect(action: InspectFile) -> FileFacts:
    """Find out the size, modification time and digest of a local file."""
    with file_errors(action.path), open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileFacts.of(facts, digest)


def read_file(action: ReadFile) -> bytes:
    """Return the content of a local file. Raises FileFailed if it is longer than the limit."""
    with file_errors(action.path), open(action.path, "rb") as file:
        data = file.read(action.limit + 1)
    action.check(len(data))
    return data


def ignore_transfer(_: Transferred) -> None:
    """Ignore the progress of an exchange that transfers no files."""

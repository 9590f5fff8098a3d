"""Performs the actions of the core, which are I/O: exchanges, files and pauses.

An action returns its reply, or raises TransportFailed or FileFailed. Nothing here decides: the core
handles statuses, headers, redirects and file names. Files are read, written and hashed in worker
threads, so that a slow disk does not stop the event loop.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import assert_never

import trio

from gradio_protocol import (
    PARTIAL_PREFIX,
    BodyLimit,
    Download,
    FileFacts,
    InspectFile,
    IOAction,
    ReadFile,
    Response,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    file_errors,
)
from gradio_protocol.clients import OnTransfer, PageBuffer, meter_upload

from .http import Http
from .pool import PAGE


class Performer:
    """Performs actions."""

    def __init__(self, folder: str, http: Http) -> None:
        self._folder = folder
        self.http = http

    async def perform(self, action: IOAction, on_transfer: OnTransfer) -> object:
        """Return the reply to an action. Raises TransportFailed, FileFailed or RemoteError."""
        match action:
            case Send():
                return await self.send(action, on_transfer)
            case InspectFile():
                # A cancelled job does not wait for a disk that is slow or gone.
                return await trio.to_thread.run_sync(inspect, action, abandon_on_cancel=True)
            case ReadFile():
                return await trio.to_thread.run_sync(read_file, action, abandon_on_cancel=True)
            case SaveBytes():
                return await self.save_bytes(action)
            case Download():
                return await self.download(action, on_transfer)
            case Sleep():
                await trio.sleep(action.seconds)
                return None
            case _:
                assert_never(action)

    async def send(self, action: Send, on_transfer: OnTransfer) -> Response:
        """Perform one exchange; return the whole reply."""
        request, sent = action.request, meter_upload(action.request, on_transfer)
        total_timeout, check = action.total_timeout, action.check
        return await self.http.send(request, total_timeout=total_timeout, check=check, on_sent=sent)

    async def download(self, action: Download, on_transfer: OnTransfer) -> Saved | Response:
        """Save the body of a reply, or return a reply that the action does not take."""
        # A stream, because it takes no slot: joins must not wait for a download of an hour.
        async with self.http.stream(action.request, idle_timeout=self.http.timeout.read) as reply:
            head, meter = reply.head, BodyLimit(action, reply.head, on_transfer)
            if not action.takes(head):
                return head.with_body(b"".join([meter(chunk) async for chunk in reply]))
            async with self._open_partial(action.name) as file:
                pages = PageBuffer()
                async for chunk in reply:
                    # Not abandoned on a cancel: the thread would write to a closed file.
                    if page := pages.add(meter(chunk)):
                        await trio.to_thread.run_sync(file.add, page)
                await trio.to_thread.run_sync(file.add, pages.take())
                return await trio.to_thread.run_sync(file.keep)

    async def save_bytes(self, action: SaveBytes) -> Saved:
        """Save bytes in the download folder."""
        async with self._open_partial(action.name) as file:
            await trio.to_thread.run_sync(file.add, action.data)
            return await trio.to_thread.run_sync(file.keep)

    @contextlib.asynccontextmanager
    async def _open_partial(self, name: str) -> AsyncGenerator[PartialFile, None]:
        file = await trio.to_thread.run_sync(PartialFile, self._folder, name)
        try:
            yield file
        finally:
            # Shielded, so that a cancelled download leaves no partial file behind.
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(file.drop)


class PartialFile:
    """A file being written under a temporary name. All methods block."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder = Path(folder)
        self._name = name
        self._digest = hashlib.sha256()
        with file_errors(folder, "download folder"):
            self._folder.mkdir(parents=True, exist_ok=True)
            # In the download folder, because a rename is atomic only within one file system.
            handle, self._path = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=folder)
        self._file = os.fdopen(handle, "wb")

    def add(self, chunk: bytes | bytearray) -> None:
        """Write the next chunk."""
        self._digest.update(chunk)
        with file_errors(self._name):
            self._file.write(chunk)

    def keep(self) -> Saved:
        """Rename the complete file into a folder named after its digest."""
        place = self._folder / self._digest.hexdigest() / self._name
        with file_errors(self._name):
            # Close first: this writes the rest of the buffer, and may find that the disk is full.
            # Nor can Windows rename an open file.
            self._file.close()
            place.parent.mkdir(exist_ok=True)
            Path(self._path).replace(place)
        return Saved(path=str(place))

    def drop(self) -> None:
        """Close the file, and remove it if it was not kept."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            Path(self._path).unlink(missing_ok=True)


def inspect(action: InspectFile) -> FileFacts:
    """Find out the size, modification time and digest of a local file."""
    digest = hashlib.sha256()
    with file_errors(action.path), open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        # Not `hashlib.file_digest`: the thread must end with its job, even for an endless file,
        # such as a pipe.
        while data := file.read(PAGE):
            trio.from_thread.check_cancelled()
            digest.update(data)
    return FileFacts.of(facts, digest.hexdigest())


def read_file(action: ReadFile) -> bytes:
    """Return the content of a local file. Raises FileFailed if it is longer than the limit."""
    with file_errors(action.path), open(action.path, "rb") as file:
        data = file.read(action.limit + 1)
    action.check(len(data))
    return data

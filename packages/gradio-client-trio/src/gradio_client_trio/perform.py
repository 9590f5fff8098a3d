"""Runs flows: one function for each action that is I/O, and one place that translates exceptions.

An action either gives its reply or raises TransportFailed or FileFailed, which the flow then
sees at the line that asked. Nothing here decides anything: statuses, headers, redirects and
names are the core's. The disk is touched, and what is on it hashed, in worker threads only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TypeAlias, assert_never

import trio

from gradio_protocol import (
    PARTIAL_PREFIX,
    AnyIO,
    BodyLimit,
    Download,
    FileFacts,
    InspectFile,
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

from .http import Http
from .pool import PAGE, OnSent, ignore_progress

OnTransfer: TypeAlias = Callable[[Transferred], None]
"Is told of bytes as they move."


class Performer:
    """Performs the actions that are I/O."""

    def __init__(self, folder: str, http: Http) -> None:
        self._folder = folder
        self.http = http

    async def perform(self, action: AnyIO, on_transfer: OnTransfer) -> object:
        """The reply to an action. Raises TransportFailed, FileFailed or RemoteError."""
        match action:
            case Send():
                return await self.send(action, on_transfer)
            case InspectFile():
                # Whoever is cancelled does not wait for a disk that is slow or gone.
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
        """One exchange."""
        request, sent = action.request, count_sent(action.request, on_transfer)
        patience, check = action.patience, action.check
        return await self.http.send(request, total_timeout=patience, check=check, on_sent=sent)

    async def download(self, action: Download, on_transfer: OnTransfer) -> Saved | Response:
        """Stream a body to the disk, if it is the one that was asked for."""
        async with self.http.stream(action.request, idle_timeout=self.http.timeout.read) as reply:
            head, done, meter = reply.head, 0, BodyLimit(action, reply.head)
            if not action.takes(head):
                return head.with_body(b"".join([meter(chunk) async for chunk in reply]))
            async with self._open_partial(action.name) as file:
                async for chunk in reply:
                    await trio.to_thread.run_sync(file.add, meter(chunk))
                    done += len(chunk)
                    on_transfer(Transferred(done=done, total=head.length, upload=False))
                return await trio.to_thread.run_sync(file.keep)

    async def save_bytes(self, action: SaveBytes) -> Saved:
        """Write bytes into the download folder."""
        async with self._open_partial(action.name) as file:
            await trio.to_thread.run_sync(file.add, action.data)
            return await trio.to_thread.run_sync(file.keep)

    @contextlib.asynccontextmanager
    async def _open_partial(self, name: str) -> AsyncGenerator[PartialFile, None]:
        file = await trio.to_thread.run_sync(PartialFile, self._folder, name)
        try:
            yield file
        finally:
            # Shielded: a cancelled download must leave no part of a file behind.
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(file.drop)


class PartialFile:
    """A file that is being written, under a temporary name; each method is for a thread."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder = Path(folder)
        self._name = name
        self._digest = hashlib.sha256()
        with file_errors(folder, "download folder"):
            self._folder.mkdir(parents=True, exist_ok=True)
            # In the folder itself: a rename is atomic only within one file system.
            handle, self._path = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=folder)
        self._file = os.fdopen(handle, "wb")

    def add(self, chunk: bytes) -> None:
        """Write what comes next."""
        self._digest.update(chunk)
        with file_errors(self._name):
            self._file.write(chunk)

    def keep(self) -> Saved:
        """All has come: rename it into a folder named after the content."""
        place = self._folder / self._digest.hexdigest() / self._name
        with file_errors(self._name):
            self._file.close()
            place.parent.mkdir(exist_ok=True)
            Path(self._path).replace(place)
        return Saved(path=str(place))

    def drop(self) -> None:
        """Leave nothing but what was kept."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            Path(self._path).unlink(missing_ok=True)


def count_sent(request: Request, on_transfer: OnTransfer) -> OnSent:
    """Tells how much of a body is sent, if it is a form: a form has files in it."""
    total, done = request.size, 0

    def sent(size: int) -> None:
        nonlocal done
        done += size
        on_transfer(Transferred(done=done, total=total, upload=True))

    return sent if len(request.body) > 1 else ignore_progress


def inspect(action: InspectFile) -> FileFacts:
    """Look at a local file, for as long as somebody waits for that."""
    digest = hashlib.sha256()
    with file_errors(action.path), open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        # Not `hashlib.file_digest`: an endless file, such as a pipe, must stop with its job.
        while data := file.read(PAGE):
            trio.from_thread.check_cancelled()
            digest.update(data)
    return FileFacts.of(facts, digest.hexdigest())


def read_file(action: ReadFile) -> bytes:
    """The content of a local file."""
    with file_errors(action.path), open(action.path, "rb") as file:
        data = file.read(action.limit + 1)
    action.check(len(data))
    return data


def ignore_transfer(_: Transferred) -> None:
    """For exchanges that move no files."""

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
from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar, assert_never

import trio

from gradio_protocol import (
    Download,
    FileFacts,
    FileFailed,
    InspectFile,
    ReadFile,
    Request,
    Response,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    Transferred,
)

from .http import Http, Reply
from .pool import PAGE, Sent, ignore_progress

R = TypeVar("R")
T = TypeVar("T")
IO: TypeAlias = Send | InspectFile | ReadFile | SaveBytes | Download | Sleep
Moved: TypeAlias = Callable[[Transferred], None]
"Is told of bytes as they move."

_CHUNK = 2**16


class Performer:
    """Performs the actions that are I/O."""

    def __init__(self, folder: str, http: Http) -> None:
        self._folder = folder
        self.http = http

    async def perform(self, action: IO, moved: Moved) -> object:
        """The reply to an action. Raises TransportFailed, FileFailed or RemoteError."""
        match action:
            case Send():
                return await self.send(action, moved)
            case InspectFile():
                return await look_up(inspect, action)
            case ReadFile():
                return await look_up(read_file, action)
            case SaveBytes():
                return await self.save_bytes(action)
            case Download():
                return await self.download(action, moved)
            case Sleep():
                await trio.sleep(action.seconds)
                return None
            case _:
                assert_never(action)

    async def send(self, action: Send, moved: Moved) -> Response:
        """One exchange."""
        request, sent = action.request, counting(action.request, moved)
        patience, limit = action.patience, action.limit
        return await self.http.send(request, patience=patience, limit=limit, sent=sent)

    async def download(self, action: Download, moved: Moved) -> Saved | Response:
        """Stream a body to the disk, if it is the one that was asked for."""
        async with self.http.stream(action.request, idle=self.http.timeout.read) as reply:
            head, done = reply.head, 0
            if not action.takes(head):
                body = await beginning(reply)
                return head.with_body(body)
            async with self._partial(action.name) as file:
                async for chunk in reply:
                    done += len(chunk)
                    action.check(done)
                    await trio.to_thread.run_sync(file.add, chunk)
                    moved(Transferred(done=done, total=head.length, upload=False))
                return await trio.to_thread.run_sync(file.keep)

    async def save_bytes(self, action: SaveBytes) -> Saved:
        """Write bytes into the download folder."""
        async with self._partial(action.name) as file:
            await trio.to_thread.run_sync(file.add, action.data)
            return await trio.to_thread.run_sync(file.keep)

    @contextlib.asynccontextmanager
    async def _partial(self, name: str) -> AsyncGenerator[Partial, None]:
        file = await trio.to_thread.run_sync(Partial, self._folder, name)
        try:
            yield file
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(file.drop)


class Partial:
    """A file that is being written, under a temporary name; each method is for a thread."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder = Path(folder)
        self._name = name
        self._digest = hashlib.sha256()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, self._path = tempfile.mkstemp(prefix=".partial-", dir=folder)
        except OSError as error:
            raise FileFailed(f"download folder {folder!r}: {error.strerror}") from error
        self._file = os.fdopen(handle, "wb")

    def add(self, chunk: bytes) -> None:
        """Write what comes next."""
        self._digest.update(chunk)
        with disk_errors(self._name):
            self._file.write(chunk)

    def keep(self) -> Saved:
        """All has come: rename it into a folder named after the content."""
        place = self._folder / self._digest.hexdigest() / self._name
        with disk_errors(self._name):
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


def counting(request: Request, moved: Moved) -> Sent:
    """Tells how much of a body is sent, if it is a form: a form has files in it."""
    total, done = request.size, 0

    def sent(size: int) -> None:
        nonlocal done
        done += size
        moved(Transferred(done=done, total=total, upload=True))

    return sent if len(request.body) > 1 else ignore_progress


async def beginning(reply: Reply) -> bytes:
    """So much of a body as may explain a refusal."""
    body = bytearray()
    async for chunk in reply:
        body += chunk
        if len(body) >= _CHUNK:
            break
    return bytes(body)


async def look_up(look: Callable[[R], T], action: R) -> T:
    """What is found on the disk; whoever is cancelled does not wait for it."""
    return await trio.to_thread.run_sync(partial(look, action), abandon_on_cancel=True)


def inspect(action: InspectFile) -> FileFacts:
    """Look at a local file, for as long as somebody waits for that."""
    digest = hashlib.sha256()
    with disk_errors(action.path), open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        while data := file.read(PAGE):
            trio.from_thread.check_cancelled()
            digest.update(data)
    return FileFacts.of(facts, digest.hexdigest())


def read_file(action: ReadFile) -> bytes:
    """The content of a local file."""
    with disk_errors(action.path), open(action.path, "rb") as file:
        data = file.read(action.limit + 1)
    if len(data) > action.limit:
        raise FileFailed(f"file {action.path!r} is longer than {action.limit} bytes")
    return data


@contextlib.contextmanager
def disk_errors(name: str) -> Generator[None]:
    """What the operating system says of a file, as FileFailed."""
    try:
        yield
    except OSError as error:
        raise FileFailed(f"file {name!r}: {error.strerror or error}") from error

"""Performs the actions of the core, which are I/O: exchanges, files and pauses.

An action returns its reply, or raises TransportFailed or FileFailed. Nothing here decides: the core
handles statuses, headers, redirects and file names. Files are read, written and hashed in threads,
so that a slow disk does not stop the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import assert_never

from gradio_protocol import (
    BodyLimit,
    Download,
    FileFacts,
    FileSlice,
    InspectFile,
    IOAction,
    ReadFile,
    Request,
    Response,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    file_errors,
)
from gradio_protocol.clients import OnTransfer, PageBuffer, meter_upload

from ..partial_file import PartialFile
from ..perform import read_file, read_pages, split_bytes
from .http import AsyncConnections, Reply
from .tasks import in_thread, in_thread_until_cancelled

_PAGE = 2**20
"Bytes of one read from a file. Each costs a switch to a thread and back."


class AsyncPerformer:
    """Performs actions."""

    def __init__(self, folder: str, connections: AsyncConnections) -> None:
        self._folder = folder
        self.connections = connections

    async def perform(self, action: IOAction, on_transfer: OnTransfer) -> object:
        """Return the reply to an action. Raises TransportFailed, FileFailed or RemoteError."""
        match action:
            case Send():
                return await self.send(action, on_transfer)
            case InspectFile():
                return await in_thread_until_cancelled(partial(inspect, action))
            case ReadFile():
                return await asyncio.to_thread(read_file, action)
            case SaveBytes():
                return await self.save_bytes(action)
            case Download():
                return await self.download(action, on_transfer)
            case Sleep():
                return await asyncio.sleep(action.seconds, None)
            case _:
                assert_never(action)

    async def send(self, action: Send, on_transfer: OnTransfer) -> Response:
        """Perform one exchange; return the whole reply."""
        exchange = self._exchange(action.request, action.total_timeout, on_transfer)
        async with exchange as (head, chunks):
            meter = BodyLimit(action, head)
            return head.with_body(b"".join([meter(chunk) async for chunk in chunks]))

    async def download(self, action: Download, on_transfer: OnTransfer) -> Saved | Response:
        """Save the body of a reply, or return a reply that the action does not take."""
        async with self._exchange(action.request, None, on_transfer) as (head, chunks):
            meter = BodyLimit(action, head, on_transfer)
            if not action.takes(head):
                return head.with_body(b"".join([meter(chunk) async for chunk in chunks]))
            async with self._open_partial(action.name) as file:
                pages = PageBuffer()
                async for chunk in chunks:
                    if page := pages.add(meter(chunk)):
                        await in_thread(file.add, page)
                await in_thread(file.add, pages.take())
                return await in_thread(file.keep)

    async def save_bytes(self, action: SaveBytes) -> Saved:
        """Save bytes in the download folder."""
        async with self._open_partial(action.name) as file:
            await in_thread(file.add, action.data)
            return await in_thread(file.keep)

    @contextlib.asynccontextmanager
    async def _exchange(
        self, request: Request, seconds: float | None, on_transfer: OnTransfer
    ) -> AsyncGenerator[Reply]:
        async with (
            contextlib.aclosing(iter_body(request, on_transfer)) as body,
            self.connections.exchange(request, body, seconds) as reply,
        ):
            yield reply

    @contextlib.asynccontextmanager
    async def _open_partial(self, name: str) -> AsyncGenerator[PartialFile]:
        file = PartialFile(self._folder, name)
        try:
            yield file
        finally:
            await in_thread(file.drop)


async def iter_body(request: Request, on_transfer: OnTransfer) -> AsyncGenerator[bytes]:
    """Yield the chunks of a body; read its files in threads, and report progress."""
    count = meter_upload(request, on_transfer)
    async with contextlib.aclosing(iter_pages(request)) as pages:
        async for page in pages:
            for chunk in split_bytes(page):
                yield chunk
                count(len(chunk))


async def iter_pages(request: Request) -> AsyncGenerator[bytes]:
    """Yield the parts of a body; read its files in threads, in pages."""
    for part in request.body:
        if isinstance(part, FileSlice):
            with contextlib.closing(read_pages(part, _PAGE)) as pages:
                while (page := await in_thread(next, pages, None)) is not None:
                    yield page
        else:
            yield part


def inspect(action: InspectFile, is_cancelled: Callable[[], bool]) -> FileFacts:
    """Find out the size, modification time and digest of a local file."""
    digest = hashlib.sha256()
    with file_errors(action.path), open(action.path, "rb") as file:
        facts = os.fstat(file.fileno())
        # Not `hashlib.file_digest`: the thread must end with its job, even for an endless file.
        while not is_cancelled() and (data := file.read(_PAGE)):
            digest.update(data)
    return FileFacts.of(facts, digest.hexdigest())

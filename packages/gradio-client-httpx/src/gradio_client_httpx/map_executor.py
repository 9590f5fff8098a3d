"""Sends the inputs of `Client.map` to an executor, and keeps the journal of a run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from typing import Any, TypeAlias, assert_never

from gradio_protocol import file_errors
from gradio_protocol.chunks import ChunkWindow, CollectChunk, MapJournal, SendChunk, WaitForChunks
from gradio_protocol.clients import YieldOutcome

from .map_worker import ChunkCall, run_chunk

Outcomes: TypeAlias = Future[list[Any]]
Path: TypeAlias = "str | os.PathLike[str]"


def read_journal_file(path: Path) -> MapJournal:
    """Return what a journal says; a file that does not exist says nothing. Raises FileFailed."""
    with file_errors(os.fspath(path), "journal"):
        try:
            with open(path, "rb") as lines:
                return MapJournal(lines)
        except FileNotFoundError:
            return MapJournal()


def map_chunks(
    window: ChunkWindow[Outcomes], executor: Executor, call: ChunkCall, journal: Path | None
) -> Generator[Any, None, None]:
    """Yield the outcomes of the inputs of a window, which the workers of an executor call."""
    with _opened(journal) as append:
        try:
            while (step := window.next()) is not None:
                match step:
                    case SendChunk(chunk=chunk):
                        try:
                            token = secrets.token_hex(8)
                            chunk.future = executor.submit(run_chunk, call, chunk.values, token)
                        except Exception as error:
                            name = None if journal is None else os.fspath(journal)
                            raise window.executor_failed(error, name) from error
                    case CollectChunk():
                        append(_collect(window, step))
                    case YieldOutcome(outcome=outcome):
                        yield outcome
                    case WaitForChunks(futures=futures):
                        wait(futures, return_when=FIRST_COMPLETED)
                    case _:
                        assert_never(step)
        finally:
            window.cancel()
            for ended in window.ended:
                append(_collect(window, ended))


@contextmanager
def _opened(path: Path | None) -> Generator[Callable[[bytes], None]]:
    """Open a journal, if there is one; yield what appends to it, so that a crash loses nothing."""
    if path is None:
        yield lambda _: None
        return
    name = os.fspath(path)
    with file_errors(name, "journal"):
        file = open(path, "ab")  # noqa: SIM115 - closed below; other errors there are not its own

    def append(lines: bytes) -> None:
        with file_errors(name, "journal"):
            file.write(lines)
            file.flush()

    with file:
        yield append


def _collect(window: ChunkWindow[Outcomes], ended: CollectChunk[Outcomes]) -> bytes:
    """Take the outcomes of a chunk; return what the journal gains."""
    try:
        outcomes = ended.future.result()
    except Exception as error:  # noqa: BLE001 - calls raise nothing there: the worker is lost
        ended.chunk.fail(error)
        return b""
    return window.end(ended.chunk, outcomes)

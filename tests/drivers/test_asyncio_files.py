"""Files in the asyncio client: threads read and write them, and end with their jobs."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from gradio_client_httpx import FileFailed, StatusUpdate
from gradio_client_httpx.aio.tasks import in_thread, in_thread_until_cancelled, wait_to_end
from tests.drivers.asyncio_rig import in_loop, rig
from tests.support.gradio_server import FakeGradio
from tests.support.latch import Latch
from tests.support.loopback import Connection, Request


@in_loop
async def test_files_go_up_and_come_down_and_the_updates_tell(tmp_path: Path) -> None:
    given, content = tmp_path / "given.txt", b"abc" * 100_000
    given.write_bytes(content)
    async with rig(download_files=tmp_path / "downloads") as (client, _):
        job = client.submit(given, api_name="/file")
        saved = Path(await job)
        seen = [
            update.transferred
            async for update in job.updates()
            if isinstance(update, StatusUpdate) and update.transferred
        ]
    assert saved.read_bytes() == content.upper()  # noqa: ASYNC240
    assert saved.is_relative_to(tmp_path / "downloads")
    sent = [moved for moved in seen if moved.upload]
    assert sent[-1].done == sent[-1].total
    assert [moved.done for moved in sent] == sorted(moved.done for moved in sent)
    assert seen[-1].done == seen[-1].total == len(content)


@in_loop
async def test_a_file_that_is_missing_or_cannot_be_written_fails_its_job(tmp_path: Path) -> None:
    async with rig(download_files=tmp_path / "occupied") as (client, fake):
        with pytest.raises(FileFailed, match=r"absent\.txt"):
            await client.predict(tmp_path / "absent.txt", api_name="/file")
        assert not fake.requests("queue/join")
        (tmp_path / "occupied").write_bytes(b"")
        with pytest.raises(FileFailed, match="occupied"):
            await client.predict(b"abc", api_name="/file")
        assert await client.predict("x", api_name="/echo") == "x"


@in_loop
async def test_a_download_that_is_given_up_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    begun = Latch("the download")

    async def endless(_: Request, connection: Connection) -> None:
        await connection.head(200, [("content-length", "1000000")])
        await connection.chunk(b"x" * 1000)
        begun.set()
        await connection.gone()

    fake, downloads = FakeGradio(), tmp_path / "downloads"
    fake.instead(f"file=/tmp/gradio/{sha256(b'ABC').hexdigest()}/file", endless)
    async with rig(fake, download_files=downloads) as (client, _):
        job = client.submit(b"abc", api_name="/file")
        await asyncio.to_thread(begun.wait_blocking)
        assert job.cancel()
    assert [path for path in downloads.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no os.mkfifo")
@in_loop
async def test_a_thread_that_reads_an_endless_file_ends_with_its_job(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = Latch("the reader")

    def write() -> None:
        with suppress(BrokenPipeError), pipe.open("wb") as file:  # ends when nobody reads any more
            while True:
                file.write(b"x" * 2**16)
                reading.set()

    writing = asyncio.ensure_future(asyncio.to_thread(write))
    async with rig() as (client, _):
        job = client.submit(pipe, api_name="/file")
        await asyncio.to_thread(reading.wait_blocking)
        assert job.cancel()
        await writing


@in_loop
async def test_a_wait_to_the_end_is_not_cut_short_by_cancelling_it() -> None:
    go_on = threading.Event()
    waiting = asyncio.create_task(in_thread(go_on.wait))
    for _ in range(2):
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await wait_to_end(asyncio.ensure_future(asyncio.sleep(0, "done"))) == "done"


@in_loop
async def test_a_thread_is_told_that_nobody_waits_for_it_any_more() -> None:
    begun, told = Latch("the thread"), Latch("the news")

    def work(is_cancelled: object) -> None:
        assert callable(is_cancelled)
        begun.set()
        while not is_cancelled():
            pass
        told.set()

    task = asyncio.create_task(in_thread_until_cancelled(work))
    await asyncio.to_thread(begun.wait_blocking)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(told.wait_blocking)

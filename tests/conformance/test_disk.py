"""What the disk of this machine does to a job: a typed error, and the client stays usable."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradio_protocol import FileFailed, InvalidArguments
from tests.conformance.rig import Rig, fails, rigged, usable
from tests.conformance.subject import Subject
from tests.support.fault_proxy import wait_after
from tests.support.latch import Gate
from tests.support.loopback import Connection, Request

VERSION = "6.31.0"
LARGE = 2**26
"More bytes than the buffers between a client and a server that does not read."


def vanish(path: Path) -> None:
    path.unlink()


def shrink(path: Path) -> None:
    os.truncate(path, 10)


def grow(path: Path) -> None:
    os.truncate(path, LARGE + 1)


def turn(path: Path) -> None:
    """Be as long as before, and another file."""
    content = b"y" * path.stat().st_size
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))


Change = Callable[[Path], None]


@pytest.mark.parametrize("change", [vanish, shrink, grow, turn])
def test_a_file_that_changes_before_it_is_sent_is_a_failed_file(
    subject: Subject, change: Change, tmp_path: Path
) -> None:
    path = tmp_path / "given.txt"
    path.write_bytes(b"x" * 1000)

    async def forgotten(_: Request, connection: Connection) -> None:
        change(path)
        await connection.reply(404)

    with rigged(subject, VERSION, tmp_path) as rig:
        rig.client.predict(path, api_name="/file")
        # The second time it is asked for before it is sent again.
        (sent, *_) = rig.stage.fake.files
        rig.stage.fake.instead(f"file={sent}", forgotten)
        fails(rig.client.submit(path, api_name="/file"), FileFailed)
        usable(rig.client)


@pytest.mark.parametrize("change", [shrink, grow])
def test_a_file_that_changes_while_it_is_sent_is_a_failed_file(
    subject: Subject, change: Change, tmp_path: Path
) -> None:
    path = tmp_path / "given.txt"
    path.touch()
    os.truncate(path, LARGE)
    with rigged(subject, VERSION, tmp_path) as rig:
        gate = Gate("the server reads on")
        rig.proxy.on("upload", up=wait_after(1000, gate))
        job = rig.client.submit(path, api_name="/file")
        gate.reached.wait_blocking()
        change(path)
        gate.open()
        fails(job, FileFailed)
        usable(rig.client)


def test_a_folder_that_cannot_be_written_is_a_failed_file(subject: Subject, tmp_path: Path) -> None:
    with rigged(subject, VERSION, tmp_path) as rig:
        (tmp_path / "downloads").write_bytes(b"no folder")
        fails(rig.client.submit(b"x", api_name="/file"), FileFailed)
        usable(rig.client)


def test_a_file_is_no_folder_for_downloads(subject: Subject, tmp_path: Path) -> None:
    (tmp_path / "downloads").write_bytes(b"no folder")
    with (
        pytest.raises(InvalidArguments, match=r"expected a folder, but .* is a file"),
        rigged(subject, VERSION, tmp_path),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_a_failed_file_and_leaves_nothing(subject: Subject, tmp_path: Path) -> None:
    with rigged(subject, VERSION, tmp_path) as rig:
        with no_room(2**20):
            fails(rig.client.submit(b"x" * 2**22, api_name="/file"), FileFailed)
        assert files(rig) == []
        usable(rig.client)
        saved = Path(rig.client.predict(b"y" * 2**22, api_name="/file"))
        assert files(rig) == [saved]


def files(rig: Rig) -> list[Path]:
    return [path for path in rig.stage.downloads.rglob("*") if path.is_file()]


@contextmanager
def no_room(size: int) -> Generator[None]:
    """Files of this process become no longer than this."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

"""Streamed audio and video: a path while the job runs, the whole recording afterwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import OutputUpdate
from tests.conformance.stages import staged
from tests.conformance.subject import Options, Subject
from tests.support.fake.functions import DOWNLOAD, TEXT, Call, Function
from tests.support.latch import Gate
from tests.support.loopback import Connection, Request

RECORDING = b"RIFF\x24\x80\x01\x00WAVE"
META = {"_type": "gradio.FileData"}
EARLY: dict[str, Any] = {"path": "s/1/2", "is_stream": True, "orig_name": "audio.wav"}
"As 4.0 to 4.18 write it."
LATE: dict[str, Any] = {
    "path": "s/1/2/playlist.m3u8",
    "url": "http://wrong/gradio_api/stream/s/1/2/playlist.m3u8",
    "size": None,
    "orig_name": "audio.wav",
    "mime_type": None,
    "is_stream": True,
    "meta": META,
}
"As 5.20 to 6.31 do; 5.0.2 has neither `url` nor `meta`."
STREAMS = [
    ("4.14.0", EARLY, "stream/s/1/2"),
    ("4.17.0", EARLY, "stream/s/1/2"),
    ("4.44.1", {**EARLY, "url": "http://wrong/stream/s/1/2", "meta": META}, "stream/s/1/2"),
    ("5.0.2", {**EARLY, "path": LATE["path"]}, "stream/s/1/2/playlist-file"),
    ("5.50.0", LATE, "stream/s/1/2/playlist-file"),
    ("6.31.0", LATE, "stream/s/1/2/playlist-file"),
]


async def recording(_: Request, connection: Connection) -> None:
    await connection.reply(200, RECORDING, [("content-type", "audio/wav")])


@pytest.mark.parametrize(("version", "value", "route"), STREAMS)
def test_a_recording_is_fetched_whole_once_and_not_before_the_job_is_complete(
    subject: Subject, version: str, value: dict[str, Any], route: str, tmp_path: Path
) -> None:
    gate = Gate("the app goes on speaking")

    async def speech(_: Call) -> AsyncGenerator[list[Any], None]:
        yield [value]
        await gate.passed()
        yield [value]

    app = [Function(name="speech", inputs=(TEXT,), outputs=(DOWNLOAD,), generator=speech)]
    with staged(version, tmp_path, change=lambda _: app) as stage:
        stage.fake.instead(route, recording)
        options = Options(downloads=stage.downloads)
        with subject.open(stage.url, options) as client:
            job = client.submit("x", api_name="/speech")
            job.until(lambda update: isinstance(update, OutputUpdate))
            (playlist,) = job.outputs()
            assert stage.fake.requests(route) == []
            gate.open()
            result = Path(job.result())
            outputs = job.outputs()
    assert Path(playlist).name == "playlist.m3u8"
    assert Path(playlist).read_bytes().startswith(b"#EXTM3U\n")
    assert (result.name, result.read_bytes()) == ("audio.wav", RECORDING)
    assert outputs == [str(result)] * 2
    assert len(stage.fake.requests(route)) == 1

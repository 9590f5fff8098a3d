"""The recorded bytes are whole, and nothing of the machine that recorded them is among them."""

from __future__ import annotations

import json
import re

import pytest

from tests.support import transcripts
from tests.support.transcripts import FOLDER, Transcript

EVERYTHING = transcripts.everything()
PRIVATE = re.compile(rb"/(home|root|work|Users)/|127\.0\.0\.1:(?!17860)\d")


def test_at_least_ten_versions_were_recorded() -> None:
    assert len(transcripts.versions()) >= 10


def test_the_folder_stays_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.http")) < 6_000_000


@pytest.mark.parametrize("version", transcripts.versions())
def test_each_file_has_the_lengths_it_names(version: str) -> None:
    for name in transcripts.names(version):
        head, _, rest = (FOLDER / version / f"{name}.http").read_bytes().partition(b"\n")
        meta = json.loads(head)
        assert meta["version"] == version
        assert len(rest) == meta["request"] + 1 + meta["response"]
        assert rest[meta["request"] : meta["request"] + 1] == b"\n"


def test_each_complete_body_is_as_long_as_its_head_says() -> None:
    complete = [exchange for exchange in EVERYTHING if exchange.ending == "complete"]
    for exchange in complete:
        length = dict(exchange.headers).get("content-length")
        if length is not None and exchange.method != "HEAD":
            assert len(exchange.body) == int(length), (exchange.version, exchange.name)
    assert len(complete) > 500


def test_each_chunk_of_a_stream_is_one_event() -> None:
    for exchange in EVERYTHING:
        if is_stream(exchange):
            for chunk in exchange.chunks:
                assert chunk.endswith(b"\n\n"), (exchange.version, exchange.name)
                assert chunk.count(b"data: ") == 1


def test_nothing_tells_of_the_machine() -> None:
    found = [
        (exchange.version, exchange.name)
        for exchange in EVERYTHING
        if PRIVATE.search(exchange.request + exchange.response)
    ]
    assert found == []


def is_stream(exchange: Transcript) -> bool:
    return dict(exchange.headers).get("content-type", "").startswith("text/event-stream")

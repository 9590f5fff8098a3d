"""What breaks on the way: nothing hangs, the error has a type, the client stays usable."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import (
    JobCancelled,
    QueueError,
    RemoteError,
    SessionNotFound,
    StreamLost,
    TransportFailed,
)
from tests.conformance.rig import came, fails, rigged, usable
from tests.conformance.scenarios.scenario import RUNNING, is_output
from tests.conformance.stages import KINDS, PRIVATE
from tests.conformance.subject import Subject
from tests.support.fault_proxy import (
    Passage,
    answered,
    cut_after,
    garbled,
    half_close_after,
    in_pieces,
    rechunked,
    reset_after,
    wait_after,
)
from tests.support.gradio_server import answering
from tests.support.latch import Gate
from tests.support.loopback import Connection, Request, threaded

SHARED_KINDS = KINDS[1:]
OFFSETS = (0, 20, 260, 700)
"Before the status line and in it, in the first message, in a later one."
BREAKS = {
    "cut": cut_after,
    "reset": reset_after,
    "half-closed": half_close_after,
}
LOSSES = (StreamLost, SessionNotFound)


@pytest.mark.parametrize(
    ("version", "how"),
    [*((version, "cut") for version in KINDS), ("4.14.0", "reset"), ("6.31.0", "half-closed")],
)
def test_a_stream_that_breaks_off_is_a_typed_error(
    subject: Subject, version: str, how: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        for offset in OFFSETS:
            rig.proxy.on(rig.stream, down=BREAKS[how](offset))
            fails(rig.client.submit(9, api_name="/count"), *LOSSES)
            usable(rig.client)
            rig.client.reset_session()  # what broke a stream may leave one that never ends


@pytest.mark.parametrize("version", KINDS)
def test_jobs_on_one_stream_all_learn_that_it_broke(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        jobs = [rig.client.submit(3, 1, api_name="/slow_count") for _ in range(5)]
        for job in jobs:
            job.until(is_output)
        rig.stage.server.do(rig.stage.server.reset_all)
        for job in jobs:
            fails(job, *LOSSES)
        rig.stage.go_on()
        usable(rig.client)


@pytest.mark.parametrize("version", KINDS)
def test_a_killed_server_is_a_typed_error_and_may_come_back(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        job = rig.client.submit(3, 1, api_name="/slow_count")
        job.until(is_output)
        server = rig.stage.server
        server.do(server.stop)
        fails(job, *LOSSES, TransportFailed)
        fails(rig.client.submit("nobody", api_name="/echo"), RemoteError, TransportFailed)
        rig.stage.fake.restart(rig.stage.fake.functions)
        server.do(server.start)
        usable(rig.client)


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_a_reply_to_a_join_that_breaks_off_is_not_asked_for_twice(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        for tried, offset in enumerate((0, 20, 130), start=1):
            rig.proxy.on("queue/join", down=cut_after(offset))
            fails(rig.client.submit("once", api_name="/echo"), TransportFailed)
            assert len(rig.proxy.passages.matching(joins)) == tried
        usable(rig.client)


def joins(passage: Passage) -> bool:
    return "queue/join" in passage.target


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_a_refused_join_is_a_typed_error(subject: Subject, version: str, tmp_path: Path) -> None:
    with rigged(subject, version, tmp_path) as rig:
        for status in (403, 404, 418, 500):
            rig.stage.fake.instead("queue/join", answering(status, {"detail": "no"}))
            error = fails(rig.client.submit("x", api_name="/echo"), RemoteError)
            assert str(status) in str(error)
        usable(rig.client)


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_a_full_queue_is_tried_again(subject: Subject, version: str, tmp_path: Path) -> None:
    full = answering(503, {"detail": "Queue is full. Max size is 1 and size is 1."})
    with rigged(subject, version, tmp_path) as rig:
        rig.stage.fake.instead("queue/join", full, times=2)
        assert rig.client.predict("at last", api_name="/echo") == "at last"
        assert came(rig.stage, "queue/join") == 3


@pytest.mark.parametrize("version", KINDS)
def test_a_queue_that_stays_full_is_a_queue_error(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, max_retries=1, max_size=1) as rig:
        rig.stage.fake.restart([f.limited(1) for f in rig.stage.fake.functions])
        running = rig.client.submit(2, 1, api_name="/slow_count")
        running.until(is_output)
        waiting = rig.client.submit(2, 1, api_name="/slow_count")
        waiting.until(lambda update: getattr(update, "queue_size", None) == 1)
        fails(rig.client.submit(2, 1, api_name="/slow_count"), QueueError)
        rig.stage.go_on()
        assert [job.result() for job in (running, waiting)] == [1, 1]


@pytest.mark.parametrize("version", KINDS)
def test_a_stream_of_another_status_is_a_typed_error(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        for status in (400, 404, 418, 501):
            rig.proxy.on(rig.stream, down=answered(status))
            error = fails(rig.client.submit("x", api_name="/echo"), RemoteError)
            assert str(status) in str(error)
        usable(rig.client)


@pytest.mark.parametrize("version", KINDS)
def test_a_stream_that_a_busy_proxy_refuses_is_opened_again(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        for status in (429, 503):
            rig.proxy.on(rig.stream, down=answered(status), times=2)
            assert rig.client.submit(5, api_name="/count").iterated().outputs == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("version", KINDS)
def test_a_stream_that_stays_refused_loses_its_jobs(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        rig.proxy.on(rig.stream, down=answered(503), times=5)
        fails(rig.client.submit("x", api_name="/echo"), RemoteError)
        usable(rig.client)


HARMLESS = {
    "with lines that are no fields": rechunked(lambda chunk: [b"<html><body>\n\n", chunk]),
    "one byte at a time": rechunked(lambda chunk: [chunk[n : n + 1] for n in range(len(chunk))]),
    "in small packets": in_pieces(1, 2, 3, 5, 7),
    "with comments": rechunked(lambda chunk: [b": still here\n\n", chunk, b":\n"]),
    "with CRLF": rechunked(lambda chunk: [chunk.replace(b"\n", b"\r\n")]),
    "with CR": rechunked(lambda chunk: [chunk.replace(b"\n", b"\r")]),
    "with fields": rechunked(lambda chunk: [b"id: 7\nretry: 10\nevent: message\n" + chunk]),
    "with a heartbeat": rechunked(lambda chunk: [b'data: {"msg":"heartbeat"}\n\n', chunk]),
    "with a message of the future": rechunked(
        lambda chunk: [b'data: {"msg":"dances","event_id":null,"steps":[1]}\n\n', chunk]
    ),
}


@pytest.mark.parametrize("version", KINDS)
def test_what_a_proxy_may_do_to_a_stream_changes_nothing(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    text = "ß\u2028🌍\n"
    with rigged(subject, version, tmp_path) as rig:
        for how, fault in HARMLESS.items():
            rig.proxy.on(rig.stream, down=fault, times=2)
            counted = rig.client.submit(5, api_name="/count").iterated()
            assert (how, counted.outputs) == (how, [0, 1, 2, 3, 4])
            assert rig.client.predict(text, api_name="/echo") == text


@pytest.mark.parametrize("version", KINDS)
def test_a_delayed_stream_delays_and_does_no_more(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        gate = Gate("the rest of the stream")
        rig.proxy.on(rig.stream, down=wait_after(150, gate))
        job = rig.client.submit(5, api_name="/count")
        gate.reached.wait_blocking()
        assert job.outputs() == []
        gate.open()
        assert job.iterated().outputs == [0, 1, 2, 3, 4]


JUNK = (
    b"data: {nonsense\n\n",
    b"data: [1]\n\n",
    b"data: \xff\xfe\n\n",
    b"data: " + b"[" * 50_000 + b"\n\n",
)


@pytest.mark.parametrize("version", KINDS)
def test_junk_in_a_stream_is_a_typed_error(subject: Subject, version: str, tmp_path: Path) -> None:
    with rigged(subject, version, tmp_path) as rig:
        for junk in JUNK:
            rig.proxy.on(rig.stream, down=rechunked(partial(after, junk)))
            fails(rig.client.submit(5, api_name="/count"), RemoteError)
            usable(rig.client)
            rig.client.reset_session()


def after(first: bytes, chunk: bytes) -> list[bytes]:
    return [first, chunk]


@pytest.mark.parametrize("version", KINDS)
def test_a_reply_that_is_no_http_is_a_typed_error(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        rig.proxy.on(rig.stream, down=garbled(0, b"JUNK/9.9 xyz"))
        fails(rig.client.submit(5, api_name="/count"), *LOSSES, TransportFailed)
        usable(rig.client)


@pytest.mark.parametrize("version", SHARED_KINDS)
def test_junk_in_the_reply_to_a_join_is_a_typed_error(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    replies: tuple[Any, ...] = ([], {}, {"event_id": 7}, {"event_id": None}, "yes", None)
    with rigged(subject, version, tmp_path) as rig:
        for reply in replies:
            rig.stage.fake.instead("queue/join", answering(200, reply))
            fails(rig.client.submit("x", api_name="/echo"), RemoteError)
        usable(rig.client)


@pytest.mark.parametrize("version", KINDS)
def test_a_redirect_to_another_origin_is_not_followed(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    async def stranger(request: Request, connection: Connection) -> None:
        await connection.reply_json(200, {"event_id": "0" * 32})

    with threaded(stranger) as elsewhere, rigged(subject, version, tmp_path) as rig:
        for route in {"queue/join", rig.stream}:
            rig.proxy.on(route, down=answered(307, f"location: {elsewhere.url}queue"))
            fails(rig.client.submit("x", api_name="/echo"), RemoteError)
        usable(rig.client)
        assert len(elsewhere.requests) == 0


@pytest.mark.parametrize("version", KINDS)
def test_an_endless_reply_is_cut_short(subject: Subject, version: str, tmp_path: Path) -> None:
    async def endless(request: Request, connection: Connection) -> None:
        await connection.head(200, [("content-type", "application/json")])
        while True:
            await connection.chunk(b" " * 65536)

    with rigged(subject, version, tmp_path) as rig:
        route = "queue/data" if version == PRIVATE else "queue/join"
        rig.stage.fake.instead(route, endless)
        fails(rig.client.submit("x", api_name="/echo"), RemoteError, TransportFailed)
        usable(rig.client)


@pytest.mark.parametrize("version", KINDS)
def test_an_upload_that_breaks_off_is_tried_again(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path) as rig:
        rig.proxy.on("upload", down=reset_after(0))
        rig.proxy.on("upload", up=cut_after(100))
        received = Path(rig.client.predict(b"x" * 300_000, api_name="/file"))
        assert received.read_bytes() == b"X" * 300_000


@pytest.mark.parametrize("version", KINDS)
def test_a_download_that_breaks_off_is_an_error_and_leaves_nothing(
    subject: Subject, version: str, tmp_path: Path
) -> None:
    with rigged(subject, version, tmp_path, max_retries=0) as rig:
        for offset in (0, 100, 5000):
            rig.proxy.on("file=", down=cut_after(offset))
            fails(rig.client.submit(b"x" * (100_000 + offset), api_name="/file"), TransportFailed)
            assert not [path for path in rig.stage.downloads.rglob("*") if path.is_file()]
        usable(rig.client)


def test_closing_while_jobs_run_ends_them(subject: Subject, tmp_path: Path) -> None:
    with rigged(subject, "6.31.0", tmp_path) as rig:
        jobs = [rig.client.submit(3, 1, api_name="/slow_count") for _ in range(3)]
        for job in jobs:
            job.until(RUNNING)
        rig.client.close()
        for job in jobs:
            with pytest.raises(JobCancelled):
                job.result()
            assert job.iterated().outputs in ([], [0])

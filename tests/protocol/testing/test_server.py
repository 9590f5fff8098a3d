"""The scripted server, byte by byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_protocol import InvalidArguments
from gradio_protocol.app.dialect import dialect
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.messages import Completed, Generated, Started
from gradio_protocol.jobs.orders import StreamKind
from gradio_protocol.testing import VERSIONS, ScriptedServer

JOIN = {"session_hash": "s", "data": ["x"], "fn_index": 4}


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: here\r\n\r\n".encode()


def post(path: str, document: object) -> bytes:
    body = json.dumps(document).encode()
    return f"POST {path} HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def events(chunked: bytes) -> list[bytes]:
    """The data of the events in a chunked body, or a part of one."""
    return [line[6:] for line in chunked.split(b"\n") if line.startswith(b"data: ")]


def names(chunked: bytes) -> list[str]:
    return [json.loads(event)["msg"] for event in events(chunked)]


def test_bytes_may_be_cut_anywhere() -> None:
    server = ScriptedServer()
    number = server.connect()
    request = get("/config")
    (whole,) = server.receive(number, request)
    pieces = [server.receive(number, request[at : at + 1]) for at in range(len(request))]
    assert pieces[-1] == [whole]
    assert not any(pieces[:-1])


def test_two_requests_in_one_go_are_answered_in_order() -> None:
    server = ScriptedServer()
    outputs = server.receive(server.connect(), get("/config") + get("/nowhere"))
    assert [output.data.split(b" ")[1] for output in outputs] == [b"200", b"404"]


def test_a_version_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidArguments, match=r"6\.31\.0"):
        ScriptedServer("1.0")


def test_a_join_on_one_connection_speaks_on_another_one() -> None:
    server = ScriptedServer()
    stream, other = server.connect(), server.connect()
    held = post("/gradio_api/queue/join", JOIN)
    server.receive(other, held)
    (head, first) = server.receive(stream, get("/gradio_api/queue/data?session_hash=s"))
    assert head.connection == first.connection == stream
    reply, second = server.receive(other, held)
    assert (reply.connection, second.connection) == (other, stream)
    assert names(second.data) == ["process_starts", "process_generating"]


def test_a_cancelled_event_ends_and_the_stream_with_it() -> None:
    server = ScriptedServer()
    stream, other = server.connect(), server.connect()
    server.receive(other, post("/gradio_api/queue/join", JOIN))
    server.receive(stream, get("/gradio_api/queue/data?session_hash=s"))
    cancel = {"session_hash": "s", "fn_index": 4, "event_id": f"{1:032x}"}
    reply, last = server.receive(other, post("/gradio_api/cancel", cancel))
    assert b'{"success":true}' in reply.data
    assert names(last.data) == ["process_completed", "close_stream"]
    assert last.data.endswith(b"0\r\n\r\n")
    assert server.stopped == [f"{1:032x}"]
    (again,) = server.receive(other, post("/gradio_api/cancel", cancel))
    assert b'{"success":false}' in again.data


def test_a_private_stream_asks_for_the_arguments_and_ends_with_the_job() -> None:
    server = ScriptedServer("4.7.1")
    stream, other = server.connect(), server.connect()
    _, asked = server.receive(stream, get("/queue/join?fn_index=0&session_hash=s"))
    assert names(asked.data) == ["send_data"]
    handed = {"event_id": f"{1:032x}", "data": ["x"], "fn_index": 0}
    _, said = server.receive(other, post("/queue/data", handed))
    assert names(said.data) == ["process_starts", "process_completed"]
    assert said.data.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stream_that_is_cut_has_no_end(version: str) -> None:
    server = ScriptedServer(version)
    stream, other = server.connect(), server.connect()
    if version == "4.7.1":
        server.receive(stream, get("/queue/join?fn_index=5&session_hash=s"))
        handed = {"event_id": f"{1:032x}", "data": ["x"], "fn_index": 5}
        _, said = server.receive(other, post("/queue/data", handed))
    else:
        server.receive(other, post("/gradio_api/queue/join", {**JOIN, "fn_index": 5}))
        _, said = server.receive(stream, get("/gradio_api/queue/data?session_hash=s"))
    assert (said.connection, said.close) == (stream, True)
    assert names(said.data) == ["process_starts", "process_generating"]
    assert not said.data.endswith(b"0\r\n\r\n")


def test_who_leaves_a_stream_stops_what_runs_on_it() -> None:
    server = ScriptedServer("4.7.1")
    stream = server.connect()
    server.receive(stream, get("/queue/join?fn_index=4&session_hash=s"))
    server.leave(server.connect())
    assert server.stopped == []
    server.leave(stream)
    assert server.stopped == [f"{1:032x}"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_core_understands_what_the_server_says(version: str) -> None:
    server = ScriptedServer(version)
    stream, other, private = server.connect(), server.connect(), version == "4.7.1"
    call = {"session_hash": "s", "event_id": f"{1:032x}", "data": [3], "fn_index": 1}
    if private:
        server.receive(stream, get("/queue/join?fn_index=1&session_hash=s"))
        said = server.receive(other, post("/queue/data", call))[-1].data
    else:
        server.receive(other, post("/gradio_api/queue/join", call))
        said = server.receive(stream, get("/gradio_api/queue/data?session_hash=s"))[-1].data
    kind = StreamKind.PRIVATE if private else StreamKind.SHARED
    reader = StreamReader(kind, dialect("sse" if private else "sse_v3", version))
    spoken = b"".join(b"data: %b\n\n" % event for event in events(said))
    types = [type(message) for _, message in reader.feed(spoken)]
    assert types[:5] == [Started, Generated, Generated, Generated, Completed]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_is_kept_and_comes_back_in_capitals(version: str) -> None:
    server = ScriptedServer(version)
    prefix = "" if version == "4.7.1" else "/gradio_api"
    body = (
        b'--b\r\ncontent-disposition: form-data; name="files"; filename="a b.txt"\r\n\r\nup\r\n'
        b"--b\r\ncontent-disposition: form-data\r\n\r\nnameless\r\n--b--\r\n"
    )
    opening = f"POST {prefix}/upload HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b\r\n"
    request = opening.encode() + b"content-length: %d\r\n\r\n" % len(body) + body
    stream, other = server.connect(), server.connect()
    path, nameless = content(server.receive(other, request)[0].data)
    assert (path, nameless) == ("/tmp/0/a b.txt", "/tmp/1/file")
    made = called(server, stream, other, 3, {"path": path})
    assert made["output"]["data"][0]["path"] == "/tmp/2/a b.txt"
    (reply,) = server.receive(other, get(f"{prefix}/file=/tmp/2/a%20b.txt"))
    assert reply.data.endswith(b"\r\n\r\nUP")


@pytest.mark.parametrize(("version", "text"), [("6.31.0", "no to you"), ("4.7.1", "'no to you'")])
def test_an_app_that_fails_says_so_as_its_version_does(version: str, text: str) -> None:
    server = ScriptedServer(version)
    failed = called(server, server.connect(), server.connect(), 2, "you")
    assert (failed["success"], failed["output"]["error"]) == (False, text)


def test_the_app_says_which_start_of_it_answers() -> None:
    server = ScriptedServer()
    (reply,) = server.receive(server.connect(), get("/gradio_api/app_id"))
    assert content(reply.data) == {"app_id": 1}


def content(response: bytes) -> Any:
    return json.loads(response.partition(b"\r\n\r\n")[2])


def called(server: ScriptedServer, stream: int, other: int, fn_index: int, value: object) -> Any:
    """The last message of a call."""
    call = {"session_hash": "s", "event_id": f"{1:032x}", "data": [value], "fn_index": fn_index}
    if server.receive(stream, get(f"/queue/join?fn_index={fn_index}&session_hash=s"))[1:]:
        said = server.receive(other, post("/queue/data", call))[-1].data
    else:
        server.receive(other, post("/gradio_api/queue/join", call))
        said = server.receive(stream, get("/gradio_api/queue/data?session_hash=s"))[-1].data
    messages = [json.loads(event) for event in events(said)]
    return next(each for each in messages if each["msg"] == "process_completed")

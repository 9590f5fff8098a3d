"""The fake server says what real ones said, message by message, on every version that was recorded.

What cannot be equal is made equal before it is compared: event ids, times, the server's paths.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest

from tests.support import transcripts
from tests.support.conversation import QUEUED, Visitor, anonymous, compared, shape, visiting
from tests.support.gradio_server import FakeGradio
from tests.support.transcripts import Transcript

EQUAL = [
    "echo",
    "count",
    "chat",
    "fail",
    "crash",
    "crash_late",
    "state-1",
    "state-2",
    "two",
    "nothing",
    "update",
    "defaults",
]
ALIKE = ["chat_list", "progress", "logs", "whoami", "file"]


def upload(visitor: Visitor, content: bytes) -> str:
    reply = visitor.http.post(f"{visitor.base}/upload", files={"files": ("my notes.txt", content)})
    (path,) = reply.json()
    return str(path)


@pytest.fixture(scope="module", params=QUEUED)
def visitor(request: pytest.FixtureRequest) -> Generator[Visitor, None, None]:
    """A client of one fake for each version that was recorded."""
    with visiting(FakeGradio(request.param)) as visitor:
        yield visitor


def recorded(visitor: Visitor, name: str) -> tuple[list[Any], Transcript]:
    """The arguments of a recorded call, and its stream."""
    version = visitor.fake.behaviour.version
    suffix = "data" if visitor.fake.behaviour.private_streams else "join"
    call = json.loads(transcripts.load(version, f"{name}-{suffix}").sent)
    return call["data"], transcripts.load(version, f"{name}-stream")


@pytest.mark.parametrize("name", EQUAL)
def test_a_job_is_told_as_the_real_server_told_it(visitor: Visitor, name: str) -> None:
    data, real = recorded(visitor, name)
    messages, ending = visitor.job(name.partition("-")[0], data)
    assert compared(messages) == compared(real.messages)
    assert [list(message) for message in messages] == [list(message) for message in real.messages]
    assert ending == real.ending


@pytest.mark.parametrize("name", ALIKE)
def test_a_job_with_other_values_has_the_same_messages(visitor: Visitor, name: str) -> None:
    data, real = recorded(visitor, name)
    if name == "file":
        data = [{"path": upload(visitor, b"some notes"), "orig_name": "my notes.txt"}]
    messages, ending = visitor.job(name, data)
    assert shape(compared(messages)) == shape(compared(real.messages))
    assert ending == real.ending


def test_a_file_is_described_as_the_real_server_described_it(visitor: Visitor) -> None:
    real = recorded(visitor, "file")[1].messages[-1 - visitor.fake.behaviour.closes_streams]
    path = upload(visitor, b"some notes")
    messages, _ = visitor.job("file", [{"path": path, "orig_name": "my notes.txt"}])
    (described,) = messages[-1 - visitor.fake.behaviour.closes_streams]["output"]["data"]
    assert list(described) == list(real["output"]["data"][0])
    assert described["path"] != path
    assert visitor.http.get(f"{visitor.base}/file={described['path']}").content == b"SOME NOTES"


def test_direct_calls_are_answered_as_by_the_real_server(visitor: Visitor) -> None:
    version = visitor.fake.behaviour.version
    for name in ("echo", "count", "fail", "crash", "unknown"):
        real = transcripts.load(version, f"direct-{name}")
        reply = visitor.post(f"/run/{real.target.rpartition('/')[2]}", json.loads(real.sent))
        assert reply.status_code == real.status
        if real.body.startswith(b"{") and name != "unknown":
            assert anonymous(reply.json(), {}) == anonymous(real.json(), {})


def test_the_config_has_no_key_and_no_type_that_the_real_one_has_not(visitor: Visitor) -> None:
    real = transcripts.load(visitor.fake.behaviour.version, "config").json()
    config = visitor.http.get(f"{visitor.server.url}config").json()
    assert kinds(config).items() <= kinds(real).items()
    (echo, real_echo) = (document["dependencies"][0] for document in (config, real))
    assert kinds(echo).items() <= kinds(real_echo).items()
    assert {part["type"] for part in config["components"]} <= {
        part["type"] for part in real["components"]
    }


def test_the_info_describes_a_parameter_with_the_keys_of_the_real_one(visitor: Visitor) -> None:
    real = transcripts.load(visitor.fake.behaviour.version, "info").json()["named_endpoints"]
    info = visitor.http.get(f"{visitor.base}/info").json()["named_endpoints"]
    assert "/private" not in info
    for name in ("/echo", "/file", "/state", "/defaults"):
        ours, theirs = info[name], real[name]
        assert ours.keys() <= theirs.keys()
        assert [part.keys() for part in ours["parameters"]] == [
            part.keys() for part in theirs["parameters"]
        ]
        assert len(ours["returns"]) == len(theirs["returns"])


def kinds(document: dict[str, Any]) -> dict[str, str]:
    """The type of each value; null is of any type, so it says nothing."""
    return {key: type(value).__name__ for key, value in document.items() if value is not None}

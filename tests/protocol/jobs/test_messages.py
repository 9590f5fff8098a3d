"""`jobs.messages`: the stream's messages as types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.dialect import dialect
from gradio_protocol.errors import AppError, RemoteError, ServerStopped, SessionNotFound
from gradio_protocol.jobs.messages import (
    Broken,
    Completed,
    DataRequested,
    EventMessage,
    Failed,
    Generated,
    Heartbeat,
    Ignored,
    Logged,
    Message,
    Progressed,
    ProgressUnit,
    Queued,
    QueueFull,
    Started,
    StreamClosing,
    message,
    read_message,
)
from gradio_protocol.wire.document import Object

V4_44 = dialect("sse_v3", "4.44.1")
V6 = dialect("sse_v3", "6.31.0")


def made(name: object, **rest: Any) -> Message:
    """The message of this name with these entries."""
    return message({"msg": name, **rest}, V6).message  # type: ignore[dict-item]


def failed(**rest: Any) -> Exception:
    """The error of a `process_completed` with these entries."""
    result = made("process_completed", **rest)
    assert isinstance(result, Failed)
    return result.error


# --- what is said -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"msg": "estimation", "rank": 0, "queue_size": 1, "rank_eta": 0.5},
            Queued(rank=0, size=1, eta=0.5),
        ),
        (
            # 4.0 to 4.8
            {
                "msg": "estimation",
                "rank": 2,
                "queue_size": 3,
                "avg_event_process_time": 0.1,
                "avg_event_concurrent_process_time": None,
                "rank_eta": None,
                "queue_eta": 1.0,
            },
            Queued(rank=2, size=3),
        ),
        ({"msg": "send_data", "event_id": "e"}, DataRequested(event_id="e")),
        ({"msg": "process_starts"}, Started()),
        ({"msg": "process_starts", "eta": 2}, Started(eta=2)),
        (
            {
                "msg": "progress",
                "progress_data": [
                    {"index": 1, "length": 4, "unit": "files", "progress": None, "desc": "d"},
                    {"index": None, "length": None, "unit": None, "progress": 0.5, "desc": None},
                ],
            },
            Progressed(
                steps=(
                    ProgressUnit(index=1, length=4, unit="files", desc="d"),
                    ProgressUnit(progress=0.5),
                )
            ),
        ),
        ({"msg": "log", "log": "hi", "level": "warning"}, Logged(text="hi", level="warning")),
        (
            {
                "msg": "log",
                "log": "",
                "level": "info",
                "duration": None,
                "visible": False,
                "title": "T",
            },
            Logged(text="", title="T", duration=None, visible=False),
        ),
        (
            {"msg": "process_generating", "output": {"data": [1, None]}, "success": True},
            Generated(data=(1, None)),
        ),
        (
            {"msg": "process_streaming", "output": {"data": []}},
            Generated(data=(), streamed=True),
        ),
        (
            {"msg": "process_completed", "output": {"data": ["x"]}, "success": True},
            Completed(data=("x",)),
        ),
        (
            {
                "msg": "process_completed",
                "output": {"data": [], "render_config": {"render_id": 1}},
                "success": True,
            },
            Completed(data=(), rendering={"render_id": 1}),
        ),
        ({"msg": "process_completed", "output": {}, "success": True}, Completed(data=None)),
        ({"msg": "queue_full"}, QueueFull(message="The app's queue is full.")),
        ({"msg": "heartbeat"}, Heartbeat()),
        ({"msg": "close_stream", "event_id": None}, StreamClosing()),
        (
            {"msg": "unexpected_error", "message": "'8e30'", "success": False},
            Broken(message="'8e30'"),
        ),
        (
            {"msg": "unexpected_error", "message": "404: Session not found.", "success": False},
            Broken(message="404: Session not found.", session_not_found=True),
        ),
        (
            {"msg": "unexpected_error", "message": "404: Not Found", "session_not_found": True},
            Broken(message="404: Not Found", session_not_found=True),
        ),
        ({"msg": "unexpected_error", "message": f"'{32 * 'e'}'"}, StreamClosing(is_complete=False)),
        ({"msg": "server_stopped"}, Broken(message="Server stopped unexpectedly.")),
    ],
)
def test_every_message_has_its_type(document: Object, expected: Message) -> None:
    assert message(document, V6) == EventMessage(document.get("event_id"), expected)  # type: ignore[arg-type]


def test_a_message_is_for_its_event() -> None:
    assert message({"msg": "process_starts", "event_id": "e"}, V6).event_id == "e"
    assert message({"msg": "process_starts", "event_id": 5}, V6).event_id is None


def test_a_message_is_read_from_bytes() -> None:
    data = '{"msg":"log","log":"a\u2028b","event_id":"e"}'.encode()
    assert read_message(data, V6) == EventMessage("e", Logged(text="a\u2028b"))


@pytest.mark.parametrize(
    ("data", "has_path"),
    [
        (rb'[{"path": "/a"}]', True),
        (rb'[{"p\u0061th": "/a"}]', True),
        (rb'[{"text": "path"}, ["a path"]]', True),
        (rb'[{"text": "a path"}]', False),
    ],
)
def test_an_output_knows_whether_it_can_name_a_file(data: bytes, has_path: bool) -> None:
    said = b'{"msg": "process_generating", "event_id": "e", "output": {"data": ' + data + b"}}"
    delivery = read_message(said, V6)
    assert isinstance(delivery.message, Generated)
    assert (delivery.event_id, delivery.message.has_path) == ("e", has_path)


@pytest.mark.parametrize("data", [b"", b"ALIVE", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_object_are_the_servers_fault(data: bytes) -> None:
    with pytest.raises(RemoteError, match=r"^stream"):
        read_message(data, V6)


# --- what is absorbed ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["send_hash", "of_tomorrow", ""])
def test_an_unknown_message_is_absorbed(name: str) -> None:
    assert made(name) == Ignored(name=name)


@pytest.mark.parametrize("name", [None, 5, ["estimation"]])
def test_a_message_without_a_name_is_absorbed(name: object) -> None:
    assert made(name) == Ignored(name="")


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("send_data", {}),
        ("progress", {"progress_data": None}),
        ("progress", {"progress_data": {}}),
        ("log", {"log": None}),
        ("process_generating", {}),
        ("process_generating", {"output": []}),
        ("process_generating", {"output": {"data": None}}),
        ("process_streaming", {"output": {"data": "x"}}),
    ],
)
def test_a_message_without_its_substance_is_absorbed(name: str, rest: Object) -> None:
    assert made(name, **rest) == Ignored(name=name)


def test_parts_of_wrong_types_are_as_good_as_absent() -> None:
    assert made("estimation", rank="0", queue_size=1.5, rank_eta=float("nan")) == Queued()
    assert made("progress", progress_data=[5, {"index": "1", "unit": 2}]) == Progressed(
        steps=(ProgressUnit(),)
    )
    assert made("log", log="x", level=5, title=5, visible="no") == Logged(text="x")


# --- how a job ends -----------------------------------------------------------------------------


def test_a_failure_is_the_apps() -> None:
    error = failed(output={"error": "boom", "visible": True}, success=False, title="Oh")
    assert isinstance(error, AppError)
    assert (error.message, error.title, error.visible) == ("boom", "Oh", True)


def test_the_title_of_the_error_itself_comes_first() -> None:
    error = failed(output={"error": "boom", "title": "Mine"}, success=False, title="Error")
    assert isinstance(error, AppError)
    assert error.title == "Mine"


def test_the_dialect_mends_the_text_of_a_failure() -> None:
    output: Object = {"error": "'boom'", "duration": 10, "visible": True}
    document: Object = {"msg": "process_completed", "output": output, "success": False}
    old = message(document, V4_44).message
    assert isinstance(old, Failed)
    assert str(old.error) == "boom"


@pytest.mark.parametrize("output", [{}, None, {"data": [1]}, "x"])
def test_a_failure_without_an_error_fails_all_the_same(output: object) -> None:
    assert isinstance(failed(output=output, success=False), AppError)


def test_an_error_is_a_failure_whatever_success_says() -> None:
    assert isinstance(failed(output={"error": None}, success=True), AppError)


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ({}, "process_completed: output: expected an object, got null"),
        ({"output": [1]}, "process_completed: output: expected an object, got an array"),
        ({"output": {"duration": 1}}, "process_completed: output: 'data' is missing"),
        (
            {"output": {"data": {}}},
            "process_completed: output: 'data': expected an array, got an object",
        ),
    ],
)
def test_an_unusable_completion_fails_its_job(rest: Object, text: str) -> None:
    error = failed(success=True, **rest)
    assert isinstance(error, RemoteError)
    assert str(error) == text


def test_a_completion_without_a_usable_rendering_is_one_without() -> None:
    output: Object = {"data": [], "render_config": "x"}
    assert made("process_completed", output=output) == Completed(data=())


# --- how a stream ends --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (Broken(message="404: Not Found", session_not_found=True), SessionNotFound),
        (Broken(message="Server stopped unexpectedly."), ServerStopped),
        (Broken(message="'8e30'"), RemoteError),
    ],
)
def test_a_broken_stream_says_what_its_jobs_fail_with(
    broken: Broken, kind: type[RemoteError]
) -> None:
    assert type(broken.error) is kind
    assert str(broken.error) == broken.message


# --- anything -----------------------------------------------------------------------------------

NAMES = [
    "estimation",
    "send_data",
    "process_starts",
    "progress",
    "log",
    "process_generating",
    "process_streaming",
    "process_completed",
    "queue_full",
    "heartbeat",
    "close_stream",
    "unexpected_error",
    "server_stopped",
]
KEYS = [
    *("event_id", "rank", "queue_size", "rank_eta", "eta", "progress_data", "log", "level"),
    *("title", "duration", "visible", "output", "success", "time_limit", "used_cache", "message"),
    *("session_not_found", "data", "error", "render_config", "index", "unit", "desc"),
]
JSONS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", "404:"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    name=st.sampled_from(NAMES),
    rest=st.dictionaries(st.sampled_from(KEYS), JSONS, max_size=6),
)
def test_no_object_raises_and_a_completion_always_ends_its_job(name: str, rest: Object) -> None:
    for served in (V4_44, V6):
        result = message({**rest, "msg": name}, served).message
        assert isinstance(result, (Completed, Failed)) == (name == "process_completed")

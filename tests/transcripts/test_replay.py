"""What real servers said, through the whole core: each call gets what its caller should get.

The reference app is the same on every version, so its values are too, but for what the version
itself changed. Streams come as they were cut by the server, and in cuts that no server would make.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_protocol.app.config import Visibility
from gradio_protocol.app.dialect import Cancelling, Delivery, Edits
from gradio_protocol.app.files import LocalFile
from gradio_protocol.errors import (
    AppError,
    AuthenticationError,
    GradioError,
    JobCancelled,
    QueueError,
    RemoteError,
    SessionNotFound,
    StreamLost,
    ValidationError,
)
from gradio_protocol.flows.attempt import join_error
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.job_state import Stage
from gradio_protocol.jobs.messages import Heartbeat, StreamClosing
from gradio_protocol.jobs.orders import StreamKind
from tests.support import transcripts
from tests.support.replay import CUTS, SRC, Job, Nothing, answered, connected, job

VERSIONS = transcripts.versions()
APPS = {version: connected(version) for version in VERSIONS}
QUEUED = [v for v in VERSIONS if APPS[v].dialect.delivery is not Delivery.SOCKET]
SHARED = [v for v in VERSIONS if APPS[v].dialect.delivery is Delivery.SHARED]
DIRECT = [v for v in VERSIONS if APPS[v].dialect.delivery is Delivery.SOCKET]
CANCELLING = [
    v for v in SHARED if APPS[v].dialect.cancelling in (Cancelling.FUNCTION, Cancelling.EXACT)
]
VALIDATING = [v for v in VERSIONS if "validated-bad-join" in transcripts.names(v)]
RENDERING = [v for v in VERSIONS if "render-stream" in transcripts.names(v)]
TEXT = "grüße\u2028✓"

queued = pytest.mark.parametrize("version", QUEUED)
cuts = pytest.mark.parametrize("cut", CUTS)


def names(version: str) -> list[str | None]:
    return [endpoint.name for endpoint in APPS[version].endpoints]


def raised(made: Job, expected: type[GradioError]) -> str:
    """The text of the error that a job ends with."""
    with pytest.raises(expected) as caught:
        made.run()
    return str(caught.value)


def reply(version: str, name: str) -> Any:
    exchange = transcripts.load(version, name)
    return answered(exchange, APPS[version].access.get(name))


# Documents.


def test_at_least_ten_versions_of_every_way_to_travel_are_replayed() -> None:
    assert len(VERSIONS) >= 10
    # 3.0 and 3.1, which are always called directly, were not recorded.
    travels = {APPS[version].dialect.delivery for version in VERSIONS}
    assert travels == set(Delivery) - {Delivery.DIRECT}
    assert {APPS[version].dialect.edits for version in VERSIONS} == set(Edits)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_config_says_what_the_app_is(version: str) -> None:
    config = APPS[version].config
    assert config.version == version
    assert config.title == "The tour"
    assert config.api_prefix == ("/gradio_api" if version[0] in "56" else "")
    assert config.auth_required is False


@pytest.mark.parametrize("version", VERSIONS)
def test_info_and_config_give_the_endpoints_of_the_app(version: str) -> None:
    app = APPS[version]
    known = {"/echo", "/count", "/chat_list", "/two", "/state", "/file", "/batch", "/defaults"}
    assert known <= set(names(version))
    assert app.notes == ()
    by_name = {endpoint.name: endpoint for endpoint in app.endpoints}
    assert [p.label for p in by_name["/two"].parameters] == ["Text", "Number"]
    assert [r.python_type.type for r in by_name["/echo"].returns] == ["str"]
    assert [slot.hidden for slot in by_name["/state"].inputs] == [True, False]
    assert by_name["/count"].generator
    assert by_name["/batch"].batch
    assert app.stateful
    shown = by_name["/undocumented"].visibility  # the config says it from 4.8 on
    told = app.dialect.version >= (4, 8, 0)
    assert shown is (Visibility.UNDOCUMENTED if told else Visibility.PUBLIC)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_login_opens_the_app_and_leaves_its_cookies(version: str) -> None:
    app = connected(version, auth=("guide", "lantern"))
    cookie = app.access.get("info").headers
    assert "access-token" in dict(cookie)["cookie"]
    assert "/echo" in [endpoint.name for endpoint in app.endpoints]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_password_is_an_authentication_error(version: str) -> None:
    with pytest.raises(AuthenticationError, match="rejected the user or the password"):
        connected(version, auth=("guide", "wrong"))


# Calls through the queue.


@queued
@cuts
def test_a_text_comes_back_with_every_character(version: str, cut: str) -> None:
    made = job(APPS[version], "echo", TEXT, cut=cut)
    assert made.run() == TEXT
    assert made.outputs == [TEXT]
    made.finish()
    assert made.unended == []


@queued
@cuts
def test_a_generator_gives_each_output_once(version: str, cut: str) -> None:
    made = job(APPS[version], "count", 3, cut=cut)
    assert made.run() == 2
    assert made.outputs == [0, 1, 2]


@queued
@cuts
def test_a_text_that_grows_is_put_together(version: str, cut: str) -> None:
    made = job(APPS[version], "chat", "to be or not", cut=cut)
    assert made.run() == "to be or not "
    assert made.outputs == ["to ", "to be ", "to be or ", "to be or not "]


@queued
@cuts
def test_a_history_that_shrinks_is_put_together(version: str, cut: str) -> None:
    made = job(APPS[version], "chat_list", 2, cut=cut)
    made.run()
    seen = [spoken(output) for output in made.outputs]
    turns = [["question 0", "word word word "], ["question 1", "word word word "]]
    first = [["question 0", "word " * n] for n in (1, 2, 3)]
    second = [[*turns[0], "question 1", "word " * n] for n in (1, 2, 3)]
    both = [*turns[0], *turns[1]]
    # A turn is one item of the list before 5, and two from then on.
    items = 2 if version < "5" else 1
    assert seen == [*first, *second, both, both[items:], both[:items], []]


def spoken(history: Any) -> list[str]:
    """The texts of a chat: pairs before 5, messages of text or of parts from then on."""
    texts: list[str] = []
    for turn in history:
        if isinstance(turn, list):
            texts += turn
        elif isinstance(turn["content"], str):
            texts.append(turn["content"])
        else:
            texts += [part["text"] for part in turn["content"]]
    return texts


@queued
def test_progress_is_shown(version: str) -> None:
    made = job(APPS[version], "progress", 3)
    assert made.run() == "3 steps"
    shown = [view.progress for view in made.state.snapshots if view.code.value == "PROGRESS"]
    assert shown
    assert shown[-1]
    assert shown[-1][0].desc == "walking"
    assert shown[-1][0].unit == "steps"


@queued
def test_logs_are_shown_with_their_levels(version: str) -> None:
    made = job(APPS[version], "logs", "tour")
    assert made.run() == "tour"
    said = [
        (v.log.level, v.log.text) for v in made.state.snapshots if v.code.value == "LOG" and v.log
    ]
    expected = [("info", "tour: for your information"), ("warning", "tour: mind the gap")]
    assert said[:2] == expected
    assert said[2:] == ([("success", "tour: well done")] if len(said) == 3 else [])


@queued
@cuts
def test_an_error_of_the_app_comes_without_quotes(version: str, cut: str) -> None:
    assert raised(job(APPS[version], "fail", "you", cut=cut), AppError) == (
        "the guide says no to you"
    )


@queued
def test_an_exception_in_the_app_comes_with_its_text(version: str) -> None:
    assert raised(job(APPS[version], "crash", "here"), AppError) == "no such place: here"


@queued
def test_outputs_before_an_exception_are_kept(version: str) -> None:
    made = job(APPS[version], "crash_late", "here")
    assert raised(made, AppError) == "lost on the way: here"
    assert made.outputs == ["here", "herehere"]


@queued
def test_two_outputs_are_a_tuple(version: str) -> None:
    assert job(APPS[version], "two", "a", 2).run() == ("a", 2)


@queued
def test_no_output_is_an_empty_tuple(version: str) -> None:
    assert job(APPS[version], "nothing", "a").run() == ()


@queued
def test_an_update_is_passed_on(version: str) -> None:
    said: Any = job(APPS[version], "update", "a").run()
    assert said["__type__"] == "update"
    assert (said["value"], said["label"]) == ("a", "Renamed")


@queued
def test_defaults_stand_in_for_what_was_not_passed(version: str) -> None:
    made = job(APPS[version], "defaults", "a", 3, True)
    assert made.run() == "A A A"


@queued
def test_state_stays_on_the_server(version: str) -> None:
    assert job(APPS[version], "state-1", 2, function="state").run() == 2
    assert job(APPS[version], "state-2", 3, function="state").run() == 5


@queued
def test_a_file_goes_up_and_comes_down(version: str) -> None:
    made = job(APPS[version], "file", LocalFile("/home/me/my notes.txt"))
    assert made.run() == "/downloads/my notes.txt"
    uploaded = transcripts.load(version, "upload").json()[0]
    sent = [json.loads(r.body[0]) for r, e in made.sent if e.name in ("file-join", "file-data")]  # type: ignore[arg-type]
    assert sent[0]["data"][0]["path"] == uploaded


@queued
def test_several_files_go_up_in_one_request_and_come_down(version: str) -> None:
    files = [LocalFile("/home/me/my notes.txt"), LocalFile("/home/you/my notes.txt")]
    made = job(APPS[version], "files", files)
    assert made.run() == ["/downloads/my notes.txt", "/downloads/my notes.txt"]
    assert [e.name for _, e in made.sent].count("upload") == 1


@pytest.mark.parametrize("version", [v for v in SHARED if "batch-stream" in transcripts.names(v)])
def test_a_batch_function_takes_one_call(version: str) -> None:
    assert job(APPS[version], "batch", "abc").run() == "cba"


@queued
def test_what_is_sent_is_what_the_recorder_sent(version: str) -> None:
    made = job(APPS[version], "defaults", "a", 3, True)
    made.run()
    for request, exchange in made.sent:
        assert request.method == exchange.method
        target = request.url.removeprefix(SRC.rstrip("/")).partition("?")
        assert target[0] == exchange.target.partition("?")[0]
        if request.method == "POST":
            (body,) = request.body
            assert isinstance(body, bytes)
            ours, theirs = json.loads(body), json.loads(exchange.sent)
            assert ours.keys() == theirs.keys()
            for key in ("data", "fn_index", "event_data"):
                assert ours[key] == theirs[key]


# What is refused.


@pytest.mark.parametrize("version", SHARED)
def test_a_full_queue_refuses_the_join(version: str) -> None:
    said = raised(job(APPS[version], "full-3", 1, function="slow"), QueueError)
    assert "Queue is full." in said


@pytest.mark.parametrize("version", VALIDATING)
def test_a_validator_refuses_an_input(version: str) -> None:
    made = job(APPS[version], "validated-bad", "no", function="validated")
    assert raised(made, ValidationError) == "text: too short"


@pytest.mark.parametrize("version", SHARED)
def test_a_function_that_is_not_there_is_a_remote_error(version: str) -> None:
    error = join_error(reply(version, "unknown-join"))
    assert type(error) is RemoteError
    assert error.status == 500
    assert "answered 500" in str(error)


@queued
def test_a_hidden_error_says_that_it_is_hidden(version: str) -> None:
    made = job(APPS[version], "crash", "here", suffix="-hidden")
    assert raised(made, AppError).startswith("/crash failed without saying why")


# Direct calls.


@pytest.mark.parametrize("version", DIRECT)
def test_a_direct_call_gives_its_result(version: str) -> None:
    assert job(APPS[version], "direct-echo", TEXT, function="echo").run() == TEXT
    said = raised(job(APPS[version], "direct-fail", "you", function="fail"), AppError)
    assert said == "the guide says no to you"
    said = raised(job(APPS[version], "direct-crash", "here", function="crash"), AppError)
    assert said == "no such place: here"
    assert job(APPS[version], "direct-batch", "abc", function="batch").run() == "cba"


def test_a_batch_function_of_early_servers_is_called_directly() -> None:
    assert job(APPS["4.7.1"], "direct-batch", "abc", function="batch").run() == "cba"


# Sessions.


@queued
def test_a_stream_of_a_stranger_is_a_session_not_found(version: str) -> None:
    if version == "4.7.1":
        assert "early-stream" not in transcripts.names(version)
        return
    made = job(APPS[version], "echo", "a", streams=["early-stream"])
    with pytest.raises(SessionNotFound):
        made.run()


@pytest.mark.parametrize("version", SHARED)
def test_a_stream_that_opens_late_brings_everything(version: str) -> None:
    made = job(APPS[version], "late", 3, function="count", streams=["late-stream"])
    assert made.run() == 2
    assert made.outputs == [0, 1, 2]


@pytest.mark.parametrize("version", SHARED)
@cuts
def test_the_close_is_announced_where_the_dialect_says_so(version: str, cut: str) -> None:
    dialect = APPS[version].dialect
    reader = StreamReader(StreamKind.SHARED, dialect)
    chunks = CUTS[cut](transcripts.load(version, "echo-stream"))
    messages = [delivery.message for chunk in chunks for delivery in reader.feed(chunk)]
    assert isinstance(messages[-1], StreamClosing) == dialect.announces_close


@pytest.mark.parametrize("version", [v for v in VERSIONS if "heartbeat" in transcripts.names(v)])
def test_the_heartbeat_beats(version: str) -> None:
    exchange = transcripts.load(version, "heartbeat")
    reader = StreamReader(StreamKind.HEARTBEAT, APPS[version].dialect)
    deliveries = [d for byte in exchange.body for d in reader.feed(bytes((byte,)))]
    assert deliveries == [(None, Heartbeat())] * exchange.body.count(b"ALIVE")
    assert deliveries


@pytest.mark.parametrize("version", SHARED)
def test_a_dropped_stream_is_lost_with_its_job(version: str) -> None:
    streams = ["dropped-stream", "reopened-stream"]
    made = job(APPS[version], "dropped", 9, 0.2, function="slow_count", streams=streams)
    old = made.session.hash
    with pytest.raises(StreamLost):
        made.run()
    assert made.outputs == [0]
    # The app keeps state, so the session is kept too, whether or not it can be healed.
    assert made.session.hash == old


@pytest.mark.parametrize("version", SHARED)
def test_the_session_of_a_dropped_stream_still_serves_a_new_job(version: str) -> None:
    made = job(APPS[version], "poisoned", "again", function="echo")
    assert made.run() == "again"


@pytest.mark.parametrize("version", CANCELLING)
def test_a_job_that_is_cancelled_ends_at_once_and_leaves_the_session_usable(version: str) -> None:
    made = job(
        APPS[version],
        "cancelled",
        9,
        0.2,
        function="slow_count",
        meanwhile=lambda made: made.session.cancel(made.job_id),
    )
    with pytest.raises(JobCancelled, match=r"the job was cancelled$"):
        made.run()
    assert made.outputs == [0]
    request, exchange = made.sent[-1]
    assert exchange.name == "cancelled-post"
    (body,) = request.body
    assert isinstance(body, bytes)
    ours, theirs = json.loads(body), json.loads(exchange.sent)
    assert ours["fn_index"] == theirs["fn_index"]
    assert ours["event_id"] == theirs["event_id"]
    made.finish()
    assert made.left == []
    assert made.unended == []


@pytest.mark.parametrize("version", CANCELLING)
def test_a_cancel_by_somebody_else_is_a_cancelled_job(version: str) -> None:
    made = job(APPS[version], "cancelled", 9, 0.2, function="slow_count")
    with pytest.raises(JobCancelled, match="cancelled on the server"):
        made.run()
    assert made.outputs == [0]


@pytest.mark.parametrize("version", CANCELLING)
def test_a_sibling_of_a_cancelled_job_hears_nothing_more(version: str) -> None:
    first = job(
        APPS[version], "sibling-1", 9, 0.2, function="slow_count", streams=["siblings-stream"]
    )
    with pytest.raises(JobCancelled, match="cancelled on the server"):
        first.run()
    second = job(
        APPS[version], "sibling-2", 9, 0.2, function="slow_count", streams=["siblings-stream"]
    )
    with pytest.raises(Nothing):
        second.run()
    assert second.outputs == [0]
    assert second.state.snapshot.stage is Stage.RUNNING


@pytest.mark.parametrize("version", CANCELLING)
def test_a_job_cancelled_in_the_queue_is_told_so(version: str) -> None:
    made = job(APPS[version], "queued-2", 1, function="slow")
    with pytest.raises(JobCancelled, match="cancelled on the server"):
        made.run()
    assert made.outputs == []


@pytest.mark.parametrize("version", RENDERING)
def test_a_rendered_endpoint_belongs_to_its_session(version: str) -> None:
    made = job(APPS[version], "render", "hello there", function="apply")
    made.run()
    rendered = [endpoint.name for endpoint in made.session.endpoints]
    assert {"/say_hello", "/say_there"} <= set(rendered)
    assert "/say_hello" not in names(version)

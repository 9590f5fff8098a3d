"""The story of one prediction: every way that it can go."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.app.files import Inline, LocalFile
from gradio_protocol.errors import (
    AppChanged,
    AppError,
    AuthenticationError,
    FileFailed,
    GradioError,
    InvalidArguments,
    JobCancelled,
    QueueError,
    RemoteError,
    SessionNotFound,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)
from gradio_protocol.flows.actions import Sleep
from gradio_protocol.flows.call import call
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.failures import HIDDEN
from gradio_protocol.jobs.job_state import Downloaded, Joining
from gradio_protocol.jobs.messages import (
    Completed,
    DataRequested,
    Failed,
    Generated,
    JobMessage,
    Queued,
    QueueFull,
    Started,
)
from gradio_protocol.jobs.orders import (
    AppRefreshed,
    JobStopped,
    JoinAccepted,
    NextMessage,
    RequestJoin,
)
from gradio_protocol.wire.exchange import Response
from tests.support.call_harness import (
    HASH,
    CallHarness,
    Routes,
    app,
    call_of,
    config,
    function,
    sent,
)
from tests.support.scripted import Answer, header, reply

JOIN, DATA, RUN = "POST queue/join", "POST queue/data", "POST run/echo"
ACCEPTED = reply({"event_id": "e1"})
META = {"_type": "gradio.FileData"}
DONE = Completed(data=("y",))
LOST = StreamLost("cut")
VERDICT = {"__type__": "validate", "is_valid": False, "message": "too short"}
FILE: Any = {"path": "/a", "meta": META}
FILES: Routes = {"GET file=/a": Response(status=200)}
GIVES_FILE = app("6.31.0", function(outputs=[3]))


def harness(
    known: App | None = None, *messages: Any, routes: Routes | None = None, **more: Any
) -> CallHarness:
    return CallHarness(
        known or app(), routes={JOIN: ACCEPTED, **(routes or {})}, messages=[*messages], **more
    )


def predict(here: CallHarness, *data: object, **more: Any) -> object:
    known = here.app
    return here.run(call(call_of(known, *(data or ("x",)), **more)))


def failing(
    here: CallHarness, error: type[Exception], match: str | None = None, **more: Any
) -> Exception:
    with pytest.raises(error, match=match) as caught:
        predict(here, **more)
    return caught.value


def kinds(here: CallHarness) -> list[str]:
    return [type(question).__name__ for question in here.questions]


def body(here: CallHarness, path: str = "queue/join", at: int = 0) -> Any:
    return json.loads(sent(here.requests(path)[at]))


def restarted(
    *dependencies: Any, version: str = "6.31.0", routes: Routes | None = None, **more: Any
) -> Routes:
    """What a server says once another start of the app answers."""
    document = config(version, *dependencies, app_id=2, **more)
    return {
        "GET app_id": reply({"app_id": 2}),
        "GET config": reply(document),
        JOIN: ACCEPTED,
        **(routes or {}),
    }


SAME: Routes = {
    "GET app_id": reply({"app_id": 1}),
    "GET config": reply(config()),
}


# Joining.


def test_a_prediction_enters_joins_and_follows() -> None:
    here = harness(None, DONE)
    assert predict(here) == "y"
    assert here.questions == [
        RequestJoin(fn_index=0, direct=False),
        JoinAccepted(event_id="e1"),
        NextMessage(),
    ]
    assert here.update == [Joining(), DONE]


def test_a_join_says_what_to_call_and_for_whom() -> None:
    here = harness(None, DONE)
    predict(here, headers=(("x-a", "1"),))
    assert body(here) == {
        "data": ["x"],
        "event_data": None,
        "session_hash": HASH,
        "fn_index": 0,
        "trigger_id": None,
    }
    assert header(here.requests("queue/join")[0], "x-a") == "1"


def test_files_are_sent_before_the_session_is_asked_for_leave() -> None:
    known = app("6.31.0", function(inputs=[3]))
    here = harness(known, DONE, routes={"POST upload": reply(["/up/a"])})
    predict(here, Inline("a", b"a"))
    assert kinds(here)[:3] == ["LookUpUploads", "RecordUploads", "RequestJoin"]
    assert body(here)["data"][0]["path"] == "/up/a"


def test_a_file_that_cannot_be_read_ends_the_call_before_it_enters() -> None:
    here = harness(app("6.31.0", function(inputs=[3])), files={"/a": FileFailed("no such file")})
    with pytest.raises(FileFailed):
        predict(here, LocalFile("/a"))
    assert here.questions == []


def test_a_join_that_was_not_accepted_is_sent_again() -> None:
    answers: list[Answer] = [
        Response(status=503),
        TransportFailed("refused", connected=False),
        ACCEPTED,
    ]
    here = harness(None, DONE, routes={JOIN: answers})
    assert predict(here) == "y"
    assert len(here.requests("queue/join")) == 3


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        (reply({"detail": "Queue is full."}, 503), QueueError, "Queue is full"),
        (
            reply({"detail": [{"__type__": "validate", "message": "no"}]}, 422),
            ValidationError,
            "no",
        ),
        (reply({"detail": [{"loc": ["body"], "msg": "bad"}]}, 422), RemoteError, "body: bad"),
        (Response(status=504), RemoteError, "504"),
        (Response(status=307, headers=(("location", "/x"),)), RemoteError, "not followed"),
        (Response(status=200, body=b"<html>"), RemoteError, "expected JSON"),
        (reply([]), RemoteError, "reply to the join: expected an object, got an array"),
        (reply({}), RemoteError, "'event_id' is missing"),
        (reply({"event_id": 3}), RemoteError, "'event_id': expected a string, got an integer"),
        (TransportFailed("cut"), TransportFailed, "cut"),
    ],
)
def test_a_join_that_fails_is_reported_before_its_error_is_raised(
    answer: Any, error: type[Exception], match: str
) -> None:
    here = harness(routes={JOIN: answer})
    failing(here, error, match)
    assert kinds(here) == ["RequestJoin", "JoinFailed"]


def test_arguments_that_json_cannot_say_are_the_callers_fault() -> None:
    here = harness()
    with pytest.raises(InvalidArguments):
        predict(here, object())
    assert kinds(here) == ["RequestJoin", "JoinFailed"]
    assert here.driver.sends == []


@pytest.mark.parametrize("question", [RequestJoin, JoinAccepted, NextMessage])
def test_a_cancelled_job_learns_it_at_its_next_question(question: type[Any]) -> None:
    here = harness(None, DONE, gone={question: JobCancelled("cancelled")})
    failing(here, JobCancelled)
    assert isinstance(here.questions[-1], question)


# Another app.


def test_an_app_in_doubt_is_asked_for_its_id_before_the_join() -> None:
    here = harness(None, DONE, routes=SAME, doubtful=[True])
    assert predict(here) == "y"
    assert here.driver.asked[0].endswith("app_id")
    assert kinds(here) == ["RequestJoin", "JoinAccepted", "NextMessage"]


def test_a_server_that_does_not_tell_its_id_is_believed() -> None:
    here = harness(None, DONE, doubtful=[True])
    assert predict(here) == "y"


def test_another_app_is_found_out_before_its_wrong_function_is_called() -> None:
    moved = restarted(function(0, "other"), function(1, "echo"))
    here = harness(None, DONE, routes=moved, doubtful=[True])
    assert predict(here) == "y"
    asked = [
        "RequestJoin",
        "JoinFailed",
        "RefreshApp",
        "AppRefreshed",
        "RequestJoin",
        "JoinAccepted",
        "NextMessage",
    ]
    assert kinds(here) == asked
    assert [body(here)["fn_index"]] == [1]


def test_files_are_sent_again_to_another_app() -> None:
    known = app("6.31.0", function(inputs=[3]))
    uploads = [reply(["/up/old"]), reply(["/up/new"])]
    moved = restarted(function(inputs=[3]), routes={"POST upload": uploads})
    here = harness(
        known, DONE, routes={**moved, "HEAD file=/up/old": Response(status=403)}, doubtful=[True]
    )
    predict(here, Inline("a", b"a"))
    assert body(here)["data"][0]["path"] == "/up/new"


def test_what_the_session_knows_of_the_app_counts() -> None:
    old = app()
    new = replace(old, endpoints=tuple(replace(e, index=5) for e in old.endpoints))
    here = harness(new, DONE, renewals=[new])
    assert here.run(call(call_of(old, "x"))) == "y"
    assert kinds(here) == [
        "RequestJoin",
        "JoinFailed",
        "RefreshApp",
        "RequestJoin",
        "JoinAccepted",
        "NextMessage",
    ]
    assert body(here)["fn_index"] == 5


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_refusal_that_another_app_explains_begins_the_story_again(status: int) -> None:
    answers = [Response(status=status), ACCEPTED]
    moved = restarted(function(3), routes={JOIN: answers})
    here = harness(None, DONE, routes=moved)
    assert predict(here) == "y"
    assert [body(here, at=at)["fn_index"] for at in (0, 1)] == [0, 3]


NOBODY = TransportFailed("refused", connected=False)


def test_a_join_that_is_sent_again_is_for_the_app_that_is_there_by_then() -> None:
    moved = restarted(function(3), routes={JOIN: [NOBODY, ACCEPTED]})
    here = harness(None, DONE, routes=moved)
    assert predict(here) == "y"
    assert [body(here, at=at)["fn_index"] for at in (0, 1)] == [0, 3]


def test_a_join_is_sent_again_as_it_was_where_the_app_is_the_same() -> None:
    here = harness(None, DONE, routes={**SAME, JOIN: [NOBODY, ACCEPTED]})
    assert predict(here) == "y"
    assert kinds(here) == ["RequestJoin", "JoinAccepted", "NextMessage"]
    assert body(here, at=0) == body(here, at=1)


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationError), (404, RemoteError), (500, RemoteError)]
)
def test_the_refusal_of_the_same_app_is_meant(status: int, error: type[Exception]) -> None:
    here = harness(routes={**SAME, JOIN: Response(status=status)})
    failing(here, error, str(status))
    assert kinds(here) == ["RequestJoin", "JoinFailed", "RefreshApp", "AppRefreshed"]


def test_an_app_that_lacks_the_function_is_not_called() -> None:
    here = harness(routes=restarted(function(0, "other")), doubtful=[True])
    failing(here, AppChanged, "no longer has /echo")
    assert here.requests("queue/join") == []


def test_an_app_that_cannot_be_found_out_fails_the_job_and_lets_the_next_one_try() -> None:
    down: Routes = {"GET app_id": reply({"app_id": 2}), "GET config": TransportFailed("down")}
    here = harness(routes=down, doubtful=[True])
    failing(here, TransportFailed, "down")
    assert here.questions[-1] == AppRefreshed(app=None)


def test_a_closed_client_finds_nothing_out() -> None:
    closed = JobStopped(error=JobCancelled("closed"))
    here = harness(routes=restarted(), doubtful=[True], renewals=[closed])
    failing(here, JobCancelled, "closed")


def test_an_app_that_never_stays_the_same_is_given_up() -> None:
    known = app()
    here = harness(known, routes=restarted(), doubtful=[True] * 9, renewals=[known, known, known])
    failing(here, AppChanged, "was replaced during each attempt")
    assert kinds(here).count("RequestJoin") == 3


def test_a_refusal_is_the_last_word_after_so_many_beginnings() -> None:
    apps = [replace(app()), replace(app())]
    here = harness(routes={JOIN: Response(status=404)}, renewals=[*apps])
    entries = iter([here.app, *apps])

    def answer(action: Any, usual: Any = here.driver.answer) -> object:
        if isinstance(action, RequestJoin):
            here.app = next(entries)
        return usual(action)

    here.driver.answer = answer
    failing(here, RemoteError, "404")
    assert len(here.requests("queue/join")) == 3


# Following.


def test_every_message_is_told_in_order() -> None:
    messages: list[JobMessage] = [Queued(rank=1), Started(), Generated(data=("a",)), DONE]
    here = harness(None, *messages)
    assert predict(here) == "y"
    assert here.update == [Joining(), *messages]


def test_files_are_there_before_an_output_is_shown() -> None:
    file: Any = {"path": "/a", "meta": META}
    done = Completed(data=(file,))
    here = harness(
        app("6.31.0", function(outputs=[3])), done, routes={"GET file=/a": Response(status=200)}
    )
    assert predict(here) == "/saved/a"
    assert here.update[-2:] == [Downloaded(path="/a", local="/saved/a"), done]


def test_a_caller_may_want_the_servers_file_objects() -> None:
    messages = Generated(data=(FILE,)), Completed(data=(FILE,))
    here = harness(GIVES_FILE, *messages)
    assert predict(here, download=False) == FILE
    assert here.update == [Joining(), *messages]


def test_a_file_may_be_too_long() -> None:
    here = harness(GIVES_FILE, Completed(data=(FILE,)), routes=FILES)
    predict(here, max_download_size=3)
    (saved,) = here.saved
    assert getattr(saved, "limit", None) == 3


def test_a_failure_of_the_app_is_raised() -> None:
    here = harness(None, Failed(error=AppError("boom")))
    error = failing(here, AppError, "boom")
    assert here.driver.asked == ["POST http://here:7860/queue/join"]
    assert isinstance(error, AppError)
    assert (str(error), error.message, error.api_name) == ("boom", "boom", "/echo")
    assert error.__notes__ == ["/echo of http://here:7860/ failed"]


@pytest.mark.parametrize(
    ("shows", "text"),
    [
        (True, "/echo failed without saying why."),
        (
            False,
            (
                "/echo failed without saying why; the app shows its errors if it is launched with "
                "show_error=True."
            ),
        ),
    ],
)
def test_an_app_that_shows_its_errors_is_not_asked_to(shows: bool, text: str) -> None:
    hidden = AppError(HIDDEN, 7, False, "Oh")
    here = harness(app(show_error=shows), Failed(error=hidden))
    error = failing(here, AppError)
    assert isinstance(error, AppError)
    assert (str(error), error.message, error.api_name) == (text, text, "/echo")
    assert (error.duration, error.visible, error.title) == (7, False, "Oh")


@pytest.mark.parametrize(
    ("listens", "event", "notes"), [(True, None, 1), (True, {"index": 0}, 0), (False, None, 0)]
)
def test_a_failure_for_want_of_an_event_says_how_to_pass_one(
    listens: bool, event: object, notes: int
) -> None:
    known = app("6.31.0", function(collects_event_data=listens))
    here = harness(known, Failed(error=AppError("boom")))
    with pytest.raises(AppError) as caught:
        predict(here, event_data=event)
    said: list[str] = getattr(caught.value, "__notes__", [])
    assert len([note for note in said if "with_options(event_data={…}) passes it" in note]) == notes


def test_an_event_that_was_cancelled_on_the_server_is_a_cancelled_job() -> None:
    failing(harness(None, Completed(data=None)), JobCancelled, "cancelled on the server")


@pytest.mark.parametrize("loss", [LOST, SessionNotFound("404")])
def test_a_lost_job_of_the_same_app_is_lost(loss: GradioError) -> None:
    here = harness(None, Failed(error=loss), routes=SAME)
    assert failing(here, type(loss)) is loss


def test_a_job_is_lost_to_a_restart() -> None:
    here = harness(None, Failed(error=LOST), routes=restarted())
    failing(here, AppChanged, r"restarted while the job ran \(cut\)")


def test_a_lost_job_is_made_again_if_its_caller_wants_that() -> None:
    here = harness(None, Queued(), Failed(error=LOST), DONE, routes=SAME)
    assert predict(here, resubmit_lost=True) == "y"
    assert len(here.requests("queue/join")) == 2


def test_a_job_that_has_shown_an_output_is_not_made_again() -> None:
    here = harness(None, Generated(data=("a",)), Failed(error=LOST), routes=SAME)
    failing(here, StreamLost, resubmit_lost=True)
    assert len(here.requests("queue/join")) == 1


def test_a_job_that_is_always_lost_is_given_up() -> None:
    here = harness(None, *[Failed(error=LOST)] * 3, routes=SAME)
    assert failing(here, StreamLost, resubmit_lost=True) is LOST
    assert len(here.requests("queue/join")) == 3


# Input that could go on.


@pytest.mark.parametrize("answer", [reply({"msg": "success"}), TransportFailed("cut")])
def test_a_call_of_a_streaming_endpoint_is_its_first_chunk(answer: Any) -> None:
    chunk = Generated(data=("a",), streamed=True)
    close = {"POST stream/e1/close": answer}
    here = harness(app("6.31.0", function(connection="stream")), chunk, chunk, DONE, routes=close)
    assert predict(here) == "y"
    assert len(here.requests("stream/e1/close")) == 1


def test_outputs_of_a_generator_close_nothing() -> None:
    here = harness(None, Generated(data=("a",)), DONE)
    predict(here)
    assert [r.url.rpartition("/")[2] for r in here.driver.requests] == ["join"]


# Private streams: 4.0 to 4.8.

PRIVATE = app("4.7.1")


def test_a_private_stream_gets_the_arguments_when_it_asks_for_them() -> None:
    wanted = DataRequested(event_id="e2")
    here = harness(PRIVATE, wanted, DONE, routes={DATA: reply(None)})
    assert predict(here) == "y"
    assert kinds(here) == ["RequestJoin", "NextMessage", "NextMessage"]
    assert here.update == [Joining(), wanted, DONE]
    assert body(here, "queue/data") == {
        "data": ["x"],
        "event_data": None,
        "session_hash": HASH,
        "fn_index": 0,
        "event_id": "e2",
    }


def test_a_private_stream_may_refuse_the_arguments() -> None:
    here = harness(PRIVATE, DataRequested(event_id="e2"), routes={DATA: Response(status=500)})
    failing(here, RemoteError, "500")


def test_a_full_queue_is_an_error() -> None:
    refused = QueueFull(message="The app's queue is full.")
    here = harness(PRIVATE, refused)
    failing(here, QueueError, "The app's queue is full")
    assert here.update[-1] == refused


def lost_to(why: GradioError) -> StreamLost:
    error = StreamLost("no connection was made")
    error.__cause__ = why
    return error


@pytest.mark.parametrize(
    "refusal", [lost_to(NOBODY), TooManyRequestsError("busy"), RemoteError("busy", status=503)]
)
def test_a_private_stream_that_was_not_accepted_is_for_the_app_that_is_there_after_a_pause(
    refusal: GradioError,
) -> None:
    ids = [reply({"app_id": number}) for number in (1, 2, 2)]
    moved = restarted(function(4), version="4.7.1", routes={"GET app_id": ids})
    here = harness(PRIVATE, Failed(error=refusal), DONE, routes=moved)
    assert predict(here) == "y"
    assert [q.fn_index for q in here.questions if isinstance(q, RequestJoin)] == [0, 4]
    assert [action for action in here.driver.actions if isinstance(action, Sleep)]


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_private_stream_that_nobody_accepts_is_tried_as_often_as_its_caller_says(
    retries: int,
) -> None:
    busy = TooManyRequestsError("busy")
    here = harness(PRIVATE, *[Failed(error=busy)] * (retries + 1), routes=SAME)
    policy = RetryPolicy(max_retries=retries)
    assert failing(here, TooManyRequestsError, policy=policy) is busy
    assert kinds(here).count("RequestJoin") == retries + 1


@pytest.mark.parametrize(
    "refusal",
    [
        lost_to(TransportFailed("cut")),
        RemoteError("what?", status=500),
        TooManyRequestsError("later", retry_after=3600),
    ],
)
def test_a_private_stream_that_may_have_been_accepted_or_not_for_long_is_no_more(
    refusal: GradioError,
) -> None:
    here = harness(PRIVATE, Failed(error=refusal), routes=SAME)
    failing(here, type(refusal))
    assert kinds(here) == ["RequestJoin", "NextMessage"]


def test_a_private_stream_is_a_join_so_the_app_is_asked_for_its_id_before() -> None:
    here = harness(PRIVATE, DONE, routes=restarted(function(4), version="4.7.1"))
    predict(here)
    assert here.driver.asked[0].endswith("app_id")
    assert [q.fn_index for q in here.questions if isinstance(q, RequestJoin)] == [4]


# Direct calls.


def test_3_x_is_called_directly() -> None:
    here = harness(app("3.50.2"), routes={RUN: reply({"data": ["y"]})})
    assert predict(here) == "y"
    assert here.questions == [RequestJoin(fn_index=0, direct=True)]


def test_batch_functions_that_would_kill_the_queue_are_called_directly() -> None:
    here = harness(app("4.7.1", function(batch=True)), routes={RUN: reply({"data": ["y"]})})
    assert predict(here) == "y"
    assert here.requests("queue/join") == []


def test_later_batch_functions_go_through_the_queue() -> None:
    here = harness(app("4.44.1", function(batch=True)), DONE)
    assert predict(here) == "y"


def test_a_direct_call_by_index_asks_for_the_id_before() -> None:
    moved = restarted(function(2, types={"generator": True}), version="3.50.2")
    known = app("3.50.2", function(types={"generator": True}))
    here = harness(known, routes={**moved, RUN: reply({"data": ["y"]})})
    assert predict(here) == "y"
    assert body(here, "run/echo")["fn_index"] == 2


def test_a_direct_call_that_lost_its_login_begins_again() -> None:
    moved = restarted(version="3.50.2")
    here = harness(
        app("3.50.2"), routes={**moved, RUN: [Response(status=401), reply({"data": ["y"]})]}
    )
    assert predict(here) == "y"
    assert kinds(here) == ["RequestJoin", "RefreshApp", "AppRefreshed", "RequestJoin"]


# Sockets: 3.x.

SOCKET = app("3.50.2", function(), enable_queue=True)
IDS = {"GET app_id": reply({"app_id": 1})}
RESULT = {**IDS, "POST run/echo": reply({"data": ["called"]})}


def test_a_socket_gets_the_arguments_with_its_join() -> None:
    here = harness(SOCKET, DONE, routes=IDS)
    assert predict(here) == "y"
    (join,) = (q for q in here.questions if isinstance(q, RequestJoin))
    assert json.loads(join.body) == {"data": ["x"], "event_data": None}
    assert (join.direct, join.own_hash) == (False, False)


GENERATOR: Any = {"types": {"generator": True}}


@pytest.mark.parametrize(
    ("version", "made", "own_hash"),
    [
        ("3.50.2", function(**GENERATOR), True),
        ("3.50.2", function(**GENERATOR | {"inputs": [1, 4]}), False),
        ("3.16.2", function(), True),  # the config does not say what is a generator
    ],
)
def test_a_generator_without_state_needs_a_session_of_its_own(
    version: str, made: Any, own_hash: bool
) -> None:
    known = app(version, made, enable_queue=True)
    data = ["x"] if len(known.endpoints[0].inputs) == 1 else ["x", None]
    here = harness(known, DONE, routes={**IDS, "GET config": reply(config("3.16.2"))})
    here.run(call(call_of(known, *data)))
    (join,) = (q for q in here.questions if isinstance(q, RequestJoin))
    assert join.own_hash is own_hash


@pytest.mark.parametrize("queue", [True, False])
def test_a_generator_with_state_waits_for_its_turn_and_begins_anew(queue: bool) -> None:
    stateful = function(**GENERATOR | {"inputs": [1, 4]})
    known = app("3.50.2", stateful, enable_queue=queue)
    routes: Routes = {**RESULT, "POST reset": reply({"success": True})}
    here = harness(known, *([DONE] if queue else []), routes=routes)
    here.run(call(call_of(known, "x", None)))
    assert kinds(here)[:2] == ["RequestTurn", "RequestJoin"]
    (reset,) = here.requests("reset")
    assert json.loads(sent(reset)) == {"session_hash": HASH, "fn_index": 0}


@pytest.mark.parametrize(
    "refusal",
    [
        *(RemoteError("no socket", status=status) for status in (400, 403, 404, 405, 426, 500)),
        lost_to(RemoteError("this driver has no WebSockets", status=501)),
    ],
)
def test_where_no_socket_can_be_opened_the_function_is_called_directly(
    refusal: GradioError,
) -> None:
    here = harness(SOCKET, Failed(error=refusal), routes=RESULT)
    assert predict(here) == "called"


@pytest.mark.parametrize("why", [RemoteError("gone", status=502), AppError("it failed")])
def test_what_a_socket_may_have_run_is_not_called_again(why: GradioError) -> None:
    here = harness(SOCKET, Failed(error=why), routes=RESULT)
    failing(here, type(why))


@pytest.mark.parametrize("more", [{"enable_queue": False}, {}])
def test_an_app_without_a_queue_is_called_directly(more: dict[str, bool]) -> None:
    here = harness(app("3.50.2", function(), **more), routes=RESULT)
    assert predict(here) == "called"


def test_a_function_that_does_not_queue_is_called_directly() -> None:
    here = harness(app("3.50.2", function(queue=False), enable_queue=True), routes=RESULT)
    assert predict(here) == "called"

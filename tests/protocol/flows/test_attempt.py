"""A call as it is wanted, and what is sent for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_protocol.errors import AuthenticationError, QueueError, RemoteError, ValidationError
from gradio_protocol.flows.attempt import Attempt, RetryCall, error_body, join_error, publish_output
from gradio_protocol.flows.download import Downloads
from gradio_protocol.jobs.job_state import Downloaded
from gradio_protocol.jobs.messages import Completed
from gradio_protocol.wire.exchange import Response
from tests.support.call_harness import HASH, CallHarness, app, call_of, function, sent
from tests.support.scripted import header, reply

APP = app()
VERDICT = {"__type__": "validate", "is_valid": False, "message": "short", "parameter_name": "x"}
SHAPE = {"type": "missing", "loc": ["body", "data"], "msg": "Field required"}


def attempt(files: Downloads | None = None, known: Any = APP, **more: Any) -> Attempt:
    spec = call_of(known, "a", **more)
    return Attempt(call=spec, session_hash=HASH, downloads=files)


def test_a_request_carries_the_arguments_and_the_headers_of_the_call() -> None:
    request = attempt(headers=(("x-a", "1"),)).post("queue/join", fn_index=0)
    assert json.loads(sent(request)) == {
        "data": ["a"],
        "event_data": None,
        "session_hash": HASH,
        "fn_index": 0,
    }
    assert header(request, "x-a") == "1"


def test_a_request_tells_of_the_event_that_made_somebody_call() -> None:
    click = {"index": 3, "value": "x"}
    assert json.loads(sent(attempt(event_data=click).post("queue/join")))["event_data"] == click


@pytest.mark.parametrize(("oauth", "found"), [("required", "secret"), (None, None)])
def test_an_oauth_token_goes_where_one_is_taken(oauth: str | None, found: str | None) -> None:
    listing: Any = {"parameters": [], "returns": [], "oauth_token": oauth}
    known = app(info={"named_endpoints": {"/echo": listing}})
    request = attempt(known=known, oauth_token="secret").post("queue/join")
    assert json.loads(sent(request)).get("oauth_token") == found


def test_no_oauth_token_is_sent_where_none_was_given() -> None:
    listing: Any = {"parameters": [], "returns": [], "oauth_token": "optional"}
    known = app(info={"named_endpoints": {"/echo": listing}})
    assert "oauth_token" not in json.loads(sent(attempt(known=known).post("queue/join")))


def test_files_are_there_before_an_output_is_shown() -> None:
    known = app("6.31.0", function(outputs=[3]))
    here = CallHarness(known, routes={"GET file=/a": Response(status=200)})
    made = attempt(Downloads(call_of(known)))
    done = Completed(data=({"path": "/a", "meta": {"_type": "gradio.FileData"}},))
    here.run(publish_output(made, done))
    assert here.update == [Downloaded(path="/a", local="/saved/a"), done]
    assert made.saved == {"/a": "/saved/a"}


def test_a_caller_may_want_no_files() -> None:
    here, made, done = CallHarness(APP), attempt(), Completed(data=("a",))
    here.run(publish_output(made, done))
    assert here.update == [done]
    assert made.saved == {}


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (reply({"detail": [VERDICT]}, 422), ValidationError, "x: short"),
        (reply({"detail": [SHAPE]}, 422), RemoteError, "did not understand: body.data: Field req"),
        (reply({"detail": [3]}, 422), RemoteError, "did not understand"),
        (reply({"detail": "no"}, 422), RemoteError, "answered 422: no"),
        (Response(status=422, body=b"<html>"), RemoteError, "answered 422"),
        (reply({"detail": "Queue is full."}, 503), QueueError, "Queue is full"),
        (reply({"detail": "Not authenticated"}, 401), AuthenticationError, "Not authenticated"),
        (reply({"detail": [VERDICT]}, 400), RemoteError, "answered 400"),
    ],
)
def test_a_refusal_says_whose_fault_it_is(
    answer: Response, kind: type[Exception], text: str
) -> None:
    error = join_error(answer)
    assert type(error) is kind
    assert text in str(error)


@pytest.mark.parametrize("body", [b"", b"oops", b"[1]"])
def test_a_refusal_may_say_nothing_that_can_be_read(body: bytes) -> None:
    assert error_body(Response(status=500, body=body)) == {}


def test_a_reason_to_begin_again_keeps_the_error() -> None:
    error = RemoteError("no")
    again = RetryCall(error, even_if_same_app=True)
    assert (again.error, again.even_if_same_app) == (error, True)

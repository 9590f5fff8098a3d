"""Calls past the queue: by name or index, once or step by step."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import pytest

from gradio_protocol.app.access import App, session_hash
from gradio_protocol.errors import AppError, GradioError, JobCancelled, RemoteError, TransportFailed
from gradio_protocol.flows.actions import Send
from gradio_protocol.flows.attempt import Attempt, RetryCall
from gradio_protocol.flows.direct import is_called_by_index, run_direct
from gradio_protocol.jobs.messages import Completed, Generated, Started
from gradio_protocol.jobs.orders import RequestJoin
from gradio_protocol.wire.exchange import Response
from tests.support.call_harness import (
    HASH,
    POLICY,
    CallHarness,
    Routes,
    app,
    call_of,
    function,
    sent,
)
from tests.support.scripted import reply

RUN, PREDICT = "POST run/echo", "POST run/predict"
GENERATOR: Any = {"types": {"generator": True}}
PLAIN = app("3.50.2", function())
STEPPING = app("3.50.2", function(0, "other"), function(1, **GENERATOR))
OWN = session_hash(POLICY.entropy)


def output(*data: Any, more: bool = False) -> Response:
    return reply({"data": list(data), "is_generating": more})


STEPS = [output("a", more=True), output("ab", more=True), output(None)]


def harness(known: App, routes: Routes, **more: Any) -> CallHarness:
    return CallHarness(known, routes=routes, **more)


def call(here: CallHarness) -> tuple[Any, ...]:
    known = here.app
    endpoint = known.endpoints[-1]
    spec = call_of(known, "x", endpoint=endpoint)
    made = Attempt(call=spec, session_hash=HASH, downloads=None)
    return here.run(run_direct(made))


def bodies(here: CallHarness, path: str) -> list[Any]:
    return [json.loads(sent(request)) for request in here.requests(path)]


def test_a_function_is_called_by_its_name_so_that_it_can_be_no_other() -> None:
    here = harness(PLAIN, {RUN: output("y")})
    assert call(here) == ("y",)
    assert bodies(here, "run/echo") == [{"data": ["x"], "event_data": None, "session_hash": HASH}]
    assert here.update == [Started(), Completed(data=("y",))]


def test_the_reply_may_take_as_long_as_the_job_does() -> None:
    here = harness(PLAIN, {RUN: output("y")})
    call(here)
    assert [(send.total_timeout, send.limit) for send in here.driver.sends] == [(inf, 2**30)]


def test_a_function_without_a_name_is_called_by_its_index() -> None:
    here = harness(app("3.50.2", function(0, "other"), function(1, None)), {PREDICT: output("y")})
    assert call(here) == ("y",)
    assert bodies(here, "run/predict")[0]["fn_index"] == 1


def test_a_name_is_quoted_in_the_address() -> None:
    here = harness(app("3.50.2", function(0, "a b?")), {"POST run/a%20b%3F": output("y")})
    assert call(here) == ("y",)


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (PLAIN, False),
        (STEPPING, True),
        (app("3.50.2", function(0, None)), True),
        (app("4.7.1", function(batch=True, **GENERATOR)), False),
    ],
)
def test_the_index_is_used_where_the_name_does_not_do(known: App, needed: bool) -> None:
    assert is_called_by_index(call_of(known, endpoint=known.endpoints[-1])) is needed


def test_a_generator_is_called_until_it_has_no_more_to_say() -> None:
    here = harness(STEPPING, {RUN: STEPS})
    assert call(here) == ("ab",)
    steps = [Generated(data=("a",)), Generated(data=("ab",))]
    assert here.update == [Started(), *steps, Completed(data=("ab",))]


def test_a_generator_is_continued_by_index_in_a_session_of_its_own() -> None:
    here = harness(STEPPING, {RUN: STEPS})
    call(here)
    named = {(body["fn_index"], body["session_hash"]) for body in bodies(here, "run/echo")}
    assert named == {(1, OWN)}
    assert here.requests("reset") == []


def test_where_nobody_says_what_is_a_generator_all_functions_are_called_as_such() -> None:
    unmarked = app("3.16.2", function(0, "other"), function(1))
    here = harness(unmarked, {RUN: [*STEPS]})
    assert call(here) == ("ab",)
    assert [body["fn_index"] for body in bodies(here, "run/echo")] == [1, 1, 1]
    plain = harness(unmarked, {RUN: output("y")})
    assert call(plain) == ("y",)
    assert plain.update == [Started(), Completed(data=("y",))]


def test_a_step_that_is_asked_for_again_is_for_the_same_app() -> None:
    nobody = TransportFailed("refused", connected=False)
    steps: Routes = {RUN: [nobody, *STEPS], "GET app_id": reply({"app_id": 1})}
    assert call(harness(STEPPING, steps)) == ("ab",)
    moved = harness(STEPPING, {RUN: [nobody, *STEPS], "GET app_id": reply({"app_id": 2})})
    with pytest.raises(RetryCall, match="was restarted"):
        call(moved)
    assert len(moved.requests("run/echo")) == 1


def test_a_generator_with_state_stays_in_the_session() -> None:
    stateful = function(0, inputs=[1, 4], **GENERATOR)
    here = harness(app("3.50.2", stateful), {RUN: STEPS})
    call(here)
    assert {body["session_hash"] for body in bodies(here, "run/echo")} == {HASH}


def test_an_empty_generator_gives_its_nulls() -> None:
    here = harness(STEPPING, {RUN: output(None)})
    assert call(here) == (None,)
    assert here.update == [Started(), Completed(data=(None,))]


def test_a_generator_is_not_called_on_after_a_cancel() -> None:
    here = harness(STEPPING, {RUN: STEPS}, gone={RequestJoin: JobCancelled("cancelled")})
    with pytest.raises(JobCancelled):
        call(here)
    assert len(here.requests("run/echo")) == 1


def test_elsewhere_the_first_value_of_a_generator_is_its_result() -> None:
    here = harness(app("4.7.1", function(batch=True, **GENERATOR)), {RUN: STEPS[:1]})
    assert call(here) == ("a",)


def test_what_the_app_says_of_its_failure_is_passed_on() -> None:
    here = harness(PLAIN, {RUN: reply({"error": "'boom'"}, 500)})
    with pytest.raises(AppError) as caught:
        call(here)
    assert (str(caught.value), caught.value.api_name) == ("boom", "/echo")


@pytest.mark.parametrize(
    "answer",
    [
        Response(status=500, body=b"Internal Server Error"),
        reply({"detail": "no"}, 500),
        reply({"error": "no"}, 400),
        Response(status=200, body=b"<html>"),
        reply({"is_generating": False}),
        reply({"data": "text"}),
        reply([]),
    ],
)
def test_what_is_no_result_is_the_servers_fault(answer: Response) -> None:
    with pytest.raises(RemoteError):
        call(harness(PLAIN, {RUN: answer}))


@pytest.mark.parametrize("status", [401, 404])
def test_another_app_may_not_know_the_login_or_the_name(status: int) -> None:
    with pytest.raises(RetryCall) as caught:
        call(harness(PLAIN, {RUN: Response(status=status)}))
    assert not caught.value.even_if_same_app
    assert isinstance(caught.value.error, RemoteError)


QUEUED = app("3.50.2", function(), enable_queue=True)
SKIPPING = reply({"detail": "Not authorized to skip the queue"}, status=401)


@pytest.mark.parametrize("refused", [SKIPPING, Response(status=404)])
def test_an_app_that_takes_no_direct_calls_says_so_in_a_sentence(refused: Response) -> None:
    with pytest.raises(RetryCall) as caught:
        call(harness(QUEUED, {RUN: refused}))
    error = caught.value.error
    assert type(error) is RemoteError
    assert str(error).endswith(
        f"run/echo answered {refused.status}: the app takes jobs through its queue only, and the "
        "WebSocket of the queue was refused"
    )


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        (QUEUED, Response(status=401)),  # a login that was lost
        (QUEUED, Response(status=403)),
        (PLAIN, Response(status=404)),  # nothing is queued
        (app("4.7.1", function(batch=True)), Response(status=404)),
    ],
)
def test_other_refusals_say_nothing_of_a_queue(known: App, refused: Response) -> None:
    with pytest.raises((RetryCall, RemoteError)) as caught:
        call(harness(known, {RUN: refused}))
    assert "queue" not in str(getattr(caught.value, "error", caught.value))


def test_once_an_output_was_shown_it_is_too_late_to_begin_again() -> None:
    here = harness(STEPPING, {RUN: [STEPS[0], Response(status=404)]})
    with pytest.raises(GradioError, match="answered 404"):
        call(here)


def test_a_busy_server_is_asked_again() -> None:
    here = harness(PLAIN, {RUN: [Response(status=503), output("y")]})
    assert call(here) == ("y",)
    assert len([a for a in here.driver.actions if isinstance(a, Send)]) == 2

"""What the server is told of an event that nobody wants."""

from __future__ import annotations

import json

import pytest

from gradio_protocol.app.access import Access, App
from gradio_protocol.app.config import read_config
from gradio_protocol.errors import GradioError, RemoteError, TransportFailed
from gradio_protocol.flows.cancel import cancel_event
from gradio_protocol.jobs.orders import CancelEvent
from gradio_protocol.wire.cookies import Jar
from gradio_protocol.wire.exchange import Request, Response, origin
from gradio_protocol.wire.headers import Identity
from tests.support.scripted import header, reply, web

SRC = "http://here/"
APP = App(
    access=Access(
        src=SRC,
        identity=Identity(app=origin(SRC)),
        jar=Jar().with_cookies(SRC, [("access-token", "1")]),
        prefix="/gradio_api",
    ),
    config=read_config('{"protocol": "sse_v3", "components": [], "dependencies": []}'),
    endpoints=(),
)
CANCEL, RESET = "POST http://here/gradio_api/cancel", "POST http://here/gradio_api/reset"


def order(*, reset: bool = False) -> CancelEvent:
    return CancelEvent(app=APP, session_hash="hash", event_id="event", fn_index=-1, reset=reset)


def document(request: Request) -> object:
    (body,) = request.body
    assert isinstance(body, bytes)
    return json.loads(body)


def test_a_cancel_names_the_session_the_function_and_the_event() -> None:
    driver = web({CANCEL: reply({"success": True})})
    driver.run(cancel_event(order()))
    assert driver.asked == [CANCEL]
    assert document(driver.requests[0]) == {
        "session_hash": "hash",
        "fn_index": -1,
        "event_id": "event",
    }


def test_a_reset_names_the_event() -> None:
    driver = web({RESET: reply({"success": True})})
    driver.run(cancel_event(order(reset=True)))
    assert driver.asked == [RESET]
    assert document(driver.requests[0]) == {"event_id": "event"}


def test_the_server_is_told_by_the_same_visitor_as_ever() -> None:
    driver = web({CANCEL: reply()})
    driver.run(cancel_event(order()))
    assert header(driver.requests[0], "cookie") == "access-token=1"


def test_the_server_has_five_seconds_to_listen() -> None:
    driver = web({CANCEL: reply()})
    driver.run(cancel_event(order()))
    assert [send.total_timeout for send in driver.sends] == [5.0]


@pytest.mark.parametrize("status", [302, 401, 404, 422, 429, 500, 503])
def test_a_server_that_does_not_listen_is_told_once(status: int) -> None:
    driver = web({CANCEL: Response(status=status)})
    driver.run(cancel_event(order()))
    assert len(driver.actions) == 1


@pytest.mark.parametrize("failure", [TransportFailed("cut"), RemoteError("too long a reply")])
def test_a_server_that_cannot_be_told_is_no_failure(failure: GradioError) -> None:
    driver = web({CANCEL: failure})
    driver.run(cancel_event(order()))
    assert len(driver.actions) == 1

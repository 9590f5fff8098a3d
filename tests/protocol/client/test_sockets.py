"""A job of 3.x through `ClientProtocol`: what a driver is told to send on its WebSocket."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha1
from typing import Any

import pytest

from gradio_protocol.client.commands import Command, RunAction
from gradio_protocol.client.protocol import ClientProtocol
from gradio_protocol.errors import RemoteError
from gradio_protocol.flows.actions import Send
from gradio_protocol.jobs.job_state import JobState
from gradio_protocol.jobs.orders import CloseStream, OpenStream
from gradio_protocol.wire.exchange import Head
from tests.support.call_harness import SRC, config, function
from tests.support.scripted import reply

ROUTES = {
    "config": reply(config("3.50.2", function(), enable_queue=True)),
    "info": reply({"named_endpoints": {}, "unnamed_endpoints": {}}),
    "app_id": reply({"app_id": 1}),
    "run/echo": reply({"data": ["called"]}),
}


class Harness:
    """A client, and the commands for its streams; requests are answered at once."""

    def __init__(self) -> None:
        self.core = ClientProtocol(SRC, entropy=bytes(16))
        self.core.connect()
        self.obey()
        self.session_id = self.core.open_session()

    def obey(self) -> list[Command]:
        """Answer requests; return the other commands."""
        others: list[Command] = []
        while command := self.core.next_command(0.0):
            if isinstance(command, RunAction):
                assert isinstance(command.action, Send)
                path = command.action.request.url.removeprefix(SRC).partition("?")[0]
                self.core.action_succeeded(command.action_id, ROUTES[path])
            else:
                others.append(command)
        return others

    def submit(self) -> tuple[JobState, OpenStream]:
        _, state = self.core.submit(self.core.bind(self.session_id, ("hi",), {}))
        (opened,) = (one for one in self.obey() if isinstance(one, OpenStream))
        return state, opened

    def receive(self, opened: OpenStream, **message: Any) -> list[Any]:
        """What is to be sent after this message."""
        self.core.receive_data(opened.stream_id, json.dumps(message).encode())
        answers = [json.loads(text) for text in self.core.take_answers(opened.stream_id)]
        self.obey()
        return answers


def head(opened: OpenStream) -> Head:
    key = dict(opened.request.headers)["sec-websocket-key"]
    proof = b64encode(sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    return Head(status=101, headers=(("sec-websocket-accept", proof.decode()),))


def test_a_job_travels_on_its_socket() -> None:
    here = Harness()
    state, opened = here.submit()
    assert opened.is_socket
    here.core.stream_opened(opened.stream_id, head(opened))
    (identity,) = here.receive(opened, msg="send_hash")
    assert identity == {"fn_index": 0, "session_hash": here.core.session_hash(here.session_id)}
    assert here.receive(opened, msg="estimation", rank=0, queue_size=1) == []
    assert here.receive(opened, msg="send_data") == [
        {**identity, "data": ["hi"], "event_data": None}
    ]
    assert here.receive(opened, msg="process_starts") == []
    here.receive(opened, msg="process_completed", output={"data": ["ho"]}, success=True)
    assert state.result() == "ho"
    here.core.stream_closed(opened.stream_id)
    assert here.core.take_answers(opened.stream_id) == []


@pytest.mark.parametrize("status", [403, 500])
def test_a_refused_socket_leaves_the_direct_call(status: int) -> None:
    here = Harness()
    state, opened = here.submit()
    here.core.stream_opened(opened.stream_id, Head(status=status, url=SRC))
    assert CloseStream(stream_id=opened.stream_id) in here.obey()
    assert state.result() == "called"


def test_a_driver_may_decline_sockets() -> None:
    here = Harness()
    state, opened = here.submit()
    declined = RemoteError("this driver has no WebSockets", status=501)
    here.core.stream_closed(opened.stream_id, declined)
    here.obey()
    assert state.result() == "called"


def test_a_cancelled_job_closes_its_socket() -> None:
    here = Harness()
    _, opened = here.submit()
    here.core.stream_opened(opened.stream_id, head(opened))
    here.core.cancel(1)
    assert CloseStream(stream_id=opened.stream_id) in here.obey()

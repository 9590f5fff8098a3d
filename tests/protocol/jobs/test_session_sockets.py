"""A session of 3.x: a WebSocket for each job, which is the join, and brings the arguments."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha1

import pytest

from gradio_protocol.app.dialect import Delivery
from gradio_protocol.errors import RemoteError, TransportFailed
from gradio_protocol.jobs.messages import Completed, EventMessage, Ignored
from gradio_protocol.jobs.orders import (
    EndReason,
    JobStopped,
    JoinGranted,
    OpenStream,
    RequestJoin,
    RequestTurn,
)
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import ECHO, sample_app
from tests.support.session_harness import DONE, SessionHarness, failed

BODY = '{"data":["x"],"event_data":null}'


def joined(own_hash: bool = False) -> tuple[SessionHarness, int, OpenStream, JoinGranted]:
    """A session with one job, whose socket was ordered."""
    here = SessionHarness(sample_app("3.50.2"))
    assert here.app.dialect.delivery is Delivery.SOCKET
    job_id = here.session.add_job()
    join = RequestJoin(fn_index=ECHO, direct=False, body=BODY, own_hash=own_hash)
    grant = here.ask(job_id, join)
    assert isinstance(grant, JoinGranted)
    return here, job_id, here.listening[job_id], grant


def test_a_join_opens_a_socket_that_knows_what_to_say() -> None:
    _, _, opened, grant = joined()
    assert opened.is_socket
    assert opened.request.url.endswith("/queue/join")
    assert ("upgrade", "websocket") in opened.request.headers
    identity = {"fn_index": ECHO, "session_hash": grant.session_hash}
    assert opened.answers is not None
    answers = {name: json.loads(text) for name, text in opened.answers.items()}
    assert answers == {
        "send_hash": identity,
        "send_data": {**identity, "data": ["x"], "event_data": None},
    }


def test_a_generator_has_a_session_hash_of_its_own() -> None:
    here, job_id, opened, grant = joined(own_hash=True)
    assert grant.session_hash.startswith(here.session.hash)
    assert opened.answers is not None
    assert grant.session_hash in opened.answers["send_hash"]
    here.end(EndReason.BROKEN, key=job_id)
    again = here.ask(job_id, RequestJoin(fn_index=ECHO, direct=False, body=BODY, own_hash=True))
    assert isinstance(again, JoinGranted)
    assert here.session.hash != again.session_hash != grant.session_hash


def test_jobs_of_one_generator_that_share_a_session_take_turns() -> None:
    here = SessionHarness(sample_app("3.50.2"))
    first, second, third, other = (here.session.add_job() for _ in range(4))
    assert here.ask(first, RequestTurn(fn_index=ECHO)) == here.session.hash
    assert here.ask(second, RequestTurn(fn_index=ECHO)) is None
    assert here.ask(third, RequestTurn(fn_index=ECHO)) is None
    assert here.ask(other, RequestTurn(fn_index=ECHO + 1)) == here.session.hash
    # Another attempt of the job that has the turn.
    assert here.ask(first, RequestTurn(fn_index=ECHO)) == here.session.hash
    here.cancel(second)
    assert isinstance(here.last(second), JobStopped)
    assert isinstance(here.ask(second, RequestTurn(fn_index=ECHO)), JobStopped)
    here.release(second)
    assert here.answers[third] == []
    here.release(first)
    assert here.last(third) == here.session.hash


def accepted(opened: OpenStream) -> Head:
    """The head of a server that opens the socket."""
    key = dict(opened.request.headers)["sec-websocket-key"]
    proof = b64encode(sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    return Head(status=101, headers=(("sec-websocket-accept", proof.decode()),))


def test_messages_of_a_socket_are_for_its_job() -> None:
    here, job_id, opened, _ = joined()
    here.obey(here.session.stream_opened(opened.stream_id, accepted(opened)))
    assert here.next(job_id) is None
    here.obey(here.session.receive(opened.stream_id, [EventMessage(None, DONE)]))
    assert here.last(job_id) == Completed(data=("x",))


@pytest.mark.parametrize("status", [200, 403, 500])
def test_a_refused_socket_fails_its_job(status: int) -> None:
    here, job_id, opened, _ = joined()
    assert here.next(job_id) is None
    refused = Head(status=status, url="http://here/")
    here.obey(here.session.stream_opened(opened.stream_id, refused))
    assert here.left == [opened]
    assert isinstance(getattr(here.last(job_id), "error", None), RemoteError)


def test_a_socket_that_ends_before_its_job_is_a_loss() -> None:
    here, job_id, opened, _ = joined()
    here.obey(here.session.stream_opened(opened.stream_id, accepted(opened)))
    assert here.next(job_id) is None
    here.obey(here.session.stream_ended(opened.stream_id, EndReason.FINISHED))
    assert "the server ended the stream" in str(getattr(here.last(job_id), "error", ""))


@pytest.mark.parametrize("asked", [True, False])
def test_a_socket_that_has_not_asked_for_the_arguments_has_run_nothing(asked: bool) -> None:
    here, job_id, opened, _ = joined()
    here.obey(here.session.stream_opened(opened.stream_id, accepted(opened)))
    names = ("send_hash", "send_data")[: 1 + asked]
    for name in names:
        here.say(None, Ignored(name=name), key=job_id)
    here.end(EndReason.FINISHED, key=job_id)
    *_, last = (here.next(job_id) for _ in [*names, "the failure"])
    why = failed(last).__cause__
    assert isinstance(why, TransportFailed) is not asked


def test_a_cancel_closes_the_socket() -> None:
    here, job_id, opened, _ = joined()
    here.obey(here.session.stream_opened(opened.stream_id, accepted(opened)))
    here.obey(here.session.cancel(job_id))
    assert here.left == [opened]

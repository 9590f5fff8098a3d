"""What can happen to the WebSocket of a job, on 3.x."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import AppError, QueueError, StreamLost
from tests.conformance.rig import fails, usable
from tests.conformance.stages import SOCKET, staged
from tests.conformance.subject import Options, Subject
from tests.support.gradio_server import answering
from tests.support.loopback import Connection, Handler, Request, Socket

DONE = {"msg": "process_completed", "output": {"data": ["done"]}, "success": True}


def over_socket(talk: Callable[[Socket, Connection], Any]) -> Handler:
    """A handler that grants a WebSocket, asks for the arguments, and goes on as told."""

    async def handle(request: Request, connection: Connection) -> None:
        async with connection.upgraded(request) as socket:
            await socket.send({"msg": "send_hash"})
            identity = await socket.receive()
            await socket.send({"msg": "send_data"})
            assert (await socket.receive()).items() >= identity.items()
            await talk(socket, connection)

    return handle


async def completes_in_parts(socket: Socket, _: Connection) -> None:
    await socket.ping()
    await socket.send_in_parts({"msg": "process_starts"})
    await socket.send_in_parts(DONE)


async def is_cut(_: Socket, connection: Connection) -> None:
    await connection.cut()


async def is_reset(_: Socket, connection: Connection) -> None:
    await connection.reset()


async def stops(socket: Socket, _: Connection) -> None:
    await socket.close(1012)


async def closes_too_early(socket: Socket, _: Connection) -> None:
    await socket.close()


async def says_no_json(socket: Socket, _: Connection) -> None:
    await socket.send(["no object"])


def test_pings_and_messages_in_parts_change_nothing(subject: Subject, tmp_path: Path) -> None:
    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", over_socket(completes_in_parts))
        assert client.predict("x", api_name="/echo") == "done"
        usable(client)


@pytest.mark.parametrize("fault", [is_cut, is_reset, stops, closes_too_early, says_no_json])
def test_a_socket_that_ends_before_its_job_is_a_typed_error(
    subject: Subject, tmp_path: Path, fault: Callable[[Socket, Connection], Any]
) -> None:
    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", over_socket(fault))
        fails(client.submit("x", api_name="/echo"), StreamLost)
        usable(client)


def test_a_full_queue_is_an_error(subject: Subject, tmp_path: Path) -> None:
    async def is_full(request: Request, connection: Connection) -> None:
        async with connection.upgraded(request) as socket:
            await socket.send({"msg": "queue_full"})

    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", is_full, times=10)
        fails(client.submit("x", api_name="/echo"), QueueError)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refused_socket_leaves_the_direct_call(
    subject: Subject, tmp_path: Path, status: int
) -> None:
    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", answering(status))
        assert client.predict("x", api_name="/echo") == "x"
        assert len(stage.fake.requests("run/echo")) == 1


def test_the_handshake_carries_the_login(subject: Subject, tmp_path: Path) -> None:
    options = Options(auth=("guide", "lantern"))
    with (
        staged(SOCKET, tmp_path, auth={"guide": "lantern"}) as stage,
        subject.open(stage.url, options) as client,
    ):
        assert client.predict("x", api_name="/echo") == "x"
        (handshake,) = stage.fake.requests("queue/join")
        assert "access-token" in handshake.header("cookie")


def test_an_error_of_the_app_comes_over_a_socket(subject: Subject, tmp_path: Path) -> None:
    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        fails(client.submit("x", api_name="/fail"), AppError)
        usable(client)

"""What can happen to the WebSocket of a job, on 3.x."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from gradio_protocol import AppError, QueueError, ServerStopped, StreamLost
from tests.conformance.rig import came, fails, rigged, usable
from tests.conformance.stages import SOCKET, staged
from tests.conformance.subject import Options, Subject
from tests.support.fault_proxy import (
    Fault,
    answered,
    cut_after,
    fault_proxy,
    garbled,
    in_pieces,
    reset_after,
    wait_after,
)
from tests.support.gradio_server import FakeGradio, answering
from tests.support.latch import Gate
from tests.support.loopback import Connection, Handler, Request, Socket, threaded

HEAD = len(
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
"Bytes before the first frame, which has a header of two bytes."
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


async def says_no_json(socket: Socket, _: Connection) -> None:
    await socket.send(["no object"])


def test_pings_and_messages_in_parts_change_nothing(subject: Subject, tmp_path: Path) -> None:
    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", over_socket(completes_in_parts))
        assert client.predict("x", api_name="/echo") == "done"
        usable(client)


@pytest.mark.parametrize("fault", [is_cut, is_reset, says_no_json])
def test_a_socket_that_ends_before_its_job_is_a_typed_error(
    subject: Subject, tmp_path: Path, fault: Callable[[Socket, Connection], Any]
) -> None:
    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", over_socket(fault))
        fails(client.submit("x", api_name="/echo"), StreamLost)
        usable(client)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1000, type(None)), (1001, ServerStopped), (1011, StreamLost), (1012, ServerStopped)],
)
def test_a_server_that_closes_before_the_end_of_a_job_says_why(
    subject: Subject, tmp_path: Path, code: int, kind: type[object]
) -> None:
    async def closes(socket: Socket, _: Connection) -> None:
        await socket.close(code)

    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", over_socket(closes))
        error = fails(client.submit("x", api_name="/echo"), StreamLost)
        assert type(error.__cause__) is kind
        usable(client)


@pytest.mark.parametrize("passed", [HEAD - 1, HEAD, HEAD + 1, HEAD + 12])
@pytest.mark.parametrize("fault", [cut_after, reset_after])
def test_a_socket_that_breaks_within_its_head_or_a_frame_is_a_typed_error(
    subject: Subject, tmp_path: Path, fault: Callable[[int], Fault], passed: int
) -> None:
    with rigged(subject, SOCKET, tmp_path) as rig:
        rig.proxy.on("queue/join", down=fault(passed), times=10)
        fails(rig.client.submit("x", api_name="/echo"), StreamLost)
        rig.proxy.heal()
        usable(rig.client)


@pytest.mark.parametrize(
    ("at", "garbage"),
    [
        (HEAD, b"\xf1"),  # reserved bits
        (HEAD, b"\x8f"),  # an unknown kind of frame
        (HEAD + 1, b"\x94"),  # masked, as only clients do
        (HEAD + 2, b"\xff"),  # no UTF-8
        (HEAD + 2, b"x"),  # no JSON
    ],
)
def test_a_garbled_frame_is_a_typed_error(
    subject: Subject, tmp_path: Path, at: int, garbage: bytes
) -> None:
    with rigged(subject, SOCKET, tmp_path) as rig:
        rig.proxy.on("queue/join", down=garbled(at, garbage), times=10)
        fails(rig.client.submit("x", api_name="/echo"), StreamLost)
        rig.proxy.heal()
        usable(rig.client)


def test_frames_that_come_byte_by_byte_or_late_change_nothing(
    subject: Subject, tmp_path: Path
) -> None:
    with rigged(subject, SOCKET, tmp_path) as rig:
        rig.proxy.on("queue/join", up=in_pieces(1), down=in_pieces(1))
        assert rig.client.submit(3, api_name="/count").iterated().outputs == [0, 1, 2]
        gate = Gate("in the middle of a frame")
        rig.proxy.on("queue/join", down=wait_after(HEAD + 5, gate))
        job = rig.client.submit("x", api_name="/echo")
        gate.reached.wait_blocking()
        gate.open()
        assert job.result() == "x"


def without_upgrade(data: bytes) -> bytes:
    """As a proxy sends on what it does not know."""
    return re.sub(rb"(?i)\r\nupgrade: websocket", b"", data)


@pytest.mark.parametrize(
    "fault",
    [
        *(pytest.param({"down": answered(status)}, id=str(status)) for status in (400, 405, 426)),
        pytest.param({"up": Fault(edit=lambda: without_upgrade)}, id="without the header"),
    ],
)
def test_a_proxy_that_knows_no_sockets_leaves_the_direct_call(
    subject: Subject, tmp_path: Path, fault: dict[str, Fault]
) -> None:
    with rigged(subject, SOCKET, tmp_path) as rig:
        rig.proxy.on("queue/join", times=10, **fault)
        assert rig.client.predict("x", api_name="/echo") == "x"
        assert came(rig.stage, "run/echo") == 1


def test_a_socket_passes_a_proxy(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(SOCKET, tmp_path) as stage, fault_proxy(stage.url) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with subject.open(stage.url) as client:
            assert client.submit(3, api_name="/count").iterated().outputs == [0, 1, 2]
        assert f"{stage.url}queue/join" in {passage.target for passage in proxy.passages}
        assert came(stage, "run/count") == 0


def test_a_socket_over_tls_passes_the_tunnel_of_a_proxy(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority: Any = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    fake = FakeGradio(SOCKET, queue=True)
    with threaded(fake, tls=context) as server, fault_proxy(server.url) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with subject.open(server.url) as client:
            assert client.submit(3, api_name="/count").iterated().outputs == [0, 1, 2]
        assert {passage.method for passage in proxy.passages} == {"CONNECT"}
        assert fake.requests("queue/join")
        assert not fake.requests("run/count")


def test_a_socket_that_closes_before_it_asks_for_the_arguments_is_opened_again(
    subject: Subject, tmp_path: Path
) -> None:
    async def is_impatient(request: Request, connection: Connection) -> None:
        async with connection.upgraded(request) as socket:
            await socket.send({"msg": "send_hash"})

    with staged(SOCKET, tmp_path) as stage, subject.open(stage.url) as client:
        stage.fake.instead("queue/join", is_impatient, times=2)
        assert client.predict("x", api_name="/echo") == "x"
        assert came(stage, "run/echo") == 0


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

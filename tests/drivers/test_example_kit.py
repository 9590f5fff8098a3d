"""The drivers of the guide play the scenarios of `gradio_protocol.testing`; TLS, too."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path

import pytest
import sockets
import streams
import trustme
from kit import perform, perform_async, play, play_async
from serve import serve

import gradio_protocol as gp
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.testing import SCENARIOS, VERSIONS, Output, Scenario, ScriptedServer
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import threaded
from tests.support.ports import closed_port


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest) -> ScriptedServer:
    """Each kind of server."""
    return ScriptedServer(request.param)


def statement(scenario: Scenario) -> str:
    return scenario.__name__


@pytest.mark.parametrize("scenario", SCENARIOS, ids=statement)
def test_the_blocking_example_passes(
    server: ScriptedServer, scenario: Scenario, tmp_path: Path
) -> None:
    with serve(server) as url, sockets.Client(url, tmp_path) as client:
        play(scenario, lambda step: perform(client, step, tmp_path))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=statement)
def test_the_asyncio_example_passes(
    server: ScriptedServer, scenario: Scenario, tmp_path: Path
) -> None:
    async def main(url: str) -> None:
        async with streams.Client(url, tmp_path) as client:
            await play_async(scenario, lambda step: perform_async(client, step, tmp_path))

    with serve(server) as url:
        asyncio.run(main(url))


def test_a_driver_that_answers_wrongly_does_not_pass() -> None:
    with pytest.raises(AssertionError, match=r"expected .*, got 'wrong'"):
        play(SCENARIOS[0], lambda _: "wrong")


def test_a_driver_that_hides_an_error_does_not_pass() -> None:
    (scenario,) = (each for each in SCENARIOS if "error_of_the_app" in each.__name__)
    with pytest.raises(AssertionError, match="expected an AppError, got None"):
        play(scenario, lambda _: None)


def test_the_server_does_not_care_how_bytes_are_cut() -> None:
    server = ScriptedServer()
    number = server.connect()
    request = b"GET /config HTTP/1.1\r\nhost: here\r\n\r\n"
    (whole,) = server.receive(number, request)
    pieces = [server.receive(number, request[at : at + 1]) for at in range(len(request))]
    assert pieces[-1] == [whole]
    assert not any(pieces[:-1])


def test_the_server_knows_only_its_versions() -> None:
    with pytest.raises(gp.InvalidArguments, match=r"6\.31\.0"):
        ScriptedServer("1.0")


def test_the_examples_speak_tls_and_check_whom_they_speak_to() -> None:
    authority = trustme.CA()
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(here)  # pyright: ignore[reportUnknownMemberType]  # pyOpenSSL is untyped
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)  # pyright: ignore[reportUnknownMemberType]  # pyOpenSSL is untyped

    async def main(url: str, tls: ssl.SSLContext | None) -> object:
        async with streams.Client(url, tls=tls) as client:
            return await client.predict("hello", api_name="/echo")

    with threaded(FakeGradio(), tls=here) as server:
        with sockets.Client(server.url, tls=trusting) as client:
            assert client.predict("hello", api_name="/echo") == "hello"
        assert asyncio.run(main(server.url, trusting)) == "hello"
        with pytest.raises(gp.TransportFailed, match="CERTIFICATE_VERIFY_FAILED"):
            sockets.Client(server.url)
        with pytest.raises(gp.TransportFailed, match="CERTIFICATE_VERIFY_FAILED"):
            asyncio.run(main(server.url, None))


def test_where_nobody_listens_no_connection_was_made() -> None:
    with closed_port() as port:
        nobody = gp.Target(src=f"http://127.0.0.1:{port}/", policy=RetryPolicy(max_retries=0))
        with pytest.raises(gp.TransportFailed) as caught:
            sockets.Client(nobody)
    assert not caught.value.connected


class Watched(ScriptedServer):
    """Says when a function has given its first output, and when one was stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.running, self.halted = threading.Event(), threading.Event()

    def receive(self, connection: int, data: bytes) -> list[Output]:
        outputs = super().receive(connection, data)
        if any(b"process_generating" in output.data for output in outputs):
            self.running.set()
        if self.stopped:
            self.halted.set()
        return outputs


def test_a_prediction_that_is_cancelled_is_cancelled_on_the_server() -> None:
    watched = Watched()

    async def main(url: str) -> None:
        async with streams.Client(url) as client:
            prediction = asyncio.create_task(client.predict("x", api_name="/hold"))
            assert await asyncio.to_thread(watched.running.wait, PATIENCE)
            prediction.cancel()
            with pytest.raises(asyncio.CancelledError):
                await prediction
            assert await asyncio.to_thread(watched.halted.wait, PATIENCE)
            following = client.submit("y", api_name="/hold")
            assert await anext(aiter(following)) == "y"
            assert len(watched.stopped) == 1

    with serve(watched) as url:
        asyncio.run(main(url))


def test_a_job_that_is_called_off_is_stopped_on_the_server() -> None:
    scripted = ScriptedServer()
    with serve(scripted) as url, sockets.Client(url) as client:
        job = client.submit("x", api_name="/hold")
        assert next(iter(job)) == "x"
        assert job.cancel()
        assert len(scripted.stopped) == 1
        with pytest.raises(gp.JobCancelled):
            job.result()

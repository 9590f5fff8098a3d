"""What the clients do at Hugging Face: duplicating Spaces, telemetry."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Generator
from types import ModuleType
from typing import Any

import huggingface_hub
import huggingface_hub.utils
import pytest
import trio

import gradio_client_httpx
import gradio_client_trio
from gradio_client_httpx import InvalidArguments, inputs
from gradio_client_httpx.aio.perform import AsyncPerformer
from gradio_client_trio import inputs as trio_inputs
from gradio_client_trio.perform import Performer
from gradio_protocol import Options, Response, Send, Target
from gradio_protocol.clients import OnTransfer
from tests.drivers.asyncio_rig import in_loop
from tests.support.gradio_server import FakeGradio
from tests.support.latch import Latch
from tests.support.loopback import Connection, Request, threaded

DRIVERS: list[Any] = [gradio_client_httpx, gradio_client_trio]


@pytest.fixture(params=DRIVERS, ids=["httpx", "trio"])
def driver(request: pytest.FixtureRequest) -> Any:
    return request.param


class FakeHub:
    """A Hub where `them/app` can be copied, and called; what was asked to be changed there."""

    def __init__(self) -> None:
        self.spaces = {"them/app"}
        self.asked: list[tuple[str, Any]] = []
        self.app = FakeGradio()

    async def __call__(self, request: Request, connection: Connection) -> None:
        match request.path.strip("/").split("/"):
            case ["api", "whoami-v2"]:
                await connection.reply_json(200, {"type": "user", "name": "me"})
            case ["api", "spaces", user, name, what]:
                space = f"{user}/{name}"
                await self.about(space, what, request, connection)
            case _:
                await self.app(request, connection)

    async def about(self, space: str, what: str, request: Request, connection: Connection) -> None:
        if space not in self.spaces:
            error = ("x-error-code", "RepoNotFound")
            await connection.reply_json(404, {"error": "Repository not found"}, headers=[error])
        elif request.method == "POST":
            self.asked.append((request.path, request.json()))
            self.spaces.add(request.json().get("repository", space))
            await connection.reply_json(200, {"url": f"{HUB}/spaces/{space}"} | RUNTIME)
        elif what == "host":
            await connection.reply_json(200, {"host": f"http://{request.header('host')}"})
        else:
            await connection.reply_json(200, RUNTIME)


HUB = "https://huggingface.co"
RUNTIME = {"stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": "cpu-basic"}}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeHub]:
    fake = FakeHub()
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    with threaded(fake) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url.rstrip("/"))
        yield fake


MADE = [
    ("/api/spaces/them/app/duplicate", {"repository": "me/app", "visibility": "private"}),
    ("/api/spaces/me/app/secrets", {"key": "KEY", "value": "value"}),
    ("/api/spaces/me/app/hardware", {"flavor": "t4-small"}),
    ("/api/spaces/me/app/sleeptime", {"seconds": 300}),
]
ASKED: dict[str, Any] = {"token": "t", "secrets": {"KEY": "value"}, "hardware": "t4-small"}
NOTE = "NOTE: this Space uses upgraded hardware: t4-small, which may be billed to you"


def test_a_client_of_the_copy_is_connected(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    with gradio_client_httpx.Client.duplicate("them/app", **ASKED) as client:
        assert client.space_id == "me/app"
        assert client.predict("x", api_name="/echo") == "x"
        told = capsys.readouterr().out.splitlines()
        assert told[1:] == [NOTE, f"Loaded as API: {client.src}"]
    assert hub.asked == MADE


@pytest.mark.trio
async def test_a_client_of_the_copy_is_connected_by_its_block(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    async with await gradio_client_trio.Client.duplicate("them/app", **ASKED) as client:
        assert client.space_id == "me/app"
        assert await client.predict("x", api_name="/echo") == "x"
        told = capsys.readouterr().out.splitlines()
        assert told[1:] == [NOTE, f"Loaded as API: {client.src}"]
    assert hub.asked == MADE


@in_loop
async def test_a_client_of_the_copy_is_connected_in_its_loop(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    async with await gradio_client_httpx.AsyncClient.duplicate("them/app", **ASKED) as client:
        assert client.space_id == "me/app"
        assert await client.predict("x", api_name="/echo") == "x"
        told = capsys.readouterr().out.splitlines()
        assert told[1:] == [NOTE, f"Loaded as API: {client.src}"]
    assert hub.asked == MADE
    again: dict[str, Any] = {**ASKED, "hardware": None}
    with pytest.warns(UserWarning, match="its secrets were not changed"):
        await gradio_client_httpx.AsyncClient.duplicate("them/app", **again)
    hub.spaces.clear()
    with pytest.raises(InvalidArguments, match="them/app"):
        await gradio_client_httpx.AsyncClient.duplicate("them/app")


@pytest.mark.parametrize(("method", "made"), [("GET", []), ("POST", MADE)])
@in_loop
async def test_a_copy_can_be_cancelled_in_a_loop_until_something_is_changed(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, method: str, made: list[Any]
) -> None:
    send = AsyncPerformer.send

    async def cancel_and_send(
        self: AsyncPerformer, action: Send, on_transfer: OnTransfer
    ) -> Response:
        if action.request.method == method:
            copying.cancel()
            await asyncio.sleep(0)
        return await send(self, action, on_transfer)

    monkeypatch.setattr(AsyncPerformer, "send", cancel_and_send)
    copying = asyncio.create_task(gradio_client_httpx.AsyncClient.duplicate("them/app", **ASKED))
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert hub.asked == made


@in_loop
async def test_the_use_of_a_space_is_reported_on_a_thread_that_nothing_waits_for(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = Latch("the report")

    def report() -> None:
        assert threading.current_thread().daemon
        reported.set()

    monkeypatch.setattr("gradio_client_httpx.telemetry.report", report)
    async with gradio_client_httpx.AsyncClient("them/app", token="t", verbose=False):
        await asyncio.to_thread(reported.wait_blocking)


@pytest.mark.trio
async def test_a_copy_that_is_there_keeps_its_secrets_and_a_warning_says_so(hub: FakeHub) -> None:
    hub.spaces.add("me/app")
    asked: dict[str, Any] = {"secrets": {"KEY": "value"}, "verbose": False}
    with pytest.warns(UserWarning, match="its secrets were not changed"):
        gradio_client_httpx.Client.duplicate("them/app", **asked).close()
    with pytest.warns(UserWarning, match="its secrets were not changed"):
        await gradio_client_trio.Client.duplicate("them/app", **asked)
    assert hub.asked == []


@pytest.mark.trio
@pytest.mark.parametrize(("method", "made"), [("GET", []), ("POST", MADE)])
async def test_a_copy_can_be_cancelled_until_something_is_changed(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, method: str, made: list[Any]
) -> None:
    scope, send = trio.CancelScope(), Performer.send

    async def cancel_and_send(self: Performer, action: Send, on_transfer: OnTransfer) -> Response:
        if action.request.method == method:
            scope.cancel()
        return await send(self, action, on_transfer)

    monkeypatch.setattr(Performer, "send", cancel_and_send)
    with scope:
        await gradio_client_trio.Client.duplicate("them/app", **ASKED)
    assert hub.asked == made


@pytest.mark.trio
async def test_a_space_that_is_not_there_is_an_error_of_the_caller(hub: FakeHub) -> None:
    hub.spaces.clear()
    with pytest.raises(InvalidArguments, match="them/app"):
        gradio_client_httpx.Client.duplicate("them/app")
    with pytest.raises(InvalidArguments, match="them/app"):
        await gradio_client_trio.Client.duplicate("them/app")


def test_the_hub_is_asked_as_its_own_library_asks(hub: FakeHub) -> None:
    api = huggingface_hub.HfApi(os.environ["HF_ENDPOINT"], token="t")
    api.duplicate_repo("them/app", "me/app", repo_type="space", private=True)
    api.add_space_secret("me/app", "KEY", "value")
    api.request_space_hardware("me/app", "t4-small")  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fake runs everything on basic hardware
        api.set_space_sleep_time("me/app", 300)
    assert hub.asked == MADE


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What telemetry was sent."""
    found: list[tuple[Any, ...]] = []
    off = ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_OFFLINE")
    for name in (*off, "GRADIO_ANALYTICS_ENABLED"):
        monkeypatch.delenv(name, raising=False)

    def send(*args: Any, **kwargs: Any) -> None:
        found.append((*args, kwargs))

    monkeypatch.setattr(huggingface_hub.utils, "send_telemetry", send)
    return found


def telemetry_of(driver: Any) -> Any:
    """The module of a driver that reports its use; importing the driver does not import it."""
    return importlib.import_module(f"{driver.__name__}.telemetry")


def test_the_word_to_hugging_face_names_the_library_only(
    driver: Any, sent: list[tuple[Any, ...]]
) -> None:
    telemetry_of(driver).report()
    ((topic, facts),) = sent
    assert topic == f"{driver.__name__.replace('_', '-')}/connected"
    assert facts.keys() == {"library_name", "library_version"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("DO_NOT_TRACK", "true"),
        ("HF_HUB_OFFLINE", "1"),
        ("GRADIO_ANALYTICS_ENABLED", "False"),
    ],
)
def test_nothing_is_sent_where_the_environment_objects(
    driver: Any, sent: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    telemetry_of(driver).report()
    assert sent == []


@pytest.mark.parametrize(("passed", "used"), [(None, "saved"), (False, None), ("mine", "mine")])
def test_the_saved_token_is_used_unless_there_is_another_or_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, passed: Any, used: str | None
) -> None:
    monkeypatch.setattr(inputs, "load_saved_token", lambda: "saved")
    given = inputs.HttpxConfig(target=Target(src="user/space", token=passed), options=Options())
    assert inputs.resolve_target(given).identity(None).token == used


@pytest.mark.parametrize("module", [inputs, trio_inputs])
def test_without_huggingface_hub_there_is_no_saved_token(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert module.load_saved_token.__wrapped__() is None
    assert [record.message for record in caplog.records] == [
        "huggingface_hub is not installed, so no saved token is used"
    ]

"""What both drivers do at Hugging Face: duplicating Spaces, telemetry."""

from __future__ import annotations

import sys
from collections.abc import Generator
from types import ModuleType, SimpleNamespace
from typing import Any

import huggingface_hub
import huggingface_hub.errors
import huggingface_hub.utils
import pytest
from huggingface_hub.errors import RepositoryNotFoundError

import gradio_client_httpx
import gradio_client_trio
from gradio_client_httpx import InvalidArguments, inputs
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Connection, Request, threaded

DRIVERS: list[Any] = [gradio_client_httpx, gradio_client_trio]


@pytest.fixture(params=DRIVERS, ids=["httpx", "trio"])
def driver(request: pytest.FixtureRequest) -> Any:
    return request.param


def duplicated(driver: Any, to_id: str | None = None, token: str | None = None) -> str:
    """The name of the copy of `them/app`."""
    hub = driver.duplicate
    copy = hub.Copy(private=True, hardware=None, secrets={"KEY": "value"}, minutes=5)
    return str(hub.duplicate_space("them/app", to_id, copy, token=token, verbose=False))


class FakeHub:
    """The functions of huggingface_hub that are needed, and what was asked of them."""

    def __init__(self, **spaces: str) -> None:
        self.spaces = {name.replace("__", "/"): hardware for name, hardware in spaces.items()}
        self.asked: list[tuple[Any, ...]] = []

    def get_space_runtime(self, name: str, *, token: str | None) -> Any:
        if name not in self.spaces:
            raise RepositoryNotFoundError.__new__(RepositoryNotFoundError)
        return SimpleNamespace(hardware=self.spaces[name])

    def get_full_repo_name(self, name: str, *, token: str | None) -> str:
        return f"me/{name}"

    def duplicate(self, *, from_id: str, to_id: str, **options: Any) -> None:
        self.asked.append(("duplicate", from_id, to_id, options))
        self.spaces[to_id] = "cpu-basic"

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any, token: str | None) -> None:
            self.asked.append((name, *args))

        return ask


def install(monkeypatch: pytest.MonkeyPatch, hub: FakeHub, *, name: str) -> None:
    """Put the fake in place; `name` is what this version calls the duplicating."""
    module: Any = ModuleType("huggingface_hub")
    setattr(module, name, hub.duplicate)
    module.errors = huggingface_hub.errors
    names = ("get_space_runtime", "get_full_repo_name", "add_space_secret")
    for each in (*names, "request_space_hardware", "set_space_sleep_time"):
        setattr(module, each, getattr(hub, each))
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)


@pytest.mark.parametrize(
    ("name", "more"), [("duplicate_space", {}), ("duplicate_repo", {"repo_type": "space"})]
)
def test_a_space_is_duplicated_by_each_api_of_the_hub(
    driver: Any, monkeypatch: pytest.MonkeyPatch, name: str, more: dict[str, str]
) -> None:
    hub = FakeHub(them__app="cpu-basic")
    install(monkeypatch, hub, name=name)
    assert duplicated(driver, token="t") == "me/app"
    options = {**more, "token": "t", "exist_ok": True, "private": True}
    copied = ("duplicate", "them/app", "me/app", options)
    assert hub.asked == [copied, ("add_space_secret", "me/app", "KEY", "value")]


def test_a_space_that_is_there_is_used_as_it_is(
    driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = FakeHub(them__app="cpu-basic", me__mine="cpu-basic")
    install(monkeypatch, hub, name="duplicate_repo")
    with pytest.warns(UserWarning, match="secrets"):
        assert duplicated(driver, "x/mine") == "me/mine"
    assert hub.asked == []


def test_the_hardware_is_the_originals_and_sleeps(
    driver: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = FakeHub(them__app="t4-small")
    install(monkeypatch, hub, name="duplicate_repo")
    duplicated(driver)
    assert hub.asked[-2:] == [
        ("request_space_hardware", "me/app", "t4-small"),
        ("set_space_sleep_time", "me/app", 300),
    ]
    assert "t4-small" in capsys.readouterr().out


def test_a_space_that_is_not_there_is_an_error_of_the_caller(
    driver: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, FakeHub(), name="duplicate_repo")
    with pytest.raises(InvalidArguments, match="them/app"):
        duplicated(driver)


async def at_the_hub(request: Request, connection: Connection) -> None:
    """A Hub at which every Space runs, behind the Hub itself."""
    if request.path.endswith("/host"):
        await connection.reply_json(200, {"host": f"http://{request.header('host')}"})
    else:
        await connection.reply_json(200, {"stage": "RUNNING"})


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeHub]:
    """A Hub where `them/app` can be copied, and called."""
    fake, hub = FakeGradio(), FakeHub(them__app="cpu-basic")

    async def answer(request: Request, connection: Connection) -> None:
        here = at_the_hub if request.path.startswith("/api/spaces/me/app/") else fake
        await here(request, connection)

    install(monkeypatch, hub, name="duplicate_repo")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    with threaded(answer) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url.rstrip("/"))
        yield hub


def test_a_client_of_the_copy_is_connected(
    copied: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    with gradio_client_httpx.Client.duplicate("them/app", token="t") as client:
        assert client.space_id == "me/app"
        assert client.predict("x", api_name="/echo") == "x"
        told = capsys.readouterr().out.splitlines()
        assert told[1:] == [f"Loaded as API: {client.src}"]
    assert [asked[0] for asked in copied.asked] == ["duplicate"]


@pytest.mark.trio
async def test_a_client_of_the_copy_is_connected_by_its_block(
    copied: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    async with await gradio_client_trio.Client.duplicate("them/app", token="t") as client:
        assert client.space_id == "me/app"
        assert await client.predict("x", api_name="/echo") == "x"
        told = capsys.readouterr().out.splitlines()
        assert told[1:] == [f"Loaded as API: {client.src}"]
    assert [asked[0] for asked in copied.asked] == ["duplicate"]


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


def test_the_word_to_hugging_face_names_the_library_only(
    driver: Any, sent: list[tuple[Any, ...]]
) -> None:
    driver.telemetry.report()
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
    driver.telemetry.report()
    assert sent == []


@pytest.mark.parametrize(("passed", "used"), [(None, "saved"), (False, None), ("mine", "mine")])
def test_the_saved_token_is_used_unless_there_is_another_or_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, passed: Any, used: str | None
) -> None:
    monkeypatch.setattr(inputs, "saved_token", lambda: "saved")
    given: Any = SimpleNamespace(
        src="user/space",
        token=passed,
        headers=None,
        httpx_kwargs={},
        auth=None,
        max_retries=2,
        stream_idle_timeout=None,
    )
    assert inputs.target(given).identity(None).token == used

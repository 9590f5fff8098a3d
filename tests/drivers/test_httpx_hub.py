"""What the blocking client does at Hugging Face: duplicating Spaces, telemetry."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import huggingface_hub
import huggingface_hub.errors
import huggingface_hub.utils
import pytest
from huggingface_hub.errors import RepositoryNotFoundError

from gradio_client_httpx import InvalidArguments, inputs, telemetry
from gradio_client_httpx.duplicate import Copy, duplicated

COPY = Copy(private=True, hardware=None, secrets={"KEY": "value"}, minutes=5)


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
    monkeypatch: pytest.MonkeyPatch, name: str, more: dict[str, str]
) -> None:
    hub = FakeHub(them__app="cpu-basic")
    install(monkeypatch, hub, name=name)
    assert duplicated("them/app", None, COPY, token="t", verbose=False) == "me/app"
    options = {**more, "token": "t", "exist_ok": True, "private": True}
    copied = ("duplicate", "them/app", "me/app", options)
    assert hub.asked == [copied, ("add_space_secret", "me/app", "KEY", "value")]


def test_a_space_that_is_there_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = FakeHub(them__app="cpu-basic", me__mine="cpu-basic")
    install(monkeypatch, hub, name="duplicate_repo")
    with pytest.warns(UserWarning, match="secrets"):
        assert duplicated("them/app", "x/mine", COPY, token=None, verbose=False) == "me/mine"
    assert hub.asked == []


def test_the_hardware_is_the_originals_and_sleeps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = FakeHub(them__app="t4-small")
    install(monkeypatch, hub, name="duplicate_repo")
    duplicated("them/app", None, COPY, token=None, verbose=False)
    assert hub.asked[-2:] == [
        ("request_space_hardware", "me/app", "t4-small"),
        ("set_space_sleep_time", "me/app", 300),
    ]
    assert "t4-small" in capsys.readouterr().out


def test_a_space_that_is_not_there_is_an_error_of_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, FakeHub(), name="duplicate_repo")
    with pytest.raises(InvalidArguments, match="them/app"):
        duplicated("them/app", None, COPY, token=None, verbose=False)


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


def test_the_word_to_hugging_face_names_the_library_only(sent: list[tuple[Any, ...]]) -> None:
    telemetry.report()
    ((topic, facts),) = sent
    assert topic == "gradio-client-httpx/connected"
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
    sent: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    telemetry.report()
    assert sent == []


@pytest.mark.parametrize(("passed", "used"), [(None, "saved"), (False, None), ("mine", "mine")])
def test_the_saved_token_is_used_unless_there_is_another_or_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, passed: Any, used: str | None
) -> None:
    monkeypatch.setattr(inputs, "_saved_token", lambda: "saved")
    given: Any = SimpleNamespace(
        src="user/space",
        token=passed,
        headers=None,
        httpx_kwargs={},
        auth=None,
        max_retries=2,
    )
    assert inputs.target(given).token == used

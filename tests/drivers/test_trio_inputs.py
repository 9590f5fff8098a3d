"""What the trio driver makes of parameters, files and the environment."""

from __future__ import annotations

import os
import sys
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio

from gradio_client_trio import Timeout, file, handle_file, inputs
from gradio_protocol import HUB, Inline, InvalidArguments, WebFile
from tests.drivers.trio_rig import made

DEFAULTS: dict[str, Any] = {
    "src": "http://127.0.0.1:7860",
    "token": None,
    "max_workers": 40,
    "auth": None,
    "headers": None,
    "download_files": True,
    "ssl_verify": True,
    "oauth_token": None,
    "timeout": None,
    "stream_idle_timeout": None,
    "max_retries": 2,
    "max_download_size": None,
    "resubmit_lost": False,
    "proxy": None,
    "trust_env": True,
}


def given(**changes: Any) -> inputs.ClientConfig:
    return inputs.ClientConfig(**DEFAULTS | changes)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other hub, whatever this machine's environment says."""
    monkeypatch.delenv("HF_ENDPOINT", raising=False)


# --- settings ------------------------------------------------------------------------------------


def test_a_timeout_in_seconds_is_for_each_step_but_not_for_our_own_backlog() -> None:
    assert inputs.transport_config(given(timeout=3.0)).timeout == Timeout(
        connect=3.0, read=3.0, write=3.0, pool=inf
    )


def test_a_timeout_of_ones_own_is_taken_as_it_is() -> None:
    assert inputs.transport_config(given(timeout=Timeout(read=1.0))).timeout == Timeout(read=1.0)


def test_downloads_go_where_the_caller_or_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/elsewhere")
    assert inputs.transport_config(given()).folder == "/elsewhere"
    assert inputs.transport_config(given(download_files=False)).folder == "/elsewhere"
    assert inputs.transport_config(given(download_files=tmp_path)).folder == str(tmp_path)
    assert inputs.transport_config(given(download_files="here")).folder == os.path.abspath("here")


def test_a_bundle_may_be_given_by_a_path_object(tmp_path: Path) -> None:
    assert inputs.transport_config(given(ssl_verify=tmp_path)).verify == str(tmp_path)
    assert inputs.transport_config(given(ssl_verify=False)).verify is False


def test_a_proxy_of_no_use_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(InvalidArguments):
        made("http://127.0.0.1:7860", proxy="socks5://127.0.0.1:1")


def test_a_proxy_with_a_password_is_not_shown() -> None:
    assert "secret" not in repr(
        inputs.transport_config(given(proxy="http://me:secret@127.0.0.1:3128"))
    )


# --- the target ----------------------------------------------------------------------------------


@pytest.mark.parametrize("src", ["user/name", "https://user-name.hf.space/", f"{HUB}/spaces/a/b"])
def test_the_saved_token_is_for_hosts_of_hugging_face(src: str) -> None:
    assert inputs.target(given(src=src)).wants_saved_token


def test_the_saved_token_is_for_no_other_host() -> None:
    assert not inputs.target(given()).wants_saved_token


def test_a_token_that_was_passed_takes_the_place_of_the_saved_one() -> None:
    target = inputs.target(given(src="user/name", token="mine"))
    assert target.token == "mine"
    assert not target.wants_saved_token


def test_the_environment_may_name_another_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    target = inputs.target(given(src="https://hub.example/spaces/a/b"))
    assert str(target.hub) == "https://hub.example"
    assert target.wants_saved_token


# --- arguments -----------------------------------------------------------------------------------


def test_an_open_file_is_read_from_where_it_stands_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    with path.open("rb") as open_file:
        open_file.read(1)
        values = inputs.argument_values(({"deep": (path, open_file)}, "text"))
    assert values == [{"deep": [path, Inline("a.txt", b"bc")]}, "text"]


@pytest.mark.trio
async def test_a_file_that_trio_has_opened_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    async with await trio.open_file(path, "rb") as open_file:
        assert inputs.argument_values([open_file]) == [Inline("a.txt", b"abc")]


def test_a_file_that_is_open_as_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abc")
    with path.open() as open_file, pytest.raises(InvalidArguments, match="binary"):
        inputs.argument_values(open_file)


def test_a_text_can_be_said_to_name_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"")
    assert handle_file(path)["path"] == str(path)
    assert handle_file("https://example.org/b.png?c=d")["orig_name"] == "b.png"
    assert handle_file("https://there/b.png", fetch=True) == WebFile("https://there/b.png")
    assert handle_file(path, fetch=True) == handle_file(path)
    with pytest.raises(InvalidArguments, match=r"absent\.txt"):
        handle_file(tmp_path / "absent.txt")
    for unusable in ("", "ftp://there/b.png", "QUJD" * 100):
        with pytest.raises(InvalidArguments, match=r"expected a file that exists here, or an http"):
            handle_file(unusable)
    with pytest.warns(DeprecationWarning, match="handle_file"):
        file(path)


# --- the environment -----------------------------------------------------------------------------


def test_the_visitor_of_an_app_is_found_without_loading_gradio(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "gradio.context", raising=False)
    assert inputs.visitor_headers() == {}
    visitor = SimpleNamespace(headers={"x-ip-token": "t"})
    request = SimpleNamespace(get={None: visitor}.get)
    context = SimpleNamespace(LocalContext=SimpleNamespace(request=request))
    monkeypatch.setitem(sys.modules, "gradio.context", context)
    assert inputs.visitor_headers() == {"x-ip-token": "t"}

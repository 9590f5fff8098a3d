"""What the trio driver makes of parameters, files and the environment."""

from __future__ import annotations

import os
from math import inf
from pathlib import Path
from typing import Any

import pytest
import trio

from gradio_client_trio import Timeout, file, handle_file, inputs
from gradio_protocol import InvalidArguments, Options, Target
from gradio_protocol.app.files import WebFile
from tests.drivers.trio_rig import made, rig


def given(**changes: Any) -> inputs.TrioConfig:
    return inputs.TrioConfig(target=Target(src=""), options=Options(), **changes)


# --- settings ------------------------------------------------------------------------------------


def test_a_timeout_in_seconds_is_for_each_step_but_not_for_our_own_backlog() -> None:
    assert inputs.resolve_transport(given(timeout=3.0)).timeout == Timeout(
        connect=3.0, read=3.0, write=3.0, pool=inf
    )


def test_a_timeout_of_ones_own_is_taken_as_it_is() -> None:
    assert inputs.resolve_transport(given(timeout=Timeout(read=1.0))).timeout == Timeout(read=1.0)


def test_downloads_go_where_the_caller_or_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/elsewhere")
    assert inputs.resolve_transport(given()).folder == "/elsewhere"
    assert inputs.resolve_transport(given(download_files=False)).folder == "/elsewhere"
    assert inputs.resolve_transport(given(download_files=tmp_path)).folder == str(tmp_path)
    assert inputs.resolve_transport(given(download_files="here")).folder == os.path.abspath("here")


def test_a_bundle_may_be_given_by_a_path_object(tmp_path: Path) -> None:
    assert inputs.resolve_transport(given(ssl_verify=tmp_path)).verify == str(tmp_path)
    assert inputs.resolve_transport(given(ssl_verify=False)).verify is False


def test_a_proxy_of_no_use_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(InvalidArguments):
        made("http://127.0.0.1:7860", proxy="socks5://127.0.0.1:1")


def test_a_proxy_with_a_password_is_not_shown() -> None:
    assert "secret" not in repr(
        inputs.resolve_transport(given(proxy="http://me:secret@127.0.0.1:3128"))
    )


# --- arguments -----------------------------------------------------------------------------------


@pytest.mark.trio
async def test_an_open_file_is_read_from_where_it_stands_also_one_of_trio(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    async with rig() as (client, fake):
        with path.open("rb") as open_file:
            open_file.read(1)
            await client.predict(open_file, api_name="/file")
        async with await trio.open_file(path, "rb") as open_file:
            await client.predict(open_file, api_name="/file")
    uploads = [request.body for request in fake.requests("upload")]
    assert [b"\r\n\r\nbc\r\n" in uploads[0], b"\r\n\r\nabc\r\n" in uploads[1]] == [True, True]


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
        with pytest.raises(
            InvalidArguments, match=r"expected the path of a file on this machine, or an http"
        ):
            handle_file(unusable)
    with pytest.warns(DeprecationWarning, match="handle_file"):
        file(path)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"timeout": "soon"}, "timeout: expected a number of seconds above 0, got 'soon'"),
        ({"timeout": 0}, "timeout: expected a number of seconds above 0, got 0"),
        (
            {"ssl_verify": "missing.pem"},
            "ssl_verify: cannot read CA certificates from 'missing.pem': No such file or directory",
        ),
    ],
)
def test_what_cannot_work_is_refused_when_the_client_is_made(
    changes: dict[str, Any], text: str
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        made("http://127.0.0.1:1", **changes)
    assert str(caught.value) == text

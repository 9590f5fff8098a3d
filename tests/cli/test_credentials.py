"""Secrets come from the environment, a prompt or a file descriptor, never from the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from gradio_client_httpx.cli.credentials import Sources, read_auth, read_headers, read_token
from gradio_protocol import InvalidArguments

SECRET = "hf_hush"


def sources(environ: Mapping[str, str] | None = None) -> Sources:
    def read_fd(number: int) -> str:
        if number != 5:
            raise OSError(9, "Bad file descriptor")
        return f"of fd {number} \n"

    return Sources(environ=environ or {}, prompt="asked for {}".format, read_fd=read_fd)


@pytest.mark.parametrize(
    ("source", "environ", "token"),
    [
        (None, {}, None),
        (None, {"GRADIO_CLIENT_TOKEN": SECRET}, SECRET),
        ("none", {"GRADIO_CLIENT_TOKEN": SECRET}, False),
        ("env:MY_TOKEN", {"MY_TOKEN": SECRET}, SECRET),
        ("prompt", {}, "asked for Token"),
        ("fd:5", {}, "of fd 5 "),
    ],
)
def test_a_token_comes_from(
    source: str | None, environ: Mapping[str, str], token: str | bool | None
) -> None:
    assert read_token(source, sources(environ)) == token


@pytest.mark.parametrize("source", [SECRET, f"fd:{SECRET}", "env:", f"prompt:{SECRET}", "fd:"])
def test_a_token_on_the_command_line_is_refused_without_being_shown(source: str) -> None:
    with pytest.raises(InvalidArguments, match="not the secret itself") as raised:
        read_token(source, sources())
    assert SECRET not in str(raised.value)


def test_a_source_that_has_nothing_is_named() -> None:
    with pytest.raises(
        InvalidArguments, match="--token: the environment variable MY_TOKEN is not set"
    ):
        read_token("env:MY_TOKEN", sources())
    with pytest.raises(InvalidArguments, match="--token: fd:7: Bad file descriptor"):
        read_token("fd:7", sources())


@pytest.mark.parametrize(
    ("user", "password", "environ", "auth"),
    [
        (None, None, {}, None),
        ("ada", None, {}, ("ada", "asked for Password")),
        ("ada", "fd:5", {}, ("ada", "of fd 5 ")),
        ("ada", None, {"GRADIO_CLIENT_PASSWORD": "lovelace"}, ("ada", "lovelace")),
        (None, None, {"GRADIO_CLIENT_AUTH": "ada:love:lace"}, ("ada", "love:lace")),
        (None, None, {"GRADIO_CLIENT_AUTH": "ada"}, ("ada", "asked for Password")),
    ],
)
def test_a_login_comes_from(
    user: str | None,
    password: str | None,
    environ: Mapping[str, str],
    auth: tuple[str, str] | None,
) -> None:
    assert read_auth(user, password, sources(environ)) == auth


def test_a_password_on_the_command_line_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidArguments, match="--auth: expected the user alone") as raised:
        read_auth("ada:lovelace", None, sources())
    assert "lovelace" not in str(raised.value)


def test_headers_come_from_the_command_line_and_from_the_environment() -> None:
    environ = {"GRADIO_CLIENT_HEADER": f"X-Key: {SECRET}\n\nX-B: b"}
    given = ("x-c:c: d", "X-B: b2")
    assert read_headers(given, environ) == {"X-Key": SECRET, "X-B": "b2", "x-c": "c: d"}


def test_a_header_without_a_colon_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidArguments, match="header 2 has no colon") as raised:
        read_headers(("a: b", f"Bearer {SECRET}"), os.environ)
    assert SECRET not in str(raised.value)

"""`gradio-client info`: what an app offers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.support.fake.functions import ALL_FUNCTIONS, ANSWER, TEXT, Function, echo
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Loopback, threaded

SHOWN = """\
/defaults
  text   str, default "hello"; Word
  times  float, default 2
  loud   bool, default false
  → Answer: str
"""


def test_it_shows_every_endpoint_that_the_app_lists(shell: Shell, url: str) -> None:
    ran = shell("info", url)
    assert (ran.code, ran.err) == (0, "")
    head, *blocks = ran.out.split("\n\n")
    assert head == f"{url}  Gradio 6.31.0, 18 endpoints"
    listed = [f"/{f.name}" for f in ALL_FUNCTIONS if f.visibility == "public"]
    assert [block.split()[0] for block in blocks] == listed
    assert blocks[-1] == SHOWN


@pytest.mark.parametrize("name", ["/defaults", "defaults", "17"])
def test_it_shows_one_endpoint_by_name_or_by_index(shell: Shell, url: str, name: str) -> None:
    assert shell("info", url, name).out == SHOWN


def test_an_undocumented_endpoint_is_shown_when_it_is_named(shell: Shell, url: str) -> None:
    assert shell("info", url, "/undocumented").out.startswith("/undocumented\n")


@pytest.mark.parametrize("name", ["/two", "13"])
def test_a_snippet_is_a_call_that_runs(shell: Shell, url: str, name: str) -> None:
    ran = shell("info", url, name, "--snippet", "python")
    printed: list[object] = []
    names: dict[str, Any] = {"print": printed.append}
    exec(ran.out, names)
    names["client"].close()
    assert printed == [("text", 1)]


def test_json_has_the_schemas(shell: Shell, url: str) -> None:
    shown = json.loads(shell("info", url, "/two", "--json").out)
    assert (shown["src"], shown["version"]) == (url, "6.31.0")
    (two,) = shown["endpoints"]
    assert [each["schema"] for each in two["parameters"]] == [
        {"type": "string"},
        {"type": "number"},
    ]


def test_a_wrong_name_is_answered_with_a_similar_one(shell: Shell, url: str) -> None:
    ran = shell("info", url, "/ecko")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "gradio-client: no endpoint '/ecko'; did you mean '/echo'?\n"


@pytest.mark.parametrize(("version", "count"), [("3.50.2", 20), ("4.44.1", 18)])
def test_older_apps_are_shown(shell: Shell, version: str, count: int) -> None:
    with threaded(FakeGradio(version)) as server:
        ran = shell("info", server.url)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{server.url}  Gradio {version}, {count} endpoints\n\n/echo\n")


def test_one_endpoint_is_counted_in_the_singular(shell: Shell) -> None:
    only = Function(name="echo", inputs=(TEXT,), outputs=(ANSWER,), plain=echo)
    with threaded(FakeGradio(functions=[only])) as server:
        assert "6.31.0, 1 endpoint\n" in shell("info", server.url).out


def test_requests_are_logged_without_secrets(
    shell: Shell, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_CLIENT_TOKEN", "hf_hush")
    ran = shell("info", server.url, "/two", "--verbose", "--header", "x-key: hush")
    assert f"Request(GET {server.url}config)" in ran.err
    assert "('x-key', '…')" in ran.err
    assert "hush" not in ran.out + ran.err
    assert server.requests[0].header("authorization") == "Bearer hf_hush"
    assert server.requests[0].header("x-key") == "hush"
    assert shell("info", server.url, "/two").err == ""

"""Shell completion, which asks the app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem

from gradio_client_httpx.cli.commands import commands
from gradio_client_httpx.cli.completion import WholeLineBash
from tests.cli.conftest import Shell
from tests.support.fake.functions import ANSWER, TEXT, Function, echo
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Loopback, threaded


def completed(monkeypatch: pytest.MonkeyPatch, line: str) -> list[CompletionItem]:
    """What bash would be offered at the end of a line."""
    monkeypatch.setenv("COMP_LINE", f"gradio-client {line}")
    shell = WholeLineBash(commands, {}, "gradio-client", "_GRADIO_CLIENT_COMPLETE")
    return shell.get_completions(*shell.get_completion_args())


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("doc", ["doctor"]),
        ("info {url} /ch", ["/chat", "/chat_list"]),
        ("info {url} ch", ["/chat", "/chat_list"]),
        ("call {url} /two ", ["text=", "n="]),
        ("call {url} /two text=a ", ["n="]),
        ("call {url} /two te", ["text="]),
        ("call {url} /defaults loud=", ["true", "false"]),
        ("call {url} /defaults loud=t", ["true"]),
        ("call {url} /nowhere ", []),
        ("call http://127.0.0.1:1/ ", []),
    ],
)
def test_the_app_is_asked_for_names(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch, line: str, values: list[str]
) -> None:
    found = completed(monkeypatch, line.format(url=url))
    assert [item.value for item in found] == values


def test_a_file_is_completed_by_the_shell(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (item,) = completed(monkeypatch, f"call {url} /file upload=a")
    assert item.type == "file"


def test_an_app_with_one_endpoint_offers_its_parameters_at_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = Function(name="echo", inputs=(TEXT,), outputs=(ANSWER,), plain=echo)
    with threaded(FakeGradio(functions=[only])) as server:
        found = completed(monkeypatch, f"call {server.url} ")
    assert [item.value for item in found] == ["/echo", "text="]


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: Shell, kind: str) -> None:
    ran = shell("completion", kind)
    assert ran.code == 0
    assert f"_GRADIO_CLIENT_COMPLETE={kind}_complete" in ran.out


def test_bash_completes_an_address_with_colons(server: Loopback, tmp_path: Path) -> None:
    name = tmp_path / "gradio-client"
    name.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradio_client_httpx "$@"\n')
    name.chmod(0o755)
    line = f"gradio-client call {server.url} /two te"
    source = f"""
        eval "$(gradio-client completion bash)"
        compopt() {{ :; }}
        COMP_LINE='{line}' COMP_POINT={len(line)}
        _gradio_client_completion gradio-client
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", source],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )
    assert (done.stdout, done.stderr) == ("text=\n", "")

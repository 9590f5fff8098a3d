"""`gradio-client` against real servers: the docs, a terminal, Ctrl-C, a typed client."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from gradio_client_httpx import Client
from gradio_client_httpx.cli.commands import run
from tests.cli.loading import loaded
from tests.docs.shell_page import Page
from tests.docs.test_shell import PAGE
from tests.support.live import LiveServer, live
from tests.support.terminal import on_terminal

APP = Path(__file__).parents[1] / "support" / "apps" / "tutorial_app.py"
COMMAND = (sys.executable, "-m", "gradio_client_httpx")


@pytest.fixture(scope="module", params=["4.44.1", "6.31.0"])
def tutorial(request: pytest.FixtureRequest) -> Generator[LiveServer]:
    """The tutorial's app on two versions."""
    with live(request.param, app=APP) as server:
        yield server


def test_every_command_prints_what_the_page_says(
    tutorial: LiveServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert Page(PAGE, tutorial.url, tmp_path, monkeypatch, capfd).run() >= 15


@pytest.mark.parametrize("columns", [20, 80])
def test_a_terminal_shows_one_live_line_that_is_gone_at_the_end(
    tutorial: LiveServer, columns: int
) -> None:
    command = [*COMMAND, "call", tutorial.url, "/progress", "n=4"]
    with on_terminal(command, columns=columns, pipe=True) as terminal:
        assert terminal.wait() == "4 steps\n"
    assert terminal.process.returncode == 0
    # Which steps are shown is up to the app. A line that had wrapped would not be gone.
    assert "\r\x1b[K/progress: walking" in terminal.written
    assert terminal.rows == [""]


def test_ctrl_c_ends_a_call_under_way(tutorial: LiveServer, tmp_path: Path) -> None:
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"text": "word " * 20_000}))
    command = [*COMMAND, "call", tutorial.url, "/chat", "--json", str(arguments), "--stream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        # Each output is a line, so the first one tells that the function runs.
        assert process.stdout.readline() == b"word \n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert out.count(b"\n") < 19_999


def test_the_snippet_for_curl_calls_the_app(
    tutorial: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["info", tutorial.url, "/two", "--snippet", "curl"]) == 0
    script = capsys.readouterr().out
    out = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    assert 'event: complete\ndata: ["Hello!!", 3' in out


def test_a_typed_client_calls_the_app(tutorial: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "tour.py"
    assert run(["stubs", tutorial.url, "--output", str(path)]) == 0
    with Client(tutorial.url, verbose=False, download_files=tmp_path) as client:
        app: Any = loaded(path).App(client)
        assert app.echo("hello") == "hello"
        assert app.two("seven", n=7) == ("seven", 7)
        assert app.count(3) == 2
        assert Path(app.file(b"quiet")).read_text() == "QUIET"

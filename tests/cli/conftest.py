"""A fake app, and a command line that runs in the process of the test."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradio_client_httpx.cli.commands import run
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Loopback, threaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str


class Shell:
    """Runs command lines, and reads what they print."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Ran:
        self._capture.readouterr()
        code = run(arguments)
        printed = self._capture.readouterr()
        return Ran(code=code, out=printed.out, err=printed.err)


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A shell with nothing of this machine in its environment, in a folder of the test's own."""
    for name in ("HF_TOKEN", "HF_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return Shell(capsys)


@pytest.fixture
def fake() -> FakeGradio:
    """The app of the server, of the newest Gradio."""
    return FakeGradio()


@pytest.fixture
def server(fake: FakeGradio) -> Generator[Loopback]:
    """Where the fake listens."""
    with threaded(fake) as server:
        yield server


@pytest.fixture
def url(server: Loopback) -> str:
    """The address of the fake."""
    return server.url

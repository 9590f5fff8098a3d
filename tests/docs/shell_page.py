"""Runs the `console` examples of a page, and compares what they print with what the page says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradio_client_httpx.cli.commands import run

ADDRESS = "http://127.0.0.1:7860"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_HERE = ("pip ", "source ")
"Commands that change the machine or the shell itself."


class Page:
    """One page, run in a folder against the app at an address."""

    def __init__(
        self,
        path: Path,
        url: str,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capture: pytest.CaptureFixture[str],
    ) -> None:
        self._path = path
        self._url = url
        self._capture = capture
        for name in ("HF_TOKEN", "HF_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.chdir(folder)

    def run(self) -> int:
        """Run all commands; return how many there were."""
        count = 0
        for command, expected in self.commands():
            printed = self.printed(command.replace(ADDRESS, self._url.rstrip("/")))
            printed = printed.replace(self._url.rstrip("/"), ADDRESS)
            where = f"{self._path.name}: $ {command}\n{printed}"
            assert re.fullmatch(pattern(expected), printed, re.DOTALL), where
            count += 1
        return count

    def commands(self) -> Iterator[tuple[str, str]]:
        """Yield each command that can run here, with what it prints."""
        for block in _BLOCK.findall(self._path.read_text(encoding="utf-8")):
            for part in block.split("$ ")[1:] if block.startswith("$ ") else ():
                command, _, expected = part.partition("\n")
                if not command.startswith(_NOT_HERE):
                    yield command, expected

    def printed(self, command: str) -> str:
        """Return what a command prints."""
        self._capture.readouterr()
        words, ends = command, ""
        if command.startswith("gradio-client "):
            # In this process, which has what the command imports already.
            words, echo, _ = command.partition("; echo $?")
            code = run(shlex.split(words)[1:])
            ends = f"{code}\n" if echo else ""
        else:
            subprocess.run(["bash", "-c", command], check=True, env={**os.environ})
        captured = self._capture.readouterr()
        return captured.err + captured.out + ends


def pattern(expected: str) -> str:
    """Return the regular expression for what a page says that a command prints."""
    lines = [
        "(?:[^\\n]*\\n)*?" if line == "…\n" else re.escape(line).replace("…", "[^\\n]*")
        for line in expected.splitlines(keepends=True)
    ]
    return "".join(lines)

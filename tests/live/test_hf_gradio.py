"""What `hf-gradio` does, `gradio-client` does too: the table in the page about the shell.

Gradio 6 installs `hf-gradio`, so both run against the same app.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.environments.servers import NEWEST, ensure
from tests.support.live import QUIET, LiveServer

FILE = '{"upload": {"path": "note.txt", "meta": {"_type": "gradio.FileData"}}}'


class Programs:
    """Both programs, run in one folder, which has a file to upload."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        (folder / "note.txt").write_text("quiet", encoding="utf-8")

    def theirs(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What comes of `hf-gradio`."""
        return self._run(str(ensure(NEWEST).with_name("hf-gradio")), command, self._url, *arguments)

    def ours(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What comes of `gradio-client`."""
        return self._run(
            sys.executable, "-m", "gradio_client_httpx", command, self._url, *arguments
        )

    def outcome(self, *arguments: str) -> Any:
        """The JSON that our `call` prints."""
        return json.loads(self.ours("call", *arguments, "--format", "json").stdout)

    def text_of(self, path: str) -> str:
        """The text of a file, whose path may be relative to the folder."""
        return (self._folder / path).read_text(encoding="utf-8")

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, **QUIET, "GRADIO_TEMP_DIR": str(self._folder / "downloads")}
        return subprocess.run(
            command, cwd=self._folder, env=environ, capture_output=True, text=True, check=False
        )


@pytest.fixture
def programs(reference_app: LiveServer, tmp_path: Path) -> Programs:
    """Both programs, for the reference app."""
    return Programs(reference_app.url, tmp_path)


def test_info_tells_the_same_facts(programs: Programs) -> None:
    theirs = json.loads(programs.theirs("info").stdout)
    described = json.loads(programs.ours("info", "--json").stdout)
    ours = {each["name"]: each for each in described["endpoints"]}
    assert ours.keys() == theirs.keys()
    for name, facts in theirs.items():
        assert ours[name]["description"] == facts["description"]
        assert [each["label"] for each in ours[name]["returns"]] == [
            each["name"] for each in facts["returns"]
        ]
        told = ("name", "required", "default")
        assert [[each[key] for key in told] for each in ours[name]["parameters"]] == [
            [each[key] for key in told] for each in facts["parameters"]
        ]


@pytest.mark.parametrize(
    ("endpoint", "payload"),
    [
        ("/two", '{"text": "hi", "number": 3}'),
        ("/defaults", '{"times": 3}'),
    ],
)
def test_a_payload_gives_the_same_values(programs: Programs, endpoint: str, payload: str) -> None:
    labelled = json.loads(programs.theirs("predict", endpoint, payload).stdout)
    values = [*labelled.values()]
    expected = values[0] if len(values) == 1 else values
    assert programs.outcome(endpoint, "--json", payload) == expected
    items = [f"{name}={value}" for name, value in json.loads(payload).items()]
    assert programs.outcome(endpoint, *items) == expected


def test_a_file_goes_both_ways(programs: Programs) -> None:
    (theirs,) = json.loads(programs.theirs("predict", "/file", FILE).stdout).values()
    for arguments in (["--json", FILE], ["upload=note.txt"]):
        ours = programs.outcome("/file", *arguments)
        assert programs.text_of(ours) == programs.text_of(theirs) == "QUIET"


def test_files_are_saved_in_a_folder(programs: Programs) -> None:
    theirs = programs.theirs("predict", "/file", FILE, "--download-files", "theirs").stdout
    ours = programs.outcome("/file", "upload=note.txt", "--output", "ours")
    assert ours == "ours/note.txt"
    assert programs.text_of(ours) == programs.text_of(*json.loads(theirs).values()) == "QUIET"


def test_files_can_stay_on_the_server(programs: Programs) -> None:
    theirs = programs.theirs("predict", "/file", FILE, "--download-files", "False").stdout
    ours = programs.outcome("/file", "upload=note.txt", "--no-download")
    assert [ours] == [*json.loads(theirs).values()]


@pytest.mark.parametrize(
    ("endpoint", "code", "line"),
    [
        ("/fail", 1, "gradio-client: /fail failed: the guide says no to hi\n"),
        ("/ecko", 2, "gradio-client: no endpoint '/ecko'; did you mean '/echo'?\n"),
    ],
)
def test_a_failure_is_a_sentence_instead_of_a_traceback(
    programs: Programs, endpoint: str, code: int, line: str
) -> None:
    theirs = programs.theirs("predict", endpoint, '{"text": "hi"}')
    assert theirs.returncode == 1
    assert "Traceback" in theirs.stderr
    ours = programs.ours("call", endpoint, "text=hi")
    assert (ours.returncode, ours.stdout, ours.stderr) == (code, "", line)

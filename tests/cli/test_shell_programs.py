"""What public programs and reports do from a shell with the official client, done with a command.

Each test names where its situation comes from.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Shell
from tests.support.fake.functions import ANSWER, DOWNLOAD, TEXT, Call, Function, Part, echo
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded

CHAT = Function(name="chat", inputs=(TEXT,), outputs=(ANSWER,), plain=echo)
IMAGE = Part(type="file", label="Image", name="image")
HISTORY = Part(type="chatbot", label="Chat", name="history")


def test_ask_a_chat_and_print_the_answer(shell: Shell) -> None:
    """`ask.py` of containers/ai-lab-recipes: a prompt from the command line, the answer printed."""
    with threaded(FakeGradio(functions=[CHAT])) as server:
        ran = shell("call", server.url, "text=Tell me: 1 + 1 = ?", "--timeout", "300")
    assert (ran.code, ran.out) == (0, "Tell me: 1 + 1 = ?\n")


def test_name_a_function_by_its_index_and_join_its_outputs(shell: Shell, tmp_path: Path) -> None:
    """`r.py` of Bedrovelsen/RAM-TextTags: `fn_index=3`, a file, two outputs into one JSON line."""

    async def tags(call: Call) -> list[Any]:
        return [f"{len(call.files[call.data[0]['path']])} bytes", ""]

    recognise = Function(name="tag", inputs=(IMAGE,), outputs=(ANSWER, ANSWER), plain=tags)
    (tmp_path / "cat.png").write_bytes(b"cat")
    functions = [CHAT, CHAT, CHAT, recognise]
    with threaded(FakeGradio(functions=functions)) as server:
        ran = shell("call", server.url, "3", "image=cat.png", "--format", "json")
    assert json.loads(ran.out) == ["3 bytes", ""]


def test_pass_a_history_as_json(shell: Shell) -> None:
    """`monkey.py` of ginnux/nlp-final-project: `[["question", ""]]` for a chatbot."""

    async def count(call: Call) -> list[Any]:
        return [f"{len(call.data[0])} turns"]

    caption = Function(name="caption", inputs=(HISTORY,), outputs=(ANSWER,), plain=count)
    with threaded(FakeGradio(functions=[caption])) as server:
        assert shell("call", server.url, 'history=[["Hello!", ""]]').out == "1 turns\n"


def test_keep_the_file_and_the_text_of_a_result(shell: Shell, tmp_path: Path) -> None:
    """gradio-app/gradio#4474 and #7804: the path of an output was of no use on this machine."""

    async def speak(call: Call) -> list[Any]:
        return [call.store("speech.wav", b"RIFF"), call.data[0]]

    say = Function(name="say", inputs=(TEXT,), outputs=(DOWNLOAD, ANSWER), plain=speak)
    with threaded(FakeGradio(functions=[say])) as server:
        ran = shell("call", server.url, "text=їж", "--output", "audio", "-q")
    assert ran.out == "audio/speech.wav\nїж\n"
    assert (tmp_path / "audio" / "speech.wav").read_bytes() == b"RIFF"


def test_call_as_hf_gradio_does(shell: Shell, url: str, tmp_path: Path) -> None:
    """The skill in gradio-app/gradio#13045: one JSON payload, files marked as FileData."""
    assert shell("call", url, "/two", "--json", '{"text": "a", "n": 2}').out == "a\n2\n"
    (tmp_path / "a.txt").write_text("shout")
    payload = {"upload": {"path": "a.txt", "meta": {"_type": "gradio.FileData"}}}
    ran = shell("call", url, "/file", "--json", json.dumps(payload), "--output", "results", "-q")
    assert (ran.code, ran.out) == (0, "results/a.txt\n")


def test_read_a_remote_app_as_json(shell: Shell, url: str) -> None:
    """gradio-app/trackio#445: commands that read a Space and print JSON for other programs."""
    endpoints = json.loads(shell("info", url, "--json").out)["endpoints"]
    assert "/count" in [each["name"] for each in endpoints]
    assert json.loads(shell("call", url, "/count", "n=3", "--format", "json").out) == 2

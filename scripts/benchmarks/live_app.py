"""The app of `scripts/bench`, run by the Python of a Gradio server.

Only Gradio is installed there, so this module imports nothing of the project. It prints
`ready <url>` once it answers, and stops when its standard input ends. PORT names its port.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

gr: Any = importlib.import_module("gradio")  # not installed where types are checked

TOGETHER = 100
"""Jobs of one endpoint that run at once."""
BEFORE = 20
"""Messages of the chat before the one that grows."""
LARGE = 2000
"""Messages of the chat that does not change."""


def echo(text: str) -> str:
    return text


def text(outputs: float) -> Iterator[str]:
    """A text that grows by a word."""
    for number in range(int(outputs)):
        yield "word " * (number + 1)


def chat(outputs: float) -> Iterator[list[dict[str, str]]]:
    """A chat whose last message grows by a word."""
    for number in range(int(outputs)):
        yield [*messages(BEFORE), said("assistant", "word " * (number + 1))]


def whole(outputs: float) -> Iterator[list[int]]:
    """A list that grows by a number; Gradio sends the values of gr.JSON whole."""
    for number in range(int(outputs)):
        yield list(range(number + 1))


def turns(outputs: float) -> Iterator[list[dict[str, str]]]:
    """A chat that grows by a message."""
    for number in range(int(outputs)):
        yield messages(number + 1)


def table(outputs: float) -> Iterator[list[list[Any]]]:
    """A table that grows by a row."""
    for number in range(int(outputs)):
        yield [[f"row {each}", each, each / 2] for each in range(number + 1)]


def unchanged(outputs: float) -> Iterator[list[dict[str, str]]]:
    """A long chat, again and again."""
    for _ in range(int(outputs)):
        yield messages(LARGE)


def messages(number: int) -> list[dict[str, str]]:
    """A chat of so many messages."""
    return [said("user", f"message {each}") for each in range(number)]


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def size(path: str) -> str:
    return str(Path(path).stat().st_size)


def download(size: float) -> str:
    """A file of this many bytes."""
    with tempfile.NamedTemporaryFile(suffix=".bin", delete=False) as file:
        file.truncate(int(size))
    return file.name


def build() -> Any:
    with gr.Blocks(title="Bench") as app:
        word, answer, number = gr.Textbox(), gr.Textbox(), gr.Number()
        history, data, upload, file = gr.Chatbot(), gr.JSON(), gr.File(), gr.File()
        frame = gr.Dataframe(headers=["name", "number", "half"])
        button = gr.Button()
        for function, given, shown in (
            (echo, word, answer),
            (text, number, answer),
            (chat, number, history),
            (whole, number, data),
            (turns, number, history),
            (table, number, frame),
            (unchanged, number, history),
            (size, upload, answer),
            (download, number, file),
        ):
            button.click(function, given, shown, api_name=function.__name__)
    return app


def main() -> None:
    app = build().queue(default_concurrency_limit=TOGETHER)
    port = int(os.environ["PORT"])
    app.launch(
        server_name="127.0.0.1",
        server_port=port,
        max_threads=TOGETHER,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
    )
    print(f"ready http://127.0.0.1:{port}/", flush=True)
    sys.stdin.read()
    os._exit(0)  # Gradio's own shutdown waits for jobs that still run


if __name__ == "__main__":
    main()

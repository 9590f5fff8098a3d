"""A Gradio app whose answers take a while, run by the Python of a Gradio server.

Only Gradio is installed there, so this module imports nothing of the project. It prints
`ready <url>` once it answers. PORT names its port.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

gr: Any = importlib.import_module("gradio")  # not installed where types are checked

SECONDS = 0.2
"""Between two words."""
_running: set[object] = set()


def answer(text: str) -> Iterator[str]:
    """The text, a word more each time."""
    token = object()
    _running.add(token)
    try:
        words = text.split()
        for end in range(1, len(words) + 1):
            time.sleep(SECONDS)
            yield " ".join(words[:end])
    finally:
        _running.discard(token)


def running() -> int:
    """How many answers are under way."""
    return len(_running)


with gr.Blocks() as demo:
    box, number = gr.Textbox(), gr.Number()
    box.submit(answer, box, box, concurrency_limit=None)
    demo.load(running, None, number, concurrency_limit=None)

if __name__ == "__main__":
    demo.queue(max_size=None)
    _, url, _ = demo.launch(
        server_port=int(os.environ["PORT"]), prevent_thread_lock=True, quiet=True, max_threads=250
    )
    print("ready", url, flush=True)
    sys.stdin.read()

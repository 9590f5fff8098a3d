"""The app of `scripts/demo`: five functions, each with something to show."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr


def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


def write(topic: str) -> Iterator[str]:
    """Write a sentence, word by word."""
    sentence = ""
    for word in f"All about {topic} in five words".split():
        sentence += f"{word} "
        yield sentence.strip()
        time.sleep(0.1)


def shout(file: str) -> str:
    """Return a text file in capitals."""
    shouted = Path(tempfile.mkdtemp(), Path(file).name)
    shouted.write_text(Path(file).read_text().upper())
    return str(shouted)


def train(steps: float, bar: gr.Progress = gr.Progress()) -> str:  # noqa: B008
    """Take some time, and report progress."""
    for _ in bar.tqdm(range(int(steps)), desc="training"):
        time.sleep(0.1)
    return f"trained for {steps:g} steps"


def divide(a: float, b: float) -> float:
    """Divide two numbers."""
    if b == 0:
        raise gr.Error("nobody can divide by zero")
    return a / b


with gr.Blocks() as app:
    text, answer = gr.Textbox(label="Text"), gr.Textbox(label="Answer")
    upload, download = gr.File(label="File"), gr.File(label="Capitals")
    a, b, ratio = gr.Number(label="A"), gr.Number(label="B"), gr.Number(label="Ratio")
    for function, inputs, output in [
        (greet, [text], answer),
        (write, [text], answer),
        (shout, [upload], download),
        (train, [a], answer),
        (divide, [a, b], ratio),
    ]:
        name = function.__name__
        gr.Button(name).click(function, inputs, output, api_name=name, concurrency_limit=None)

if __name__ == "__main__":
    port = int(os.environ["PORT"])
    app.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True)
    print(f"ready http://127.0.0.1:{port}/", flush=True)
    sys.stdin.read()
    os._exit(0)  # Gradio's own shutdown waits for jobs that still run

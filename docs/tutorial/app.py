"""A small app to be called: `pip install gradio`, then `python app.py`."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr


def echo(text: str) -> str:
    """Say it again."""
    return text


def two(text: str, n: float) -> tuple[str, float]:
    """Give both back."""
    return text, n


def count(n: float) -> Iterator[int]:
    """Count, one number at a time."""
    yield from range(int(n))


def slow_count(n: float, seconds: float) -> Iterator[int]:
    """Count, and rest before each number."""
    for number in range(int(n)):
        time.sleep(seconds)
        yield number


def chat(text: str) -> Iterator[str]:
    """Say it again, word by word."""
    said = ""
    for word in text.split():
        said += f"{word} "
        yield said


def slow(seconds: float) -> str:
    """Take some time."""
    time.sleep(seconds)
    return f"slept {seconds:g}"


def file(upload: str) -> str:
    """Shout what a text file says."""
    shouted = Path(tempfile.mkdtemp(), Path(upload).name)
    shouted.write_text(Path(upload).read_text().upper())
    return str(shouted)


def state(steps: int, n: float) -> tuple[int, float]:
    """Walk on from where this visitor stands."""
    return steps + int(n), steps + n


def progress(n: float, bar: gr.Progress = gr.Progress()) -> str:
    """Walk, and say how far."""
    for _ in bar.tqdm(range(int(n)), desc="walking"):
        time.sleep(0.2)
    return f"{n:g} steps"


def fail(text: str) -> str:
    """Say no."""
    raise gr.Error(f"the guide says no to {text}")


def crash_late(text: str) -> Iterator[str]:
    """Say something, and break."""
    yield text
    yield text * 2
    raise RuntimeError(text)


with gr.Blocks() as app:
    text, number = gr.Textbox(label="Text"), gr.Number(label="Number")
    pause = gr.Number(label="Pause")
    upload, download = gr.File(label="Upload"), gr.File(label="Download")
    steps = gr.State(0)
    for function, inputs, outputs in [
        (echo, text, text),
        (two, [text, number], [text, number]),
        (count, number, number),
        (slow_count, [number, pause], number),
        (chat, text, text),
        (slow, number, text),
        (file, upload, download),
        (progress, number, text),
        (fail, text, text),
        (crash_late, text, text),
        (state, [steps, number], [steps, number]),
    ]:
        gr.Button(function.__name__).click(
            function, inputs, outputs, api_name=function.__name__, concurrency_limit=None
        )

if __name__ == "__main__":
    app.launch()

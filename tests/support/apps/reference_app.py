"""The reference app: an endpoint of every kind, for any Gradio from 3.4 to 6.31.

It runs in the server's own environment, where only Gradio is installed, so it imports nothing of
this project. It prints `ready <url>` once it answers, and stops when its standard input ends, so
that it never outlives the process that started it.

Settings, by environment variable: PORT (required), AUTH (1 asks for a login), QUEUE (0 switches
the queue off), MAX_SIZE (jobs that may wait), CONCURRENCY (jobs of one function at once, 100),
MAX_FILE_SIZE, ROOT_PATH, SHOW_ERROR (0 hides the text of exceptions), MOVED (1 puts another
function before all others).
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Gradio is not installed where this file is checked, and its API differs between versions.
gr: Any = importlib.import_module("gradio")

VERSION = tuple(int(part) for part in gr.__version__.strip().split(".")[:2])
USERS = [("guide", "lantern"), ("guest", "compass")]


def setting(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


QUEUED = setting("QUEUE", "1") == "1"


def supported(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Keep the options that this version of `function` knows."""
    known = inspect.signature(function).parameters
    return {name: value for name, value in options.items() if name in known}


# What the endpoints do


def echo(text: str) -> str:
    return text


def count(n: float) -> Iterator[int]:
    yield from range(int(n))


def chat(text: str) -> Iterator[str]:
    said = ""
    for word in text.split():
        said += f"{word} "
        yield said


def turn(number: int, answer: str) -> list[Any]:
    """One question and its answer, in the form that this version's Chatbot wants."""
    question = f"question {number}"
    if VERSION < (5, 0):
        return [[question, answer]]
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def chat_list(turns: float) -> Iterator[list[Any]]:
    """Grow a history turn by turn, answer by answer, and take it away again from both ends."""
    history: list[Any] = []
    for number in range(int(turns)):
        for words in range(1, 4):
            yield history + turn(number, "word " * words)
        history = history + turn(number, "word word word ")
    yield history
    yield history[1:]
    yield history[:1]
    yield []


# Gradio finds a tracker by looking for it among the defaults.
TRACKER: Any = gr.Progress() if hasattr(gr, "Progress") else None


def progress(steps: float, tracker: Any = TRACKER) -> str:
    tracker(0, desc="setting out")
    for _ in tracker.tqdm(range(int(steps)), desc="walking", unit="steps"):
        time.sleep(0.05)
    return f"{int(steps)} steps"


def logs(text: str) -> str:
    gr.Info(f"{text}: for your information")
    gr.Warning(f"{text}: mind the gap")
    if hasattr(gr, "Success"):
        gr.Success(f"{text}: well done")
    return text


def slow(seconds: float) -> str:
    time.sleep(float(seconds))
    return f"slept {seconds:g}"


def slow_count(n: float, seconds: float) -> Iterator[int]:
    for value in range(int(n)):
        yield value
        time.sleep(float(seconds))


def fail(text: str) -> str:
    raise gr.Error(f"the guide says no to {text}")


def crash(text: str) -> str:
    raise ValueError(f"no such place: {text}")


def crash_late(text: str) -> Iterator[str]:
    yield text
    yield text * 2
    raise ValueError(f"lost on the way: {text}")


def state(steps: int, by: float) -> tuple[int, int]:
    steps += int(by)
    return steps, steps


def uppercased(upload: Any) -> str:
    """Copy a file with its text in capitals; 3.x hands over a wrapper, later versions a path."""
    source = Path(upload if isinstance(upload, str) else upload.name)
    target = Path(tempfile.mkdtemp()) / source.name
    target.write_bytes(source.read_bytes().upper())
    return str(target)


def file(upload: Any) -> str | None:
    return None if upload is None else uppercased(upload)


def files(uploads: list[Any] | None) -> list[str]:
    return [uppercased(upload) for upload in uploads or []]


def two(text: str, number: float) -> tuple[str, float]:
    return text, number


def batch(texts: list[str]) -> list[list[str]]:
    return [[text[::-1] for text in texts]]


def nothing(text: str) -> None:
    del text


def update(text: str) -> Any:
    return gr.update(value=text, label="Renamed")


def whoami(text: str, request: gr.Request) -> str:
    facts = {
        "text": text,
        "username": getattr(request, "username", None),
        "session_hash": getattr(request, "session_hash", None),
        "headers": as_dict(request.headers),
        "query": as_dict(request.query_params),
    }
    return json.dumps(facts)


def as_dict(pairs: Any) -> dict[str, Any]:
    """Pairs of a request: 3.16 gives an object with attributes where a queue called it."""
    return dict(vars(pairs) if type(pairs).__name__ == "Obj" else pairs)


def defaults(text: str = "hello", times: float = 2, loud: bool = False) -> str:
    words = " ".join([text] * int(times))
    return words.upper() if loud else words


def kinds(value: Any) -> Any:
    return value


def long_enough(text: str) -> Any:
    return gr.validate(len(text) > 2, "too short")


# The app


def build() -> Any:
    with gr.Blocks(title="The tour") as demo:
        text, answer = gr.Textbox(label="Text"), gr.Textbox(label="Answer")
        number, total = gr.Number(label="Number"), gr.Number(label="Total")
        seconds = gr.Number(label="Seconds", value=0)
        upload, download = gr.File(label="Upload"), gr.File(label="Download")
        uploads = gr.File(label="Uploads", file_count="multiple")
        downloads = gr.File(label="Downloads", file_count="multiple")
        history = gr.Chatbot(label="History", **chat_options())
        data, steps = gr.JSON(label="Data"), gr.State(0)
        button = gr.Button("Go")
        add, options = endpoints(button), inspect.signature(button.click).parameters

        if setting("MOVED") == "1":
            add(two, [text, number], [answer, total], name="newcomer")
        add(echo, text, answer)
        add(count, number, total)
        add(chat, text, answer)
        add(chat_list, number, history)
        # 3.x refuses progress, batches and `cancels` without a queue.
        queued = QUEUED or VERSION >= (4, 0)
        if TRACKER is not None and queued:
            add(progress, number, answer)
        if hasattr(gr, "Info"):
            add(logs, text, answer)
        add(slow, number, answer)
        counting = add(slow_count, [number, seconds], total)
        add(fail, text, answer)
        add(crash, text, answer)
        add(crash_late, text, answer)
        add(state, [steps, number], [steps, total])
        add(file, upload, download)
        add(files, uploads, downloads)
        add(two, [text, number], [answer, total])
        if "batch" in options and queued:
            add(batch, text, answer, batch=True, max_batch_size=4)
        add(nothing, text, None)
        add(update, text, answer)
        if hasattr(gr, "Request"):
            add(whoami, text, answer)
        add(kinds, data, data)
        add(echo, text, answer, name="unqueued", queue=False)
        add_defaults(add, answer)
        add_hidden(add, text, answer)
        if "cancels" in options and queued:
            add(None, None, None, name=None, cancels=[counting])
        add(None, text, answer, name=None, js="(x) => x", _js="(x) => x")
        if hasattr(gr, "validate"):
            add(echo, text, answer, name="validated", validator=long_enough)
        if hasattr(gr, "render"):
            add_rendered(text)
    return demo


def chat_options() -> dict[str, Any]:
    return {"type": "messages"} if VERSION[0] == 5 else {}


def endpoints(button: Any) -> Callable[..., Any]:
    """A function that adds an endpoint named as its function, unless `name` says otherwise."""

    def add(function: Any, inputs: Any, outputs: Any, *, name: Any = "", **options: Any) -> Any:
        if function and VERSION < (3, 36):
            # 3.16 wants classes for annotations, and 3.23 takes every one for a class.
            hints = function.__annotations__.items()
            seen = {at: gr.Request for at, hint in hints if hint == "gr.Request"}
            function.__annotations__ = seen
        named = {} if name is None else {"api_name": function.__name__ if name == "" else name}
        known = supported(button.click, **options)
        return button.click(function, inputs, outputs, **named, **known)

    return add


def add_defaults(add: Callable[..., Any], answer: Any) -> None:
    """Parameters with defaults: on the components too, where versions before 4.23 look for them."""
    text = gr.Textbox(label="Word", value="hello")
    times = gr.Number(label="Times", value=2)
    loud = gr.Checkbox(label="Loud", value=False)
    add(defaults, [text, times, loud], answer)


def add_hidden(add: Callable[..., Any], text: Any, answer: Any) -> None:
    """Endpoints that are not announced: `api_visibility` from 6.0, `show_api` before it."""
    add(echo, text, answer, name="undocumented", show_api=False, api_visibility="undocumented")
    add(echo, text, answer, name="private", show_api=False, api_visibility="private")
    add(echo, text, answer, name=False)


def add_rendered(text: Any) -> None:
    """An endpoint that exists only in the sessions that rendered it (4.31 and later)."""

    @gr.render(inputs=text)
    def rendered(words: str) -> None:
        for word in (words or "").split():
            button, spoken = gr.Button(word), gr.Textbox(label=word)
            button.click(lambda word=word: word.upper(), None, spoken, api_name=f"say_{word}")


def queue_options(queue: Callable[..., Any]) -> dict[str, Any]:
    limit = int(setting("CONCURRENCY", "100"))
    waiting = {"max_size": int(setting("MAX_SIZE"))} if setting("MAX_SIZE") else {}
    known = supported(queue, default_concurrency_limit=limit) or supported(
        queue, concurrency_count=limit
    )
    return {**waiting, **known}


def launch_options(launch: Callable[..., Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "server_name": "127.0.0.1",
        "server_port": int(setting("PORT")),
        "show_error": setting("SHOW_ERROR", "1") == "1",
        "max_threads": int(setting("CONCURRENCY", "100")),
        "prevent_thread_lock": True,
        "quiet": True,
        "ssr_mode": False,
        "root_path": setting("ROOT_PATH"),
        "max_file_size": setting("MAX_FILE_SIZE") or None,
    }
    if setting("AUTH") == "1":
        options |= {"auth": USERS, "auth_message": "The tour is for guests."}
    return supported(launch, **options)


def main() -> None:
    demo = build()
    if QUEUED:
        demo.queue(**queue_options(demo.queue))
    elif VERSION < (4, 0):
        demo.enable_queue = False
    demo.launch(**launch_options(demo.launch))
    print(f"ready http://127.0.0.1:{setting('PORT')}/", flush=True)
    sys.stdin.read()
    os._exit(0)  # Gradio's own shutdown waits for jobs that still run


if __name__ == "__main__":
    main()

"""A tour of the clients: each call's code, and what it answers.

Starts a small Gradio app on a free port of this machine, calls it blocking, with asyncio and with
trio, and stops it. Nothing outside this machine is asked. Every answer is checked: the exit code is
0 only if all were right.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from doctest import DocTestParser, Example
from pathlib import Path
from typing import Any

from gradio_client_httpx import OutputUpdate, Status, StatusUpdate
from scripts.bootstrap import BootstrapFailed
from scripts.environments.servers import NEWEST
from tests.support.live import REFERENCE_APP, DidNotStart, live

APP = REFERENCE_APP.with_name("demo_app.py")
WIDTH = 79


@dataclass(frozen=True, slots=True)
class Step:
    """Some lines as Python's prompt shows them: code, and what it prints."""

    title: str
    session: str


BLOCKING = [
    Step(
        "Connect to an app, and see what it offers.",
        """
>>> from gradio_client_httpx import Client
>>> client = Client("{url}")
Loaded as API: {url}
>>> client.endpoints
<Endpoints /greet, /write, /shout, /train, /divide>
>>> client.endpoints["/divide"]
<Endpoint /divide(a: float, b: float) -> float>
""",
    ),
    Step(
        "Call a function, by position or by name.",
        """
>>> client.predict("Ada", api_name="/greet")
'Hello, Ada!'
>>> client.predict(a=7, b=2, api_name="/divide")
3.5
""",
    ),
    Step(
        "See outputs while the function runs.",
        """
>>> for text in client.submit("streams", api_name="/write"):
...     print(text)
All
All about
All about streams
All about streams in
All about streams in five
All about streams in five words
""",
    ),
    Step(
        "Watch progress.",
        """
>>> job = client.submit(8, api_name="/train")
>>> for update in job.updates():
...     draw(update)
training ######## 8/8
>>> job.result()
'trained for 8 steps'
""",
    ),
    Step(
        "Send a file, get a file.",
        """
>>> from pathlib import Path
>>> note = Path("note.txt")
>>> note.write_text("written here, read there")
24
>>> saved = client.predict(note, api_name="/shout")
>>> Path(saved).read_text()
'WRITTEN HERE, READ THERE'
""",
    ),
    Step(
        "Run many jobs at once. None needs a thread while it waits.",
        """
>>> jobs = [client.submit(n, 4, api_name="/divide") for n in range(100)]
>>> sum(job.result() for job in jobs)
1237.5
""",
    ),
    Step(
        "Cancel one.",
        """
>>> job = client.submit(1000, api_name="/train")
>>> job.cancel()
True
""",
    ),
    Step(
        "An error of the app arrives in the app's words.",
        """
>>> client.predict(1, 0, api_name="/divide")
AppError: nobody can divide by zero
/divide of {url} failed
""",
    ),
    Step(
        "A mistake of yours is found before anything is sent.",
        """
>>> client.predict("Ada", api_name="/great")
InvalidArguments: no endpoint '/great'; did you mean '/greet'?
>>> client.close()
""",
    ),
]
ASYNCIO = [
    Step(
        "Wait for several jobs in one event loop.",
        """
>>> import asyncio
>>> from gradio_client_httpx import Client
>>> async def main(client):
...     jobs = [client.submit(name, api_name="/greet") for name in ("Ada", "Bo")]
...     print(await asyncio.gather(*jobs))
>>> with Client("{url}", verbose=False) as client:
...     asyncio.run(main(client))
['Hello, Ada!', 'Hello, Bo!']
""",
    ),
]
TRIO = [
    Step(
        "Call, and stream while another task calls too.",
        """
>>> import trio
>>> from gradio_client_trio import Client
>>> async def stream(client):
...     outputs = [text async for text in client.submit("tasks", api_name="/write")]
...     print(len(outputs), "outputs, the last one:", outputs[-1])
>>> async def divide_by_zero(client):
...     try:
...         await client.predict(1, 0, api_name="/divide")
...     except ValueError as error:
...         print("meanwhile:", error)
>>> async def main():
...     async with Client("{url}", verbose=False) as client:
...         print(await client.predict("Ada", api_name="/greet"))
...         async with trio.open_nursery() as nursery:
...             nursery.start_soon(stream, client)
...             nursery.start_soon(divide_by_zero, client)
>>> trio.run(main)
Hello, Ada!
meanwhile: nobody can divide by zero
6 outputs, the last one: All about tasks in five words
""",
    ),
]
TOUR = {
    "Blocking: gradio_client_httpx": BLOCKING,
    "asyncio: gradio_client_httpx": ASYNCIO,
    "trio: gradio_client_trio": TRIO,
}


def main(arguments: Sequence[str]) -> int:
    """Start the app, take the tour, say what was wrong."""
    summary, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser("scripts/demo", description=summary, epilog=more)
    parser.parse_args(arguments)
    started = time.monotonic()
    print(f"Starting a Gradio {NEWEST} app on a free port of this machine …", flush=True)
    try:
        with live(NEWEST, app=APP) as server, working_folder():
            wrong = take_tour(server.url)
    except (BootstrapFailed, DidNotStart) as failure:
        print(f"scripts/demo: {failure}", file=sys.stderr)
        return 1
    total = sum(map(len, TOUR.values()))
    seconds = time.monotonic() - started
    print(f"\n{total - wrong} of {total} steps answered as they should, in {seconds:.0f} s.")
    return 1 if wrong else 0


@contextmanager
def working_folder() -> Generator[None]:
    """Work in a folder that is removed in the end."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def take_tour(url: str) -> int:
    """Take all steps; return how many did not answer as they should."""
    wrong = 0
    for title, steps in TOUR.items():
        print(f"\n{bold(f' {title} '.center(WIDTH, '='))}")
        namespace: dict[str, Any] = {"__name__": "demo", "draw": draw}
        for step in steps:
            print(f"\n{bold(f'# {step.title}')}")
            answers = [run(example, namespace) for example in examples(step, url)]
            wrong += not all(answers)
    return wrong


def examples(step: Step, url: str) -> list[Example]:
    """The statements of a step, each with what it should print."""
    return DocTestParser().get_examples(step.session.replace("{url}", url))


def lines_of(example: Example) -> list[tuple[str, str]]:
    """The lines of a statement, each with its prompt."""
    first, *others = example.source.splitlines()
    return [(">>>", first), *(("...", line) for line in others)]


def run(example: Example, namespace: dict[str, Any]) -> bool:
    """Run a statement as Python's prompt does; return whether it printed what it should."""
    for prompt, line in lines_of(example):
        print(f"{green(prompt)} {cyan(line)}", flush=True)
    shown = Tee(sys.stdout)
    with redirect_stdout(shown):
        try:
            exec(compile(example.source, "<demo>", "single"), namespace)
        except Exception as error:  # noqa: BLE001 - errors are part of the tour
            text = "".join(traceback.format_exception_only(error)).rpartition("errors.")[2]
            print(red(text.strip()), flush=True)
    is_right = shown.seen() == example.want.strip()
    if not is_right:
        print(red(f"This should have been:\n{example.want}"))
    return is_right


def draw(update: StatusUpdate | OutputUpdate) -> None:
    """Draw the bar of a progress update; it is full when the job has succeeded."""
    if isinstance(update, OutputUpdate):
        return
    start = "\r" if is_terminal() else ""
    for bar in update.progress_data or ():
        LENGTHS[:] = [int(bar.length or 0)]
        if start:
            print(start + draw_bar(int(bar.index or 0), *LENGTHS), end="", flush=True)
    if update.code is Status.FINISHED and LENGTHS:
        length = LENGTHS.pop()
        print(start + draw_bar(length, length), flush=True)


LENGTHS: list[int] = []
"The number of steps of the bar under way, if there is one."


def draw_bar(done: int, length: int) -> str:
    """Return a bar of so many steps."""
    return f"training {'#' * done}{'.' * (length - done)} {done}/{length}"


class Tee(io.StringIO):
    """Writes to another stream too, and keeps what a terminal would show."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(text)
        return super().write(text)

    def flush(self) -> None:
        self._stream.flush()

    def seen(self) -> str:
        """Return the text without colours; of a line that was overwritten, the last state."""
        lines = self.getvalue().replace(RED, "").replace(RESET, "").split("\n")
        return "\n".join(line.rpartition("\r")[2] for line in lines).strip()


def is_terminal() -> bool:
    """Whether standard output, which a `Tee` stands for now and then, is a terminal."""
    return sys.__stdout__ is not None and sys.__stdout__.isatty()


RED, RESET = "\x1b[31m", "\x1b[0m"


def paint(code: str, text: str) -> str:
    """Return a text in a colour, if standard output is a terminal that shows it."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" or not is_terminal()
    return text if plain else f"{code}{text}{RESET}"


def bold(text: str) -> str:
    """For titles."""
    return paint("\x1b[1m", text)


def green(text: str) -> str:
    """For prompts."""
    return paint("\x1b[32m", text)


def cyan(text: str) -> str:
    """For code."""
    return paint("\x1b[36m", text)


def red(text: str) -> str:
    """For errors."""
    return paint(RED, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

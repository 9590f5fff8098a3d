"""The tour: a small Gradio app on this machine, called in every way by both clients.

Every answer is checked; the exit code is 0 only if all were right. Nothing outside this machine
is asked, and the app is gone at the end, whatever happens.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import trio

import gradio_client_trio
from gradio_client_httpx import AppError, Client, OutputUpdate, StatusUpdate
from scripts.bootstrap import BootstrapFailed
from scripts.environments.servers import NEWEST
from tests.support.live import DidNotStart, live

CHECKED: list[tuple[str, bool]] = []


def main() -> int:
    """Start the app, take the tour, say what was wrong."""
    started = time.monotonic()
    say(f"Starting a Gradio {NEWEST} app on a free port of this machine …")
    try:
        with live(NEWEST) as server, tempfile.TemporaryDirectory() as folder:
            for title, tour in TOURS:
                say(f"\n=== {title} ===")
                tour(server.url, Path(folder))
    except (BootstrapFailed, DidNotStart) as failure:
        print(f"scripts/demo: {failure}", file=sys.stderr)
        return 1
    wrong = [what for what, right in CHECKED if not right]
    for what in wrong:
        say(f"WRONG: {what}")
    seconds = time.monotonic() - started
    say(f"\n{len(CHECKED) - len(wrong)} of {len(CHECKED)} answers right, in {seconds:.0f} s.")
    return 1 if wrong else 0


def blocking(url: str, folder: Path) -> None:
    """The tour through gradio_client_httpx."""
    with Client(url, download_files=str(folder / "downloads")) as client:
        text = client.view_api(return_format="str")
        check("the description names the endpoints", "/echo" in str(text))
        answer = client.predict("hello", api_name="/echo")
        say(f"predict('hello', api_name='/echo') → {answer!r}")
        check("a prediction", answer == "hello")
        count(client)
        progress(client)
        files(client, folder)
        failure(client)


def count(client: Client) -> None:
    """A generator's outputs, as they come."""
    values: list[object] = []
    for value in client.submit(5, api_name="/count"):
        values.append(value)
        line(f"outputs of /count so far: {values}")
    end()
    check("all outputs of a generator", values == [0, 1, 2, 3, 4])


def progress(client: Client) -> None:
    """A live line of what a job is doing."""
    job = client.submit(8, api_name="/progress")
    for update in job.updates():
        show(update)
    end()
    answer = job.result(timeout=30)
    say(f"/progress → {answer!r}")
    check("a job with progress", answer == "8 steps")


def files(client: Client, folder: Path) -> None:
    """A file up, another one down."""
    source = folder / "a note.txt"
    source.write_text("written here, read there", encoding="utf-8")
    saved = Path(client.predict(source, api_name="/file"))
    content = saved.read_text(encoding="utf-8")
    say(f"{source.name!r} went up, {saved.name!r} came down: {content!r}")
    check("a file there and back", content == "WRITTEN HERE, READ THERE")
    check("it is in the folder that was named", folder in saved.parents)


def failure(client: Client) -> None:
    """What an app's own error looks like."""
    try:
        client.predict("strangers", api_name="/fail")
    except AppError as error:
        say(f"/fail raises {type(error).__name__}: {error}")
        check("an app's error, in its own words", "no to strangers" in str(error))
    else:
        check("an app's error", False)


async def structured(url: str, folder: Path) -> None:
    """The same tour through gradio_client_trio: two jobs at once, each in its own task."""
    downloads = str(folder / "downloads of trio")
    async with gradio_client_trio.Client(url, download_files=downloads) as client:
        text = client.view_api(print_info=False, return_format="str")
        check("the description is the same one", "/echo" in str(text))
        answer = await client.predict("hello", api_name="/echo")
        say(f"await predict('hello', api_name='/echo') → {answer!r}")
        check("a prediction, awaited", answer == "hello")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch, client)
            values = [value async for value in client.submit(5, api_name="/count")]
        end()
        say(f"/count, while that ran → {values}")
        check("all outputs of a generator, in a task", values == [0, 1, 2, 3, 4])
        await there_and_back(client, folder)
        try:
            await client.predict("strangers", api_name="/fail")
        except AppError as error:
            say(f"/fail raises {type(error).__name__}: {error}")
            check("an app's error, awaited", "no to strangers" in str(error))
        else:
            check("an app's error, awaited", False)


async def watch(client: gradio_client_trio.Client) -> None:
    """A live line, in a task of its own."""
    job = client.submit(8, api_name="/progress")
    async for update in job.updates():
        show(update)
    check("a job with progress, awaited", await job.result() == "8 steps")


async def there_and_back(client: gradio_client_trio.Client, folder: Path) -> None:
    """A file up, another one down."""
    source = folder / "a second note.txt"
    await trio.Path(source).write_text("sent by trio", encoding="utf-8")
    saved = trio.Path(await client.predict(source, api_name="/file"))
    content = await saved.read_text(encoding="utf-8")
    say(f"{source.name!r} went up, {saved.name!r} came down: {content!r}")
    check("a file there and back, awaited", content == "SENT BY TRIO")
    check("it, too, is in the folder that was named", folder in Path(saved).parents)


def show(update: StatusUpdate | OutputUpdate) -> None:
    """Draw the bars that an update tells of."""
    if isinstance(update, OutputUpdate):
        return
    for bar in update.progress_data or ():
        done, length = int(bar.index or 0), int(bar.length or 0)
        line(f"{bar.desc or 'working'}: {'#' * done}{'.' * (length - done)} {done}/{length}")


def check(what: str, right: bool) -> None:
    """Remember whether an answer was right."""
    CHECKED.append((what, right))


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def line(text: str) -> None:
    """Print over the line before, on a terminal; once more, elsewhere."""
    print(f"\r\x1b[K{text}" if sys.stdout.isatty() else text, end="", flush=True)
    if not sys.stdout.isatty():
        print()


def end() -> None:
    """End a line that was printed over."""
    if sys.stdout.isatty():
        print()


TOURS: list[tuple[str, Callable[[str, Path], None]]] = [
    ("gradio_client_httpx: blocking", blocking),
    (
        "gradio_client_trio: structured concurrency",
        lambda url, folder: trio.run(structured, url, folder),
    ),
]

if __name__ == "__main__":
    sys.exit(main())

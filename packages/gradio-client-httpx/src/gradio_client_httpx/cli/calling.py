"""`gradio-client call`: reads the arguments, calls an endpoint, and follows the job to its end."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import Any

import click

from gradio_protocol import InvalidArguments, OutputUpdate, split_output
from gradio_protocol.clients import DEFAULT_FOLDER

from ..client import Client
from ..files import handle_file
from ..job import Job
from .connect import Settings, choose_endpoint, connected, split_reserved
from .outputs import SavedFiles, as_line, as_lines
from .status_line import StatusLine, StatusLog, can_rewrite
from .values import Item, is_item, merge_json, read_items, read_json, split_item

Show = Callable[[list[Any]], None]
"Writes one output."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions(Settings):
    """The options of `call`."""

    document: str | None = None
    files: tuple[str, ...] = ()
    output: Path | None = None
    no_download: bool = False
    stream: bool = False
    form: str = "text"
    quiet: bool = False


def call_endpoint(src: str, items: Sequence[str], options: CallOptions) -> None:
    """Call an endpoint and print its result. Raises what `Job.result` raises."""
    name, values = split_arguments(items, options.files)
    document = None if options.document is None else read_document(options.document)
    with tempfile.TemporaryDirectory() as scratch:
        saved = None if options.output is None else SavedFiles(Path(scratch), options.output)
        folder: Any = DEFAULT_FOLDER if saved is None else scratch
        if options.no_download:
            folder = False

        def place(outputs: list[Any]) -> list[Any]:
            return outputs if saved is None else saved.place(outputs)

        def show(outputs: list[Any]) -> None:
            click.echo(as_line(place(outputs), options.form))

        with connected(src, options, download_files=folder) as client:
            job, title = submit(client, name, values, document)
            with time_limit(job, options.timeout):
                each = show if options.stream else None
                result = follow(job, title, each, quiet=options.quiet)
            if not options.stream:
                for line in as_lines(place(result), options.form):
                    click.echo(line)


def submit(
    client: Client, name: str | None, values: Sequence[Item], document: object
) -> tuple[Job, str]:
    """Submit a call; return its job and the endpoint's title. Raises InvalidArguments."""
    endpoint = choose_endpoint(client, name)
    named = read_items(values, endpoint, open_argument)
    args, kwargs = split_reserved(endpoint, *merge_json(document, named))
    return client.submit(*args, fn_index=endpoint.index, **kwargs), endpoint.title


def split_arguments(items: Sequence[str], files: Sequence[str]) -> tuple[str | None, list[Item]]:
    """Return the endpoint, if one is named, and the values. Raises InvalidArguments."""
    name = items[0] if items and not is_item(items[0]) else None
    values = [split_item(text) for text in items[name is not None :]]
    uploads = [split_item(text) for text in files]
    return name, values + [Item(item.name, "@", item.value) for item in uploads]


def read_document(source: str) -> Any:
    """Return the JSON of a file, of standard input (`-`), or of the text itself."""
    if source.lstrip().startswith(("{", "[")):
        return read_json(source)
    with click.open_file(source, encoding="utf-8") as file:
        document = read_json(file.read())
    if document is None:
        raise InvalidArguments("--json: expected an object or a list of arguments")
    return document


def open_argument(text: str) -> Any:
    """Return the argument for a path or an address. Raises InvalidArguments if it is neither."""
    return handle_file(Path(text).expanduser() if text.startswith("~") else text)


def follow(job: Job, title: str, show: Show | None, *, quiet: bool) -> list[Any]:
    """Show a job's status until it ends; return its result as a list of values.

    `show` is called with each output as it arrives. Raises what `Job.result` raises.
    """
    make_status = StatusLine if can_rewrite(sys.stderr) else StatusLog
    status = None if quiet else make_status(sys.stderr, title)
    try:
        for update in job.updates():
            if status is not None:
                status.update(update)
            if show is not None and isinstance(update, OutputUpdate):
                if status is not None:
                    status.clear()
                show(update.outputs)
    finally:
        if status is not None:
            status.clear()
    return split_output(job.result())


@contextmanager
def time_limit(job: Job, seconds: float | None) -> Generator[None]:
    """Cancel the job when the time is over; the block then raises TimeoutError.

    Any other error in the block cancels the job as well: on Ctrl-C nobody waits for it.
    """
    expired = Event()

    def expire() -> None:
        expired.set()
        job.cancel()

    timer = Timer(seconds or 0, expire)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    try:
        yield
    except BaseException as error:
        if expired.is_set() and job.cancelled():
            limit = f"no result after {seconds:g} s, so the job was cancelled"
            raise TimeoutError(f"{limit}; --timeout sets another limit") from error
        job.cancel()
        raise
    finally:
        timer.cancel()

"""`gradio-client map`: calls an endpoint once for each row of a file, and can be continued.

1. The outcome of each row is appended to the output as soon as it is known, so that a run that was
   stopped can be continued. The order is that in which calls end; `index` tells the row.
2. A row whose call fails is recorded, and the run continues. It stops if the network or the server
   fails, or refuses the client: later rows would fail as well.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TextIO

import click

from gradio_protocol import Endpoint, InvalidArguments, split_output
from gradio_protocol.chunks import digest_input, read_journal
from gradio_protocol.clients import DEFAULT_FOLDER, MapWindow

from ..job import Job
from ..mapping import map_calls
from .calling import open_argument
from .connect import Settings, choose_endpoint, connected, split_reserved
from .failures import APP_FAILED, WRONG_USAGE, exit_code, explain
from .listing import write_json
from .outputs import SavedFiles
from .status_line import can_rewrite, rewrite_line
from .values import Item, merge_json, read_items, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOptions(Settings):
    """The options of `map`."""

    inputs: str
    output: Path
    concurrency: int = 4
    resume: bool = False
    files: tuple[str, ...] = ()
    save: Path | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input."""

    number: int
    content: Any
    "An object or a list, or the texts of a CSV by the names of its columns."
    is_text: bool = False
    "The content is text, to be read by the types of parameters."

    @property
    def digest(self) -> str:
        """Tells whether this is the row that an earlier run has done."""
        return digest_input(self.content)


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many rows there are, are done, and have failed."""

    total: int
    done: int = 0
    failed: int = 0

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.done + self.failed}/{self.total} rows{failed}"


def map_rows(src: str, name: str | None, options: MapOptions) -> Tally:
    """Call the endpoint for each row that is left. Raises the error that stops the run."""
    rows = read_rows(options.inputs)
    tally = Tally(total=len(rows))
    with tempfile.TemporaryDirectory() as scratch:
        saved = None if options.save is None else SavedFiles(Path(scratch), options.save)
        folder: Any = DEFAULT_FOLDER if saved is None else scratch
        with connected(src, options, download_files=folder) as client:
            endpoint = choose_endpoint(client, name)
            left = prepare_output(options, rows, tally)

            def submit(row: Row) -> Job:
                args, kwargs = read_row(row, endpoint, options.files)
                return client.submit(*args, fn_index=endpoint.index, **kwargs)

            window = MapWindow[Job](left, options.concurrency, False, True, indexed=True)
            outcomes = map_calls(window, submit)
            with closing(outcomes), options.output.open("a", encoding="utf-8") as file:
                for place, outcome in outcomes:
                    append(file, describe(left[int(place)], outcome, saved), tally)
                    show(tally, options)
    return tally


def read_rows(source: str) -> list[Row]:
    """Return the rows of a CSV or a file of JSON lines; `-` is standard input, with JSON lines.

    Raises InvalidArguments for a line that is not JSON.
    """
    with click.open_file(source, encoding="utf-8-sig") as file:
        if source.lower().endswith(".csv"):
            table = csv.DictReader(file, restval="")
            return [Row(index, _cells(cells, index), True) for index, cells in enumerate(table)]
        lines = [(number, line) for number, line in enumerate(file, 1) if line.strip()]
    return [Row(index, _read_line(line, number)) for index, (number, line) in enumerate(lines)]


def _cells(cells: dict[str | Any, str | Any], index: int) -> dict[str, str]:
    if None in cells:
        raise InvalidArguments(f"--inputs: row {index + 1} has more cells than there are columns")
    return {name: text for name, text in cells.items() if text}


def _read_line(line: str, number: int) -> Any:
    try:
        return read_json(line)
    except InvalidArguments as error:
        raise InvalidArguments(f"--inputs: line {number}: {error}") from None


def read_row(
    row: Row, endpoint: Endpoint, files: Collection[str]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a row. Raises InvalidArguments.

    Only the columns in `files` hold paths: rows may come from anybody, and must not choose which
    files of this machine are uploaded.
    """
    content, args = row.content, list[Any]()
    if not row.is_text:
        args, content = merge_json(content, {})
    uploads = {name: open_argument(str(content[name])) for name in files if name in content}
    others = {name: value for name, value in content.items() if name not in uploads}
    if row.is_text:
        items = [Item(name, "=", text) for name, text in others.items()]
        others = read_items(items, endpoint, _refuse_path)
    return split_reserved(endpoint, args, {**others, **uploads})


def _refuse_path(text: str) -> Any:
    if text.startswith(("http://", "https://", "data:")):
        return open_argument(text)
    raise InvalidArguments("expected an http(s) or data: address; --file COLUMN allows paths")


def describe(row: Row, outcome: object, saved: SavedFiles | None) -> dict[str, Any]:
    """Return what the output says of a row. Raises an error that stops the run."""
    note: dict[str, Any] = {"index": row.number, "input": row.digest}
    match outcome:
        case CancelledError():
            return {**note, "error": "the server cancelled the job"}
        case Exception() if exit_code(outcome) not in (APP_FAILED, WRONG_USAGE):
            raise outcome
        case Exception():
            return {**note, "error": explain(outcome)}
        case _:
            values = split_output(outcome)
            values = values if saved is None else saved.place(values)
            return {**note, "result": values[0] if len(values) == 1 else values}


def prepare_output(options: MapOptions, rows: Sequence[Row], tally: Tally) -> list[Row]:
    """Make the output ready to be appended to; return the rows that are left to do.

    Raises InvalidArguments if there is an output and `resume` is not set.
    """
    path = options.output
    if not options.resume:
        if path.exists() and path.stat().st_size:
            raise InvalidArguments(f"{path} exists; continue it with --resume, or remove it")
        return [*rows]
    digests = {row.number: row.digest for row in rows}
    with open(path, "rb") if path.exists() else BytesIO() as lines:
        entries = [it for it in read_journal(lines) if digests.get(it.index) == it.digest]
    kept = {entry.index: entry.line + b"\n" for entry in entries}
    # Without what failed, and without the half of a line that a crash may leave.
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(b"".join(kept.values()))
    os.replace(partial, path)
    tally.done = len(kept)
    return [row for row in rows if row.number not in kept]


def append(file: TextIO, note: dict[str, Any], tally: Tally) -> None:
    """Write a note, so that it is there even if the process is killed."""
    file.write(f"{write_json(note)}\n")
    file.flush()
    if "error" in note:
        tally.failed += 1
    else:
        tally.done += 1


def show(tally: Tally, options: MapOptions) -> None:
    """Show how far the run is: a live line on a terminal, else a line for each tenth."""
    ended = tally.done + tally.failed
    if options.quiet:
        return
    if can_rewrite(sys.stderr):
        rewrite_line(sys.stderr, str(tally))
        sys.stderr.write("\n" * (ended == tally.total))
    elif ended * 10 // tally.total > (ended - 1) * 10 // tally.total:
        sys.stderr.write(f"{tally}\n")
    sys.stderr.flush()

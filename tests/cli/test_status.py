"""How a job is getting on: a live line on a terminal, plain lines in a log."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from gradio_client_httpx.cli.status_line import StatusLine, StatusLog
from gradio_protocol import OutputUpdate, ProgressUnit, Status, StatusUpdate, Transferred


def update(code: Status = Status.PROCESSING, **changes: Any) -> StatusUpdate:
    usual = StatusUpdate(
        code=code,
        rank=None,
        queue_size=None,
        eta=None,
        success=None,
        time=None,
        progress_data=None,
    )
    return replace(usual, **changes)


def queued(rank: int) -> StatusUpdate:
    return update(Status.IN_QUEUE, rank=rank, queue_size=3)


def step(done: int, total: int | None = 40) -> StatusUpdate:
    unit = ProgressUnit(index=done, length=total, unit="steps", progress=None, desc="walking")
    return update(Status.PROGRESS, progress_data=[unit])


def moved(done: int) -> StatusUpdate:
    return update(transferred=Transferred(done=done, total=1000, upload=True))


LOG = update(Status.LOG, log=("mind the\x1b[2J gap", "warning"))


def test_a_log_has_a_line_for_each_change_that_its_reader_wants() -> None:
    file = StringIO()
    log = StatusLog(file, "/f")
    moves = [moved(10), moved(20), moved(1000)]
    steps = [step(0), step(1), step(4), step(4), step(40), step(7, None)]
    shown: list[StatusUpdate | OutputUpdate] = [update(Status.STARTING), *moves]
    shown += [queued(2), queued(1), queued(0), *steps]
    shown += [OutputUpdate(outputs=[1]), LOG, update(Status.FINISHED)]
    for each in shown:
        log.update(each)
    log.clear()
    assert file.getvalue().splitlines() == [
        "/f: sending 0%",
        "/f: sending 100%",
        "/f: queue: 3 of 3",
        "/f: queue: 2 of 3",
        "/f: walking 0%",
        "/f: walking 10%",
        "/f: walking 100%",
        "/f: walking",
        "warning: mind the [2J gap",
    ]


def test_a_terminal_has_one_line_that_is_rewritten_and_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    file = StringIO()
    line = StatusLine(file, "/f")
    for each in (queued(2), LOG, step(4), OutputUpdate(outputs=[1])):
        line.update(each)
    line.clear()
    line.clear()
    written = file.getvalue()
    assert written.split("\r\x1b[K") == [
        "",
        "/f: queue: 3 of 3",
        "warning: mind the [2J gap\n",
        "/f: mind the [2J gap",
        "/f: walking 4/40",
        "",
    ]


def test_a_line_is_cut_where_the_terminal_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    file = StringIO()
    StatusLine(file, "/a_long_name").update(queued(2))
    assert file.getvalue() == "\r\x1b[K/a_long_nam"

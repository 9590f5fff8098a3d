"""A job's progress, as a bar shows it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from gradio_protocol import OutputUpdate, ProgressUnit, Status, StatusUpdate, Transferred
from gradio_protocol.present.progress import Progress, ProgressBar

RUNNING = StatusUpdate(
    code=Status.PROCESSING,
    rank=None,
    queue_size=None,
    eta=None,
    success=None,
    time=None,
    progress_data=None,
)


def shown(outputs: int = 0, **changes: Any) -> Progress:
    return Progress.of(replace(RUNNING, **changes), outputs)


@pytest.mark.parametrize(
    ("size", "eta", "text"),
    [
        (5, 12.4, "queue: 3 of 5, about 12 s"),
        (5, None, "queue: 3 of 5"),
        (None, None, "queue: 3"),
    ],
)
def test_in_the_queue_its_place_is_shown(size: int | None, eta: float | None, text: str) -> None:
    update = shown(code=Status.IN_QUEUE, rank=2, queue_size=size, eta=eta)
    assert update == Progress(text=text)


def test_steps_are_those_of_the_innermost_progress() -> None:
    units = [ProgressUnit(index=1, length=2), ProgressUnit(index=3, length=10, desc="loading")]
    assert shown(progress_data=units, eta=7.0) == Progress(
        text="loading, about 7 s", done=3, total=10
    )


def test_progress_without_steps_is_a_part_of_one() -> None:
    assert shown(progress_data=[ProgressUnit(progress=0.25)]) == Progress(
        text="running", done=0.25, total=1
    )


@pytest.mark.parametrize(("upload", "text"), [(True, "sending"), (False, "fetching")])
def test_bytes_that_move_are_steps(upload: bool, text: str) -> None:
    moved = Transferred(done=3, total=9, upload=upload)
    assert shown(transferred=moved) == Progress(text=text, done=3, total=9)


def test_what_the_app_logs_is_shown() -> None:
    assert shown(log=("careful", "warning")) == Progress(text="careful")


def test_otherwise_the_status_is_shown_with_the_outputs_if_there_are_several() -> None:
    assert shown().text == "processing"
    assert shown(outputs=1, eta=3.0).text == "processing, about 3 s"
    assert shown(outputs=2).text == "processing, 2 outputs"


def test_a_line_covers_the_one_before_it() -> None:
    long = Progress(text="x" * 100).line("/echo")
    short = Progress(text="a", done=1, total=4).line("/echo")
    assert len(long) == len(short) < 80
    assert short.rstrip() == "/echo: a 1/4"
    assert Progress(text="a", done=1).line("/echo").rstrip() == "/echo: a"


def test_what_changes_in_steps_only_is_drawn_now_and_then() -> None:
    ticker = ProgressBar("/echo", None, io.StringIO)
    walking = [replace(RUNNING, progress_data=[ProgressUnit(index=i, length=9)]) for i in range(4)]
    times = (0.0, 0.05, 0.1, 0.15)
    drawn = [ticker.update(update, time) for update, time in zip(walking, times, strict=True)]
    assert [progress and progress.done for progress in drawn] == [0, None, 2, None]
    assert ticker.update(replace(RUNNING, log=("a", "info")), 0.16) == Progress(text="a")


def test_outputs_are_counted_and_not_drawn() -> None:
    ticker = ProgressBar("/echo", None, io.StringIO)
    assert [ticker.update(OutputUpdate(outputs=[]), 0.0) for _ in range(2)] == [None, None]
    assert ticker.update(RUNNING, 0.0) == Progress(text="processing, 2 outputs")


@pytest.mark.parametrize(
    ("done", "total", "counted"), [(None, None, False), (3, None, False), (3, 4, True)]
)
def test_tqdm_counts_steps_where_their_number_is_known(
    done: float | None, total: float | None, counted: bool
) -> None:
    found = Progress(text="running", done=done, total=total).attributes
    assert found == {
        "n": done or 0,
        "total": total,
        "bar_format": None if counted else "{desc}: {elapsed}{postfix}",
        "postfix": "running",
    }


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        if self.closed:
            raise OSError("gone")


class Tqdm:
    """What a bar uses of tqdm's."""

    def __init__(self, desc: str, leave: bool, file: Any, bar_format: str) -> None:
        self.title, self.file, self.said, self.postfix = desc, file, list[str](), ""
        self.total: float | None = None

    def reset(self, total: float) -> None:
        assert self.total != total
        self.total = total
        self.said.append(f"of {total}")

    def refresh(self) -> None:
        self.said.append(self.postfix)
        self.file.write(self.postfix)
        self.file.flush()

    def close(self) -> None:
        self.said.append("closed")


def test_a_bar_is_drawn_as_one_line_of_a_terminal() -> None:
    terminal = Terminal()
    bar = ProgressBar("/echo", None, lambda: terminal)
    bar.show(Progress(text="a"))
    bar.show(Progress(text="b", done=1, total=2))
    bar.close()
    assert [line.rstrip(" ") for line in terminal.getvalue().split("\r")] == [
        "",
        "/echo: a",
        f"{'/echo: b 1/2':79}\n",
    ]


@pytest.mark.parametrize("stderr", [None, io.StringIO()])
def test_what_is_no_terminal_stays_empty(stderr: io.StringIO | None) -> None:
    bar = ProgressBar("/echo", None, lambda: stderr)
    bar.show(Progress(text="a"))
    bar.close()
    assert stderr is None or stderr.getvalue() == ""


def test_a_bar_of_tqdm_begins_again_where_the_number_of_steps_changes() -> None:
    bar: Any = ProgressBar("/echo", Tqdm, Terminal)
    for total in (None, 2, 2, 3, None):
        bar.show(Progress(text="a", done=1, total=total))
    assert bar._bar.said == ["a", "of 2", "a", "a", "of 3", "a", "a"]


def test_a_bar_of_tqdm_is_drawn_by_tqdm_on_the_stream_of_that_moment() -> None:
    terminals = [Terminal(), Terminal()]
    bar: Any = ProgressBar("/echo", Tqdm, lambda: terminals[0])
    bar.show(Progress(text="a"))
    drawn = bar._bar
    terminals[0].close()  # what cannot be written is lost
    bar.show(Progress(text="b"))
    del terminals[0]
    bar.show(Progress(text="c"))
    bar.close()
    assert terminals[0].getvalue() == "c"
    assert drawn.said == ["a", "b", "c", "closed"]
    assert (drawn.title, drawn.monitor_interval) == ("/echo", 0)
    assert drawn.file.newlines is None  # the rest is the stream's

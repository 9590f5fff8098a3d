"""The command on a pseudo-terminal: the live line, narrow terminals, and plain ones."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradio_client_httpx import Client
from tests.support.fake.tutorial import pausing_tutorial
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import threaded
from tests.support.terminal import on_terminal

COMMAND = (sys.executable, "-m", "gradio_client_httpx")
VALLEY = "crossing a long and wide valley"
CHINESE = "正在穿过一条又长又宽的山谷然后回家"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app whose `/progress` stops half-way, and takes one job at a time."""

    url: str
    fake: FakeGradio

    def go_on(self, number: int = 1) -> None:
        """Let the job of this number go on, when it stands still."""
        self.fake.holds.until_blocking(lambda _: True, number)[number - 1].release()


@contextmanager
def app(doing: str = "walking") -> Generator[App]:
    """Serve the app, which says what it is doing."""
    fake = FakeGradio(functions=pausing_tutorial(doing))
    with threaded(fake) as server:
        yield App(url=server.url, fake=fake)


def call(url: str, *items: str) -> list[str]:
    return [*COMMAND, "call", url, *items]


@pytest.mark.parametrize("pipe", [True, False])
def test_one_line_shows_the_queue_and_then_the_progress_and_disappears(pipe: bool) -> None:
    with app() as served, Client(served.url, verbose=False) as client:
        first = client.submit(4, api_name="/progress")
        served.fake.holds.until_blocking(lambda _: True)
        with on_terminal(call(served.url, "/progress", "n=4"), pipe=pipe) as terminal:
            terminal.wait_until(lambda rows: rows == ["/progress: queue: 1 of 1"])
            served.go_on(1)
            terminal.wait_until(lambda rows: rows == ["/progress: walking 2/4"])
            served.go_on(2)
            out = terminal.wait()
        assert terminal.process.returncode == 0
        assert (out, terminal.rows) == (("4 steps\n", [""]) if pipe else ("", ["4 steps", ""]))
        assert first.result() == "4 steps"


@pytest.mark.parametrize("pipe", [True, False])
@pytest.mark.parametrize(
    ("columns", "doing", "shown"),
    [
        (20, "walking", "/progress: walking"),
        (40, "walking", "/progress: walking 2/4"),
        (20, VALLEY, "/progress: crossing"),
        (40, VALLEY, "/progress: crossing a long and wide val"),
        (20, CHINESE, "/progress: 正在穿过"),
        (40, CHINESE, "/progress: 正在穿过一条又长又宽的山谷然"),
    ],
)
def test_the_line_fits_on_a_narrow_terminal(
    columns: int, doing: str, shown: str, pipe: bool
) -> None:
    command = call("", "/progress", "n=4")
    with app(doing) as served:
        command = call(served.url, "/progress", "n=4")
        with on_terminal(command, columns=columns, pipe=pipe) as terminal:
            terminal.wait_until(lambda rows: rows == [shown])
            served.go_on()
            out = terminal.wait()
    # A line that had wrapped would have left its beginning behind.
    assert (out, terminal.rows) == (("4 steps\n", [""]) if pipe else ("", ["4 steps", ""]))


def test_outputs_of_a_stream_stand_above_the_line() -> None:
    with app() as served:
        command = call(served.url, "/count", "n=3", "--stream")
        with on_terminal(command) as terminal:
            terminal.wait()
    assert terminal.rows == ["0", "1", "2", ""]
    assert "\r\x1b[K/count: " in terminal.written


def test_an_error_stands_where_the_line_was() -> None:
    with app() as served, on_terminal(call(served.url, "/fail", "text=that")) as terminal:
        terminal.wait()
    assert terminal.process.returncode == 1
    assert terminal.rows == ["gradio-client: /fail failed: the guide says no to that", ""]


def test_the_line_has_no_colour_to_leave_out() -> None:
    # `rows` fails on each escape sequence but the one that erases a line.
    with app() as served:
        command = call(served.url, "/progress", "n=4")
        with on_terminal(command, pipe=True, environ={"NO_COLOR": "1"}) as terminal:
            terminal.wait_until(lambda rows: rows == ["/progress: walking 2/4"])
            served.go_on()
            assert terminal.wait() == "4 steps\n"
        assert terminal.rows == [""]


def test_a_terminal_that_cannot_erase_a_line_gets_lines_as_a_log_does() -> None:
    with app() as served:
        command = call(served.url, "/progress", "n=4")
        with on_terminal(command, pipe=True, environ={"TERM": "dumb"}) as terminal:
            terminal.wait_until(lambda rows: rows == ["/progress: walking 50%", ""])
            served.go_on()
            assert terminal.wait() == "4 steps\n"
    assert terminal.rows == ["/progress: walking 50%", "/progress: walking 100%", ""]
    assert "\x1b" not in terminal.written


def test_quiet_shows_nothing() -> None:
    with app() as served:
        command = call(served.url, "/progress", "n=4", "--quiet")
        with on_terminal(command, pipe=True) as terminal:
            served.go_on()
            assert terminal.wait() == "4 steps\n"
    assert terminal.written == ""


@pytest.mark.parametrize(
    ("term", "rows"),
    [("xterm", ["2/2 rows", ""]), ("dumb", ["1/2 rows", "2/2 rows", ""])],
)
def test_a_run_over_many_rows_has_one_line_too(term: str, rows: list[str], tmp_path: Path) -> None:
    inputs = tmp_path / "rows.csv"
    inputs.write_text("text\none\ntwo\n", encoding="utf-8")
    files = ("--inputs", str(inputs), "--output", str(tmp_path / "out.jsonl"))
    with app() as served:
        command = [*COMMAND, "map", served.url, "/echo", *files]
        with on_terminal(command, environ={"TERM": term}) as terminal:
            terminal.wait()
    assert terminal.rows == rows

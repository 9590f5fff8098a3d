"""The bars of both drivers: what a terminal sees of a job, and that none of it harms the job."""

from __future__ import annotations

import os
import pty
import select
import sys
import termios
import threading
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from queue import Queue
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
import tqdm.std
import trio

import gradio_client_httpx
import gradio_client_httpx.progress as on_threads
import gradio_client_trio.progress as in_tasks
from gradio_protocol import Status, StatusUpdate
from tests.drivers.trio_rig import made
from tests.support.fake.functions import ANSWER, TEXT, Call, Function
from tests.support.gradio_server import FakeGradio
from tests.support.loopback import Loopback

PATIENCE = 20
"Seconds after which a terminal that shows nothing fails its test."


async def walk(call: Call) -> list[Any]:
    """Walk three steps of four, and wait there."""
    unit = {"index": 3, "length": 4, "unit": "steps", "progress": None, "desc": "walking"}
    call.say("progress", [unit])
    await call.hold()
    return ["there"]


@pytest.fixture
def fake() -> FakeGradio:
    return FakeGradio(
        functions=[Function(name="walk", inputs=(TEXT,), outputs=(ANSWER,), plain=walk)]
    )


class Terminal:
    """What is written to standard error, as somebody at a terminal sees it."""

    def __init__(self, ours: int) -> None:
        self._ours = ours
        self.seen = ""

    def shows(self, text: str) -> None:
        """Read until this has been seen."""
        while text not in self.seen:
            ready, _, _ = select.select([self._ours], [], [], PATIENCE)
            assert ready, f"{text!r} is not in {self.seen!r}"
            self.seen += os.read(self._ours, 2**16).decode()


@contextmanager
def terminal() -> Generator[Terminal]:
    """A terminal; no fixture, for pytest sets standard error anew after those."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with open(theirs, "w", encoding="utf-8") as stderr, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        yield Terminal(ours)
    os.close(ours)


@pytest.fixture(params=["tqdm", "line"])
def drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By whom: tqdm, or ourselves where that is missing."""
    if request.param == "line":
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    return str(request.param)


STEPS = {"tqdm": "3/4", "line": "/walk: walking 3/4"}


def test_a_terminal_shows_the_queue_and_the_steps(
    server: Loopback, fake: FakeGradio, drawn: str
) -> None:
    with terminal() as seen, gradio_client_httpx.Client(server.url, verbose=False) as client:
        first = client.submit("a", api_name="/walk")
        fake.holds.until_blocking(lambda _: True, 1)
        second = client.with_options(progress=True).submit("b", api_name="/walk")
        seen.shows("queue: 1 of 1")
        fake.holds[0].release()
        seen.shows(STEPS[drawn])
        fake.holds.until_blocking(lambda _: True, 2)
        fake.holds[1].release()
        assert (first.result(PATIENCE), second.result(PATIENCE)) == ("there", "there")


@pytest.mark.trio
async def test_a_terminal_shows_the_same_of_a_task(
    server: Loopback, fake: FakeGradio, drawn: str
) -> None:
    async def shows(seen: Terminal, text: str) -> None:
        await trio.to_thread.run_sync(seen.shows, text)

    async def held(number: int) -> None:
        await trio.to_thread.run_sync(partial(fake.holds.until_blocking, lambda _: True, number))

    with terminal() as seen:
        async with made(server.url) as client:
            first = client.submit("a", api_name="/walk")
            await held(1)
            second = client.with_options(progress=True).submit("b", api_name="/walk")
            await shows(seen, "queue: 1 of 1")
            fake.holds[0].release()
            await shows(seen, STEPS[drawn])
            await held(2)
            fake.holds[1].release()
            assert (await first.result(), await second.result()) == ("there", "there")


CELL: ContextVar[str] = ContextVar("CELL", default="another")
"What a notebook goes by to find the cell below which it shows what is drawn."


def test_a_bar_is_drawn_in_the_context_of_the_call(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells: Queue[str] = Queue()
    monkeypatch.setattr(on_threads, "follow", lambda *_: cells.put(CELL.get()))
    with gradio_client_httpx.Client(server.url, verbose=False) as client:
        submit = partial(client.with_options(progress=True).submit, "a", api_name="/walk")
        context = copy_context()
        context.run(CELL.set, "this one")
        context.run(submit)
        assert cells.get(timeout=PATIENCE) == "this one"


class Broken:
    """A terminal that is gone."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> NoReturn:
        raise OSError("gone")

    def flush(self) -> None: ...


def status(text: str) -> StatusUpdate:
    """What an app has logged."""
    nothing = dict.fromkeys(("rank", "queue_size", "eta", "success", "time", "progress_data"))
    plain: dict[str, Any] = {**nothing, "code": Status.LOG, "log": (text, "info")}
    return StatusUpdate(**plain)


async def later(updates: Iterable[Any]) -> AsyncIterator[Any]:
    """The same, for tasks."""
    for update in updates:
        await trio.lowlevel.checkpoint()
        yield update


@pytest.mark.trio
async def test_a_terminal_that_is_gone_is_no_failure_also_not_for_other_bars(
    drawn: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for stderr in (Broken(), None):
        monkeypatch.setattr(sys, "stderr", stderr)
        on_threads.follow([status("a"), status("b")], "/walk")
        await in_tasks.follow(later([status("a"), status("b")]), "/walk", trio.CapacityLimiter(1))
    lock = cast("Any", tqdm.std).TqdmDefaultWriteLock.th_lock
    assert lock.acquire(blocking=False)
    lock.release()


class Still:
    """A terminal that stands still."""

    def __init__(self) -> None:
        self.reached, self.moves = threading.Event(), threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, _: str) -> None:
        self.reached.set()
        assert self.moves.wait(PATIENCE)

    def flush(self) -> None: ...


@pytest.mark.trio
async def test_a_terminal_that_stands_still_holds_no_thread_that_others_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    still = Still()
    monkeypatch.setattr(sys, "stderr", still)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    threads, others = trio.CapacityLimiter(2), trio.to_thread.current_default_thread_limiter()
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(in_tasks.follow, later([status("a")]), "/walk", threads)
        await trio.to_thread.run_sync(still.reached.wait)
        assert threads.borrowed_tokens >= 1
        assert others.borrowed_tokens == 0
        still.moves.set()


@pytest.mark.trio
async def test_a_bar_that_cannot_be_made_is_logged_and_harms_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(tqdm=object))
    on_threads.follow([status("a")], "/walk")
    await in_tasks.follow(later([status("a")]), "/walk", trio.CapacityLimiter(1))
    failed = [record.name for record in caplog.records if "bar failed" in record.message]
    assert failed == ["gradio_client_httpx", "gradio_client_trio"]


@pytest.mark.trio
async def test_nothing_is_drawn_by_us_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    on_threads.follow([status("a")], "/walk")
    await in_tasks.follow(later([status("a")]), "/walk", trio.CapacityLimiter(1))
    assert capsys.readouterr() == ("", "")

"""A virtual clock that jumps to the next deadline, and never beside what takes real time.

trio's own autojump clock jumps whenever no task can run, also while a worker thread is busy or a
socket is waited for. A millisecond of real time then becomes hours of virtual time: deadlines pass
that have nothing to do with the test, and their number depends on the load of the machine. With
this clock, a thread that is started or a socket that is waited for fails the test at once.
"""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
import trio
import trio.testing


def autojump_clock(monkeypatch: pytest.MonkeyPatch) -> trio.testing.MockClock:
    """The clock of one test; `monkeypatch` removes its guards."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    private: Any = clock
    jump = private._autojump  # trio calls it whenever no task can run

    def jump_alone() -> None:
        io = trio.lowlevel.current_statistics().io_statistics
        if io.tasks_waiting_read + io.tasks_waiting_write > 1:  # one is trio's own
            trio.lowlevel.spawn_system_task(refuse_socket)  # its error ends the run
        else:
            jump()

    async def refuse_socket() -> None:
        refuse("socket is waited for")

    def refuse_thread(*_: object) -> None:
        refuse("thread is started")

    monkeypatch.setattr(clock, "_autojump", jump_alone)
    monkeypatch.setattr("trio._threads.start_thread_soon", refuse_thread)
    return clock


def refuse(what: str) -> NoReturn:
    """Fail the test with what no `except Exception` of the code under test can catch."""
    pytest.fail(f"a {what} beside a virtual clock: work in memory, or take a real clock")

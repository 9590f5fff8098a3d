"""The virtual clock of the tests: it jumps, but never beside a thread or a socket."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.support import autojump


@pytest.mark.trio
async def test_the_clock_jumps_where_nothing_is_waited_for_but_itself(
    autojump_clock: trio.testing.MockClock,
) -> None:
    await trio.sleep(86_400)
    assert trio.current_time() == 86_400


async def start_a_thread() -> None:
    try:
        await trio.to_thread.run_sync(int)
    except Exception:  # noqa: BLE001  # as a driver may catch what a job raises
        await trio.sleep(1)


async def read_a_file() -> None:
    await trio.Path(__file__).read_bytes()


async def look_a_name_up() -> None:
    await trio.socket.getaddrinfo("name.test", 80)


async def wait_for_a_socket() -> None:
    ours, theirs = trio.socket.socketpair()
    with ours, theirs, trio.move_on_after(1):
        await ours.recv(1)


@pytest.mark.parametrize(
    ("work", "what"),
    [
        (start_a_thread, "thread"),
        (read_a_file, "thread"),
        (look_a_name_up, "thread"),
        (wait_for_a_socket, "socket"),
    ],
)
def test_what_takes_real_time_fails_beside_the_clock(
    work: Callable[[], Awaitable[None]], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # trio wraps what ends its run
        trio.run(work, clock=autojump.autojump_clock(monkeypatch))
    assert f"a {what} is" in "".join(traceback.format_exception(caught.value))


def test_no_test_makes_such_a_clock_without_its_guards() -> None:
    tests = [
        path for path in Path(__file__).parents[1].rglob("*.py") if path.name != Path(__file__).name
    ]
    makers = [path.name for path in tests if "autojump_threshold" in path.read_text("utf-8")]
    assert makers == ["autojump.py"]

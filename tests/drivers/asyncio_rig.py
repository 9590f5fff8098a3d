"""What the tests of the asyncio client share: a loop for each test, and clients of a fake server.

The fake server runs on a thread of its own. Each test sees at the end that nothing is left in its
loop: no task and no async generator.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

from gradio_client_httpx import AsyncClient
from gradio_client_httpx.aio import runner
from tests.support.fake.functions import Hold
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE, Gate, Ledger
from tests.support.loopback import threaded

P = ParamSpec("P")
T = TypeVar("T")

OPTIONS: dict[str, Any] = {
    "verbose": False,
    "analytics_enabled": False,
    "download_files": False,
    "httpx_kwargs": {"trust_env": False},
    "max_retries": 0,
}


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test in an event loop of its own, and fail it if it leaves a task there."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def watched() -> None:
            await test(*args, **kwargs)
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(watched())
        gc.collect()  # a socket that was not closed is an error now

    return run


def made(url: str, **options: Any) -> AsyncClient:
    """A client that is not connected yet, and says nothing to anybody but the app."""
    chosen: dict[str, Any] = {**OPTIONS, **options}
    return AsyncClient(url, **chosen)


@asynccontextmanager
async def rig(
    fake: FakeGradio | None = None, **options: Any
) -> AsyncGenerator[tuple[AsyncClient, FakeGradio]]:
    """A client of a fake server on the loopback interface."""
    fake = fake or FakeGradio()
    # The server answers all that it is asked, however long that takes on a busy machine.
    with patch.object(runner, "GRACE", PATIENCE), threaded(fake) as server:
        async with made(server.url, **options) as client:
            yield client, fake


async def until(ledger: Ledger[T], wanted: Callable[[T], bool], times: int = 1) -> list[T]:
    """Wait until so many items of a ledger are wanted ones."""
    return await asyncio.to_thread(ledger.until_blocking, wanted, times)


async def held(fake: FakeGradio, times: int = 1) -> list[Hold]:
    """Wait until so many jobs stand still."""
    return await until(fake.holds, lambda _: True, times)


async def asked(fake: FakeGradio, route: str, times: int = 1) -> list[Any]:
    """Wait until a route was asked for so often; give the requests."""
    seen = await until(fake.seen, lambda seen: seen[0] == route, times)
    return [request for _, request in seen]


async def reached(gate: Gate) -> None:
    """Wait until the server stands at a gate."""
    await asyncio.to_thread(gate.reached.wait_blocking)


async def others_ended() -> None:
    """Wait until no other task is left in this loop."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)

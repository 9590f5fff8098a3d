"""Fake servers for the scenarios: one version for each way in which servers behave."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.fake.functions import ALL_FUNCTIONS, Call, Function
from tests.support.gradio_server import FakeGradio
from tests.support.latch import Gate
from tests.support.loopback import Loopback, threaded

DIRECT = "3.50.1"
"Without a queue: on 3.x that is up to the app."
SOCKET = "3.41.2"
PRIVATE = "4.7.1"
DIALECTS = (
    DIRECT,
    SOCKET,  # ws: a WebSocket for each job
    PRIVATE,  # sse: a stream for each job
    "4.9.0",  # sse_v1, mute without a session
    "4.14.0",  # sse_v1
    "4.17.0",  # sse_v2: edits
    "4.19.2",  # streams that can be resumed
    "4.21.0",  # sse_v2.1
    "4.22.0",  # sse_v3, resumable
    "4.29.0",  # sse_v3, heartbeats, no /cancel yet
    "4.44.1",  # /cancel; a late completion breaks the stream
    "5.0.2",  # the prefix
    "5.50.0",  # shifted deletions, session_not_found
    "6.0.2",  # api_visibility
    "6.31.0",  # /cancel takes jobs out of the queue
)
KINDS = (PRIVATE, "4.14.0", "4.22.0", "4.29.0", "4.44.1", "6.31.0")
"Versions whose streams and cancels differ in kind."


def parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def paced(gate: Gate) -> tuple[Function, ...]:
    """The reference app's functions; slow ones stand still until the gate is opened."""

    async def slow(call: Call) -> list[Any]:
        await gate.passed()
        return [f"slept {call.data[0]:g}"]

    async def slow_count(call: Call) -> AsyncGenerator[list[Any], None]:
        for number in range(int(call.data[0])):
            yield [number]
            await gate.passed()

    def replaced(function: Function) -> Function:
        match function.name:
            case "slow":
                return replace(function, plain=slow)
            case "slow_count":
                return replace(function, generator=slow_count)
            case _:
                return function

    return tuple(replaced(function) for function in ALL_FUNCTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeStage:
    """A fake server of one version, running."""

    fake: FakeGradio
    server: Loopback
    gate: Gate
    folder: Path

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"

    @property
    def stands_still(self) -> bool:
        return True

    def go_on(self) -> None:
        self.gate.open()


@contextmanager
def staged(
    version: str,
    folder: Path,
    *,
    change: Callable[[Sequence[Function]], Sequence[Function]] = list,
    **settings: Any,
) -> Generator[FakeStage]:
    """A stage for the length of a block; `change` makes other functions of the reference app's."""
    gate = Gate("the app goes on")
    settings = {"queue": version != DIRECT, **settings}
    fake = FakeGradio(version, change(paced(gate)), **settings)
    with threaded(fake) as server:
        yield FakeStage(fake=fake, server=server, gate=gate, folder=folder)

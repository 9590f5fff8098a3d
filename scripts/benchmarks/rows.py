"""What is measured: one row for each task, with the figures that its lines of the table show."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import TypeAlias

from scripts.benchmarks.contestants import Who
from scripts.benchmarks.scripted import ENDPOINTS
from scripts.benchmarks.workers.meter import CONTROL

Figures: TypeAlias = Mapping[str, float]
Options: TypeAlias = Mapping[str, "str | float"]

SIZES = (500, 2000, 8000)
"""Outputs of a stream."""
COMPARED = 2000
"""The outputs of the streams that are compared with other clients."""
CLIENTS = 100
FLIGHTS = (1, 10, 100, 400, 1000, 2000)
MEGABYTE = 1 << 20
STREAMS = {
    "text": "a growing text",
    "chat": "a chat whose answer grows",
    "whole": "whole values of gr.JSON",
    "turns": "a chat that grows by messages",
    "table": "a table that grows by rows",
    "unchanged": "2,000 messages, unchanged",
}
"""By endpoint, what its outputs are."""


class Server(Enum):
    """What a task runs against."""

    NONE = auto()
    SCRIPTED = auto()
    BIG = auto()
    "The scripted server of an app with many endpoints."
    LIVE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One figure out of what a worker says: `top`, times `scale`, by `over` if there is one."""

    title: str
    top: str
    scale: float = 1
    over: str = ""
    digits: int = 3
    """Significant ones."""

    def of(self, figures: Figures) -> float | None:
        """The figure; None if nothing was done, or if this worker does not say it."""
        if self.top not in figures or (self.over and not figures[self.over]):
            return None
        return figures[self.top] * self.scale / (figures[self.over] if self.over else 1)


def readable(figure: float, digits: int) -> str:
    """A figure with so many significant digits, and no exponent."""
    rounded = float(f"{figure:.{digits}g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


CPU_MS = Column(title="CPU, ms", top="cpu", scale=1e3, over="done")
CPU_S = Column(title="CPU, s", top="cpu")
CPU_US = Column(title="CPU an output, µs", top="cpu", scale=1e6, over="done")
WALL_MS = Column(title="time, ms", top="wall", scale=1e3)
WALL_S = Column(title="time, s", top="wall")
P50 = Column(title="p50, ms", top="p50", scale=1e3)
P99 = Column(title="p99, ms", top="p99", scale=1e3)
MEMORY = Column(title="memory, MB", top="memory", digits=2)
THREADS = Column(title="threads", top="threads", digits=9)
LOST = Column(title="lost", top="lost", digits=9)
EACH_MS = Column(title="time a job, ms", top="wall", scale=1e3, over="done")
RATE = Column(title="jobs a second", top="done", over="wall")
INSTRUCTIONS = Column(
    title="thousands of instructions", top="instructions", scale=1e-3, over="done"
)
IDLE = Column(title="CPU, ms a minute", top="cpu", scale=60e3, over="wall", digits=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One task, which all contestants do in turn."""

    key: str
    group: str
    "The heading of its table."
    title: str
    task: str
    columns: tuple[Column, ...]
    server: Server = Server.SCRIPTED
    options: Options = field(default_factory=lambda: MappingProxyType({}))
    rounds: int = 1
    quick: bool = True
    """Whether `--quick` runs it."""
    without: frozenset[Who] = frozenset()
    """Who cannot do it."""
    at_once: bool = False
    """Whether the contestants need not take turns."""
    counted: bool = False
    """Whether callgrind runs the contestants and counts their instructions."""


def rows(*, quick: bool) -> list[Row]:
    """All rows of a run."""
    every = [
        *starts(quick),
        *echoes(quick),
        *streams(quick),
        *files(),
        *flights(quick),
        idle(quick),
        *instructions(),
    ]
    return [row for row in every if row.quick or not quick]


def starts(quick: bool) -> list[Row]:
    """Import and cold start."""
    floor = frozenset({Who.FLOOR})
    return [
        Row(
            key="import",
            group="Starting",
            title="import",
            task="import",
            columns=(CPU_MS,),
            server=Server.NONE,
            rounds=5 if quick else 15,
            without=floor | {Who.ASYNCIO},
        ),
        Row(
            key="cold",
            group="Starting",
            title="import, connect, first result",
            task="cold",
            columns=(WALL_MS, CPU_MS),
            rounds=3 if quick else 7,
            without=floor,
        ),
        Row(
            key="cold-big",
            group="Starting",
            title=f"the same, of an app with {ENDPOINTS:,} endpoints",
            task="cold",
            columns=(WALL_MS, CPU_MS),
            server=Server.BIG,
            rounds=3,
            quick=False,
            without=floor,
        ),
        Row(
            key="clients",
            group="Starting",
            title=f"{CLIENTS} clients, a call each",
            task="clients",
            columns=(CPU_MS, THREADS, MEMORY),
            options={"jobs": CLIENTS, "patience": 30},
            quick=False,
            without=floor,
        ),
    ]


def echoes(quick: bool) -> list[Row]:
    """One call after the other."""
    options = {"jobs": 30 if quick else 200, "patience": 10}
    columns = (P50, P99, CPU_MS)
    return [
        Row(
            key="echo",
            group="One call after the other",
            title="echo",
            task="echo",
            columns=columns,
            options=options,
            rounds=1 if quick else 3,
        ),
        Row(
            key="echo-live",
            group="One call after the other",
            title="echo, live",
            task="echo",
            columns=columns,
            options=options,
            server=Server.LIVE,
            rounds=1 if quick else 3,
        ),
    ]


def streams(quick: bool) -> list[Row]:
    """Outputs of generators: each looked at, or only the last."""
    return [
        Row(
            key=f"{kind}-{task}-{size}",
            group="Streams of outputs",
            title=f"{title}, {size:,} outputs" + (", `result()` only" if task == "result" else ""),
            task=task,
            columns=(CPU_US, MEMORY),
            options={"endpoint": f"/{kind}", "outputs": size, "patience": 10 if quick else 20},
            quick=size == COMPARED and (task == "stream" or kind == "whole"),
            without=frozenset({Who.FLOOR} if task == "result" else ()),
        )
        for kind, title in STREAMS.items()
        for task in ("stream", "result")
        for size in SIZES
    ]


def files() -> list[Row]:
    """Up and down: many small, one large."""
    return [
        Row(
            key=f"{task}-{megabytes}",
            group="Files",
            title=f"{task} of {count} x {megabytes} MB"
            if count > 1
            else f"{task} of {megabytes} MB",
            task=task,
            columns=(CPU_S, WALL_S, MEMORY),
            options={"jobs": count, "size": megabytes * MEGABYTE, "patience": 60},
            quick=count == 1,
            without=frozenset({Who.JAVASCRIPT} if task == "download" else ()),
        )
        for megabytes, count in ((1, 50), (500, 1))
        for task in ("upload", "download")
    ]


def flights(quick: bool) -> list[Row]:
    """Many calls at once."""
    return [
        Row(
            key=f"flight-{jobs}",
            group="Many calls at once",
            title=f"{jobs:,} at once, live",
            task="flight",
            columns=(EACH_MS, RATE, LOST, CPU_MS, THREADS, MEMORY),
            options={"jobs": jobs, "patience": 10 if quick else 30},
            server=Server.LIVE,
            quick=jobs == 400,
        )
        for jobs in FLIGHTS
    ]


def idle(quick: bool) -> Row:
    """Nothing to do."""
    return Row(
        key="idle",
        group="Idle",
        title="idle, live",
        task="idle",
        columns=(IDLE,),
        options={"seconds": 10 if quick else 60, "patience": 60},
        server=Server.LIVE,
        without=frozenset({Who.FLOOR}),
        at_once=True,
    )


def instructions() -> list[Row]:
    """Calls and outputs again, a few of them: their instructions do not depend on load.

    Nothing where there is no valgrind.
    """
    options: dict[str, Options] = {
        "echo": {"jobs": 20, "patience": 120},
        **{kind: {"endpoint": f"/{kind}", "outputs": 200, "patience": 120} for kind in STREAMS},
    }
    return [
        Row(
            key=f"instructions-{kind}",
            group="Instructions",
            title="echo" if kind == "echo" else f"{STREAMS[kind]}, 200 outputs",
            task="echo" if kind == "echo" else "stream",
            columns=(INSTRUCTIONS,),
            options=given,
            quick=False,
            without=frozenset({Who.JAVASCRIPT}),
            counted=True,
        )
        for kind, given in options.items()
        if shutil.which(CONTROL)
    ]

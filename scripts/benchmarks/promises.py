"""What the clients promise: figures of one run, compared with those of others in the same run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scripts.benchmarks import rows
from scripts.benchmarks.contestants import OURS, Who
from scripts.benchmarks.race import Results
from scripts.benchmarks.rows import COMPARED, FLIGHTS, SIZES, Column, readable

FLAT = 1.5
"""How much more may be called flat, in a single run."""
NO_PROCESSOR = 60.0
"""Milliseconds a minute that nobody can measure: a thousandth of the time."""
NO_MEMORY = 5.0
"""MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One figure of one contestant."""

    row: str
    who: Who
    column: Column

    def of(self, results: Results) -> float | str | None:
        """The figure, or why the contestant failed; None if it was not measured."""
        outcome = results.get(self.row, {}).get(self.who)
        if outcome is None or isinstance(outcome, str):
            return outcome
        figure = self.column.of(outcome)
        return "nothing was done" if figure is None else figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A figure of ours, or its ratio to another, and its limit."""

    title: str
    ours: Point
    to: Point | None = None
    limit: float
    at_least: bool = False
    """Whether the limit is the least, not the most."""

    def limit_text(self) -> str:
        """The limit, for people."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a promise."""

    promise: Promise
    found: str
    """The figure, or why there is none."""
    kept: bool | None
    """None if it was not measured."""

    def word(self) -> str:
        """The verdict, for people."""
        return {True: "kept", False: "broken", None: "not measured"}[self.kept]


def judge(results: Results) -> list[Verdict]:
    """Every promise, beside what was measured."""
    return [verdict(promise, results) for promise in promises()]


def verdict(promise: Promise, results: Results) -> Verdict:
    """One promise. A client of ours that fails breaks it; nobody is compared with a failure."""
    ours = promise.ours.of(results)
    to = 1.0 if promise.to is None else promise.to.of(results)
    if isinstance(ours, str):
        return Verdict(promise=promise, found=ours, kept=False)
    if ours is None or not isinstance(to, float) or not to:
        return Verdict(promise=promise, found="-", kept=None)
    figure = ours / to
    kept = figure >= promise.limit if promise.at_least else figure <= promise.limit
    return Verdict(promise=promise, found=readable(figure, 3), kept=kept)


def promises() -> Iterator[Promise]:
    """All of them."""
    yield from about_starts()
    yield from about_calls()
    yield from about_streams()
    yield from about_growth()
    yield from about_files()
    for who in OURS:
        yield Promise(
            title=f"idle, {who.value}: CPU, ms a minute",
            ours=Point(row="idle", who=who, column=rows.IDLE),
            limit=NO_PROCESSOR,
        )


def about_starts() -> Iterator[Promise]:
    """Import and cold start, beside the official client."""
    for who in (Who.BLOCKING, Who.TRIO):
        yield compared("import", who, rows.CPU_MS, Who.OFFICIAL, 0.75)
    for who in OURS:
        yield compared("cold", who, rows.WALL_MS, Who.OFFICIAL, 0.5)


def about_calls() -> Iterator[Promise]:
    """Calls, beside bare sockets."""
    for who, processor, live, rate in ((Who.TRIO, 8, 1.15, 0.9), (Who.BLOCKING, 14, 1.3, 0.75)):
        yield compared("echo", who, rows.CPU_MS, Who.FLOOR, processor)
        yield compared("echo-live", who, rows.P50, Who.FLOOR, live)
        yield compared("flight-400", who, rows.RATE, Who.FLOOR, rate, at_least=True)
    for jobs in FLIGHTS:
        for who in OURS:
            yield Promise(
                title=f"flight-{jobs}, {who.value}: lost",
                ours=Point(row=f"flight-{jobs}", who=who, column=rows.LOST),
                limit=0,
            )


def about_streams() -> Iterator[Promise]:
    """The processor that an output takes, beside the official client and beside parsing."""
    for who in OURS:
        for kind in ("chat", "turns", "whole"):
            yield compared(f"{kind}-stream-{COMPARED}", who, rows.CPU_US, Who.OFFICIAL, 0.75)
            yield compared(f"{kind}-result-{COMPARED}", who, rows.CPU_US, Who.OFFICIAL, 0.6)
        yield compared(f"whole-stream-{COMPARED}", who, rows.CPU_US, Who.FLOOR, 2.5)
        yield compared(f"unchanged-stream-{COMPARED}", who, rows.CPU_US, Who.OFFICIAL, 0.1)


def about_growth() -> Iterator[Promise]:
    """Long streams beside short ones of the same client."""
    short, middle, long = SIZES
    for who in OURS:
        for kind in ("text", "chat"):
            for column, other, limit in (
                (rows.CPU_US, short, FLAT),
                (rows.MEMORY, middle, FLAT * long / middle),
            ):
                row, to = f"{kind}-stream-{long}", f"{kind}-stream-{other}"
                yield Promise(
                    title=f"{row} to {to}, {who.value}: {column.title}",
                    ours=Point(row=row, who=who, column=column),
                    to=Point(row=to, who=who, column=column),
                    limit=limit,
                )


def about_files() -> Iterator[Promise]:
    """Large files, beside the official client."""
    for who in OURS:
        for row in ("upload-500", "download-500"):
            yield compared(row, who, rows.CPU_S, Who.OFFICIAL, 1.2)
            yield Promise(
                title=f"{row}, {who.value}: memory, MB",
                ours=Point(row=row, who=who, column=rows.MEMORY),
                limit=NO_MEMORY,
            )


def compared(
    row: str, who: Who, column: Column, to: Who, limit: float, *, at_least: bool = False
) -> Promise:
    """A client of ours beside another contestant, in the same row."""
    return Promise(
        title=f"{row}, {who.value} to {to.value}: {column.title}",
        ours=Point(row=row, who=who, column=column),
        to=Point(row=row, who=to, column=column),
        limit=limit,
        at_least=at_least,
    )

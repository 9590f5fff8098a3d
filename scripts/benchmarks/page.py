"""What `scripts/bench --write` writes: a page with tables, the figures as JSON, README's table."""

from __future__ import annotations

import itertools
import json
import os
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks import rows
from scripts.benchmarks.chart import chart
from scripts.benchmarks.contestants import JAVASCRIPT, Who
from scripts.benchmarks.promises import Verdict, judge
from scripts.benchmarks.race import Outcome, Results
from scripts.benchmarks.rows import COMPARED, Column, Row, readable
from scripts.bootstrap import ROOT
from scripts.environments import official
from scripts.environments.servers import NEWEST

PAGE = Path("docs/reference/benchmarks.md")
README = Path("README.md")
BLOCK = re.compile(r"(?<=<!-- benchmarks -->\n).*?(?=<!-- end of benchmarks -->)", re.DOTALL)

HEAD = """# Benchmarks

`./scripts/bench --write` writes this page; `./scripts/bench --help` says how to measure on your
machine. Compare figures within a line: the ratios hold on other machines, the milliseconds do not.

"""
NAMES = {
    Who.FLOOR: "bare sockets that send and read the same bytes, and parse each message",
    Who.BLOCKING: "`gradio_client_httpx.Client`",
    Who.ASYNCIO: "`gradio_client_httpx.AsyncClient`",
    Who.TRIO: "`gradio_client_trio.Client`",
    Who.OFFICIAL: f"`gradio_client` {official.VERSION}",
    Who.JAVASCRIPT: f"`{JAVASCRIPT}`, under Node",
}
HOW = f"""
Every figure comes from a process of its own; contestants take turns. *Live* rows run against Gradio
{NEWEST}, the others against a server that sends prepared bytes of the same version as fast as it
can, so that they show what a client costs. CPU counts all threads of a client's process. Memory is
the most that the task adds to it.
"""

SMALL = (
    ("import", rows.CPU_MS),
    ("cold", rows.WALL_MS),
    ("echo", rows.CPU_MS),
    ("echo-live", rows.P50),
    ("flight-400", rows.EACH_MS),
    (f"chat-stream-{COMPARED}", rows.CPU_US),
    (f"whole-stream-{COMPARED}", rows.CPU_US),
    ("upload-500", rows.CPU_S),
    ("download-500", rows.CPU_S),
)
"""The lines in README, and those of the chart; less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was measured, and how."""

    rows: Sequence[Row]
    results: Results
    entrants: Sequence[Who]
    conditions: str

    def lines(self) -> Iterator[tuple[Row, Column]]:
        """Each line of the tables."""
        for row in self.rows:
            if row.key in self.results:
                for column in row.columns:
                    yield row, column

    def chosen(self) -> Iterator[tuple[Row, Column]]:
        """The lines of the small table."""
        return ((row, column) for row, column in self.lines() if (row.key, column) in SMALL)


def conditions(*, quick: bool) -> str:
    """The machine and the kind of run."""
    kind = "a short run (`--quick`)" if quick else "a whole run"
    system = f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}"
    return f"From {kind} on {system}, Python {platform.python_version()}."


def write(run: Run) -> list[Path]:
    """Write everything; returns what was written."""
    page = ROOT / PAGE
    texts = {
        page: page_text(run),
        page.with_suffix(".json"): document(run),
        page.with_suffix(".svg"): chart(
            {
                f"{row.title}: {column.title}": figures(run, row, column)
                for row, column in run.chosen()
            }
        ),
        ROOT / README: readme((ROOT / README).read_text(encoding="utf-8"), run),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return [*texts]


def page_text(run: Run) -> str:
    """The page."""
    parts = [HEAD, f"{run.conditions}\n\n![The chart of these figures](benchmarks.svg)\n\n"]
    parts += [table(["", ""], [[who.value, NAMES[who]] for who in run.entrants]), HOW]
    for group, lines in itertools.groupby(run.lines(), key=lambda line: line[0].group):
        parts += [f"\n## {group}\n\n", figures_table(run, list(lines))]
    parts += ["\n## What is promised\n\n", promises_table(judge(run.results))]
    return "".join(
        [*parts, "\nThe same figures, and more, as JSON: {download}`benchmarks.json`.\n"]
    )


def figures_table(run: Run, lines: Sequence[tuple[Row, Column]]) -> str:
    """A line for each figure, a column for each contestant."""
    head = ["", "", *(who.value for who in run.entrants)]
    body = [
        [row.title, column.title, *(cell(run, row, column, who) for who in run.entrants)]
        for row, column in lines
    ]
    return table(head, body)


def cell(run: Run, row: Row, column: Column, who: Who) -> str:
    """A figure, and how much of the task was done if not all was."""
    outcome = run.results[row.key].get(who)
    if outcome is None or isinstance(outcome, str):
        return "-" if outcome is None else "failed"
    figure = column.of(outcome)
    if figure is None:
        return "-" if column.top not in outcome else "none came"
    if outcome.get("lost") and rows.LOST not in row.columns:
        done, wanted = outcome["done"], outcome["done"] + outcome["lost"]
        return f"{readable(figure, column.digits)} ({done:,.0f} of {wanted:,.0f})"
    return readable(figure, column.digits)


def figures(run: Run, row: Row, column: Column) -> dict[Who, float]:
    """The figures of one line, of those who have one."""
    found = {who: value(column, run.results[row.key].get(who)) for who in run.entrants}
    return {who: figure for who, figure in found.items() if figure is not None}


def value(column: Column, outcome: Outcome | None) -> float | None:
    """A figure, if there is one."""
    return None if outcome is None or isinstance(outcome, str) else column.of(outcome)


def promises_table(verdicts: Sequence[Verdict]) -> str:
    """Every promise, kept or not."""
    body = [
        [each.promise.title, each.promise.limit_text(), each.found, each.word()]
        for each in verdicts
        if each.kept is not None
    ]
    return table(["", "promised", "found", ""], body)


def document(run: Run) -> str:
    """All that the workers said, as JSON; a failure is its text."""
    said = {
        key: {who.value: outcome for who, outcome in outcomes.items()}
        for key, outcomes in run.results.items()
    }
    return json.dumps({"conditions": run.conditions, "rows": said}, indent=1) + "\n"


def readme(text: str, run: Run) -> str:
    """README with the small table between its markers."""
    shown = [who for who in run.entrants if who is not Who.FLOOR]
    body = [
        [f"{row.title}: {column.title}", *(cell(run, row, column, who) for who in shown)]
        for row, column in run.chosen()
    ]
    block = table(["", *(who.value for who in shown)], body)
    return BLOCK.sub(lambda _: f"\n{block}\n", text)


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

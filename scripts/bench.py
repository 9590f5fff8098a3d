"""Our clients beside everybody: the same tasks, on the same machine, in the same minutes.

`benchmarks/rows.py` says what is measured, `benchmarks/contestants.py` who takes part, and
`benchmarks/promises.py` what must come of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatch

from scripts.benchmarks import page, streams
from scripts.benchmarks.contestants import contestants
from scripts.benchmarks.page import Run
from scripts.benchmarks.promises import Verdict, judge
from scripts.benchmarks.race import Race
from scripts.benchmarks.rows import Row, rows
from scripts.bootstrap import ROOT, BootstrapFailed
from tests.support.live import DidNotStart

DESCRIPTION = """\
Measure our clients beside bare sockets, gradio_client and @gradio/client.

Each figure comes from a fresh process. Live rows run against a real Gradio on this machine, all
others against a server that sends prepared bytes. Only ratios within a run mean anything, so do
nothing else on the machine meanwhile. Ctrl-C ends the run and keeps what was measured.
"""
EXAMPLES = """\
examples:
  ./scripts/bench --quick --check       what is promised, as far as a short run can tell
  ./scripts/bench --only 'whole-*'      one kind of stream, in all sizes
  ./scripts/bench --write               everything, and the page docs/reference/benchmarks.md
"""


def main(argv: list[str]) -> int:
    """Run the rows, print a table for each, and do with the figures what is asked."""
    given = arguments(argv)
    if given.streams:
        return streams.main(["--check"] if given.check else [])
    wanted = chosen(rows(quick=given.quick), given.only)
    if given.list:
        print("\n".join(f"{row.key:<24}{row.title}" for row in wanted))
        return 0
    try:
        run = measure(wanted, quick=given.quick)
    except (BootstrapFailed, DidNotStart) as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 1
    if given.write:
        for path in page.write(run):
            print(f"wrote {path.relative_to(ROOT)}")
    return check(judge(run.results)) if given.check else 0


def measure(wanted: list[Row], *, quick: bool) -> Run:
    """Run the rows, and print each; an interrupt keeps what is there."""
    entrants = contestants()
    race = Race(entrants, fresh=not quick)
    run = Run(
        rows=wanted,
        results=race.results,
        entrants=[each.who for each in entrants],
        conditions=page.conditions(quick=quick),
    )
    # What a short run has comes first, so that a run that is interrupted has it, too.
    ordered = sorted(wanted, key=lambda row: not row.quick)
    try:
        race.run(ordered, lambda row: show(run, row))
    except KeyboardInterrupt:
        more = f" It was interrupted after {len(race.results)} of {len(wanted)} rows."
        return replace(run, conditions=run.conditions + more)
    return run


def arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="./scripts/bench",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds: minutes")
    parser.add_argument("--check", action="store_true", help="fail if a promise is broken")
    parser.add_argument(
        "--write", action="store_true", help="write docs/reference/benchmarks.*, and README's table"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="ROW", help="rows by key, such as echo 'chat-*' (see --list)"
    )
    parser.add_argument("--list", action="store_true", help="name the rows and run none")
    parser.add_argument(
        "--streams", action="store_true", help="instead: 1,000 streams of trio beside bare h11"
    )
    given = parser.parse_args(argv)
    if given.write and given.only:
        parser.error("--write writes pages of all rows, so it does not go with --only")
    return given


def chosen(every: Iterable[Row], only: list[str] | None) -> list[Row]:
    """The rows whose keys are asked for; all, if none is."""
    return [row for row in every if only is None or any(fnmatch(row.key, name) for name in only)]


def show(run: Run, row: Row) -> None:
    """Print a row that was measured, and why somebody failed."""
    print(page.figures_table(run, [(row, column) for column in row.columns]), flush=True)
    for who, outcome in run.results[row.key].items():
        if isinstance(outcome, str):
            print(f"{who.value} failed: {outcome}\n", flush=True)


def check(verdicts: Iterable[Verdict]) -> int:
    """Print what became of each promise; 1 if one is broken."""
    broken = 0
    for verdict in verdicts:
        promise = verdict.promise
        print(f"{verdict.word():<13}{verdict.found:>8} {promise.limit_text():<7}{promise.title}")
        broken += verdict.kept is False
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

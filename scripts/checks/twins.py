"""Counts the code that stands in both drivers; with `--check`, fails when it is over the ceiling.

Lines of code are compared between modules of the same name, and counted where three or more in a
row are the same, imports too. What both drivers would write belongs in the core; what is left here
are the signatures that users read, and what waits in one driver and blocks in the other.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from scripts.checks.budgets import ROOT, code_lines

DRIVERS = ("gradio_client_httpx", "gradio_client_trio")
CEILING = 199
RUN = 3
"""Fewer lines than this in a row are the same by chance."""


def main(arguments: list[str]) -> int:
    """Print what each pair of modules shares, or with `--check` only that it is too much."""
    counts = dict(shared(*(next(ROOT.glob(f"packages/*/src/{driver}")) for driver in DRIVERS)))
    total = sum(counts.values())
    over = total > CEILING
    if "--check" not in arguments or over:
        for name, count in sorted(counts.items()):
            print(f"{count:4}  {name}")
        print(f"{total:4}  lines of code in runs of {RUN} or more; at most {CEILING}")
    return 1 if over and "--check" in arguments else 0


def shared(first: Path, second: Path) -> Iterator[tuple[str, int]]:
    """The name of each module that two folders have, and how many lines its twins share."""
    for path in sorted(first.glob("*.py")):
        twin = second / path.name
        if twin.exists():
            yield path.name, common(*(each.read_text(encoding="utf-8") for each in (path, twin)))


def common(first: str, second: str) -> int:
    """How many lines of code two sources share, in runs."""
    matcher = SequenceMatcher(None, code(first), code(second), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks() if block.size >= RUN)


def code(source: str) -> list[str]:
    """The lines of code of a module, in order."""
    lines = code_lines(source, ast.parse(source))
    return [line for number, line in enumerate(source.splitlines(), 1) if number in lines]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

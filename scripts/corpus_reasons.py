"""Why the two clients differ about some apps of the corpus; `scripts/corpus` prints the table.

A row names apps, a place and both values by patterns of the shell; values are JSON. A row that
explains nothing on one of its versions fails, and so does a difference that no row explains.
"""

from __future__ import annotations

from tests.support.corpus import Reason

NEW = ("6.31.0",)

DELIBERATE: tuple[Reason, ...] = (
    Reason(
        apps="generators",
        place="call* /count 1 outputs",
        official="[[]null[]]",
        ours="[[][]]",
        why="a generator that yields nothing has no output",
    ),
)
"""Where ours differs on purpose."""

FAULTS: tuple[Reason, ...] = ()
"""Where ours is wrong, and will be mended: such a row goes when the fault goes."""

REASONS = (*DELIBERATE, *FAULTS)

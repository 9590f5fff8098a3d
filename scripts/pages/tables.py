"""Writes the tables of docs/reference that the core itself can compute.

`generations.md`: what differs between the recorded versions, from their `/config` and `Dialect`;
what each is told of a cancelled job, from `choose_cancel_method`. `origins.md`: which origin sees
which secret, from `visible_secrets`. `--check` writes nothing, and fails when a page is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from gradio_protocol import Origin, origin
from gradio_protocol.app.config import read_config
from gradio_protocol.app.dialect import Cancelling, Delivery, Dialect, Edits, FileShape
from gradio_protocol.jobs.cancellation import CancelMethod, choose_cancel_method
from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Generated, Queued, Started
from gradio_protocol.jobs.pending_job import JoinState, PendingJob
from gradio_protocol.wire.headers import HUB, Identity, Secret, TokenSource, visible_secrets
from tests.support.transcripts import load, versions

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"

LEGEND = {"delivery": Delivery, "edits": Edits, "cancelling": Cancelling, "files": FileShape}
"""The fields of a dialect whose values are words of their own."""

Row: TypeAlias = "list[str]"

GENERATIONS = """# Generations of servers

Written by `scripts/pages/tables.py` from the recorded versions. A client picks one column by the
`protocol` and the `version` in `/config`, and asks it; nothing else in the code compares versions.

"""

CANCELLED = """
## What a server is told of a cancelled job

The caller's job ends at once in every case. In the session that all jobs share:

"""

ISOLATED = """
In a session of its own, where no other job can be harmed:

"""

ORIGINS = """# Which origin sees what

Written by `scripts/pages/tables.py` from `visible_secrets`, the one function that decides it.
*app* is the app's origin (scheme, host and port) once it is known; ● may be sent there, · never is.
"""


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them."""
    pages = {"generations.md": generations(), "origins.md": origins()}
    stale = [name for name, text in pages.items() if content(FOLDER / name) != text]
    if "--check" not in arguments:
        for name in stale:
            (FOLDER / name).write_text(pages[name], encoding="utf-8")
        return 0
    for name in stale:
        print(f"docs/reference/{name} is stale; run python -m scripts.pages.tables")
    return 1 if stale else 0


def content(path: Path) -> str | None:
    """What stands in a file, if it is there."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def generations() -> str:
    """What differs between the versions that were recorded."""
    newest_first = reversed(versions())
    known = {version: read_config(load(version, "config").body).dialect for version in newest_first}
    rows = [
        [f"`{field.name}`", *(word(getattr(dialect, field.name)) for dialect in known.values())]
        for field in fields(Dialect)
        if field.name != "version"
    ]
    parts = [GENERATIONS, table(["", *known], rows), "\n", legend()]
    for single, heading in ((False, CANCELLED), (True, ISOLATED)):
        parts += [heading, table(["the job is", *known], list(stops(known.values(), single)))]
    words = [[f"`{stop.name.lower()}`", stop.value] for stop in CancelMethod]
    return "".join([*parts, "\n", table(["", "means"], words)])


def legend() -> str:
    """The words of the enums in the first table."""
    rows = [
        [f"`{member.name.lower()}`", f"`{name}`", member.value]
        for name, kind in LEGEND.items()
        for member in kind
    ]
    return table(["word", "of", "means"], rows)


def word(value: object) -> str:
    """A value of a dialect, for a cell."""
    match value:
        case Enum():
            return f"`{value.name.lower()}`"
        case bool():
            return "yes" if value else "·"
        case None | "":
            return "·"
        case float():
            return f"{value:g} s"
        case _:
            return f"`{value}`"


def stops(dialects: Iterable[Dialect], single: bool) -> Iterator[Row]:
    """How a job is stopped, by its situation and the generation of the server."""
    known = [*dialects]
    for situation, started, sibling in (
        ("queued", False, False),
        ("running, and nobody wants another of its function", True, False),
        *([] if single else [("running, beside another that is wanted", True, True)]),
    ):
        job, other = seat(1, started=started), seat(2, started=True)
        others = [job, other] if sibling else [job]
        cells = [
            "direct"
            if dialect.delivery is Delivery.DIRECT
            else choose_cancel_method(
                job, others, dialect, single=single, listening=True
            ).name.lower()
            for dialect in known
        ]
        yield [situation, *(f"`{cell}`" if cell != "direct" else "·" for cell in cells)]


def seat(ticket: int, *, started: bool) -> PendingJob:
    """A joined job of one and the same function."""
    made = PendingJob(
        ticket, join_state=JoinState.JOINED, fn_index=0, stream=SHARED, event_id=str(ticket)
    )
    for message in (Started(), Generated(data=())) if started else (Queued(),):
        made.mailbox.put(message)
    return made


def origins() -> str:
    """Which secrets go where, for an app at each kind of place."""
    parts = [ORIGINS]
    for title, app in (
        ("A Space is being looked up", None),
        ("The app is a Space", "https://user-name.hf.space"),
        ("The app is anywhere, over https", "https://app.example"),
        ("The app is anywhere, over http", "http://127.0.0.1:7860"),
    ):
        rows = [
            [f"`{source.name.lower()}`" if secret is Secret.TOKEN else "", secret.value, *marks]
            for secret in Secret
            for source, marks in seen(secret, app)
        ]
        columns = [breakable(str(place)) for place in places(app)]
        columns[:1] = [f"*app*: {columns[0]}"] if app else columns[:1]
        parts += [f"\n## {title}\n\n", table(["token is", "secret", *columns], rows)]
    return "".join(parts)


def breakable(address: str) -> str:
    """An address that may be broken into lines where its parts begin, for the head of a column."""
    return address.replace("://", "://<wbr>").replace(".", "<wbr>.")


def places(app: str | None) -> list[Origin]:
    """The app's own origin, where it has one, and others that come near it."""
    others = ["https://user-name.hf.space", "https://other.hf.space", "https://stranger.example"]
    near = ["http://127.0.0.1:7861"] if app and app.startswith("http:") else []
    given = [app] if app else []
    found = dict.fromkeys([*map(origin, given), HUB, *map(origin, [*near, *others])])
    return [*found]


def seen(secret: Secret, app: str | None) -> Iterator[tuple[TokenSource, Row]]:
    """For each source of the token, where that matters: a mark for each place."""
    for source in TokenSource if secret is Secret.TOKEN else (TokenSource.PASSED,):
        identity = Identity(app=origin(app) if app else None, token="hf_x", source=source)
        marks = [
            "●" if secret in visible_secrets(identity, place) else "·" for place in places(app)
        ]
        yield source, marks


def table(head: Row, rows: list[Row]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

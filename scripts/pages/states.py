"""Draws docs/explanation/states.md from the core's tables; with `--check`, fails when it is stale.

The stages of a job come from `jobs/job_state.py`, the states of a stream and the outcomes of its
end from `jobs/event_stream.py`, and the rules from the docstrings of the modules that follow them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from gradio_protocol.jobs import event_stream, registry
from gradio_protocol.jobs.event_stream import (
    OUTCOMES,
    STREAM_TRANSITIONS,
    StreamInput,
    StreamOutcome,
    StreamState,
)
from gradio_protocol.jobs.job_state import TRANSITIONS, Cause, Stage
from gradio_protocol.jobs.orders import EndReason, StreamKind

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "states.md"

TEXT = """\
# States

Drawn by `scripts/pages/states.py` from the tables that the code runs on. Each table has an entry
for every state and every input.

## The life of a job

`TRANSITIONS` in `jobs/job_state.py`. Whatever arrives after a final stage is ignored.

{life}

{stages}

## A stream

`STREAM_TRANSITIONS` in `jobs/event_stream.py`. Each connection of a stream has an id of its own. An
input that is not drawn changes nothing.

{stream}

{states}

## The end of a stream

`OUTCOMES` in `jobs/event_stream.py`, for a stream on which messages are expected. Three reasons are
corrected first: any end after `close_stream` is `FINISHED`; `FINISHED` without it is `BROKEN` where
the server announces its close; `REFUSED` after the head is `BROKEN`.

{outcomes}

{kinds}

{endings}

## The rules of streams and mailboxes

Rules 1 and 2 are in `jobs/registry.py`, the others in `jobs/event_stream.py`.

{rules}
"""

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=Enum)


def main(arguments: list[str]) -> int:
    """Write the page, or check the one there is."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.relative_to(ROOT)}: stale; run python -m scripts.pages.states")
    return 1


def page() -> str:
    """The whole page."""
    return TEXT.format(
        life="\n".join(life()),
        stages="\n".join((*words("stage", Stage), "", *words("cause", Cause))),
        stream="\n".join(diagram(arrows(STREAM_TRANSITIONS))),
        states="\n".join((*words("state", StreamState), "", *words("input", StreamInput))),
        outcomes="\n".join(outcomes()),
        kinds="\n".join(words("stream", StreamKind)),
        endings="\n".join((*words("reason", EndReason), "", *words("outcome", StreamOutcome))),
        rules="\n".join((*rules(registry), *rules(event_stream))),
    )


def life() -> Iterator[str]:
    """The stages: those that are not final together, since every one of them may end the same."""
    drawn = arrows(TRANSITIONS)
    ends = {(b, label) for (_, b), label in drawn.items() if Stage[b].is_final}
    alive = [s.name for s in Stage if not s.is_final]
    shared = {(b, label) for b, label in ends if all(drawn.get((a, b)) == label for a in alive)}
    inner = {(a, b): label for (a, b), label in drawn.items() if (b, label) not in shared}
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> STARTING"
    yield "    state alive {"
    for (a, b), label in inner.items():
        yield f"        {a} --> {b} : {label}"
    yield "    }"
    for b, label in sorted(shared):
        yield f"    alive --> {b} : {label}"
        yield f"    {b} --> [*]"
    yield "```"


def arrows(table: Mapping[S, Mapping[C, S]]) -> dict[tuple[str, str], str]:
    """From where to where, and the causes, for all that changes something."""
    found: dict[tuple[str, str], str] = {}
    for source, row in table.items():
        for cause, target in row.items():
            if target is not source:
                key = (source.name, target.name)
                word = cause.name.lower()
                found[key] = f"{found[key]}, {word}" if key in found else word
    return found


def diagram(drawn: Mapping[tuple[str, str], str]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    first = next(iter(drawn))[0]
    yield f"    [*] --> {first}"
    for (source, target), label in drawn.items():
        yield f"    {source} --> {target} : {label}"
    yield "```"


def outcomes() -> Iterator[str]:
    """The outcome, by the kind of the stream and the reason for its end."""
    yield f"| | {' | '.join(ending.name for ending in EndReason)} |"
    yield f"| --- |{' --- |' * len(EndReason)}"
    for kind, row in OUTCOMES.items():
        yield f"| {kind.name} | {' | '.join(outcome.name for outcome in row.values())} |"


def words(title: str, members: type[Enum]) -> Iterator[str]:
    """What each member of an enum stands for, in its own words."""
    yield f"| {title} | |"
    yield "| --- | --- |"
    for member in members:
        yield f"| {member.name} | {member.value} |"


def rules(module: ModuleType) -> Iterator[str]:
    """The numbered rules in the docstring of a module."""
    text = module.__doc__ or ""
    for number, rule in re.findall(r"^(\d+)\. (.+(?:\n   .+)*)", text, re.MULTILINE):
        yield f"{number}. {' '.join(rule.split())}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

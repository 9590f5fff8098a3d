"""Asks the official client and ours about the corpus of small apps, and judges what differs.

`python -m scripts.pages.corpus` takes one of these arguments:

nothing      plays all versions, says what differs without a reason, and writes the page
`VERSION…`   plays some of them, and only says
`--write`    plays the newest, and records what the official client says
`--check`    plays nothing; fails when the page is not what the table of reasons says

Reasons are in `scripts/pages/corpus_reasons.py`, the page is `docs/reference/corpus.md`, and the
record is for the test that runs without the official client, `tests/live/test_corpus.py`.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gradio_client_httpx
from scripts.bootstrap import ROOT
from scripts.environments.servers import NEWEST
from scripts.pages.corpus_reasons import REASONS
from tests.support import corpus
from tests.support.apps import caller
from tests.support.corpus import Difference, Reason

PAGE = ROOT / "docs" / "reference" / "corpus.md"
VERSIONS = ("4.44.1", "5.50.0", NEWEST)
HEAD = """# How answers differ from the official client's

Written by `scripts/pages/corpus.py`. It serves the small apps of `tests/support/apps/corpus/` with
Gradio 4.44.1, 5.50.0 and 6.31.0, and has the official client 2.7.2 and ours describe each app and
call each of its endpoints. Every difference has a reason in this table; `*` stands for anything.

"""


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; 1 if anything is amiss."""
    if arguments == ["--check"]:
        return check()
    if arguments == ["--write"]:
        return record()
    faults = [fault for version in arguments or VERSIONS for fault in play(version)]
    print("".join(f"{fault}\n" for fault in faults), end="")
    if not arguments:
        PAGE.write_text(page(), encoding="utf-8")
    return 1 if faults else 0


def check() -> int:
    """Whether the page is up to date."""
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE.relative_to(ROOT)} is stale; run python -m scripts.pages.corpus")
    return 1


def record() -> int:
    """Record what the official client says on the newest Gradio."""
    with tempfile.TemporaryDirectory() as folder:
        room, downloads = folders(folder, "room", "downloads")
        with corpus.served(room) as served:
            answers = served.ask_official(downloads)
    corpus.RECORDED.parent.mkdir(exist_ok=True)
    text = json.dumps(answers, sort_keys=True, indent=0)
    corpus.RECORDED.write_bytes(lzma.compress(text.encode(), preset=9))
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{len(answers)} apps, {corpus.RECORDED.stat().st_size} bytes")
    return 0


def play(version: str) -> Iterator[str]:
    """What is amiss on one version, a line each."""
    with tempfile.TemporaryDirectory() as folder:
        room, *downloads = folders(folder, "room", "theirs", "ours")
        with corpus.served(room, version) as served:
            theirs = served.ask_official(downloads[0])
            ours = caller.ask(gradio_client_httpx, served.question(downloads[1]))
    found = corpus.compare(theirs, ours)
    print(f"{version}: {len(theirs)} apps, {len(found)} differences", flush=True)
    for difference in corpus.unexplained(found, REASONS, version):
        yield f"{version} {told(difference)}"
    for reason in corpus.without_effect(found, REASONS, version):
        yield f"{version}: a reason explains nothing: {reason.why} ({reason.apps}: {reason.place})"
    for endpoint in corpus.uncalled(served, theirs):
        yield f"{version}: nobody calls {endpoint}"


def folders(parent: str, *names: str) -> list[Path]:
    """New folders in this one."""
    made = [Path(parent, name) for name in names]
    for folder in made:
        folder.mkdir()
    return made


def told(difference: Difference) -> str:
    return (
        f"{difference.app}: {difference.place}\n"
        f"  official: {difference.official!r}\n  ours:     {difference.ours!r}"
    )


def page() -> str:
    """The page of all reasons."""
    return HEAD + "".join(table(REASONS))


def table(reasons: tuple[Reason, ...]) -> Iterator[str]:
    yield "| apps | Gradio | where | official client 2.7.2 | ours | why |\n"
    yield "| --- | --- | --- | --- | --- | --- |\n"
    for each in reasons:
        values = [code(text) for text in (each.place, each.official, each.ours)]
        cells = [code(each.apps), ", ".join(each.versions), *values, each.why]
        yield f"| {' | '.join(cells)} |\n"


def code(text: str) -> str:
    """A pattern as the page shows it."""
    return f"`` {text.replace('|', chr(92) + '|')} ``"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

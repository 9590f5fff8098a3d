"""What users write for the official client does the same here, but for the import line.

And where it does something else on purpose, it does just that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.environments import official
from scripts.environments.servers import NEWEST
from tests.support.hub import hub
from tests.support.live import QUIET, Fleet

FOLDER = Path(__file__).parent.parent / "support" / "apps" / "examples"
DIFFERENCES = "differences"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__main__")
SAME = [name for name in NAMES if name != DIFFERENCES]

DIFFERENT = {
    "iterating a failed job": ("['x', 'xx']", "AppError"),
    "a second for": ("[[0, 1, 2], []]", "[[0, 1, 2], [0, 1, 2]]"),
    "a generator that yields nothing": ("[None, [None]]", "[None, []]"),
    "a cancelled job": ("False", "True"),
    "cancel of a job that is over": ("[True, 'CANCELLED']", "[False, 'FINISHED']"),
    "as_completed": ("KeyError", "['a', 'b', 'c']"),
    "an address where nobody listens": ("ConnectError", "TransportFailed"),
    "an address where no app is": ("ValueError", "RemoteError"),
    "more arguments than parameters": ("a", "InvalidArguments"),
    "an api_name without its slash": ("ValueError", "a"),
    "the version": ("Version", "str"),
    "how it is shown": ("Client.predict() Usage Info", "Client('…')"),
    "async for": ("IN_QUEUE", "JOINING_QUEUE"),
}
"""What is told by the official client, and by ours: the table in the how-to on migrating."""
ATTEMPTS = 3
"""The official client loses a job now and then; an example that fails with it is tried again."""
OURS = ("renamed", "installed")
Said = dict[str, str]


@pytest.fixture(scope="module")
def said(fleet: Fleet) -> dict[str, Said]:
    """What each example prints, by how it is run."""
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(fleet.server, NEWEST), pool.submit(fleet.server, NEWEST, AUTH="1")
        urls = [server.result().url for server in starting]
        theirs = pool.submit(theirs_of, urls)
        ours = {how: pool.submit(run, sys.executable, how, NAMES, urls) for how in OURS}
        runs = {"official": theirs, **ours}
        return {how: each.result() for how, each in runs.items()}


def theirs_of(urls: list[str]) -> Said:
    python, found, left = str(official.ensure()), Said(), NAMES
    for _ in range(ATTEMPTS):
        found |= run(python, "official", left, urls)
        left = [name for name, text in found.items() if "Traceback" in text]
        if not left:
            break
    return found


def run(python: str, how: str, names: Iterable[str], urls: list[str]) -> Said:
    with hub(urls[0]) as spaces:
        there = {"HF_ENDPOINT": spaces.url, "HF_HUB_OFFLINE": "0", "HF_TOKEN": "hf_saved"}
        done = subprocess.run(
            [python, str(FOLDER), how, ",".join(names), *urls],
            env={**os.environ, **QUIET, **there},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: Said = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("how", OURS)
@pytest.mark.parametrize("name", SAME)
def test_an_example_prints_what_it_prints_with_the_official_client(
    said: dict[str, Said], name: str, how: str
) -> None:
    assert said[how][name] == said["official"][name]
    assert "Traceback" not in said[how][name]
    assert said[how][name]


@pytest.mark.slow
def test_what_is_different_is_what_the_documentation_says(said: dict[str, Said]) -> None:
    theirs, ours = (told(said[how][DIFFERENCES]) for how in ("official", "renamed"))
    assert {row: (theirs[row], ours[row]) for row in theirs} == DIFFERENT


@pytest.mark.slow
def test_in_its_place_the_version_can_be_compared_as_well(said: dict[str, Said]) -> None:
    renamed, installed = (told(said[how][DIFFERENCES]) for how in OURS)
    assert installed == renamed | {"the version": "Version"}


def told(text: str) -> dict[str, str]:
    return {row: what for row, _, what in (line.partition(": ") for line in text.splitlines())}

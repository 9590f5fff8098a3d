"""What users write for the official client does the same here, but for the import line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import official
from scripts.servers import NEWEST
from tests.support.hub import hub
from tests.support.live import QUIET, Fleet

FOLDER = Path(__file__).parent.parent / "support" / "apps" / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__main__")
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
@pytest.mark.parametrize("name", NAMES)
def test_an_example_prints_what_it_prints_with_the_official_client(
    said: dict[str, Said], name: str, how: str
) -> None:
    assert said[how][name] == said["official"][name]
    assert "Traceback" not in said[how][name]
    assert said[how][name]

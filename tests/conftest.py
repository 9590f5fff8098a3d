"""How hypothesis draws in every test, that interrupts come, and which versions each client meets.

A profile, chosen by `--hypothesis-profile`, says how many examples a random test draws:

`fixed`    the usual 100, the same in each run and on each machine
`fast`     15 of those, for `scripts/test --fast`
`explore`  2,000 new ones in each run, for `scripts/test --explore`
"""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest
import trio.testing
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.support import autojump

HOME = Path(__file__).parents[1] / ".tools" / "hypothesis"
"""`examples` keeps what failed while exploring, so that the next run begins with it, and `patches`
has the same as examples to be added to the tests.
"""
set_hypothesis_home_dir(HOME)

PATIENT = settings(
    max_examples=100,
    derandomize=False,  # which hypothesis would turn on in CI
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # on a busy machine
    print_blob=True,
)
settings.register_profile("fixed", PATIENT, derandomize=True)
settings.register_profile("fast", settings.get_profile("fixed"), max_examples=15)
found = DirectoryBasedExampleDatabase(HOME / "examples")
settings.register_profile("explore", PATIENT, max_examples=2000, database=found)
settings.load_profile("fixed")


@pytest.hookimpl(trylast=True)  # hypothesis loads the profile of the command line first
def pytest_configure(config: pytest.Config) -> None:
    """Have fixed draws depend on nothing but the test.

    Hypothesis mixes in constants from the source of whatever local modules are imported by then.
    Which ones count as local depends on the path of the checkout (none do below a folder called
    `test`), and which are imported depends on the tests that ran before.
    """
    if settings().derandomize:
        nothing = Constants()
        pytest.MonkeyPatch().setattr(providers, "_get_local_constants", lambda: nothing)


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of every collection of garbage from now on."""
    gc.freeze()


SAMPLE = ("3.41.2", "3.50.2", "4.7.1", "6.31.0")
"""The versions that two clients of three meet outside `--matrix`: one for each transport.

What differs between others is decided by the core, which they share with the blocking client.
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of two clients against other versions to `scripts/test --matrix`."""
    if os.environ.get("GRADIO_MATRIX") == "1":
        return
    config.hook.pytest_deselected(items=[item for item in items if _is_for_matrix(item)])
    items[:] = [item for item in items if not _is_for_matrix(item)]


def _is_for_matrix(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    values = callspec.params if callspec else {}
    driver = values.get("driver", values.get("subject"))
    return driver in ("asyncio", "trio") and values.get("version", SAMPLE[0]) not in SAMPLE


# A shell has its background jobs ignore interrupts, and a test that sends one would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def autojump_clock(monkeypatch: pytest.MonkeyPatch) -> trio.testing.MockClock:
    """In place of pytest-trio's, which jumps beside threads and sockets too."""
    return autojump.autojump_clock(monkeypatch)

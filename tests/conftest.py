"""What holds for every test: how hypothesis searches, and that interrupts come.

`--hypothesis-profile` chooses another profile: `fast` for seconds, `long` for a night.
"""

from __future__ import annotations

import os
import signal

import pytest
import trio.testing
from hypothesis import settings

from tests.support import autojump

settings.register_profile("here", deadline=None, derandomize=True, database=None)
settings.register_profile("ci", settings.get_profile("here"), print_blob=True)
settings.register_profile("fast", settings.get_profile("here"), max_examples=15)
settings.register_profile("long", deadline=None, max_examples=5000, print_blob=True)
"""By hand: `scripts/test tests/simulation --hypothesis-profile=long`."""
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A shell has its background jobs ignore interrupts, and a test that sends one would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def autojump_clock(monkeypatch: pytest.MonkeyPatch) -> trio.testing.MockClock:
    """In place of pytest-trio's, which jumps beside threads and sockets too."""
    return autojump.autojump_clock(monkeypatch)

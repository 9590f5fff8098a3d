"""The threads of blocking clients, as the tests see them: which there are, and that they end."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Collection, Generator
from contextlib import contextmanager

from tests.support.latch import PATIENCE

SOON = 20.0
"""Seconds: plenty on a busy machine, and less than any pause or timeout of a client lasts here."""


def client_threads() -> set[threading.Thread]:
    """Those that run now, also what is left of clients that earlier tests closed."""
    return {thread for thread in threading.enumerate() if thread.name == "gradio-client"}


def wait_until_ended(threads: Collection[threading.Thread]) -> None:
    """Wait for threads that have no more to do, and let go of what only they held."""
    deadline = time.monotonic() + PATIENCE
    while any(thread.is_alive() for thread in threads) and time.monotonic() < deadline:
        gc.collect()  # a thread may have held the last reference when this was called before
        for thread in threads:
            thread.join(0.05)
    assert not [thread for thread in threads if thread.is_alive()]


@contextmanager
def soon() -> Generator[None]:
    """What is done here waits for no server, and leaves no thread of a client behind."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < SOON
    wait_until_ended(client_threads())

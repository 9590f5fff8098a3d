"""Children of the process that runs the tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.support.latch import PATIENCE


def in_child(function: Callable[[], object]) -> bool:
    """Whether a function gives something true in a child of this process, and in time."""
    child = os.fork()
    if child == 0:
        signal.alarm(int(PATIENCE))  # ends a child that hangs
        try:
            os._exit(0 if function() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

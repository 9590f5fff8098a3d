"""Warns if a blocking call is made in an event loop.

The call stops the loop, and never returns if the app that it waits for runs in the same loop.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from typing import Any

_PACKAGE = __name__.partition(".")[0]


class BlockingCallWarning(UserWarning):
    """A blocking call was made in a thread that runs an event loop, and stops that loop.

    `warnings.simplefilter("ignore", BlockingCallWarning)` turns the warning off.
    """


def warn_in_loop(call: str, instead: str) -> None:
    """Warn the caller of this package if an asyncio loop runs in this thread.

    `call` names the blocking call, `instead` what to use in its place. Notebooks get no warning:
    all of their code runs in a loop, which nothing else uses while a cell runs.
    """
    if not is_in_loop():
        return
    if not _is_notebook():
        text = (
            f"{call} blocks this thread's event loop until the app has answered, or forever"
            f" if the app itself runs in this loop; use an AsyncClient, or {instead}"
        )
        warnings.warn(text, BlockingCallWarning, stacklevel=_find_stack_level())


def is_in_loop() -> bool:
    """Whether an asyncio loop runs in this thread."""
    asyncio: Any = sys.modules.get("asyncio")  # importing it takes 20 ms
    # While another thread imports asyncio, the module exists but has no functions yet.
    get_loop = getattr(asyncio, "_get_running_loop", None)
    return get_loop is not None and get_loop() is not None


def _is_notebook() -> bool:
    # While another thread imports IPython, the module exists but has no get_ipython yet.
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return shell is not None and shell() is not None


def _find_stack_level() -> int:
    """Return the `stacklevel` of the first frame outside this package."""
    # Python 3.12 and later could use `skip_file_prefixes` of `warnings.warn`.
    frame, depth = inspect.currentframe(), 0
    while frame and str(frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE:
        frame, depth = frame.f_back, depth + 1
    return depth

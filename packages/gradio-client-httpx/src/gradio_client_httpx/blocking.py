"""Says that a call blocks an event loop, before it does: it may wait for an app in that loop."""

from __future__ import annotations

import asyncio
import inspect
import sys
import warnings
from types import FrameType
from typing import Any

_PACKAGE = __name__.partition(".")[0]


class BlockingCallWarning(UserWarning):
    """A call that blocks was made in a thread that runs an event loop, which it stops meanwhile.

    `warnings.simplefilter("ignore", BlockingCallWarning)` turns it off.
    """


def warn_in_loop(call: str, instead: str) -> None:
    """Warn the caller of this package, if an asyncio loop runs in this thread.

    `call`: what was called; `instead`: what to do. Nothing is said in notebooks, where all code
    runs in a loop that nothing else needs meanwhile.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if not _is_notebook():
        text = (
            f"{call} stops this thread's event loop until the app has answered, and for ever"
            f" if the app itself runs in this loop; {instead}"
        )
        warnings.warn(text, BlockingCallWarning, stacklevel=_depth())


def _is_notebook() -> bool:
    ipython: Any = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def _depth() -> int:
    """The place of the first frame that is not this package's, as `warnings.warn` counts."""
    # `skip_file_prefixes` would do it, from Python 3.12 on.
    frame, depth = inspect.currentframe(), 0
    while frame is not None and _package(frame) == _PACKAGE:
        frame, depth = frame.f_back, depth + 1
    return depth


def _package(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]

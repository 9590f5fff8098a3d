"""A progress bar for one job, where the caller has asked for it (`with_options(progress=True)`).

It shows the place in the queue, the steps of `gr.Progress`, and how long it may take. tqdm draws
it where that is installed, in notebooks too; elsewhere it is one line on standard error, drawn
only if that is a terminal. What cannot be drawn takes nothing from the job: threads draw, so that
a terminal that stands still holds nobody up.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import trio

from gradio_protocol import UNCOUNTED, OutputUpdate, Progress, ProgressTicker, StatusUpdate

_log = logging.getLogger("gradio_client_trio")


async def follow(
    updates: AsyncIterator[StatusUpdate | OutputUpdate], title: str, threads: trio.CapacityLimiter
) -> None:
    """Draw a job to its end; takes a task."""
    run = partial(trio.to_thread.run_sync, abandon_on_cancel=True, limiter=threads)
    try:
        drawn, ticker = await run(Bar, title), ProgressTicker()
        async for update in updates:
            progress = ticker.update(update, time.monotonic())
            if progress is not None:
                await run(drawn.show, progress)
        await run(drawn.close)
    except Exception:  # noqa: BLE001 - a bar is worth no more than a line in the log
        _log.debug("%s: the progress bar failed", title, exc_info=True)


class Bar:
    """One job's bar, of which nothing is drawn yet."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._tqdm: Any = None
        with contextlib.suppress(ImportError):
            from tqdm.auto import tqdm

            # tqdm would start a thread that looks after its bars.
            quiet: Any = type("Bar", (tqdm,), {"monitor_interval": 0})
            self._tqdm = quiet(desc=title, leave=False, file=_STDERR, bar_format=UNCOUNTED)

    def show(self, progress: Progress) -> None:
        """Draw."""
        if self._tqdm is not None:
            self._tqdm.__dict__.update(progress.attributes)
            self._tqdm.refresh()
        elif _STDERR.isatty():
            _STDERR.write(f"\r{progress.line(self._title)}")
            _STDERR.flush()

    def close(self) -> None:
        """Leave what was drawn."""
        if self._tqdm is not None:
            self._tqdm.close()
        elif _STDERR.isatty():
            _STDERR.write("\n")
            _STDERR.flush()


class _Stderr:
    """Standard error, whatever that is by now; what it cannot take is lost.

    tqdm never gives back the lock of all its bars if a write fails.
    """

    def write(self, text: str) -> None:
        with contextlib.suppress(Exception):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(Exception):
            sys.stderr.flush()

    def isatty(self) -> bool:
        return bool(sys.stderr) and sys.stderr.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


_STDERR = _Stderr()

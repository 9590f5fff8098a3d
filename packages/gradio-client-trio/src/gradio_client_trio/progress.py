"""Draws the progress bar of a job, for `with_options(progress=True)`.

The bar shows the place in the queue, the steps of `gr.Progress`, and the expected time. tqdm draws
it if it is installed, in notebooks too; otherwise it is one line on standard error, if that is a
terminal. An error while drawing does not affect the job.
Threads draw, because a terminal that is paused blocks the write.
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
    """Draw a job's progress until it ends."""
    run = partial(trio.to_thread.run_sync, abandon_on_cancel=True, limiter=threads)
    try:
        drawn, ticker = await run(Bar, title), ProgressTicker()
        async for update in updates:
            progress = ticker.update(update, time.monotonic())
            if progress is not None:
                await run(drawn.show, progress)
        await run(drawn.close)
    except Exception:  # noqa: BLE001 - a failed bar must not affect the job
        _log.debug("%s: the progress bar failed", title, exc_info=True)


class Bar:
    """The progress bar of one job."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._tqdm: Any = None
        with contextlib.suppress(ImportError):
            from tqdm.auto import tqdm

            # Without an interval, tqdm starts no thread to monitor its bars.
            quiet: Any = type("Bar", (tqdm,), {"monitor_interval": 0})
            self._tqdm = quiet(desc=title, leave=False, file=_STDERR, bar_format=UNCOUNTED)

    def show(self, progress: Progress) -> None:
        """Draw the progress."""
        if self._tqdm is not None:
            self._tqdm.__dict__.update(progress.attributes)
            self._tqdm.refresh()
        elif _STDERR.isatty():
            _STDERR.write(f"\r{progress.line(self._title)}")
            _STDERR.flush()

    def close(self) -> None:
        """End the bar."""
        if self._tqdm is not None:
            self._tqdm.close()
        elif _STDERR.isatty():
            _STDERR.write("\n")
            _STDERR.flush()


class _Stderr:
    """The current `sys.stderr`, without its errors: what cannot be written is lost.

    If a write raises, tqdm keeps the lock that all of its bars share, for ever.
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

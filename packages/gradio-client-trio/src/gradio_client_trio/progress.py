"""Draws the progress bar of a job, for `with_options(progress=True)`.

The bar shows the place in the queue, the steps of `gr.Progress`, and the expected time. tqdm draws
it if it is installed, in notebooks too; otherwise it is one line on standard error, if that is a
terminal. An error while drawing does not affect the job.
Threads draw, because a terminal that is paused blocks the write.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import AsyncIterator
from functools import partial

import trio

from gradio_protocol import OutputUpdate, StatusUpdate
from gradio_protocol.clients import ProgressBar

_log = logging.getLogger("gradio_client_trio")


async def follow(
    updates: AsyncIterator[StatusUpdate | OutputUpdate], title: str, threads: trio.CapacityLimiter
) -> None:
    """Draw a job's progress until it ends."""
    # Abandoned on a cancel: a paused terminal may block the write forever, and the block of the
    # client must end all the same.
    run = partial(trio.to_thread.run_sync, abandon_on_cancel=True, limiter=threads)
    try:
        bar = await run(make_bar, title)
        async for update in updates:
            progress = bar.update(update, time.monotonic())
            if progress is not None:
                await run(bar.show, progress)
        await run(bar.close)
    except Exception:  # noqa: BLE001 - a failed bar must not affect the job
        _log.debug("%s: the progress bar failed", title, exc_info=True)


def make_bar(title: str) -> ProgressBar:
    """Make the bar of one job."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return ProgressBar(title, None, lambda: sys.stderr)
    return ProgressBar(title, tqdm, lambda: sys.stderr)

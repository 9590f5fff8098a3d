"""Draws the progress bar of a job, for `with_options(progress=True)`.

The bar shows the place in the queue, the steps of `gr.Progress`, and the expected time. tqdm draws
it if it is installed, in notebooks too; otherwise it is one line on standard error, if that is a
terminal. An error while drawing does not affect the job.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable

from gradio_protocol import OutputUpdate, StatusUpdate
from gradio_protocol.clients import ProgressBar

_log = logging.getLogger("gradio_client_httpx")


def follow(updates: Iterable[StatusUpdate | OutputUpdate], title: str) -> None:
    """Draw a job's progress until it ends. Blocks."""
    try:
        bar = make_bar(title)
        for update in updates:
            progress = bar.update(update, time.monotonic())
            if progress is not None:
                bar.show(progress)
        bar.close()
    except Exception:  # noqa: BLE001 - a failed bar must not affect the job
        _log.debug("%s: the progress bar failed", title, exc_info=True)


def make_bar(title: str) -> ProgressBar:
    """Make the bar of one job."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return ProgressBar(title, None, lambda: sys.stderr)
    return ProgressBar(title, tqdm, lambda: sys.stderr)

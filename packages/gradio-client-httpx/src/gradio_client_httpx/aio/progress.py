"""Draws the progress bar of a job, for `with_options(progress=True)`.

Threads draw, because a terminal that is paused blocks the write.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from gradio_protocol import OutputUpdate, StatusUpdate

from ..progress import make_bar

_log = logging.getLogger("gradio_client_httpx")


async def follow(updates: AsyncIterator[StatusUpdate | OutputUpdate], title: str) -> None:
    """Draw a job's progress until it ends."""
    try:
        bar = await asyncio.to_thread(make_bar, title)
        async for update in updates:
            progress = bar.update(update, time.monotonic())
            if progress is not None:
                await asyncio.to_thread(bar.show, progress)
        await asyncio.to_thread(bar.close)
    except Exception:  # noqa: BLE001 - a failed bar must not affect the job
        _log.debug("%s: the progress bar failed", title, exc_info=True)

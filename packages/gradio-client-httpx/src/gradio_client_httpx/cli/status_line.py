"""Shows on standard error how a job is getting on: one live line, or plain lines in a log.

The line is rewritten in place on a terminal. Elsewhere, each change that matters in a log is
printed on a line: the place in the queue, each tenth of the progress or of a transfer, the app's
messages.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TextIO
from unicodedata import east_asian_width

from gradio_protocol import OutputUpdate, StatusUpdate
from gradio_protocol.clients import Progress, ProgressBar

from .listing import plain

_CLEAR = "\r\x1b[K"


class StatusLine:
    """The status of one job on a terminal, rewritten in place."""

    def __init__(self, file: TextIO, title: str) -> None:
        self._file = file
        self._title = title
        self._bar = ProgressBar(title, None, lambda: file)
        self._shown = False

    def update(self, update: StatusUpdate | OutputUpdate) -> None:
        """Show an update."""
        if isinstance(update, StatusUpdate) and update.log is not None:
            self.clear()
            self._file.write(f"{log_text(update.log)}\n")
        progress = self._bar.update(update, time.monotonic())
        if progress is not None:
            rewrite_line(self._file, plain(progress.line(self._title)))
            self._shown = True

    def clear(self) -> None:
        """Remove the line, so that other text can be written."""
        if self._shown:
            rewrite_line(self._file, "")
            self._shown = False


class StatusLog:
    """The status of one job as plain lines."""

    def __init__(self, file: TextIO, title: str) -> None:
        self._file = file
        self._title = title
        self._last = ""

    def update(self, update: StatusUpdate | OutputUpdate) -> None:
        """Write a line, if the update says something new."""
        if not isinstance(update, StatusUpdate):
            return
        if update.log is not None:
            self._file.write(f"{log_text(update.log)}\n")
            self._file.flush()
            return
        text = log_line(update)
        if text and text != self._last:
            self._file.write(f"{self._title}: {text}\n")
            self._file.flush()
        self._last = text or self._last

    def clear(self) -> None:
        """Do nothing: there is no line to remove."""


def can_rewrite(file: TextIO) -> bool:
    """Whether a file is a terminal that can erase a line."""
    return file.isatty() and os.environ.get("TERM") != "dumb"


def rewrite_line(file: TextIO, text: str) -> None:
    """Replace the line of a terminal by as much of a text as fits on it."""
    file.write(f"{_CLEAR}{_fit(text, _columns(file) - 1)}")
    file.flush()


def _columns(file: TextIO) -> int:
    """Return the width of the terminal that a file is; standard output may be elsewhere."""
    try:
        columns = os.get_terminal_size(file.fileno()).columns
    except OSError:
        columns = 0
    return columns or shutil.get_terminal_size().columns


def _fit(text: str, columns: int) -> str:
    """Cut a text to so many columns, of which a Chinese letter or an emoji takes two."""
    for end, letter in enumerate(text):
        columns -= 2 if east_asian_width(letter) in "WF" else 1
        if columns < 0:
            return text[:end]
    return text


def log_text(log: tuple[str, str]) -> str:
    """Return a message of the app, such as `warning: mind the gap`."""
    text, level = log
    return f"{plain(level)}: {plain(text)}"


def log_line(update: StatusUpdate) -> str:
    """Return the line for an update; empty if a reader of a log does not want it."""
    # The first in the queue is about to run, which a log need not say.
    if not (update.rank or update.progress_data or update.transferred is not None):
        return ""
    progress = Progress.of(update, 0)
    if progress.done is None or not progress.total:
        return plain(progress.text)
    return f"{plain(progress.text)} {10 * int(10 * progress.done / progress.total)}%"

"""A job's progress bar: its text, its numbers, and how it is drawn.

The driver passes in tqdm, if that is installed, the clock and standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ..dataclass import dataclass
from ..jobs.status import Status
from .updates import OutputUpdate, StatusUpdate

_UNCOUNTED: Final = "{desc}: {elapsed}{postfix}"
"tqdm's format for a bar without a total."
_WIDTH = 79
_REDRAW_INTERVAL = 0.1
"Seconds between redraws that change only the number of steps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One state of a progress bar."""

    text: str
    done: float | None = None
    "Steps or bytes, or a part of 1; None: unknown."
    total: float | None = None

    @classmethod
    def of(cls, update: StatusUpdate, outputs: int) -> Progress:
        """Return what to show after this update, given the number of outputs so far."""
        eta = f", about {update.eta:.0f} s" if update.eta else ""
        match update:
            case StatusUpdate(code=Status.IN_QUEUE, rank=int(rank)):
                # The server counts ranks from 0.
                of = f" of {update.queue_size}" if update.queue_size else ""
                return cls(text=f"queue: {rank + 1}{of}{eta}")
            # The innermost bar, which moves the most.
            case StatusUpdate(progress_data=[*_, unit]):
                done, total = (
                    (unit.progress, 1) if unit.index is None else (unit.index, unit.length)
                )
                return cls(text=f"{unit.desc or 'running'}{eta}", done=done, total=total)
            case StatusUpdate(transferred=moved) if moved is not None:
                text = "sending" if moved.upload else "fetching"
                return cls(text=text, done=moved.done, total=moved.total)
            case StatusUpdate(log=(text, _)):
                return cls(text=text)
            case _:
                count = f", {outputs} outputs" if outputs > 1 else ""
                code = update.code.value.lower().replace("_", " ")
                return cls(text=f"{code}{count}{eta}")

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes to set on a bar of tqdm."""
        numbers = {"n": self.done or 0, "total": self.total}
        return {**numbers, "bar_format": None if self.total else _UNCOUNTED, "postfix": self.text}

    def line(self, title: str) -> str:
        """Return one line for a terminal, padded so that it overwrites the line before."""
        counted = self.done is not None and self.total
        steps = f" {self.done:g}/{self.total:g}" if counted else ""
        return f"{title}: {self.text}{steps}"[:_WIDTH].ljust(_WIDTH)


class ProgressBar:
    """Draws the progress of one job. `show` and `close` write, which may block."""

    def __init__(self, title: str, tqdm: Any, get_stderr: Callable[[], Any]) -> None:
        self._title = title
        self._stderr = _QuietStream(get_stderr)
        self._outputs = 0
        self._text: str | None = None
        self._drawn = 0.0
        self._bar: Any = None
        if tqdm is not None:
            # Without an interval, tqdm starts no thread to monitor its bars.
            quiet: Any = type("Bar", (tqdm,), {"monitor_interval": 0})
            self._bar = quiet(desc=title, leave=False, file=self._stderr, bar_format=_UNCOUNTED)

    def update(self, update: StatusUpdate | OutputUpdate, now: float) -> Progress | None:
        """Return what to show after this update, or None. `now` is monotonic time in seconds.

        A changed text is shown at once, changed steps at intervals.
        """
        if isinstance(update, OutputUpdate):
            self._outputs += 1
            return None
        progress = Progress.of(update, self._outputs)
        # A model can report a thousand steps a second, and drawing each would slow the reader down.
        if progress.text == self._text and now - self._drawn < _REDRAW_INTERVAL:
            return None
        self._text, self._drawn = progress.text, now
        return progress

    def show(self, progress: Progress) -> None:
        """Draw the progress."""
        if self._bar is not None:
            if progress.total and progress.total != self._bar.total:
                self._bar.reset(progress.total)  # in a notebook, also the width of the bar
            self._bar.__dict__.update(progress.attributes)
            self._bar.refresh()
        elif self._stderr.isatty():
            self._stderr.write(f"\r{progress.line(self._title)}")

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()
        elif self._stderr.isatty():
            self._stderr.write("\n")


class _QuietStream:
    """The current standard error, without its errors: what cannot be written is lost.

    If a write raises, tqdm keeps the lock that all of its bars share, forever.
    """

    def __init__(self, get: Callable[[], Any]) -> None:
        self._get = get

    def write(self, text: str) -> None:
        with suppress(Exception):
            self._get().write(text)
            self._get().flush()

    def flush(self) -> None:
        """Do nothing: `write` flushes."""

    def isatty(self) -> bool:
        stream = self._get()
        return bool(stream) and bool(stream.isatty())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)

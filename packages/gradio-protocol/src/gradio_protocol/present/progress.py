"""What a progress bar shows of a job, in words and steps; drawing it is the driver's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ..jobs.status import Status
from .updates import OutputUpdate, StatusUpdate

UNCOUNTED: Final = "{desc}: {elapsed}{postfix}"
"tqdm's format for what has no steps."
_WIDTH = 79
_PAUSE = 0.1
"Seconds between two drawings that differ in their steps only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One state of a progress bar."""

    text: str
    done: float | None = None
    "So many steps, or bytes, or so much of 1; None: they are not counted."
    total: float | None = None

    @classmethod
    def of(cls, update: StatusUpdate, outputs: int) -> Progress:
        """What to show after this update, when so many outputs have come."""
        match update:
            case StatusUpdate(code=Status.IN_QUEUE, rank=int(rank)):
                of = f" of {update.queue_size}" if update.queue_size else ""
                return cls(text=f"queue: {rank + 1}{of}{_eta(update)}")
            case StatusUpdate(progress_data=[*_, unit]):
                done, total = (
                    (unit.progress, 1) if unit.index is None else (unit.index, unit.length)
                )
                return cls(text=f"{unit.desc or 'running'}{_eta(update)}", done=done, total=total)
            case StatusUpdate(transferred=moved) if moved is not None:
                text = "sending" if moved.upload else "fetching"
                return cls(text=text, done=moved.done, total=moved.total)
            case StatusUpdate(log=(text, _)):
                return cls(text=text)
            case _:
                count = f", {outputs} outputs" if outputs > 1 else ""
                code = update.code.value.lower().replace("_", " ")
                return cls(text=f"{code}{count}{_eta(update)}")

    @property
    def attributes(self) -> dict[str, Any]:
        """What to set on a bar of tqdm."""
        bar_format = None if self.total else UNCOUNTED
        return {
            "n": self.done or 0,
            "total": self.total,
            "bar_format": bar_format,
            "postfix": self.text,
        }

    def line(self, title: str) -> str:
        """All in one line of a terminal, of constant width, so that it covers the last one."""
        counted = self.done is not None and self.total
        steps = f" {self.done:g}/{self.total:g}" if counted else ""
        return f"{title}: {self.text}{steps}"[:_WIDTH].ljust(_WIDTH)


class ProgressTicker:
    """Turns a job's updates into what a bar is to draw, and not more often than one can look."""

    def __init__(self) -> None:
        self._outputs = 0
        self._text: str | None = None
        self._drawn = 0.0

    def update(self, update: StatusUpdate | OutputUpdate, now: float) -> Progress | None:
        """What to draw after this update; None: nothing new."""
        if isinstance(update, OutputUpdate):
            self._outputs += 1
            return None
        progress = Progress.of(update, self._outputs)
        if progress.text == self._text and now - self._drawn < _PAUSE:
            return None
        self._text, self._drawn = progress.text, now
        return progress


def _eta(update: StatusUpdate) -> str:
    return f", about {update.eta:.0f} s" if update.eta else ""

"""A progress bar for one job, where the caller has asked for it (`with_options(progress=True)`).

It shows the place in the queue, the steps of `gr.Progress`, and how long it may take. tqdm draws
it where that is installed, in notebooks too; elsewhere it is one line on standard error, drawn
only if that is a terminal. What cannot be drawn takes nothing from the job.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Protocol

from gradio_protocol import OutputUpdate, Status, StatusUpdate

_WIDTH = 79


class Bar(Protocol):
    """What can show text, and so many steps of so many."""

    def show(self, text: str, done: float | None, total: float | None) -> None:
        """Draw."""

    def close(self) -> None:
        """Leave what was drawn."""


def follow(updates: Iterable[StatusUpdate | OutputUpdate], title: str) -> None:
    """Draw a job to its end; takes a thread."""
    bar = _bar(title)
    outputs = 0
    for update in updates:
        if isinstance(update, OutputUpdate):
            outputs += 1
        else:
            bar.show(*seen(update, outputs))
    bar.close()


def seen(update: StatusUpdate, outputs: int) -> tuple[str, float | None, float | None]:
    """A status in words, and so many steps of so many where it has such."""
    match update:
        case StatusUpdate(code=Status.IN_QUEUE, rank=int(rank)):
            of = f" of {update.queue_size}" if update.queue_size else ""
            return f"queue: {rank + 1}{of}{_eta(update)}", None, None
        case StatusUpdate(progress_data=[*_, unit]):
            done = unit.index if unit.index is not None else unit.progress
            return unit.desc or "running", done, 1 if unit.index is None else unit.length
        case StatusUpdate(transferred=moved) if moved is not None:
            return "sending" if moved.upload else "fetching", moved.done, moved.total
        case StatusUpdate(log=(text, _)):
            return text, None, None
        case _:
            count = f", {outputs} outputs" if outputs > 1 else ""
            return f"{update.code.value.lower().replace('_', ' ')}{count}{_eta(update)}", None, None


def _eta(update: StatusUpdate) -> str:
    return f", about {update.eta:.0f} s" if update.eta else ""


def _bar(title: str) -> Bar:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Line(title)
    return _Tqdm(tqdm(desc=title, leave=False))


class _Tqdm:
    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm

    def show(self, text: str, done: float | None, total: float | None) -> None:
        self._tqdm.set_postfix_str(text, refresh=False)
        self._tqdm.total = total
        self._tqdm.n = done or 0
        self._tqdm.refresh()

    def close(self) -> None:
        self._tqdm.close()


class _Line:
    def __init__(self, title: str) -> None:
        self._title = title
        self._drawn = False

    def show(self, text: str, done: float | None, total: float | None) -> None:
        if sys.stderr.isatty():
            steps = f" {done:g}/{total:g}" if done is not None and total else ""
            line = f"{self._title}: {text}{steps}"[:_WIDTH]
            sys.stderr.write(f"\r{line:<{_WIDTH}}")
            sys.stderr.flush()
            self._drawn = True

    def close(self) -> None:
        if self._drawn:
            sys.stderr.write("\n")

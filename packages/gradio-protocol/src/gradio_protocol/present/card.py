"""A job as a card in a notebook, which follows the job while it runs.

The driver passes in the clock, and IPython, which is certain to be there when it asks for a card.
"""

from __future__ import annotations

from typing import Any

from ..jobs.job_state import JobState, Outputs, Stage
from .progress import Progress
from .updates import status_update

_INTERVAL = 0.1
"Seconds between redraws of a job that stays in the same stage."
_SHOWN = 2_000
"Characters of a value that a card shows."
_CARD = "max-width: 50em; padding: 0.4em 0.8em; border: 1px solid #8886; border-radius: 0.4em"
_TRACK = "height: 0.4em; margin: 0.4em 0; border-radius: 0.2em; background: #8884"
_FILL = "height: 100%; border-radius: inherit; background: #3b82f6"
# JupyterLab breaks the text of a <pre> at any letter; here, only a word wider than the card breaks.
_VALUE = (
    "max-height: 15em; overflow: auto; margin: 0.4em 0 0; white-space: pre-wrap;"
    " word-break: normal; overflow-wrap: anywhere"
)


class JobCard:
    """The card of one job: its status, its progress and its latest output. Not thread-safe.

    Times are in seconds, on one clock.
    """

    def __init__(self, state: JobState, start: float) -> None:
        self._state = state
        self._outputs = Outputs(state)
        self._start = start
        self._drawn = start
        self._drawn_stage: Stage | None = None
        self._handle: Any = None
        "IPython's handle for the card on the page; None if there is none."

    def show(self, ipython: Any, now: float) -> None:
        """Show the card below the current cell; if it is on the page already, show it here too.

        Raises NotImplementedError in a terminal, where IPython then prints the job's repr.
        """
        if not hasattr(ipython.get_ipython(), "kernel"):
            # This is how IPython is told to show an object in another way.
            raise NotImplementedError
        if self._handle is None:
            self._handle = ipython.display.DisplayHandle()
        self._drawn, self._drawn_stage = now, self._state.snapshot.stage
        self._handle.display(self._bundle(now), raw=True)

    def update(self, now: float) -> None:
        """Redraw the card on the page. An error of the page takes it off, and is raised."""
        # A model can report a thousand outputs a second, and each redraw is sent to the browser.
        # A new stage is drawn at once, since nothing may follow it for a long time.
        stage = self._state.snapshot.stage
        recent = now - self._drawn < _INTERVAL and stage is self._drawn_stage
        if self._handle is None or recent:
            return
        handle, self._handle = self._handle, None
        handle.update(self._bundle(now), raw=True)
        self._handle, self._drawn, self._drawn_stage = handle, now, stage

    def html(self, now: float) -> str:
        """Return the card as HTML. All text of the server is escaped."""
        from html import escape  # noqa: PLC0415 - for notebooks only; importing it takes 2 ms

        snapshot = self._state.snapshot
        while self._outputs.advance():
            pass
        progress = Progress.of(status_update(snapshot, None), snapshot.outputs)
        # A no-break space keeps the unit beside its number.
        text = f"{snapshot.stage.name.lower()} after {now - self._start:.1f}\N{NO-BREAK SPACE}s"
        if not snapshot.stage.is_final:
            text = progress.text
        title, text = escape(self._state.endpoint.title), escape(text)
        parts = [f"<div><code>{title}</code> {text}</div>"]
        if progress.total:
            parts.append(_format_bar(progress.done or 0, progress.total))
        value = self._read_value()
        if value is not None:
            parts.append(f'<pre style="{_VALUE}">{escape(_shorten(value))}</pre>')
        return f'<div style="{_CARD}">{"".join(parts)}</div>'

    def _read_value(self) -> object:
        """Return the error, the result or the latest output; None if there is none yet."""
        if self._state.failure is not None:
            return f"{type(self._state.failure).__name__}: {self._state.failure}"
        if self._state.snapshot.stage is Stage.SUCCEEDED:
            return self._state.result()
        return self._outputs.value() if self._outputs.taken else None

    def _bundle(self, now: float) -> dict[str, str]:
        """Return the card by media type; pages that show no HTML show the text."""
        return {"text/plain": f"<Job {self._state}>", "text/html": self.html(now)}


def _format_bar(done: float, total: float) -> str:
    # Not a <progress>, whose colours a dark page cannot set: its track would be white.
    return (
        f'<div role="progressbar" aria-valuenow="{done:g}" aria-valuemax="{total:g}"'
        f' style="{_TRACK}"><div style="width: {min(done / total, 1):.1%}; {_FILL}"></div></div>'
    )


def _shorten(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

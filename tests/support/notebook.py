"""A notebook, as far as a job's card knows it: it stands in for the module IPython."""

from __future__ import annotations

import html
import re
import threading
from types import SimpleNamespace
from typing import Any

from tests.support.latch import PATIENCE

_VALUE = re.compile("<pre [^>]*>(.*)</pre>", re.DOTALL)


class Notebook:
    """Keeps all that is displayed in it, in order."""

    def __init__(self) -> None:
        self.display = SimpleNamespace(DisplayHandle=self._make_handle)
        self.handles: list[Handle] = []
        self.changed = threading.Condition()

    def get_ipython(self) -> object:
        """Return the shell, which has a kernel only in a notebook."""
        return SimpleNamespace(kernel=object())

    def _make_handle(self) -> Handle:
        self.handles.append(Handle(self.changed))
        return self.handles[-1]

    def wait_for(self, text: str) -> None:
        """Wait until a page without HTML shows this last."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.texts[-1:] == [text], PATIENCE), self.texts

    @property
    def texts(self) -> list[str]:
        """What a page without HTML has shown."""
        return [bundle["text/plain"] for handle in self.handles for bundle in handle.shown]

    @property
    def values(self) -> list[str | None]:
        """The values that the cards have shown."""
        cards = [bundle["text/html"] for handle in self.handles for bundle in handle.shown]
        found = [_VALUE.search(card) for card in cards]
        return [value and html.unescape(value[1]) for value in found]


class Handle:
    """One place on the page."""

    def __init__(self, changed: threading.Condition) -> None:
        self.shown: list[dict[str, str]] = []
        self._changed = changed

    def display(self, bundle: dict[str, Any], *, raw: bool) -> None:
        """Show it."""
        assert raw
        with self._changed:
            self.shown.append(bundle)
            self._changed.notify_all()

    update = display

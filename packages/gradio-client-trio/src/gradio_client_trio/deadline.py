"""When the present step of several must be over.

One scope serves all steps and its deadline moves: a scope for each would cost four times as much.
What has passed cannot be moved any more; between steps that count, it is moved to infinity.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import trio


class Deadline:
    """See the module. Leaving its block late raises `trio.TooSlowError`."""

    __slots__ = ("_scope",)

    def __init__(self) -> None:
        self._scope = trio.CancelScope()

    def __enter__(self) -> Self:
        self._scope.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scope.__exit__(kind, error, traceback)
        if self._scope.cancelled_caught:
            raise trio.TooSlowError from None

    def move(self, seconds: float) -> None:
        """The step that begins now may take so long."""
        self._scope.deadline = trio.current_time() + seconds

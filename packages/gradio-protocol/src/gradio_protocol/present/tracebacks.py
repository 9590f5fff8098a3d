"""Keeps this project's frames out of the tracebacks that its users see."""

from __future__ import annotations

from typing import Final

from ..errors import GradioError


class ShortTraceback:
    """A context manager: a GradioError leaves the block without the frames below it.

    The traceback that a caller of a public function sees then ends at the caller's own line. The
    text says what happened, and the frames would say nothing more to a user.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, GradioError):
            error.__traceback__ = None


short_traceback: Final[ShortTraceback] = ShortTraceback()

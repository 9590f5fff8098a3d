"""What `map` waits for, without anything behind it."""

from __future__ import annotations


class StubJob:
    """A job, or the future of a chunk, that ends when the test says so."""

    def __init__(self) -> None:
        self.ended = self.cancelled = False

    def done(self) -> bool:
        return self.ended

    def cancel(self) -> bool:
        self.cancelled = True
        return True

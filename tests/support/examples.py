"""How many examples a random test draws, where the usual hundred would take too long."""

from __future__ import annotations

from hypothesis import settings


def examples(usual: int) -> settings:
    """Have a test draw `usual` examples instead of 100, and in proportion when exploring."""
    return settings(max_examples=max(usual, settings().max_examples * usual // 100))

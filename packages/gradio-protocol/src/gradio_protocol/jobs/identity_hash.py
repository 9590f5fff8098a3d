"""Makes members of an enum quick to look up."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

E = TypeVar("E", bound=Enum)


def hash_by_identity(kind: type[E]) -> type[E]:
    """Have the members of an enum hash as plain objects do; decorates its class.

    The hash of Enum is written in Python, which is slow, and every message looks into tables.
    """
    kind.__hash__ = object.__hash__  # type: ignore[method-assign] # both take any object
    return kind

"""Entries of a message, read with a shrug: what is of a wrong type counts as absent.

The border's strict twins, which raise, are `need` and `want` in `wire.document`.
"""

from __future__ import annotations

from ..wire.document import Object

_LARGEST = 1e300


def text(document: Object, key: str) -> str | None:
    """The text under `key`."""
    value = document.get(key)
    return value if isinstance(value, str) else None


def number(document: Object, key: str) -> float | None:
    """The number under `key`, an int as it is; never NaN nor infinite, nor beyond 1e300."""
    match document.get(key):
        case None | bool():
            return None
        case int() | float() as value if abs(value) <= _LARGEST:
            return value
        case _:
            # What is larger, or no number, would break whoever calculates with it.
            return None


def count(document: Object, key: str) -> int | None:
    """The whole number under `key`."""
    value = number(document, key)
    return value if isinstance(value, int) else None


def flag(document: Object, key: str, *, default: bool) -> bool:
    """The boolean under `key`."""
    value = document.get(key)
    return value if isinstance(value, bool) else default


def duration(document: Object) -> float | None:
    """Seconds for which to show a text: 10 where none is named, None where it is null."""
    return number(document, "duration") if "duration" in document else 10

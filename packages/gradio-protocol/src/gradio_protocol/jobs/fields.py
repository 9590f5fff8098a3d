"""Reads fields of a message; a value of the wrong type counts as absent.

`need` and `want` in `wire.document` raise instead, for documents that calls depend on.
"""

from __future__ import annotations

from ..wire.document import Object

_LARGEST = 1e300


def text(document: Object, key: str) -> str | None:
    """Return the text under `key`, or None."""
    value = document.get(key)
    return value if isinstance(value, str) else None


def number(document: Object, key: str) -> float | None:
    """Return the number under `key`, or None if it is NaN, infinite or beyond 1e300."""
    match document.get(key):
        case None | bool():
            return None
        case int() | float() as value if abs(value) <= _LARGEST:
            return value
        case _:
            # NaN, or an int of 400 digits, would break whatever calculates with floats.
            return None


def count(document: Object, key: str) -> int | None:
    """Return the integer under `key`, or None."""
    value = number(document, key)
    return value if isinstance(value, int) else None


def flag(document: Object, key: str, *, default: bool) -> bool:
    """Return the boolean under `key`, or the default."""
    value = document.get(key)
    return value if isinstance(value, bool) else default


def duration(document: Object) -> float | None:
    """Return for how many seconds to show a text: 10 if absent; null is None, until closed."""
    return number(document, "duration") if "duration" in document else 10

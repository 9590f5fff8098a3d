"""Turns what an app reports about a failed call into errors, with their texts repaired.

Sources: the failures of Gradio 3.36 to 6.31, with `show_error` on and off.
"""

from __future__ import annotations

import re

from ..app.dialect import Dialect
from ..errors import AppError, ValidationError
from ..wire.document import JSON, Object
from .fields import duration, flag, text

HIDDEN = "The app failed without saying why."
"Stands for a text that the app hides; `flows.attempt` replaces it by one that names the endpoint."


def failure(payload: JSON, dialect: Dialect) -> AppError:
    """Return the error in the `output` of a last message, or in the body of a 500 of `/run`."""
    fields = payload if isinstance(payload, dict) else {}
    return AppError(
        _read_error_text(fields, dialect) or HIDDEN,
        duration=duration(fields),
        visible=flag(fields, "visible", default=True),
        title=text(fields, "title") or "Error",
    )


def validation(detail: JSON) -> ValidationError:
    """Return the error in the `detail` of a 422, with one line per refused input.

    An entry comes from the app's validators (5.45 and later), or from the server if the request
    has the wrong shape.
    """
    items = detail if isinstance(detail, list) else []
    lines = [line for item in items if isinstance(item, dict) if (line := _format_item(item))]
    return ValidationError("\n".join(lines) or "The app refused the arguments.")


def _read_error_text(fields: Object, dialect: Dialect) -> str | None:
    """Return the text of an error as the app wrote it, or None if the app hides it."""
    error = text(fields, "error")
    if error is None or (dialect.none_errors and error == "None"):
        return None
    # Before 5.2 gr.Error is sent as its repr, while every version quotes the text of a KeyError.
    # From 4.37 on only gr.Error has a `duration`. Before, quotes are removed: more of them come
    # from gr.Error, which is always shown, than from KeyError, which needs show_error.
    as_repr = dialect.quoted_errors and ("duration" in fields or not dialect.timed_errors)
    return _strip_repr(error) if as_repr else error


_QUOTED = r"""(?s)'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+["]"""
_ESCAPE = r"(?s)\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}|0010[0-9a-f]{4})|(.))"
# repr writes these three as letters, all other control characters as \x, \u or \U.
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def _strip_repr(error: str) -> str:
    """Remove the quotes and escapes of a repr, if the text is one."""
    is_repr = re.fullmatch(_QUOTED, error)
    return re.sub(_ESCAPE, _unescape, error[1:-1]) if is_repr else error


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    return chr(int(code, 16)) if code else _LETTERS.get(escape[4], escape[4])


def _format_item(item: Object) -> str | None:
    """Return the objection of one entry of a 422, or None if it has none."""
    if item.get("__type__") != "validate":
        parts = (_format_location(item.get("loc")), text(item, "msg"))
    elif not flag(item, "is_valid", default=False):
        parts = (text(item, "parameter_name") or "", text(item, "message"))
    else:
        return None
    return ": ".join(part for part in parts if part) or None


def _format_location(path: JSON) -> str:
    steps = path if isinstance(path, list) else []
    return ".".join(str(step) for step in steps if isinstance(step, (str, int)))

"""What an app says of its failures, with the texts mended.

Sources: the failures of Gradio 3.36 to 6.31, with `show_error` on and off.
"""

from __future__ import annotations

import re

from ..app.dialect import Dialect
from ..errors import AppError, ValidationError
from ..wire.document import JSON, Object
from .fields import duration, flag, text

HIDDEN = "The app failed without saying why."
"""Who knows the endpoint and the app says more."""


def failure(payload: JSON, dialect: Dialect) -> AppError:
    """What a failed call says: `output` of its last message, or the body of a 500 of `/run`."""
    said = payload if isinstance(payload, dict) else {}
    return AppError(
        _rewrite_validation(said, dialect) or HIDDEN,
        duration=duration(said),
        visible=flag(said, "visible", default=True),
        title=text(said, "title") or "Error",
    )


def validation(detail: JSON) -> ValidationError:
    """What a 422 says in its `detail`, one line for each input that was refused.

    Both the verdicts of the app's validators (5.45 and later) and those of the server on the
    shape of the request are understood.
    """
    items = detail if isinstance(detail, list) else []
    lines = [line for item in items if isinstance(item, dict) if (line := _item_message(item))]
    return ValidationError("\n".join(lines) or "The app refused the arguments.")


def _rewrite_validation(said: Object, dialect: Dialect) -> str | None:
    """The text of an error as the app wrote it; None where the app hides it."""
    error = text(said, "error")
    if error is None or (dialect.none_errors and error == "None"):
        return None
    # The text of a KeyError is quoted in every version. `duration` tells them apart, where
    # gr.Error has one; elsewhere quotes are more often those of gr.Error, which is never hidden.
    as_repr = dialect.quoted_errors and ("duration" in said or not dialect.timed_errors)
    return _strip_repr(error) if as_repr else error


_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+["]""", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}|0010[0-9a-f]{4})|(.))", re.DOTALL
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def _strip_repr(error: str) -> str:
    """`error` without the quotes and escapes of a repr, if it is one."""
    return _ESCAPE.sub(_unescape, error[1:-1]) if _QUOTED.fullmatch(error) else error


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    return chr(int(code, 16)) if code else _LETTERS.get(escape[4], escape[4])


def _item_message(item: Object) -> str | None:
    """What one entry of a 422 objects to; None where it objects to nothing."""
    if item.get("__type__") != "validate":
        parts = (_item_place(item.get("loc")), text(item, "msg"))
    elif not flag(item, "is_valid", default=False):
        parts = (text(item, "parameter_name") or "", text(item, "message"))
    else:
        return None
    return ": ".join(part for part in parts if part) or None


def _item_place(path: JSON) -> str:
    steps = path if isinstance(path, list) else []
    return ".".join(str(step) for step in steps if isinstance(step, (str, int)))

"""Reads and writes JSON, and checks the types of its values.

Each document is parsed once, when it arrives. `need` and `want` read a key of an object and check
its type; their errors name the document, the key, the expected type and the one that came. A
`LenientReader` reads the values that no call depends on: it leaves out what it does not understand
and raises nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, overload

from ..errors import InvalidArguments, RemoteError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Object: TypeAlias = "dict[str, JSON]"

T = TypeVar("T")

# `json.dumps` would build an encoder at each call, since it gets `separators`.
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_MAX_NOTES = 20


def read(text: bytes | str, *, where: str) -> JSON:
    """Parse `text`; NaN and lone surrogates are accepted, since servers send them.

    Raises RemoteError, naming `where`, for anything that is not JSON.
    """
    try:
        document: JSON = _parse_json(text)
    except (ValueError, RecursionError) as error:
        # UnicodeDecodeError and Python's limit on the digits of an int are ValueErrors too.
        raise RemoteError(f"{where}: expected JSON, got {preview(text)}") from error
    return document


def _parse_json(text: bytes | str) -> Any:
    if isinstance(text, bytes) and text[:2] == b'{"':
        # Text that begins like this is UTF-8. `json.loads` detects the encoding in Python code,
        # which costs half as much again as the parsing.
        decoded = text.decode("utf-8", "surrogatepass")
        value, end = _DECODER.raw_decode(decoded)
        if end == len(decoded):
            return value
    return json.loads(text)


def read_object(text: bytes | str, *, where: str) -> Object:
    """Parse `text`, which must be a JSON object. Raises RemoteError, as `read` does."""
    document = read(text, where=where)
    return document if isinstance(document, dict) else as_object(document, where=where)


def write(value: object, *, where: str = "arguments") -> bytes:
    """Return `value` as compact JSON in ASCII, so that lone surrogates survive.

    Raises InvalidArguments for a value that JSON cannot express.
    """
    try:
        return _ENCODER.encode(value).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArguments(f"{where}: cannot be written as JSON: {error}") from error


def as_object(value: object, *, where: str) -> Object:
    """Return `value` if it is a JSON object, else raise RemoteError."""
    found: Object = check_kind(value, dict, where)
    return found


def as_list(value: object, *, where: str) -> list[JSON]:
    """Return `value` if it is a JSON array, else raise RemoteError."""
    found: list[JSON] = check_kind(value, list, where)
    return found


@overload
def need(document: Object, key: str, kind: type[dict[Any, Any]], *, where: str) -> Object: ...
@overload
def need(document: Object, key: str, kind: type[list[Any]], *, where: str) -> list[JSON]: ...
@overload
def need(document: Object, key: str, kind: type[T], *, where: str) -> T: ...
def need(document: Object, key: str, kind: type[Any], *, where: str) -> Any:
    """Return the value under `key`, which must exist and be of this kind; a float may be an int.

    Raises RemoteError otherwise.
    """
    if key not in document:
        raise RemoteError(f"{where}: {key!r} is missing")
    return check_kind(document[key], kind, f"{where}: {key!r}")


@overload
def want(
    document: Object, key: str, kind: type[dict[Any, Any]], default: Object, *, where: str
) -> Object: ...
@overload
def want(
    document: Object, key: str, kind: type[list[Any]], default: list[JSON], *, where: str
) -> list[JSON]: ...
@overload
def want(document: Object, key: str, kind: type[T], default: None, *, where: str) -> T | None: ...
@overload
def want(document: Object, key: str, kind: type[T], default: T, *, where: str) -> T: ...
def want(document: Object, key: str, kind: type[Any], default: Any, *, where: str) -> Any:
    """Like `need`, but return `default` if the key is absent or null."""
    value = document.get(key)
    return default if value is None else check_kind(value, kind, f"{where}: {key!r}")


def want_flag(document: Object, key: str, default: bool, *, where: str) -> bool:
    """Like `want` for a bool, but accept a number: Python code may write 0 for False."""
    value = document.get(key)
    return (
        bool(value)
        if isinstance(value, int | float)
        else want(document, key, bool, default, where=where)
    )


@dataclass(slots=True)
class LenientReader:
    """Reads values that are for people only, or that a call can do without.

    It leaves out a value of an unexpected type and records a note, so that one bad value never
    makes a whole document unusable.
    """

    _notes: list[str] = field(default_factory=list[str])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, one sentence each: the first 20, then the number of the others."""
        more = len(self._notes) - _MAX_NOTES
        return (*self._notes[:_MAX_NOTES], *([f"and {more} more such notes"] if more > 0 else ()))

    def note(self, sentence: str) -> None:
        """Record a sentence about what was left out or guessed, and why."""
        self._notes.append(sentence)

    @overload
    def get(
        self, document: Object, key: str, kind: type[dict[Any, Any]], default: Object, *, where: str
    ) -> Object: ...
    @overload
    def get(
        self, document: Object, key: str, kind: type[list[Any]], default: list[JSON], *, where: str
    ) -> list[JSON]: ...
    @overload
    def get(
        self, document: Object, key: str, kind: type[T], default: None, *, where: str
    ) -> T | None: ...
    @overload
    def get(self, document: Object, key: str, kind: type[T], default: T, *, where: str) -> T: ...
    def get(self, document: Object, key: str, kind: type[Any], default: Any, *, where: str) -> Any:
        """Return the value under `key`, or `default` if it is absent, null or of another kind."""
        try:
            return want(document, key, kind, default, where=where)
        except RemoteError as error:
            self.note(f"{error}: left out")
            return default

    def text(self, document: Object, key: str, *, where: str) -> str | None:
        """Return the text under `key`: a string, a number as text, or the key of a translation.

        Gradio passes labels on as developers wrote them. A translation (`gr.I18n`, 5.49 and later)
        is an object with a key; the web page looks up the text in the visitor's language.
        """
        match document.get(key):
            case bool() | int() | float() as number:
                return str(number)
            case {"_type": "translation_metadata", "key": str(name)}:
                return name
            case _:
                return self.get(document, key, str, None, where=where)


def check_kind(value: object, kind: type[Any], where: str) -> Any:
    """Return `value` if it is of this kind, else raise RemoteError; a bool is not a number here.

    The return type is Any because it depends on `kind`: the overloads of the callers declare it.
    """
    if type(value) is kind:
        return value
    # JSON does not tell 1 from 1.0, so a server may send an int for a float. `True` is an int in
    # Python, but not in JSON.
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise RemoteError(f"{where} is {type(value).__name__}, not {kind.__name__}")
    return value


def preview(text: bytes | str, length: int = 80) -> str:
    """Return the beginning of `text`, quoted, for an error message."""
    beginning = text[: length + 1]
    if isinstance(beginning, bytes):
        beginning = beginning.decode("utf-8", "replace")
    return repr(beginning[:length]) + ("…" if len(text) > length else "")

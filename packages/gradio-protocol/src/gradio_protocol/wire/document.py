"""JSON with its type written down.

Documents are read once, at the border. `need` and `want` take a key out of an object and check
its type; what they raise names the document, the key, what was expected and what came. What no
call depends on is read by a `LenientReader`, which leaves out what is odd and raises nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, overload

from ..errors import InvalidArguments, RemoteError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Object: TypeAlias = "dict[str, JSON]"

T = TypeVar("T")

_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_MAX_NOTES = 20


def read(text: bytes | str, *, where: str) -> JSON:
    """Parse `text`; NaN and lone surrogates are let through, for servers do send them.

    Raises RemoteError, naming `where`, for anything that is not JSON.
    """
    try:
        document: JSON = _parse_json(text)
    except (ValueError, RecursionError) as error:
        # UnicodeDecodeError and the limit on digits of an int are ValueErrors too.
        raise RemoteError(f"{where}: expected JSON, got {preview(text)}") from error
    return document


def _parse_json(text: bytes | str) -> Any:
    if isinstance(text, bytes) and text[:2] == b'{"':
        # Surely UTF-8; json itself finds that out in Python, for half as much again.
        said = text.decode("utf-8", "surrogatepass")
        value, end = _DECODER.raw_decode(said)
        if end == len(said):
            return value
    return json.loads(text)


def read_object(text: bytes | str, *, where: str) -> Object:
    """Parse `text`, which must be a JSON object. Raises RemoteError, as `read` does."""
    document = read(text, where=where)
    return document if isinstance(document, dict) else as_object(document, where=where)


def write(value: object, *, where: str = "arguments") -> bytes:
    """Compact JSON of `value` as ASCII, so that lone surrogates survive.

    Raises InvalidArguments for a value that JSON cannot say.
    """
    try:
        return _ENCODER.encode(value).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArguments(f"{where}: cannot be written as JSON: {error}") from error


def as_object(value: object, *, where: str) -> Object:
    """`value`, which must be a JSON object."""
    found: Object = check_kind(value, dict, where)
    return found


def as_list(value: object, *, where: str) -> list[JSON]:
    """`value`, which must be a JSON array."""
    found: list[JSON] = check_kind(value, list, where)
    return found


@overload
def need(document: Object, key: str, kind: type[dict[Any, Any]], *, where: str) -> Object: ...
@overload
def need(document: Object, key: str, kind: type[list[Any]], *, where: str) -> list[JSON]: ...
@overload
def need(document: Object, key: str, kind: type[T], *, where: str) -> T: ...
def need(document: Object, key: str, kind: type[Any], *, where: str) -> Any:
    """The value under `key`, which must be there and of this kind; an int passes for a float."""
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
    """Like `need`, but `default` where the key is absent or null."""
    value = document.get(key)
    return default if value is None else check_kind(value, kind, f"{where}: {key!r}")


def want_flag(document: Object, key: str, default: bool, *, where: str) -> bool:
    """Like `want` for a bool, or a number: an app written in Python may say 0 and mean False."""
    value = document.get(key)
    return (
        bool(value)
        if isinstance(value, int | float)
        else want(document, key, bool, default, where=where)
    )


@dataclass(slots=True)
class LenientReader:
    """Reads what is for people, or what a call can do without.

    An odd value is left out, and `notes` tells of it: one odd value must cost no more than itself.
    """

    _notes: list[str] = field(default_factory=list[str])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, a sentence each; of many the first ones, and how many there are."""
        more = len(self._notes) - _MAX_NOTES
        return (*self._notes[:_MAX_NOTES], *([f"and {more} more such notes"] if more > 0 else ()))

    def note(self, sentence: str) -> None:
        """Remember what had to be left out, or guessed, and why."""
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
        """The value under `key`; `default` where it is absent, null, or of another kind."""
        try:
            return want(document, key, kind, default, where=where)
        except RemoteError as error:
            self.note(f"{error}: left out")
            return default

    def text(self, document: Object, key: str, *, where: str) -> str | None:
        """The words under `key`: a text, a number's text, or the key of a translation.

        Gradio passes labels on as their developers wrote them. A translation (`gr.I18n`, 5.49 and
        later) is an object; the page finds its words, in the language of its visitor.
        """
        match document.get(key):
            case bool() | int() | float() as number:
                return str(number)
            case {"_type": "translation_metadata", "key": str(name)}:
                return name
            case _:
                return self.get(document, key, str, None, where=where)


def check_kind(value: object, kind: type[Any], where: str) -> Any:
    """`value` if it is of this kind; `bool` is no number here.

    The result is Any, for only `kind` knows: this is the one place where a document's word is
    taken for a type, after looking.
    """
    if type(value) is kind:
        return value
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise RemoteError(f"{where} is {type(value).__name__}, not {kind.__name__}")
    return value


def preview(text: bytes | str, length: int = 80) -> str:
    """The beginning of what came, quoted, for an error's text."""
    shown = text[: length + 1]
    if isinstance(shown, bytes):
        shown = shown.decode("utf-8", "replace")
    return repr(shown[:length]) + ("…" if len(text) > length else "")

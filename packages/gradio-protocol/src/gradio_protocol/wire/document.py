"""Reads and writes JSON, and checks the types of its values.

Each document is parsed once, when it arrives. `need` and `Fields` read a key of an object and check
its type; their errors name the document, the key, the expected type and the actual one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any, TypeAlias, TypeVar, overload

from ..dataclass import dataclass, field
from ..errors import InvalidArguments, RemoteError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Object: TypeAlias = "dict[str, JSON]"
_Container: TypeAlias = "list[Any] | dict[Any, Any]"

T = TypeVar("T")

OBJECT: type[Object] = dict
LIST: type[list[JSON]] = list
"The kinds of objects and lists, with the types of what they contain."

# `json.dumps` would build an encoder at each call, since it gets `separators`.
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_MAX_NOTES = 20
_CONTAINERS: frozenset[object] = frozenset((list, dict))
_KIND_NAMES: dict[type[Any], str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}
_MANY_ITEMS = 10
"Items from which on it pays to find out whether a list is flat, or a table."


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
    return check_kind(read(text, where=where), OBJECT, where)


def write(value: object, *, where: str = "arguments") -> bytes:
    """Return `value` as compact JSON in ASCII, so that lone surrogates survive.

    Raises InvalidArguments for a value that JSON cannot express.
    """
    try:
        return _ENCODER.encode(value).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArguments(f"{where}: cannot be written as JSON: {error}") from error


def copy_json(value: JSON) -> JSON:
    """Return a deep copy, which the caller may change."""
    root: list[Any] = [value]
    shallow: list[_Container] = [root]
    # Below the bounded recursion of _copy_levels, an explicit stack goes on: a server may nest a
    # value as deeply as its JSON parser allows.
    while shallow:
        copy = shallow.pop()
        items: Iterable[Any] = copy.items() if isinstance(copy, dict) else enumerate(copy)
        for key, item in items:
            if type(item) in _CONTAINERS:
                copy[key] = _copy_levels(item, shallow)
    found: JSON = root[0]
    return found


def _copy_levels(container: _Container, shallow: list[_Container], levels: int = 50) -> _Container:
    """Copy so many levels of a value; add the copies that share what they contain to `shallow`."""
    # Recursion takes half the time of an explicit stack, so it serves for the usual depth.
    if not levels:
        shallow.append(container.copy())
        return shallow[-1]
    if isinstance(container, dict):
        copy = container.copy()
        for key, item in container.items():
            if type(item) in _CONTAINERS:
                copy[key] = _copy_levels(item, shallow, levels - 1)
        return copy
    if len(container) >= _MANY_ITEMS:
        # Loops in C find out: as any other list, a table of 2,000 rows takes four times as long.
        if _are_plain(container):
            return container.copy()
        if _is_table(container):
            return [row.copy() for row in container]
    return [
        _copy_levels(item, shallow, levels - 1) if type(item) in _CONTAINERS else item
        for item in container
    ]


def _are_plain(values: Iterable[Any]) -> bool:
    """Whether there is no list and no object among these."""
    try:
        # These alone have no hash. To look at the type of each value takes four times as long.
        hash(tuple(values))
    except TypeError:
        return False
    return True


def _is_table(rows: list[Any]) -> bool:
    """Whether these are all lists, or all objects, of plain values, such as the rows of a table."""
    kinds = set(map(type, rows))
    if kinds not in ({list}, {dict}):
        return False
    lines = rows if list in kinds else [row.values() for row in rows]
    # The first row tells of most lists of other objects, such as chats, before all are hashed.
    return _are_plain(lines[0]) and _are_plain(chain.from_iterable(lines))


def need(document: Object, key: str, kind: type[T], *, where: str) -> T:
    """Return the value under `key`, which must exist and be of this kind; a float may be an int.

    Raises RemoteError otherwise.
    """
    if key not in document:
        raise RemoteError(f"{where}: {key!r} is missing")
    return check_kind(document[key], kind, f"{where}: {key!r}")


def check_kind(value: Any, kind: type[T], where: str) -> T:
    """Return `value` if it is of this kind, else raise RemoteError; a bool is not a number here."""
    found: T = value
    # JSON does not tell 1 from 1.0, so a server may send an int for a float. `True` is an int in
    # Python, but not in JSON.
    if type(value) is kind or (kind is float and type(value) is int):
        return found
    raise RemoteError(f"{where}: {name_mismatch(value, kind)}")


def name_mismatch(value: object, kind: type[Any]) -> str:
    """Say in the words of JSON which kind was expected and which came."""
    return f"expected {_KIND_NAMES[kind]}, got {_KIND_NAMES[type(value)]}"


class Notes:
    """Sentences about what was left out or guessed, and why."""

    def __init__(self) -> None:
        self._sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Add a sentence."""
        self._sentences.append(sentence)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The first 20 sentences, then the number of the others."""
        more = len(self._sentences) - _MAX_NOTES
        rest = (f"and {more} more such notes",) if more > 0 else ()
        return (*self._sentences[:_MAX_NOTES], *rest)


@dataclass(slots=True)
class Fields:
    """Reads the keys of one JSON object of a server.

    `need`, `want` and `flag` raise RemoteError for a value of an unexpected type. `get` and `text`
    read values that are for people only, or that a call can do without: they leave out such a value
    and add a note, so that one bad value never makes a whole document unusable.
    """

    document: Object
    where: str
    "Names the object in errors and notes."
    notes: Notes = field(default_factory=Notes)

    def inside(self, value: object, name: str) -> Fields:
        """Return the reader of an object in this one. Raises RemoteError if it is not an object."""
        where = f"{self.where}: {name}"
        return Fields(check_kind(value, OBJECT, where), where, self.notes)

    def beside(self, document: Object) -> Fields:
        """Return the reader of an object that errors name like this one."""
        return Fields(document, self.where, self.notes)

    def need(self, key: str, kind: type[T]) -> T:
        """Return the value under `key`, which must exist: see the function `need`."""
        return need(self.document, key, kind, where=self.where)

    @overload
    def want(self, key: str, kind: type[T]) -> T | None: ...
    @overload
    def want(self, key: str, kind: type[T], default: T) -> T: ...
    def want(self, key: str, kind: type[Any], default: Any = None) -> Any:
        """Like `need`, but return `default` if the key is absent or null."""
        value = self.document.get(key)
        return default if value is None else check_kind(value, kind, f"{self.where}: {key!r}")

    def flag(self, key: str, default: bool) -> bool:
        """Like `want` for a bool, but accept a number: Python code may write 0 for False."""
        value = self.document.get(key)
        return bool(value) if isinstance(value, int | float) else self.want(key, bool, default)

    @overload
    def get(self, key: str, kind: type[T]) -> T | None: ...
    @overload
    def get(self, key: str, kind: type[T], default: T) -> T: ...
    def get(self, key: str, kind: type[Any], default: Any = None) -> Any:
        """Return the value under `key`, or `default` if it is absent, null or of another kind."""
        try:
            return self.want(key, kind, default)
        except RemoteError as error:
            self.notes.add(f"{error}; left out")
            return default

    def text(self, key: str) -> str | None:
        """Return the text under `key`: a string, a number as text, or the key of a translation.

        Gradio passes labels on as developers wrote them. A translation (`gr.I18n`, 5.49 and later)
        is an object with a key; the web page looks up the text in the visitor's language.
        """
        match self.document.get(key):
            case bool() | int() | float() as number:
                return str(number)
            case {"_type": "translation_metadata", "key": str(name)}:
                return name
            case _:
                return self.get(key, str)


def preview(text: bytes | str, length: int = 80) -> str:
    """Return the beginning of `text`, quoted, for an error message."""
    beginning = text[: length + 1]
    if isinstance(beginning, bytes):
        beginning = beginning.decode("utf-8", "replace")
    return repr(beginning[:length]) + ("…" if len(text) > length else "")

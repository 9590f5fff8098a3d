"""Reads the values of a command line by the types of an endpoint's parameters.

Rules, for `NAME=VALUE`:
1. A choice is named by its text. Otherwise, where text is allowed, the value is text as it is.
2. A number, a boolean, `null`, a list and an object are written as in JSON.
3. Where only a file is allowed, the value is a path to upload, or an address that the app fetches.
4. For a parameter without any type, a value that is valid JSON is read as JSON, any other as text.
5. Several values for one parameter are the items of a list.

`NAME=@PATH` uploads a file whatever the type is, and `NAME:=JSON` passes JSON as it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

from gradio_protocol import Endpoint, InvalidArguments, Parameter

from .schema_types import (
    ANYTHING,
    TEXT,
    Anything,
    Choice,
    ListOf,
    MapOf,
    Record,
    Scalar,
    TupleOf,
    Type,
    is_file,
    list_items,
    options,
    read_type,
)

OpenFile = Callable[[str], Any]
"Returns the argument that stands for a file: a path to upload, or an address."

RESERVED = ("self", "api_name", "fn_index", "headers", "result_callbacks")
"Keywords of `predict` and `submit` themselves; parameters of these names go by position."

_ITEM = re.compile(r"(?P<name>[^=]*?)(?P<sign>:?=)(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Item(NamedTuple):
    """One value for a parameter, as a command line has it."""

    name: str
    sign: str
    "`=`: by the parameter's type; `:=`: JSON; `@`: a file."
    value: str


def is_item(text: str) -> bool:
    """Whether an argument is a value for a parameter, not an endpoint."""
    return "=" in text


def split_item(text: str) -> Item:
    """Split `NAME=VALUE`. Raises InvalidArguments without an equals sign."""
    found = _ITEM.fullmatch(text)
    if found is None:
        raise InvalidArguments(f"{text!r}: expected NAME=VALUE")
    name, sign, value = found["name"], found["sign"], found["value"]
    if sign == "=" and value.startswith("@"):
        return Item(name, "@", value[1:])
    return Item(name, sign, value)


def read_items(items: Iterable[Item], endpoint: Endpoint, open_file: OpenFile) -> dict[str, Any]:
    """Return the arguments by name. Raises InvalidArguments for a value that is not of its type."""
    grouped: dict[str, list[Item]] = {}
    for item in items:
        grouped.setdefault(item.name, []).append(item)
    return {
        name: read_parameter(_find(endpoint, name), group, open_file)
        for name, group in grouped.items()
    }


def _find(endpoint: Endpoint, name: str) -> Parameter:
    for parameter in endpoint.parameters:
        if parameter.name == name:
            return parameter
    names = ", ".join(repr(parameter.name) for parameter in endpoint.parameters)
    has = f"it has {names}" if names else "it has none"
    raise InvalidArguments(f"{endpoint.title}: no parameter {name!r}; {has}")


def read_parameter(parameter: Parameter, group: Sequence[Item], open_file: OpenFile) -> Any:
    """Return the value of one parameter: one item, or a list of several."""
    kind = parameter_type(parameter)
    inner = list_items(kind)
    if len(group) > 1:
        if inner is None:
            raise InvalidArguments(f"{parameter.name!r}: expected one value, got {len(group)}")
        return [_read_item(item, inner, open_file) for item in group]
    item = group[0]
    if inner is not None and _is_single(item, inner) and TEXT not in options(kind):
        return [_read_item(item, inner, open_file)]
    return _read_item(item, kind, open_file)


def _is_single(item: Item, inner: Type) -> bool:
    """Whether an item for a list is one value of it: a file or a plain value, not JSON."""
    match item.sign:
        case "@":
            return True
        case "=":
            is_plain = all(isinstance(part, Scalar | Choice) for part in options(inner))
            return (is_file(inner) or is_plain) and not item.value.lstrip().startswith("[")
        case _:
            return False


def parameter_type(parameter: Parameter) -> Type:
    """Return the type of a parameter; its choices count where its schema does not list them."""
    kind = read_type(parameter.schema)
    values = tuple(each for each in parameter.choices if isinstance(each, str | int | float))
    return Choice(values) if values and kind in (TEXT, ANYTHING) else kind


def _read_item(item: Item, kind: Type, open_file: OpenFile) -> Any:
    try:
        match item.sign:
            case "@":
                return open_file(item.value)
            case ":=":
                return read_json(item.value)
            case _:
                return read_text(item.value, kind, open_file)
    except InvalidArguments as error:
        raise InvalidArguments(f"{item.name}: {error}") from None


def read_text(text: str, kind: Type, open_file: OpenFile) -> Any:
    """Return the value that a text means for a type. Raises InvalidArguments."""
    parts = options(kind)
    for part in parts:
        if isinstance(part, Choice) and (found := _match_choice(text, part)):
            return found[0]
    if is_file(kind):
        return None if text == "null" and Scalar("None") in parts else open_file(text)
    if TEXT in parts:
        return text
    for part in parts:
        try:
            return _read_part(text, part)
        except ValueError:
            continue
    raise InvalidArguments(f"expected {expected(kind)}, got {text[:60]!r}")


def _match_choice(text: str, choice: Choice) -> list[Any]:
    """Return the choices that are written like this: null is one, so None would say nothing."""
    return [
        value
        for value in choice.values
        if text == (value if isinstance(value, str) else json.dumps(value))
    ]


def _read_part(text: str, part: Type) -> Any:
    """Return the value; raises ValueError if the text is not of this type."""
    match part:
        case Scalar("bool"):
            if (word := text.strip().lower()) in (*_TRUE, *_FALSE):
                return word in _TRUE
        case Scalar("int" | "float" as name):
            return _read_number(text.strip(), whole=name == "int")
        case Scalar("None"):
            if text == "null":
                return None
        case ListOf() | TupleOf():
            return _read_of(text, list)
        case Record() | MapOf():
            return _read_of(text, dict)
        case Anything(json=is_json):
            return read_json(text) if is_json else _read_json_or_text(text)
        case _:
            pass
    raise ValueError


def _read_of(text: str, kind: type[object]) -> Any:
    found = read_json(text)
    if not isinstance(found, kind):
        raise ValueError
    return found


def _read_number(text: str, *, whole: bool) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError
    number = float(text) if any(mark in text for mark in ".eE") else int(text)
    if not math.isfinite(number) or (whole and number != int(number)):
        raise ValueError
    return int(number) if whole else number


def read_json(text: str) -> Any:
    """Return the value of a JSON text. Raises InvalidArguments."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidArguments(f"expected JSON, got {text[:60]!r}") from None


def _refuse(word: str) -> None:
    raise ValueError(word)


def _read_json_or_text(text: str) -> Any:
    try:
        return read_json(text)
    except InvalidArguments:
        return text


def expected(kind: Type) -> str:
    """Say in words what a type allows, for an error."""
    return " or ".join(dict.fromkeys(map(_say, options(kind))))


def _say(part: Type) -> str:
    match part:
        case Choice(values):
            return "one of " + ", ".join(
                value if isinstance(value, str) else json.dumps(value) for value in values
            )
        case Scalar(name):
            return {
                "str": "text",
                "int": "a whole number",
                "float": "a number",
                "bool": "true or false",
            }.get(name, "null")
        case ListOf() | TupleOf():
            return "a JSON list"
        case Record() | MapOf():
            return "a JSON object"
        case _:
            return "JSON"


def merge_json(document: object, named: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a JSON document, a list or an object, and those given by name.

    Raises InvalidArguments if it is neither, or if a name is given in both.
    """
    if document is None:
        return [], named
    if isinstance(document, list):
        return [*cast("list[object]", document)], named
    if not isinstance(document, dict):
        raise InvalidArguments("--json: expected an object or a list of arguments")
    by_name = cast("dict[str, object]", document)
    if twice := [name for name in by_name if name in named]:
        raise InvalidArguments(f"{twice[0]!r} is given twice, in the JSON and by name")
    return [], {**by_name, **named}

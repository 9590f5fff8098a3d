"""Shows the endpoints of an app: as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from gradio_protocol import Endpoint, Parameter, Return

from .schema_types import Choice, Scalar, Type, is_file, list_items, options, read_type
from .values import parameter_type

_MAX_NAME = 24  # the widest column of names; a longer name pushes its own line to the right
_MAX_DEFAULT = 60  # characters of a default
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # half of a letter, which UTF-8 cannot express
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


def plain(text: str) -> str:
    """Return text of a server without what a terminal would obey, on one line."""
    return _CONTROL.sub(" ", text).strip()


def is_listed(endpoint: Endpoint) -> bool:
    """Whether the app's developer wants the endpoint to be seen."""
    return endpoint.visibility.name == "PUBLIC"


def table(endpoints: Iterable[Endpoint], width: int) -> Iterator[str]:
    """Yield the lines of a table: an endpoint, its parameters and what it returns."""
    for number, endpoint in enumerate(endpoints):
        if number:
            yield ""
        yield plain(endpoint.title) + ("  (outputs arrive one by one)" * endpoint.generator)
        if about := plain(endpoint.description):
            yield from _wrap(about, width, "    ")
        rows = [*map(_parameter_row, endpoint.parameters)]
        column = min(max((len(name) for name, _ in rows), default=0), _MAX_NAME) + 4
        for name, words in rows:
            first = f"  {name}".ljust(column)
            first = first if first.endswith("  ") else f"{first}  "
            yield from _wrap(words, width, " " * column, first)
        for value in endpoint.returns:
            yield from _wrap(_describe_return(value), width, "    ", "  → ")


def _wrap(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _parameter_row(parameter: Parameter) -> tuple[str, str]:
    kind = parameter_type(parameter)
    words = type_words(kind, parameter.python_type.type)
    need = f"default {_shorten(parameter.default)}" if parameter.has_default else "required"
    label, about = plain(parameter.label), plain(parameter.python_type.description)
    told = f"; {label}" if is_telling(label, parameter.name) else ""
    # The description of a file is that of Gradio's class for files.
    told += f" ({about})" if about and not is_file(kind) else ""
    return plain(parameter.name), f"{words}, {need}{told}"


def _describe_return(value: Return) -> str:
    words = type_words(read_type(value.schema), value.python_type.type)
    label = plain(value.label)
    return f"{label}: {words}" if is_telling(label, "") else words


def is_telling(label: str, name: str) -> bool:
    """Whether a label says more than the name.

    Gradio makes a label such as `parameter_12` where the developer gave none.
    """
    made = re.fullmatch(r"(parameter|value)_\d+", label)
    return bool(label) and not made and label.lower().replace(" ", "_") != name.lower()


def type_words(kind: Type, words: str) -> str:
    """Return a type for people: `file`, choices without quotes, else the app's own words."""
    if is_file(kind):
        return "file"
    if (inner := list_items(kind)) is not None and is_file(inner) and len(options(kind)) == 1:
        return "files"
    match kind:
        case Choice(values):
            return " | ".join(
                v if isinstance(v, str) else json.dumps(v) for v in map(_plain, values)
            )
        case Scalar(name):
            return name
        case _:
            return plain(words)


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _shorten(default: object) -> str:
    text = plain(write_json(default))
    return text if len(text) <= _MAX_DEFAULT else f"{text[:_MAX_DEFAULT]}…"


def write_json(value: object) -> str:
    """Return JSON on one line, with its letters as they are if they can be written."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    is_whole = text.isascii() or not _SURROGATE.search(text)
    return text if is_whole else json.dumps(value, default=str)


def as_json(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as an object for programs."""
    return {
        "name": endpoint.name,
        "index": endpoint.index,
        "description": endpoint.description,
        "generator": endpoint.generator,
        "parameters": [
            {
                "name": each.name,
                "label": each.label,
                "component": each.component,
                "type": each.python_type.type,
                "description": each.python_type.description,
                "required": not each.has_default,
                "default": each.default,
                "example": each.example,
                "choices": [*each.choices],
                "schema": each.schema,
            }
            for each in endpoint.parameters
        ],
        "returns": [
            {
                "label": each.label,
                "component": each.component,
                "type": each.python_type.type,
                "description": each.python_type.description,
                "schema": each.schema,
            }
            for each in endpoint.returns
        ],
    }

"""Converts what a caller passes for one parameter into the value to send.

The conversion walks the value and the parameter's schema together. Rules:
1. A path object, bytes, a marked file object or a picture is a file; `values.to_plain` recognises
   them. Text never names a file of this machine: an app could obtain one by declaring that a text
   is a file.
2. Where only files are allowed, text must be an address, else it is an error. If the schema leaves
   any doubt, text stays text.
3. Where the schema wants an object around a file (`{video: file}`, `{image: file}`), the file is
   wrapped.
4. Values are copied, never changed, and walked without recursion.
"""

from __future__ import annotations

from typing import Any, cast

from ..errors import InvalidArguments
from ..wire.document import Object
from ..wire.exchange import is_address
from .files import Inline, LocalFile, WebFile, file_at
from .schema_node import SchemaNode, Schemas, read_node
from .values import ATOMS, to_plain, to_plain_key

_MAX_DEPTH = 1_000  # levels of nesting; not every JSON library can write or read more
_EXPECTED = "(a path object, bytes, handle_file(…) or an http(s) address)"
_VIDEOS = ("avi", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ogv", "webm")


def normalize_args(
    value: object, schema: Object | None = None, *, component: str = "", where: str = "arguments"
) -> object:
    """Return a copy of what a caller passed, in the form to send: see the module.

    `component` is the type of the component that receives it; errors begin with `where`. Raises
    InvalidArguments for a value that cannot be sent, for text where only a file is allowed, and
    for values that are nested too deeply or contain themselves.
    """
    schema = schema or {}
    if type(value) in ATOMS and (type(value) is not str or schema.get("type") == "string"):
        return value
    root: list[Any] = [value]
    todo: list[tuple[Any, Any, Schemas, int]] = [(root, 0, (schema,), 0)]
    # One node for all entries of a list, which share their schemas. The ids stay valid, since
    # `schema` keeps all of its parts alive.
    places: dict[tuple[int, ...], SchemaNode] = {}
    while todo:
        holder, key, schemas, depth = todo.pop()
        if depth > _MAX_DEPTH:
            raise InvalidArguments(f"{where}: the value is nested too deeply or contains itself")
        shared = tuple(map(id, schemas))
        place = places.get(shared) or places.setdefault(shared, read_node(schemas, schema))
        part = to_plain(holder[key], place, component=component, where=where)
        part = holder[key] = _fit(part, place, where)
        copy: dict[Any, Any] | list[Any]
        if isinstance(part, dict):
            copy = _copy_with_plain_keys(cast("dict[object, Any]", part), where)
        elif isinstance(part, list | tuple):
            copy = [*cast("list[Any]", part)]
        else:
            continue
        holder[key] = copy
        for inner in reversed(copy if isinstance(copy, dict) else range(len(copy))):
            entry: object = copy[inner]
            # Numbers never change. Nor does text about which the schema says nothing, so that a
            # long list of them costs no more than its copy.
            is_text = type(entry) is str
            if is_text or type(entry) not in ATOMS:
                found = place.inside(inner)
                if found or not is_text:
                    todo.append((copy, inner, found, depth + 1))
    return root[0]


def _copy_with_plain_keys(part: dict[object, Any], where: str) -> dict[object, Any]:
    if all(type(key) in ATOMS for key in part):
        return {**part}
    return {to_plain_key(key, where=where): value for key, value in part.items()}


def _fit(part: Any, place: SchemaNode, where: str) -> object:
    """Turn text into a file and wrap a file in an object, where the place wants that."""
    match part:
        case str():
            return part if place.text else _fit_text(part, place, where)
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}, **rest}:
            # A marked object with an `url` is on a server already; one without is a local file.
            there = rest.get("url") is not None or rest.get("is_stream") is True
            return _wrap_file(part if there or is_address(path) else LocalFile(path), place, path)
        case LocalFile(path) | Inline(path) | WebFile(path):
            return _wrap_file(part, place, path)
        case _:
            return part


def _fit_text(text: str, place: SchemaNode, where: str) -> object:
    if place.files:
        raise InvalidArguments(f"{where}: expected a list of files {_EXPECTED}, got text")
    if not (place.file or place.wrappers):
        return text
    file = file_at(text, where=where)
    if file is None:
        raise InvalidArguments(f"{where}: expected a file {_EXPECTED}, got text")
    return _wrap_file(file, place, file.name if isinstance(file, Inline) else text)


def _wrap_file(file: object, place: SchemaNode, name: str) -> object:
    """Wrap the file in an object if the place takes it only so.

    An entry of a gallery is `{image: file}` or `{video: file}`: the extension decides.
    """
    names = place.wrappers
    if not names:
        return file
    is_video = name.partition("?")[0].rpartition(".")[2].lower() in _VIDEOS
    fitting = [key for key in names if (key == "video") is is_video]
    return {(fitting or names)[0]: file}

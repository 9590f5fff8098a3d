"""What a caller passes for one parameter, made into what travels.

The value and the schema of its parameter are gone through together. Rules:
1. A file is a path object, bytes, a marked file object, a picture: `plain` knows them. Text names
   no file of this machine, for then an app could ask for one by calling a text a file.
2. Text in a place that takes files only is an address, or it is refused. Where the schema leaves
   any doubt, text is text.
3. A file in a place that takes an object around it (`{video: file}`, `{image: file}`) gets one.
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

_MAX_DEPTH = 1_000
"Levels in what a caller passes; JSON of more can be neither written nor read everywhere."
_EXPECTED = "(a path object, bytes, handle_file(…) or an http(s) address)"
_VIDEOS = ("avi", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ogv", "webm")


def normalize_args(
    value: object, schema: Object | None = None, *, component: str = "", where: str = "arguments"
) -> object:
    """A copy of what a caller passed, as it travels: see the module.

    `component` is the kind of component that takes it, and `where` what errors say first. Raises
    InvalidArguments for what cannot be sent, for text where only a file can be, and for values
    that are nested too deeply, or contain themselves.
    """
    schema = schema or {}
    if type(value) in ATOMS and (type(value) is not str or schema.get("type") == "string"):
        return value
    root: list[Any] = [value]
    todo: list[tuple[Any, Any, Schemas, int]] = [(root, 0, (schema,), 0)]
    # By the ids of schemas, all of which are parts of `schema`: entries of a list share theirs.
    places: dict[tuple[int, ...], SchemaNode] = {}
    while todo:
        holder, key, schemas, depth = todo.pop()
        if depth > _MAX_DEPTH:
            raise InvalidArguments(f"{where}: nested too deeply, or contains itself")
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
    """Text as a file and a file in its object, where the place wants that."""
    match part:
        case str():
            return part if place.text else _fit_text(part, place, where)
        case {"path": str(path), "meta": {"_type": "gradio.FileData"}, **rest}:
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
    """The file, in an object if the place takes it so only; videos in that for videos."""
    names = place.wrappers
    if not names:
        return file
    is_video = name.partition("?")[0].rpartition(".")[2].lower() in _VIDEOS
    fitting = [key for key in names if (key == "video") is is_video]
    return {(fitting or names)[0]: file}

"""Tells what the JSON schema of a parameter allows in each place of its value.

This module understands the schemas of Gradio 4.0 to 6.31: `$ref` into `$defs`, `anyOf`, `oneOf`,
objects, lists and tuples. A schema comes from a server and may be anything: one that this module
does not understand, or that unfolds to more than 200 schemas, allows everything, so that no value
is rejected by mistake.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from ..wire.document import JSON, Object
from .schema import marks_file

Schemas: TypeAlias = "tuple[JSON, ...]"
"Alternatives for one place; empty: nothing is known."

_MAX_SCHEMAS = 200  # most schemas that are read for one place
# Keys of every file object, to recognise those of 4.0 to 4.20, which have no mark.
_FILE = frozenset(("path", "url", "orig_name"))


class SchemaNode(NamedTuple):
    """What one place of a value may hold. Numbers, booleans and null are not distinguished."""

    root: Object
    "The whole schema, which references point into."
    text: bool
    "Text is allowed, or nothing is known."
    file: bool = False
    objects: tuple[Object, ...] = ()
    "The schemas of the objects that are not files."
    lists: tuple[Object, ...] = ()
    formats: tuple[str, ...] = ()
    "Descriptions of the text, such as the format of a date."

    def inside(self, key: object) -> Schemas:
        """Return the schemas for this key of an object, or this index of a list."""
        if isinstance(key, int):
            return tuple(_find_item(schema, key) for schema in self.lists)
        properties = [_get_properties(schema) for schema in self.objects]
        return tuple(each[key] for each in properties if isinstance(key, str) and key in each)

    @property
    def wrappers(self) -> tuple[str, ...]:
        """The keys under which objects hold a file, if each object exists only for that.

        A video of 4.0 to 5.50 is `{video: file}`, an entry of a gallery is `{image: file}`.
        """
        names = [_find_sole_file(schema, self.root) for schema in self.objects]
        sure = not (self.text or self.file or self.lists)
        return tuple(name for name in names if name) if sure and all(names) else ()

    @property
    def files(self) -> bool:
        """Whether this is a list of files and nothing else."""
        if self.text or self.file or self.objects or not self.lists:
            return False
        entry = read_node(self.inside(0), self.root)
        return entry.file or bool(entry.wrappers)


def read_node(schemas: Schemas, root: Object) -> SchemaNode:
    """Return what these schemas allow: anything, if there is none or one that says nothing."""
    # A loop with a limit, because references may form a circle.
    unknown = SchemaNode(root=root, text=True)
    found: SchemaNode | None = unknown._replace(text=False) if schemas else None
    todo: list[JSON] = [*schemas]
    for _ in range(_MAX_SCHEMAS):
        if found is None or len(todo) > _MAX_SCHEMAS:
            return unknown
        if not todo:
            return found
        match todo.pop():
            case {"$ref": str(reference)}:
                todo.append(_look_up(reference, root))
            case {"anyOf": [*some]} | {"oneOf": [*some]}:
                todo += some
            case dict() as schema:
                found = _extend(found, schema)
            case _:
                found = None
    return unknown


def _extend(place: SchemaNode, schema: Object) -> SchemaNode | None:
    """Add a schema to what the place allows; None: anything is allowed."""
    match schema:
        case {"enum": _} | {"const": _}:
            return place._replace(text=True)
        # The description of gr.DateTime is the only place that tells the format it wants.
        case {"type": "string", **rest}:
            words = rest.get("description")
            formats = (*place.formats, words) if isinstance(words, str) else place.formats
            return place._replace(text=True, formats=formats)
        case {"type": "object", "properties": dict(properties)}:
            # A file is an object in the schema, but a caller passes a path or bytes for it.
            if is_file(properties, place.root):
                return place._replace(file=True)
            return place._replace(objects=(*place.objects, schema))
        case {"type": "array"}:
            return place._replace(lists=(*place.lists, schema))
        case {"type": "integer" | "number" | "boolean" | "null"}:
            return place
        case _:
            return None


def is_file(properties: Object, root: Object) -> bool:
    """Whether an object with these properties is a file object."""
    meta = properties.get("meta")
    match meta:
        case {"$ref": str(reference)}:
            meta = _look_up(reference, root)
        case _:
            pass
    return properties.keys() >= _FILE or ("path" in properties and marks_file(meta))


def _get_properties(schema: Object) -> Object:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _find_sole_file(schema: Object, root: Object) -> str | None:
    """Return the only required key of an object, if its value is a file."""
    match schema:
        case {"required": [str(name)]}:
            place = read_node((_get_properties(schema).get(name),), root)
            return name if place.file and not place.text else None
        case _:
            return None


def _find_item(schema: Object, index: int) -> JSON:
    match schema:
        case {"prefixItems": [*places]} | {"items": [*places]}:
            return places[index] if index < len(places) else True
        case _:
            return schema.get("items", True)


def _look_up(reference: str, root: Object) -> JSON:
    definitions = root.get("$defs")
    name = reference.removeprefix("#/$defs/")
    return definitions.get(name, True) if isinstance(definitions, dict) else True

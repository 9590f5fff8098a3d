"""Turns a JSON schema of an app into a type that code can inspect.

The core turns schemas into text for people. A command line has to read values by their types, and
a generated client has to declare them, so both need the structure. Nothing here raises: a schema
that says nothing, is nested too deeply or refers to itself is `ANYTHING`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

_MAX_DEPTH = 16
_MAX_PARTS = 500  # schemas that are read for one value; a short schema can unfold to more
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, a number, a boolean or null, by the name of its Python type."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these values."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class FileType:
    """A file object of Gradio."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of any length."""

    item: Type


@dataclass(frozen=True, slots=True)
class TupleOf:
    """A list with a type for each place."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a record."""

    name: str
    type: Type
    required: bool


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known keys."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys."""

    value: Type


@dataclass(frozen=True, slots=True)
class Anything:
    """A value about which the schema says nothing."""

    json: bool = False
    "The schema's description says that it is JSON."


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of one of several types."""

    options: tuple[Type, ...]


Type: TypeAlias = Scalar | Choice | FileType | ListOf | TupleOf | Record | MapOf | Anything | OneOf
Schema: TypeAlias = "dict[str, Any]"

ANYTHING = Anything()
TEXT = Scalar("str")
NOTHING = Scalar("None")


def read_type(schema: object) -> Type:
    """Return the type of the values that a schema allows; references point into `schema`."""
    return _Reader(root=schema).read(schema)


def options(kind: Type) -> tuple[Type, ...]:
    """Return the alternatives of a type, or the type itself as the only one."""
    return kind.options if isinstance(kind, OneOf) else (kind,)


def is_file(kind: Type) -> bool:
    """Whether a value can only be a file, or an object that exists only to hold one.

    A video of Gradio 4.0 to 5.50 is `{video: file}`; the client wraps a file in that object.
    """
    match kind:
        case FileType():
            return True
        case Record(fields=fields):
            required = [each for each in fields if each.required]
            return len(required) == 1 and is_file(required[0].type)
        case OneOf(options=parts):
            real = [part for part in parts if part != NOTHING]
            return bool(real) and all(map(is_file, real))
        case _:
            return False


def list_items(kind: Type) -> Type | None:
    """Return the type of the items if a value can be a list of any length, else None."""
    return next((part.item for part in options(kind) if isinstance(part, ListOf)), None)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one schema; knows its root, the references under way and what is left to read."""

    root: object
    depth: int = 0
    left: int = _MAX_PARTS
    open: list[str] = field(default_factory=list[str])

    def read(self, schema: object) -> Type:
        self.left -= 1
        if not isinstance(schema, dict) or self.depth == _MAX_DEPTH or self.left < 0:
            return ANYTHING
        self.depth += 1
        kind = self.read_known(cast("Schema", schema))
        self.depth -= 1
        return kind

    def read_known(self, schema: Schema) -> Type:
        match schema:
            case {"const": value}:
                return _choice([value])
            case {"enum": [*values]}:
                return _choice(values)
            case {"$ref": str(reference)}:
                return self.follow(reference)
            case {"anyOf": [_, *_] as some} | {"oneOf": [_, *_] as some}:
                return _union(map(self.read, some))
            case {"allOf": [only]}:
                return self.read(only)
            case {"type": [_, *_] as kinds}:
                return _union(self.read_kind(kind, schema) for kind in kinds)
            case {"type": kind}:
                return self.read_kind(kind, schema)
            case _:
                return _anything(schema)

    def read_kind(self, kind: object, schema: Schema) -> Type:
        match kind:
            case "array":
                return self.read_array(schema)
            case "object":
                return self.read_object(schema)
            case str() if kind in _SCALARS:
                return Scalar(_SCALARS[kind])
            case _:
                return _anything(schema)

    def read_array(self, schema: Schema) -> Type:
        match schema:
            case {"prefixItems": [*places]} | {"items": [*places]}:
                return TupleOf(tuple(map(self.read, places)))
            case _:
                return ListOf(self.read(schema.get("items")))

    def read_object(self, schema: Schema) -> Type:
        properties, more = schema.get("properties"), schema.get("additionalProperties")
        if isinstance(properties, dict) and properties:
            return self.read_record(schema, cast("Schema", properties))
        return MapOf(self.read(more))

    def read_record(self, schema: Schema, properties: Schema) -> Type:
        if _is_file_object(properties, self.look_up):
            return FileType()
        return Record(_title(schema), tuple(self.read_fields(schema, properties)))

    def read_fields(self, schema: Schema, properties: Schema) -> Iterator[Field]:
        required = schema.get("required")
        names: list[object] = cast("list[object]", required) if isinstance(required, list) else []
        for name, value in properties.items():
            yield Field(str(name), self.read(value), name in names)

    def follow(self, reference: str) -> Type:
        if reference in self.open:
            return ANYTHING
        self.open.append(reference)
        kind = self.read(self.look_up(reference))
        self.open.pop()
        return kind

    def look_up(self, reference: str) -> object:
        """Return the schema that a JSON pointer into the root names (RFC 6901)."""
        found: object = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = cast("Schema", found).get(name) if isinstance(found, dict) else None
        return found


def _is_file_object(properties: Schema, look_up: Any) -> bool:
    """Whether an object is Gradio's file: marked, or with the keys of the unmarked one of 4.0."""
    meta = properties.get("meta")
    match meta:
        case {"$ref": str(reference)}:
            meta = look_up(reference)
        case _:
            pass
    match meta:
        case {"properties": {"_type": {"const": "gradio.FileData"}}}:
            return "path" in properties
        case {"default": {"_type": "gradio.FileData"}}:
            return "path" in properties
        case _:
            return {"path", "url", "orig_name"} <= properties.keys()


def _anything(schema: Schema) -> Type:
    # gr.JSON has the type `{}`, and says what it is in its description only.
    about = schema.get("description")
    return Anything(json=isinstance(about, str) and "json" in about.lower())


def _choice(values: list[Any]) -> Type:
    plain = tuple(v for v in values if v is None or isinstance(v, str | int | float))
    return Choice(plain) if plain and len(plain) == len(values) else ANYTHING


def _union(kinds: Iterator[Type]) -> Type:
    parts: list[Type] = []
    for kind in kinds:
        parts += [part for part in options(kind) if part not in parts]
    if any(isinstance(part, Anything) for part in parts):
        return ANYTHING
    return parts[0] if len(parts) == 1 else OneOf(tuple(parts))


def _title(schema: Schema) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) else ""

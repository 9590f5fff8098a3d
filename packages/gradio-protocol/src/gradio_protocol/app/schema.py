"""Turns a JSON schema into the text of a Python type.

The text is that of the official client 2.7.2 wherever that has one. Nothing raises: whatever is not
a schema, names an unknown type or refers to nothing is `Any`. If a schema has several keywords, the
first of these wins: `const`, `enum`, `type`, `$ref`, `oneOf`, `anyOf`, `allOf`.

A schema comes from a server, so the work for it is bounded: a reference to itself, a level that is
too deep and everything after the budget is spent are `Any` as well.
"""

from __future__ import annotations

from ..dataclass import dataclass, field
from ..wire.document import JSON, Object

_ANY = "Any"
_FILE = "filepath"
_ANY_JSON = "str | float | bool | list | dict"
_MAX_DEPTH = 32  # levels of nesting that are read
# Characters for one type; a short schema can unfold to more text than fits into memory.
_BUDGET = 1_000_000
_NODE_COST = 16  # cost of each nested schema, in addition to its text
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def python_type(schema: JSON) -> str:
    """Return the type of the values that `schema` allows, as text such as `list[str]`.

    References point into `schema` itself. Files are `filepath`, unions are joined by `|`, objects
    are `dict(name: type (description), …)`.
    """
    return _SchemaReader(root=schema).read(schema)


def unquote_choices(words: str, schema: JSON) -> str:
    """Remove the quotes around choices that are not text from a server's type text `words`.

    Servers of 4.0 and later, like the official client, quote all choices: `Literal['1', '2']` even
    if `schema` says 1 and 2.
    """
    # Nearly all types have no such choices; reading their schemas would cost time at each connect.
    if "Literal['" not in words:
        return words
    reading = _SchemaReader(root=schema)
    todo = [schema]
    while todo:
        part = todo.pop()
        match part:
            case {"enum": [*choices]} if not all(isinstance(choice, str) for choice in choices):
                if not reading.spend(len(words)):
                    return words
                quoted = [f"'{reading.show(choice)}'" for choice in choices]
                plain = [reading.show_choice(choice) for choice in choices]
                words = words.replace(_format_literal(quoted), _format_literal(plain))
            case _:
                pass
        todo += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return words


@dataclass(slots=True, kw_only=True)
class _SchemaReader:
    """Reads one schema, and keeps its root, the references being followed and the budget."""

    root: JSON
    left: int = _BUDGET
    depth: int = 0
    open: list[str] = field(default_factory=list[str])

    def read(self, schema: JSON) -> str:
        if self.depth == _MAX_DEPTH or not self.spend(_NODE_COST):
            return _ANY
        self.depth += 1
        text = self.read_known(schema)
        self.depth -= 1
        return text

    def read_known(self, schema: JSON) -> str:
        if not isinstance(schema, dict):
            return "Never" if schema is False else _ANY
        match schema:
            case {"const": value}:
                return f"Literal[{self.show(value)}]"
            case {"enum": [*values]}:
                return _format_literal([self.show_choice(value) for value in values])
            case {"type": str(kind)}:
                return self.read_kind(kind, schema)
            case {"type": [_, *_] as kinds}:
                # A list of types makes the official client fail; this is JSON Schema's meaning.
                return " | ".join(
                    self.read_kind(k, schema) if self.spend(_NODE_COST) else _ANY for k in kinds
                )
            case {"type": _}:
                return self.read_description(schema)
            case {"$ref": str(reference)} if reference:
                return self.read_reference(reference)
            case {"oneOf": [_, *_] as choices} | {"anyOf": [_, *_] as choices}:
                return " | ".join(self.read_each(choices))
            case {"allOf": [_, *_] as parts}:
                return f"All[{', '.join(self.read_each(parts))}]"
            case _:
                return self.read_description(schema)

    def read_description(self, schema: Object) -> str:
        """Read a schema without a type, whose description may still mention JSON."""
        # gr.JSON is described so; the official client looks for the same word.
        match schema:
            case {"description": str(text)} if self.spend(len(text)) and "json" in text:
                return _ANY_JSON
            case _:
                return _ANY

    def read_each(self, schemas: list[JSON]) -> list[str]:
        return [self.read(schema) for schema in schemas]

    def read_kind(self, kind: JSON, schema: Object) -> str:
        match kind:
            case "array":
                return self.read_array(schema)
            case "object":
                return self.read_object(schema)
            case str() if kind in _SCALARS:
                return _SCALARS[kind]
            case _:
                return _ANY

    def read_array(self, schema: Object) -> str:
        # Before draft 2020-12, the schemas of a tuple were a list under `items`.
        match schema:
            case {"prefixItems": [*places]} | {"items": [*places]}:
                return f"tuple[{', '.join(self.read_each(places))}]"
            case _:
                return f"list[{self.read(schema.get('items', True))}]"

    def read_object(self, schema: Object) -> str:
        listed = schema.get("properties")
        properties = listed if isinstance(listed, dict) else {}
        # The mark decides, not the other properties, which differ from version to version.
        if self.is_file(properties):
            return _FILE
        parts = [self.read_property(name, value) for name, value in properties.items()]
        more = schema.get("additionalProperties")
        if more is not None and more is not False:
            parts.append(f"str, {self.read(more)}")
        return f"dict({', '.join(parts)})"

    def read_property(self, name: str, value: JSON) -> str:
        description = value.get("description") if isinstance(value, dict) else None
        remark = f" ({self.show(description)})" if description else ""
        return f"{self.show(name)}: {self.read(value)}{remark}"

    def is_file(self, properties: Object) -> bool:
        meta = properties.get("meta")
        return "path" in properties and (marks_file(meta) or marks_file(self.follow(meta)))

    def follow(self, schema: JSON) -> JSON:
        match schema:
            case {"$ref": str(reference)}:
                return self.look_up(reference)
            case _:
                return None

    def read_reference(self, reference: str) -> str:
        # A schema may contain itself, as that of a tree does.
        if reference in self.open:
            return _ANY
        self.open.append(reference)
        text = self.read(self.look_up(reference))
        self.open.pop()
        return text

    def look_up(self, reference: str) -> JSON:
        """Return the schema at a JSON pointer, else the definition of its last part, else None."""
        # The official client takes the last part of any reference as a name in `$defs`.
        if not self.spend(len(reference)):
            return None
        parts = [_unescape(part) for part in reference.split("/")]
        place = self.root if parts[0] == "#" else None
        for part in parts[1:]:
            place = place.get(part) if isinstance(place, dict) else None
        if place is not None or not isinstance(self.root, dict):
            return place
        definitions = self.root.get("$defs")
        return definitions.get(parts[-1]) if isinstance(definitions, dict) else None

    def show_choice(self, value: JSON) -> str:
        """Return a choice as Python writes it, since 1 and "1" differ for the app."""
        return f"'{self.show(value)}'" if isinstance(value, str) else self.show(value)

    def show(self, value: JSON) -> str:
        """Return a value as text, or an ellipsis if the budget does not allow it."""
        try:
            text = str(value)
        except (RecursionError, ValueError):  # nested too deeply, or an int of too many digits
            return "..."
        return text if self.spend(len(text)) else "..."

    def spend(self, cost: int) -> bool:
        self.left = max(self.left - cost, 0)
        return self.left > 0


def _format_literal(choices: list[str]) -> str:
    return f"Literal[{', '.join(choices)}]"


def marks_file(meta: JSON) -> bool:
    """Whether this is the schema of the `meta` of a file (4.21 and later)."""
    # Two forms, since `meta` is a plain dict with a default in some of Gradio's classes, and a
    # typed dict in others.
    match meta:
        case {"default": {"_type": "gradio.FileData"}}:
            return True
        case {"properties": {"_type": {"const": "gradio.FileData"}}}:
            return True
        case _:
            return False


def _unescape(part: str) -> str:
    """Decode one step of a JSON pointer (RFC 6901)."""
    return part.replace("~1", "/").replace("~0", "~")

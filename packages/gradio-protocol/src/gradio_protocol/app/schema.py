"""JSON schema → the Python type a reader expects.

The words are those of the official client 2.7.2 wherever it has some. The mapping is total: what
is no schema, names an unknown type or leads nowhere is `Any`, and nothing raises. Of several
keywords the first of these wins: `const`, `enum`, `type`, `$ref`, `oneOf`, `anyOf`, `allOf`.

A schema comes from a server, so what it may cost is bounded: a reference inside itself, a level
too deep and whatever comes after the budget is spent are `Any` as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..wire.document import JSON, Object

_ANY = "Any"
_FILE = "filepath"
_ANY_JSON = "str | float | bool | list | dict"
_DEEPEST = 32
"Levels of nesting that are read."
_BUDGET = 1_000_000
"Characters to spend, for one type; a schema of few lines can unfold to more than any memory."
_NODE = 16
"What one schema inside another costs, beside the words that it contributes."
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def python_type(schema: JSON) -> str:
    """The type of the values that `schema` allows, as text for people, such as `list[str]`.

    References are looked up in `schema` itself. Files are `filepath`, unions are joined by `|`,
    objects are `dict(name: type (description), …)`.
    """
    return _Reading(root=schema).read(schema)


def unquote_choices(words: str, schema: JSON) -> str:
    """A server's `words` for `schema`, without the quotes around choices that are no text.

    From 4.0 on servers, and the official client, quote all choices: `Literal['1', '2']` for 1, 2.
    """
    if "Literal['" not in words:
        return words
    reading = _Reading(root=schema)
    todo = [schema]
    while todo:
        part = todo.pop()
        match part:
            case {"enum": [*choices]} if not all(isinstance(choice, str) for choice in choices):
                if not reading.spend(len(words)):
                    return words
                quoted = [f"'{reading.shown(choice)}'" for choice in choices]
                plain = [reading.choice(choice) for choice in choices]
                words = words.replace(_literal(quoted), _literal(plain))
            case _:
                pass
        todo += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return words


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One schema being read: where references lead, which are open, what is left to spend."""

    root: JSON
    left: int = _BUDGET
    depth: int = 0
    open: list[str] = field(default_factory=list[str])

    def read(self, schema: JSON) -> str:
        if self.depth == _DEEPEST or not self.spend(_NODE):
            return _ANY
        self.depth += 1
        text = self.form(schema)
        self.depth -= 1
        return text

    def form(self, schema: JSON) -> str:
        if not isinstance(schema, dict):
            return "Never" if schema is False else _ANY
        match schema:
            case {"const": value}:
                return f"Literal[{self.shown(value)}]"
            case {"enum": [*values]}:
                return _literal([self.choice(value) for value in values])
            case {"type": str(kind)}:
                return self.named(kind, schema)
            case {"type": [_, *_] as kinds}:
                return " | ".join(
                    self.named(kind, schema) if self.spend(_NODE) else _ANY for kind in kinds
                )
            case {"type": _}:
                return self.vague(schema)
            case {"$ref": str(reference)} if reference:
                return self.target(reference)
            case {"oneOf": [_, *_] as choices} | {"anyOf": [_, *_] as choices}:
                return " | ".join(self.each(choices))
            case {"allOf": [_, *_] as parts}:
                return f"All[{', '.join(self.each(parts))}]"
            case _:
                return self.vague(schema)

    def vague(self, schema: Object) -> str:
        """What is left when no keyword says a type: the description may still promise JSON."""
        match schema:
            case {"description": str(text)} if self.spend(len(text)) and "json" in text:
                return _ANY_JSON
            case _:
                return _ANY

    def each(self, schemas: list[JSON]) -> list[str]:
        return [self.read(schema) for schema in schemas]

    def named(self, kind: JSON, schema: Object) -> str:
        match kind:
            case "array":
                return self.array(schema)
            case "object":
                return self.object(schema)
            case str() if kind in _SCALARS:
                return _SCALARS[kind]
            case _:
                return _ANY

    def array(self, schema: Object) -> str:
        # Before draft 2020-12 the places of a tuple were a list under `items`.
        match schema:
            case {"prefixItems": [*places]} | {"items": [*places]}:
                return f"tuple[{', '.join(self.each(places))}]"
            case _:
                return f"list[{self.read(schema.get('items', True))}]"

    def object(self, schema: Object) -> str:
        listed = schema.get("properties")
        properties = listed if isinstance(listed, dict) else {}
        if self.is_file(properties):
            return _FILE
        parts = [self.entry(name, value) for name, value in properties.items()]
        match schema.get("additionalProperties", False):
            case False | None:
                pass
            case more:
                parts.append(f"str, {self.read(more)}")
        return f"dict({', '.join(parts)})"

    def entry(self, name: str, value: JSON) -> str:
        description = value.get("description") if isinstance(value, dict) else None
        remark = f" ({self.shown(description)})" if description else ""
        return f"{self.shown(name)}: {self.read(value)}{remark}"

    def is_file(self, properties: Object) -> bool:
        meta = properties.get("meta")
        return "path" in properties and (marks_file(meta) or marks_file(self.followed(meta)))

    def followed(self, schema: JSON) -> JSON:
        match schema:
            case {"$ref": str(reference)}:
                return self.lookup(reference)
            case _:
                return None

    def target(self, reference: str) -> str:
        if reference in self.open:
            return _ANY
        self.open.append(reference)
        text = self.read(self.lookup(reference))
        self.open.pop()
        return text

    def lookup(self, reference: str) -> JSON:
        """What the pointer leads to, else the definition of that last name, else None."""
        if not self.spend(len(reference)):
            return None
        parts = [_unescaped(part) for part in reference.split("/")]
        place = self.root if parts[0] == "#" else None
        for part in parts[1:]:
            place = place.get(part) if isinstance(place, dict) else None
        if place is not None or not isinstance(self.root, dict):
            return place
        definitions = self.root.get("$defs")
        return definitions.get(parts[-1]) if isinstance(definitions, dict) else None

    def choice(self, value: JSON) -> str:
        """A choice as Python writes it, for numbers and text differ to the app."""
        return f"'{self.shown(value)}'" if isinstance(value, str) else self.shown(value)

    def shown(self, value: JSON) -> str:
        """A value in words, or an ellipsis once it would cost more than there is."""
        try:
            text = str(value)
        except (RecursionError, ValueError):  # nested too deeply, or an int of too many digits
            return "..."
        return text if self.spend(len(text)) else "..."

    def spend(self, cost: int) -> bool:
        self.left = max(self.left - cost, 0)
        return self.left > 0


def _literal(choices: list[str]) -> str:
    return f"Literal[{', '.join(choices)}]"


def marks_file(meta: JSON) -> bool:
    """Whether this is the schema of the `meta` of a file (4.21 and later)."""
    match meta:
        case {"default": {"_type": "gradio.FileData"}}:
            return True
        case {"properties": {"_type": {"const": "gradio.FileData"}}}:
            return True
        case _:
            return False


def _unescaped(part: str) -> str:
    """One step of a JSON pointer (RFC 6901) as the key that it means."""
    return part.replace("~1", "/").replace("~0", "~")

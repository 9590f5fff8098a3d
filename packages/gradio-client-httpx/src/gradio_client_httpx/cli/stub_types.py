"""Writes types as Python annotations, and collects the definitions that these need."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from .python_text import WIDTH, class_name, identifier, layout, quote
from .schema_types import (
    Anything,
    Choice,
    FileType,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Scalar,
    TupleOf,
    Type,
    is_file,
)

_MAX_INLINE = 56  # characters of an annotation; a longer one gets a name
_RESERVED = (
    "Any", "App", "AsyncClient", "Client", "DIGEST", "Enum", "File", "IO", "Literal", "NamedTuple",
    "NotRequired", "PathLike", "TypeAlias", "TypedDict", "UNSET", "Unset", "cast", "warnings",
)  # fmt: skip
"Names that a generated module may have in any case."
_TUPLE_NAMES = ("count", "index")
"Methods of a tuple, which no field may replace."


Fields: TypeAlias = list[tuple[str, str, bool]]
"Key, annotation, and whether the key is required."


@dataclass(slots=True, kw_only=True)
class Annotations:
    """The annotations of one module, and its definitions in the order in which they are needed."""

    names: set[str] = field(default_factory=lambda: {*_RESERVED})
    definitions: list[list[str]] = field(default_factory=list[list[str]])
    _aliases: dict[str, str] = field(default_factory=dict[str, str])
    "Names of long annotations, by their text."
    _records: dict[tuple[Record, bool], tuple[str, Fields]] = field(
        default_factory=dict[tuple[Record, bool], "tuple[str, Fields]"]
    )

    def annotate(self, kind: Type, hint: str, *, takes: bool) -> str:
        """Return the annotation of what an endpoint takes, or of what it gives.

        `hint` is a name for a type that needs one.
        """
        words = self._write(kind, hint, takes=takes)
        if len(words) <= _MAX_INLINE:
            return words
        return self._name(words, hint, _break_union(words))

    def define_result(self, method: str, labels: Sequence[str], kinds: Sequence[str]) -> str:
        """Define the named tuple of several outputs; return its name."""
        name = self._new_name(f"{method}_result")
        lines = [f"class {name}(NamedTuple):"]
        taken: list[str] = [*_TUPLE_NAMES]
        for number, (label, kind) in enumerate(zip(labels, kinds, strict=True)):
            word = identifier(label.lower() or f"output_{number}", taken, private="output")
            taken.append(word)
            lines.append(f"    {word}: {kind}")
        self.definitions.append(lines)
        return name

    def _write(self, kind: Type, hint: str, *, takes: bool) -> str:
        match kind:
            case Scalar(name):
                return name
            case Choice():
                return self._write_choice(kind, hint)
            case FileType():
                return "File" if takes else "str"
            case ListOf(item):
                return f"list[{self.annotate(item, hint, takes=takes)}]"
            case TupleOf(items):
                return self._write_tuple(items, hint, takes=takes)
            case MapOf(value):
                return f"dict[str, {self.annotate(value, hint, takes=takes)}]"
            case Record():
                name = self._name_record(kind, hint, takes=takes)
                # The client wraps a file in the object that exists only for it.
                return f"File | {name}" if takes and is_file(kind) else name
            case Anything():
                return "Any"
            case OneOf(options):
                parts = [self._write(part, hint, takes=takes) for part in options]
                return _join(parts)

    def _write_tuple(self, items: Sequence[Type], hint: str, *, takes: bool) -> str:
        parts = [self.annotate(item, hint, takes=takes) for item in items]
        # JSON has lists only, so that is what callers get; they may pass either.
        as_list = f"list[{_join(parts) or 'Any'}]"
        return f"tuple[{', '.join(parts) or '()'}] | {as_list}" if takes else as_list

    def _write_choice(self, kind: Choice, hint: str) -> str:
        if any(isinstance(value, float) for value in kind.values):
            # A Literal has no numbers with a fraction.
            names = [type(value).__name__ for value in kind.values]
            return _join(["None" if name == "NoneType" else name for name in names])
        values = [*dict.fromkeys(map(literal, kind.values))]
        words = f"Literal[{', '.join(values)}]"
        if len(words) <= _MAX_INLINE:
            return words
        return self._name(words, hint, ["Literal[", *values, "]"])

    def _name(self, words: str, hint: str, group: Sequence[str]) -> str:
        """Return the alias of a long annotation."""
        if words not in self._aliases:
            name = self._aliases[words] = self._new_name(hint)
            before = f"{name}: TypeAlias = "
            single = f"{before}{words}"
            lines = layout([*group], before) if group[0] != "(" else [f"{before}(", *group[1:]]
            self.definitions.append([single] if len(single) <= WIDTH else lines)
        return self._aliases[words]

    def _name_record(self, kind: Record, hint: str, *, takes: bool) -> str:
        key = (kind, takes)
        if key not in self._records:
            fields: Fields = [
                (each.name, self.annotate(each.type, each.name, takes=takes), each.required)
                for each in kind.fields
            ]
            other = self._records.get((kind, not takes))
            if other is not None and other[1] == fields:  # without files both are the same
                self._records[key] = other
                return other[0]
            word = kind.title or hint
            name = self._new_name(f"{word}Input" if takes and other is not None else word)
            self._records[key] = (name, fields)
            self.definitions.append(_define_record(name, fields))
        return self._records[key][0]

    def _new_name(self, hint: str) -> str:
        name = class_name(hint, self.names)
        self.names.add(name)
        return name


def literal(value: object) -> str:
    """Return the source of a text, a number, a boolean or None."""
    return quote(value) if isinstance(value, str) else repr(value)


def _join(parts: Sequence[str]) -> str:
    # None last, as people write it.
    return " | ".join(sorted(dict.fromkeys(parts), key=lambda part: part == "None"))


def _break_union(words: str) -> list[str]:
    """Return the lines of a long union, each alternative on its own."""
    first, *others = _alternatives(words, ast.parse(words, mode="eval").body)
    return ["(", f"    {first}", *(f"    | {part}" for part in others), ")"]


def _alternatives(source: str, node: ast.expr) -> list[str]:
    # Parsed, since a choice may contain a bar too.
    if isinstance(node, ast.BinOp):
        return _alternatives(source, node.left) + _alternatives(source, node.right)
    return [ast.get_source_segment(source, node) or ""]


def _define_record(name: str, fields: Fields) -> list[str]:
    """Return the lines of a TypedDict; keys that are no identifiers need the form of a call."""
    values = [(key, words if needed else f"NotRequired[{words}]") for key, words, needed in fields]
    if all(_is_attribute(key) for key, _ in values):
        return [f"class {name}(TypedDict):", *(f"    {key}: {words}" for key, words in values)]
    pairs = [f"{quote(key)}: {words}" for key, words in values]
    return layout([f"{name} = TypedDict(", quote(name), ["{", *pairs, "}"], ")"])


def _is_attribute(key: str) -> bool:
    return key.isidentifier() and not keyword.iskeyword(key) and not key.startswith("__")

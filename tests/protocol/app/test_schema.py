"""JSON schemas as Python types: the official client's words, and an answer for everything."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.schema import python_type
from gradio_protocol.wire.document import JSON

RECORDED = Path(__file__).parent / "fixtures" / "view_api.json.xz"
STRING: JSON = {"type": "string"}
FILE: JSON = {
    "type": "object",
    "properties": {"path": STRING, "meta": {"default": {"_type": "gradio.FileData"}}},
}

WORDS = st.sampled_from(
    [
        *("type", "const", "enum", "anyOf", "oneOf", "allOf", "$ref", "$defs", "items", "array"),
        *("prefixItems", "properties", "path", "meta", "default", "_type", "gradio.FileData"),
        *("additionalProperties", "description", "json", "object", "string", "#/$defs/type"),
        *("#", "#/items"),
    ]
)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(), inner, max_size=5)
    ),
    max_leaves=40,
)


def holds_list_of_tuples(schema: JSON) -> bool:
    """Whether the official client takes a list of tuples for one tuple somewhere in there."""
    if isinstance(schema, list):
        return any(map(holds_list_of_tuples, schema))
    if not isinstance(schema, dict):
        return False
    items = schema.get("items")
    if schema.get("type") == "array" and isinstance(items, dict) and "prefixItems" in items:
        return True
    return any(map(holds_list_of_tuples, schema.values()))


def holds_choices_that_are_no_text(schema: JSON) -> bool:
    """Whether the official client quotes a number somewhere in there."""
    if isinstance(schema, list):
        return any(map(holds_choices_that_are_no_text, schema))
    if not isinstance(schema, dict):
        return False
    choices = schema.get("enum")
    if isinstance(choices, list) and not all(isinstance(choice, str) for choice in choices):
        return True
    return any(map(holds_choices_that_are_no_text, schema.values()))


def test_types_are_worded_as_the_official_client_words_them() -> None:
    types = json.loads(lzma.decompress(RECORDED.read_bytes()))["types"]
    compared = [
        (s, said)
        for s, said in types
        if said is not None
        and not holds_list_of_tuples(s)
        and not holds_choices_that_are_no_text(s)
    ]
    assert len(compared) > 350
    assert [(s, python_type(s)) for s, _ in compared] == compared


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (True, "Any"),
        (False, "Never"),
        (None, "Any"),
        ([], "Any"),
        ("string", "Any"),
        ({"type": "array"}, "list[Any]"),
        ({"type": "array", "items": False}, "list[Never]"),
        ({"type": "array", "items": None}, "list[Any]"),
        ({"type": "array", "items": [STRING, True]}, "tuple[str, Any]"),
        ({"type": "object", "additionalProperties": False}, "dict()"),
        ({"type": "object", "properties": []}, "dict()"),
        ({"type": "object", "properties": {"a": True}}, "dict(a: Any)"),
        ({"type": "unheard of"}, "Any"),
        ({"enum": [1.5, 2.0, "x", None, True]}, "Literal[1.5, 2.0, 'x', None, True]"),
        ({"type": []}, "Any"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"type": ["string", 3]}, "str | Any"),
        ({"enum": None}, "Any"),
        ({"anyOf": [True, STRING]}, "Any | str"),
        ({"description": 3}, "Any"),
    ],
)
def test_what_the_official_client_cannot_read_has_a_type_too(schema: JSON, text: str) -> None:
    assert python_type(schema) == text


def test_a_list_of_tuples_is_a_list() -> None:
    schema: JSON = {"type": "array", "items": {"type": "array", "prefixItems": [STRING, STRING]}}
    assert python_type(schema) == "list[tuple[str, str]]"


@pytest.mark.parametrize(
    "reference",
    ["#/$defs/Leaf", "#/definitions/Leaf", "Leaf", "#/$defs/a~1b~0", "#/prefixItems/$x"],
)
def test_a_reference_is_followed_as_a_pointer_or_else_by_its_last_name(reference: str) -> None:
    leaf: JSON = {"type": "integer"}
    schema: JSON = {
        "type": "object",
        "properties": {"a": {"$ref": reference}},
        "$defs": {"Leaf": leaf, "a/b~": leaf, "$x": leaf},
        "prefixItems": [leaf],
    }
    assert python_type(schema) == "dict(a: int)"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/Missing", "$defs": {}},
        {"$ref": "#/$defs/Missing", "$defs": []},
        {"$ref": "#/x/y"},
        {"$ref": "#"},
        {"$ref": 3},
    ],
)
def test_a_reference_that_leads_nowhere_is_any(schema: JSON) -> None:
    assert python_type(schema) == "Any"


def test_a_schema_inside_itself_is_any() -> None:
    tree: JSON = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Tree"}, "x": STRING}}
    schema: JSON = {"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}}
    assert python_type(schema) == "dict(child: Any, x: str)"


def test_two_references_to_one_definition_are_both_read() -> None:
    schema: JSON = {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}], "$defs": {"A": STRING}}
    assert python_type(schema) == "str | str"


def test_a_file_is_known_by_the_definition_of_its_meta() -> None:
    meta: JSON = {"properties": {"_type": {"const": "gradio.FileData"}}}
    schema: JSON = {
        "type": "object",
        "properties": {"path": STRING, "meta": {"$ref": "#/$defs/Meta"}},
        "$defs": {"Meta": meta},
    }
    assert python_type(schema) == "filepath"


def test_files_inside_other_values_are_found() -> None:
    schema: JSON = {"type": "array", "items": {"anyOf": [FILE, {"type": "null"}]}}
    assert python_type(schema) == "list[filepath | None]"


def test_a_schema_too_deep_ends_in_any() -> None:
    schema: JSON = STRING
    for _ in range(500):
        schema = {"type": "array", "items": schema}
    text = python_type(schema)
    assert text.endswith("[Any" + "]" * text.count("["))
    assert text.count("[") == 32


def test_a_schema_that_unfolds_without_end_is_cut_off() -> None:
    definitions: dict[str, JSON] = {}
    for level in range(31):
        inner: JSON = {"$ref": f"#/$defs/L{level + 1}"}
        definitions[f"L{level}"] = {"type": "array", "prefixItems": [inner, inner, inner, inner]}
    text = python_type({"$ref": "#/$defs/L0", "$defs": definitions})
    assert "Any" in text
    assert len(text) < 2_000_000


def test_kinds_beyond_the_budget_are_any() -> None:
    kinds: list[JSON] = ["object"] * 300
    text = python_type({"type": kinds, "properties": {"x" * 10_000: STRING}})
    assert text.startswith("dict(xxx")
    assert text.endswith("Any | Any")
    assert len(text) < 2_000_000


def test_a_word_too_long_is_an_ellipsis() -> None:
    assert python_type({"const": "x" * 1_000_001}) == "Literal[...]"


def test_a_reference_too_long_leads_nowhere() -> None:
    assert python_type({"$ref": "#/" * 1_000_001}) == "Any"


def test_a_number_of_too_many_digits_is_an_ellipsis() -> None:
    assert python_type({"const": 10**5000}) == "Literal[...]"


def test_a_value_nested_too_deeply_to_print_is_an_ellipsis() -> None:
    value: JSON = []
    for _ in range(100_000):
        value = [value]
    assert python_type({"const": value}) == "Literal[...]"


@given(DOCUMENTS)
def test_any_document_has_a_type(document: JSON) -> None:
    assert python_type(document)


@given(DOCUMENTS, DOCUMENTS, st.sampled_from(["anyOf", "allOf", "prefixItems", "properties"]))
def test_any_schema_has_a_type(first: JSON, second: JSON, key: str) -> None:
    inner: JSON = {"a": first, "path": second} if key == "properties" else [first, second]
    kinds = ("array", "object") if key in ("prefixItems", "properties") else ("",)
    for kind in kinds:
        schema: dict[str, JSON] = {"type": kind, key: inner} if kind else {key: inner}
        assert python_type({**schema, "$defs": {"type": first, "items": {"$ref": "#"}}})

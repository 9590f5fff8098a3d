"""Types that are read from JSON schemas, whatever a server sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_client_httpx.cli.schema_types import (
    ANYTHING,
    NOTHING,
    TEXT,
    Anything,
    Choice,
    Field,
    FileType,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Scalar,
    TupleOf,
    Type,
    is_file,
    list_items,
    read_type,
)
from gradio_protocol.wire.document import JSON
from tests.support.random_json import JsonSource, replace_somewhere

META: JSON = {"default": {"_type": "gradio.FileData"}}
FILE: JSON = {"type": "object", "properties": {"path": {}, "meta": META}}
GOOD: JSON = {
    "$defs": {"T": FILE},
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/T"}}, "b": {"enum": [1]}},
    "required": ["a"],
}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, TEXT),
        ({"type": "number"}, Scalar("float")),
        ({"type": ["string", "null"]}, OneOf((TEXT, NOTHING))),
        ({"enum": ["a", 2]}, Choice(("a", 2))),
        ({"const": "a"}, Choice(("a",))),
        ({"type": "array", "items": {"type": "string"}}, ListOf(TEXT)),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, TupleOf((TEXT,))),
        ({"anyOf": [{"type": "string"}, {"type": "string"}]}, TEXT),
        ({"anyOf": [{"type": "string"}, {}]}, ANYTHING),
        ({"allOf": [{"type": "string"}]}, TEXT),
        ({"type": "object", "additionalProperties": {"type": "string"}}, MapOf(TEXT)),
        ({"type": {}, "description": "any valid json"}, Anything(json=True)),
        ({"type": "surprise"}, ANYTHING),
        ({"enum": [[1]]}, ANYTHING),
        (True, ANYTHING),
        (FILE, FileType()),
    ],
)
def test_a_schema_is_read_as_its_type(schema: JSON, kind: Type) -> None:
    assert read_type(schema) == kind


def test_an_object_is_a_record_with_the_keys_that_it_needs() -> None:
    properties: JSON = {"text": {"type": "string"}, "size": {"type": "integer"}}
    schema = {"type": "object", "title": "Page", "properties": properties, "required": ["text"]}
    fields = (Field("text", TEXT, True), Field("size", Scalar("int"), False))
    assert read_type(schema) == Record("Page", fields)


def test_a_reference_is_followed_into_the_root() -> None:
    root: JSON = {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}}
    assert read_type(root) == TEXT


def test_a_schema_that_contains_itself_ends() -> None:
    root: JSON = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "array", "items": {"$ref": "#"}}}}
    assert read_type(root) == ListOf(ANYTHING)


def test_a_short_schema_that_unfolds_to_a_huge_one_is_cut() -> None:
    parts: dict[str, JSON] = {"0": {"type": "string"}}
    for number in range(1, 12):
        inner: list[JSON] = [{"$ref": f"#/$defs/{number - 1}"}] * 10
        parts[str(number)] = {"type": "array", "prefixItems": inner}
    assert isinstance(read_type({"$ref": "#/$defs/11", "$defs": parts}), TupleOf)


def test_a_file_may_be_wrapped_and_may_be_missing() -> None:
    wrapped: JSON = {"type": "object", "properties": {"video": FILE}, "required": ["video"]}
    assert is_file(read_type(wrapped))
    assert is_file(read_type({"anyOf": [FILE, {"type": "null"}]}))
    assert not is_file(read_type({"anyOf": [FILE, {"type": "string"}]}))
    assert not is_file(read_type({"type": "null"}))


def test_a_list_is_found_among_alternatives() -> None:
    assert list_items(read_type({"anyOf": [{"type": "null"}, {"type": "array"}]})) == ANYTHING
    assert list_items(TEXT) is None


@given(raw=st.binary())
def test_nothing_raises_for_what_a_server_sent(raw: bytes) -> None:
    read_type(replace_somewhere(GOOD, raw, JsonSource(raw).document()))

"""What schemas allow, where they are not what Gradio's own components have."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_protocol.app.schema_node import is_file, read_node

STRING: Any = {"type": "string"}
FILE: Any = {
    "type": "object",
    "properties": {"path": STRING, "meta": {"default": {"_type": "gradio.FileData"}}},
}


DOUBTFUL: list[Any] = [
    {},
    True,
    None,
    [FILE],
    {"type": {}},
    {"type": ["string", "null"]},
    {"type": "file"},
    {"type": "object"},
    {"type": "object", "properties": []},
    {"$ref": "#/$defs/Missing"},
    {"$ref": 3},
    {"allOf": [FILE]},
    {"anyOf": [FILE, {}]},
    {"anyOf": FILE},
]


@pytest.mark.parametrize("schema", DOUBTFUL)
def test_where_a_schema_leaves_a_doubt_anything_may_be(schema: Any) -> None:
    place = read_node((schema,), {"$defs": []})
    assert (place.text, place.file, place.wrappers, place.files) == (True, False, (), False)
    assert place.inside("path") == place.inside(0) == ()


def test_of_no_schema_nothing_is_known() -> None:
    assert read_node((), {}).text


def test_what_the_mark_alone_makes_a_file() -> None:
    meta: Any = {"$ref": "#/$defs/Meta"}
    marked: Any = {"properties": {"_type": {"const": "gradio.FileData"}}}
    root: Any = {"$defs": {"Meta": marked}}
    assert is_file({"path": STRING, "meta": meta}, root)
    assert not is_file({"meta": meta}, root)
    assert not is_file({"path": STRING, "meta": meta}, {"$defs": {"Meta": {}}})
    assert not is_file({"path": STRING}, {})


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
def test_each_of_several_schemas_counts(key: str) -> None:
    place = read_node(({key: [FILE, {"type": "null"}, {"const": "none"}]},), {})
    assert (place.text, place.file) == (True, True)


def test_a_schema_that_leads_to_itself_is_unknown() -> None:
    root: Any = {"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}
    assert read_node(({"$ref": "#/$defs/A"},), root).text


def test_a_schema_that_unfolds_too_far_is_unknown() -> None:
    wide: Any = {"anyOf": [{"type": "null"}] * 300}
    assert read_node((wide,), {}).text
    wide["anyOf"] = wide["anyOf"][:30]
    assert not read_node((wide,), {}).text


def test_the_places_of_a_tuple_end() -> None:
    place = read_node(({"type": "array", "items": [STRING, FILE]},), {})
    assert [place.inside(index) for index in range(3)] == [(STRING,), (FILE,), (True,)]


def test_a_list_without_items_holds_anything() -> None:
    place = read_node(({"type": "array"},), {})
    assert place.inside(0) == (True,)
    assert not place.files


def test_a_key_that_is_no_text_is_unknown() -> None:
    place = read_node(({"type": "object", "properties": {"a": FILE}},), {})
    assert (place.inside("a"), place.inside(None), place.inside("b")) == ((FILE,), (), ())


def test_a_wrapper_has_one_file_that_it_needs() -> None:
    def wrappers(**keys: Any) -> tuple[str, ...]:
        schema: Any = {"type": "object", "properties": {"a": FILE, "b": STRING, "c": {}}, **keys}
        return read_node((schema,), {}).wrappers

    assert wrappers(required=["a"]) == ("a",)
    assert wrappers(required=["b"]) == wrappers(required=["c"]) == wrappers(required=["d"]) == ()
    assert wrappers(required=["a", "b"]) == wrappers(required=[]) == wrappers() == ()

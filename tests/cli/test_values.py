"""Values of a command line, read by the types of an endpoint's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_client_httpx.cli.schema_types import read_type
from gradio_client_httpx.cli.values import Item, merge_json, read_items, read_text, split_item
from gradio_protocol import InvalidArguments
from gradio_protocol.wire.document import JSON
from tests.cli.sample_endpoints import FILE, endpoint, parameter

NULL: JSON = {"type": "null"}
TEXT: JSON = {"type": "string"}
NUMBER: JSON = {"type": "number"}


def opened(text: str) -> str:
    return f"<{text}>"


def read(text: str, schema: JSON) -> Any:
    return read_text(text, read_type(schema), opened)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (TEXT, "5", "5"),
        (TEXT, "", ""),
        (TEXT, '{"a": 1}', '{"a": 1}'),
        (NUMBER, "5", 5),
        (NUMBER, "-.5e1", -5.0),
        ({"type": "integer"}, "5.0", 5),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "off", False),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "object"}, '{"a": null}', {"a": None}),
        ({"anyOf": [NUMBER, NULL]}, "null", None),
        ({"anyOf": [TEXT, NUMBER]}, "5", "5"),
        ({"enum": ["a b", 2]}, "2", 2),
        ({"enum": ["2", 2]}, "2", "2"),
        ({"enum": ["a", None]}, "null", None),
        ({"anyOf": [{"enum": [1.5]}, {"type": "array"}]}, "1.5", 1.5),
        ({"anyOf": [FILE, NULL]}, "null", None),
        (FILE, "a.png", "<a.png>"),
        ({}, "7", 7),
        ({}, "007", "007"),
        ({"type": {}, "description": "any valid json"}, '"7"', "7"),
    ],
)
def test_a_text_is_read_by_its_type(schema: JSON, text: str, value: Any) -> None:
    read_value = read(text, schema)
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        (NUMBER, "5 apples", "a number"),
        (NUMBER, "NaN", "a number"),
        (NUMBER, "1e999", "a number"),
        ({"type": "integer"}, "5.5", "a whole number"),
        ({"type": "boolean"}, "maybe", "true or false"),
        ({"type": "array"}, '{"a": 1}', "a JSON list"),
        ({"type": "object"}, "[", "a JSON object"),
        ({"enum": ["a", 2]}, "3", "one of a, 2"),
        ({"anyOf": [NUMBER, NULL]}, "x", "a number or null"),
        ({"type": {}, "description": "json"}, "x", "JSON"),
    ],
)
def test_a_text_of_another_type_is_refused(schema: JSON, text: str, expected: str) -> None:
    with pytest.raises(InvalidArguments, match=f"^expected {expected}, got "):
        read(text, schema)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("text=a=b", Item("text", "=", "a=b")),
        ("text=", Item("text", "=", "")),
        ("text=@a.png", Item("text", "@", "a.png")),
        ("text:=@1", Item("text", ":=", "@1")),
        ("two words=x\ny", Item("two words", "=", "x\ny")),
    ],
)
def test_an_item_is_a_name_and_a_value(text: str, item: Item) -> None:
    assert split_item(text) == item


def test_an_item_without_a_sign_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="'hello': expected NAME=VALUE"):
        split_item("hello")


CALL = endpoint(
    "/call",
    parameter("text"),
    parameter("n", schema=NUMBER),
    parameter("files", schema={"type": "array", "items": FILE}),
    parameter("words", schema={"type": "array", "items": {"enum": ["a", "b"]}}),
    parameter("table", schema={"type": "array", "items": {"type": "array"}}),
    parameter("size", choices=(1, 2)),
)


def read_all(*texts: str) -> dict[str, Any]:
    return read_items(map(split_item, texts), CALL, opened)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["text=a", "n=2"], {"text": "a", "n": 2}),
        (["text:=null"], {"text": None}),
        (["text=@a"], {"text": "<a>"}),
        (["files=a", "files=b"], {"files": ["<a>", "<b>"]}),
        (["files=a"], {"files": ["<a>"]}),
        (["files=@a"], {"files": ["<a>"]}),
        (["words=a"], {"words": ["a"]}),
        (['words=["a", "b"]'], {"words": ["a", "b"]}),
        (["table=[[1]]"], {"table": [[1]]}),
        (["table=[1]", "table=[2]"], {"table": [[1], [2]]}),
        (["size=2"], {"size": 2}),
    ],
)
def test_items_become_the_arguments(texts: list[str], values: dict[str, Any]) -> None:
    assert read_all(*texts) == values


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["n=1", "n=2"], "'n': expected one value, got 2"),
        (["n=x"], "n: expected a number, got 'x'"),
        (["text:=x"], "text: expected JSON, got 'x'"),
        (["txt=a"], "/call: no parameter 'txt'; it has 'text', 'n', 'files', "),
        (["words=c"], "words: expected one of a, b, got 'c'"),
    ],
)
def test_wrong_items_are_refused(texts: list[str], problem: str) -> None:
    with pytest.raises(InvalidArguments, match=f"^{problem}"):
        read_all(*texts)


def test_a_document_gives_arguments_by_position_or_by_name() -> None:
    assert merge_json(None, {"a": 1}) == ([], {"a": 1})
    assert merge_json([1, 2], {"c": 3}) == ([1, 2], {"c": 3})
    assert merge_json({"a": 1}, {"b": 2}) == ([], {"a": 1, "b": 2})
    with pytest.raises(InvalidArguments, match="'a' is given twice"):
        merge_json({"a": 1}, {"a": 2})
    with pytest.raises(InvalidArguments, match="expected an object or a list"):
        merge_json("text", {})

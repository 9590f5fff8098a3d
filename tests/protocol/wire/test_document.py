"""JSON: read tolerantly, written exactly, its types checked by name."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradio_protocol.errors import InvalidArguments, RemoteError
from gradio_protocol.wire.document import (
    JSON,
    LIST,
    OBJECT,
    Fields,
    Object,
    check_kind,
    copy_json,
    need,
    preview,
    read,
    write,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back(value: JSON) -> None:
    assert read(write(value), where="x") == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":[1]}',
        '{"a":[1]}',
        b'\xef\xbb\xbf{"a":[1]}',
        b'{"a":[1]}\r\n',  # white space after it, as proxies add
    ],
)
def test_bytes_and_text_are_read(text: bytes | str) -> None:
    assert read(text, where="x") == {"a": [1]}


around = st.sampled_from(["", "", " ", "\r\n\t", "\ufeff", "\xa0", "\x00", "x", "{}", ","])
encodings = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])


@given(around, values | st.dictionaries(st.text(), values), around, encodings)
@example("", {"a": "\ud800"}, "", "utf-8")
@example("", {"a": 1}, "\n", "utf-8")
@example("", {"a": 1}, "\xa0", "utf-8")
@example("", {"a": 1}, "{}", "utf-8")
def test_what_is_read_is_what_json_reads(
    before: str, value: JSON, after: str, encoding: str
) -> None:
    text = (before + json.dumps(value, ensure_ascii=False) + after).encode(
        encoding, "surrogatepass"
    )
    try:
        expected: JSON = json.loads(text)
    except ValueError:
        with pytest.raises(RemoteError):
            read(text, where="x")
    else:
        assert read(text, where="x") == expected


def test_a_second_document_after_the_first_is_the_servers_fault() -> None:
    with pytest.raises(RemoteError, match=r"^config: expected JSON, got "):
        read(b'{"a":[1]}{}', where="config")


def test_nan_and_lone_surrogates_are_let_through() -> None:
    found = check_kind(read(b'[NaN, Infinity, "\\ud800"]', where="x"), LIST, "x")
    assert isinstance(found[0], float)
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, "\ud800"]
    assert write(found) == b'[NaN,Infinity,"\\ud800"]'


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"nope", b"\xff\xfe\xff", b"[" * 200_000, b"1" * 5_000, "<html>", b"{'a': 1}"],
)
def test_anything_but_json_is_the_servers_fault(text: bytes | str) -> None:
    with pytest.raises(RemoteError, match=r"^config: expected JSON, got "):
        read(text, where="config")


@given(st.binary() | st.text())
def test_random_input_is_read_or_a_typed_error(text: bytes | str) -> None:
    try:
        value = read(text, where="x")
    except RemoteError:
        return
    assert read(json.dumps(value), where="x") == value or "NaN" in json.dumps(value)


def test_text_is_written_compactly_in_ascii() -> None:
    assert write({"a": ["ö", 1, None]}) == b'{"a":["\\u00f6",1,null]}'


def test_what_json_cannot_say_is_the_callers_fault() -> None:
    circle: list[object] = []
    circle.append(circle)
    deep: list[object] = []
    for _ in range(200_000):
        deep = [deep]
    for value in (object(), {(1, 2): 3}, b"bytes", circle, deep):
        with pytest.raises(InvalidArguments, match=r"^arguments: cannot be written as JSON"):
            write(value)
    with pytest.raises(InvalidArguments, match=r"^headers: "):
        write({1, 2}, where="headers")


DOCUMENT: Object = {"n": 1, "f": 1.5, "b": True, "s": "x", "l": [1], "o": {"k": 1}, "z": None}
FIELDS = Fields(DOCUMENT, "x")


def test_a_needed_value_is_found_by_its_type() -> None:
    assert need(DOCUMENT, "n", int, where="x") == 1
    assert need(DOCUMENT, "b", bool, where="x") is True
    assert need(DOCUMENT, "s", str, where="x") == "x"
    assert need(DOCUMENT, "l", LIST, where="x") == [1]
    assert need(DOCUMENT, "o", OBJECT, where="x") == {"k": 1}


def test_an_int_passes_for_a_float() -> None:
    assert need(DOCUMENT, "n", float, where="x") == 1
    assert need(DOCUMENT, "f", float, where="x") == 1.5


def test_a_missing_value_is_named() -> None:
    with pytest.raises(RemoteError, match=r"^config: 'q' is missing$"):
        need(DOCUMENT, "q", int, where="config")


@pytest.mark.parametrize(
    ("key", "kind", "says"),
    [
        ("s", list, "config: 's': expected an array, got a string"),
        ("z", int, "config: 'z': expected an integer, got null"),
        ("b", int, "config: 'b': expected an integer, got a boolean"),
        ("b", float, "config: 'b': expected a number, got a boolean"),
        ("n", bool, "config: 'n': expected a boolean, got an integer"),
        ("f", int, "config: 'f': expected an integer, got a number"),
    ],
)
def test_a_wrong_type_names_document_key_found_and_expected(
    key: str, kind: type[object], says: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        need(DOCUMENT, key, kind, where="config")
    assert str(caught.value) == says


def test_a_wanted_value_may_be_absent_or_null() -> None:
    assert FIELDS.want("s", str, "d") == "x"
    assert FIELDS.want("q", str, "d") == "d"
    assert FIELDS.want("z", str) is None
    assert FIELDS.want("q", LIST, []) == []
    assert FIELDS.want("o", OBJECT, {}) == {"k": 1}


def test_a_wanted_value_of_a_wrong_type_is_an_error() -> None:
    with pytest.raises(RemoteError, match=r"^x: 's': expected an integer, got a string$"):
        FIELDS.want("s", int, 0)


def test_the_top_of_a_document_is_checked() -> None:
    assert check_kind({"a": 1}, OBJECT, "x") == {"a": 1}
    assert check_kind([1], LIST, "x") == [1]
    assert check_kind("a", str, "x") == "a"
    with pytest.raises(RemoteError, match=r"^info: expected an object, got an array$"):
        check_kind([], OBJECT, "info")
    with pytest.raises(RemoteError, match=r"^info: expected an array, got an object$"):
        check_kind({}, LIST, "info")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "'short'"),
        (b"short", "'short'"),
        ("x" * 80, repr("x" * 80)),
        ("x" * 81, repr("x" * 80) + "…"),
        (b"\xff\n", "'\ufffd\\n'"),
    ],
)
def test_an_excerpt_is_the_beginning_in_quotes(text: bytes | str, shown: str) -> None:
    assert preview(text) == shown


def test_an_excerpt_is_short_whatever_came() -> None:
    assert len(preview(json.dumps(["x"] * 10_000), 10)) == 13


# --- copies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [1, 49, 50, 51, 52, 200])
def test_a_copy_shares_nothing_at_any_depth(levels: int) -> None:
    deep: Any = []
    keys: list[Any] = []
    for level in range(levels):
        deep, key = ([deep, "x"], 0) if level % 2 else ({"k": deep, "x": None}, "k")
        keys.insert(0, key)
    copy: Any = copy_json(deep)
    assert copy == deep
    for key in keys:
        assert copy is not deep
        copy, deep = copy[key], deep[key]
    copy.append("mine")
    assert deep == []


@pytest.mark.parametrize(
    "table",
    [
        [],
        [["a", 1], [None, "b"]],
        [{"k": 1}, {"j": "b"}],
        [["a"], {"k": 1}],
        [["a"], 5],
        [5, "a", None],
        [["a", ["b"]], ["c"]],
        [{"k": 1}, {"k": {"j": []}}],
        [[]],
        [{}],
    ],
)
@pytest.mark.parametrize("times", [1, 20])
def test_a_table_is_copied_with_its_rows(table: Any, times: int) -> None:
    # Own rows each time, few and many.
    table = [json.loads(json.dumps(row)) for row in table * times]
    before = repr(table)
    copy: Any = copy_json(table)
    assert copy == table
    for row in [row for row in copy if isinstance(row, list | dict)]:
        row.clear()
    copy.append("mine")
    assert repr(table) == before

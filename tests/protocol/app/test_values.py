"""Values that people have, without the libraries that they have them from.

What the classes here offer is what numpy, Pillow, pandas, polars and pydantic offer.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from math import inf, isnan
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from gradio_protocol.app.arguments import normalize_args
from gradio_protocol.app.files import Inline, LocalFile
from gradio_protocol.errors import InvalidArguments

STRING: Any = {"type": "string"}
FILE: Any = {
    "type": "object",
    "properties": {"path": STRING, "url": STRING, "orig_name": STRING},
}
LIST: Any = {"type": "array", "items": {}}
DAY, EIGHT, NINE = (
    datetime.fromisoformat(f"2024-05-06T{rest}") for rest in ("00:00:00", "07:08:00", "07:08:09")
)
TABLE: Any = {"type": "object", "properties": {"headers": LIST, "data": LIST}}


def taken(value: object, schema: Any = None, component: str = "") -> Any:
    return normalize_args(value, schema, component=component, where="/f: 'x'")


def refusal(value: object, schema: Any = None, component: str = "") -> str:
    with pytest.raises(InvalidArguments) as caught:
        taken(value, schema, component)
    return str(caught.value)


# --- of the standard library ---------------------------------------------------------------------


class Color(Enum):
    RED = "red"
    PATH = PurePosixPath("/a")


class Size(StrEnum):
    BIG = "big"


class Level(IntEnum):
    HIGH = 3


class Pair(NamedTuple):
    left: object
    right: object


@dataclass
class Entry:
    image: object
    caption: str | None = None


PLAIN: list[tuple[object, object]] = [
    (Color.RED, "red"),
    (Color.PATH, LocalFile("/a")),
    (Size.BIG, "big"),
    (Level.HIGH, 3),
    (Decimal(7), 7),
    (Decimal("1.50"), 1.5),
    (Decimal("1E+3"), 1000.0),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Pair(1, Color.RED), [1, "red"]),
    (Entry(PurePosixPath("/a")), {"image": LocalFile("/a"), "caption": None}),
    (range(3), [0, 1, 2]),
    (deque([b"x"]), [Inline("file", b"x")]),
    (OrderedDict(a=1), {"a": 1}),
    (MappingProxyType({"a": Color.RED}), {"a": "red"}),
    (date(2024, 5, 6), "2024-05-06"),
    (time(7, 8), "07:08:00"),
    (EIGHT, "2024-05-06T07:08:00"),
    (datetime(2024, 5, 6, 7, 8, tzinfo=UTC), "2024-05-06T07:08:00+00:00"),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN)
def test_a_value_is_what_json_has_for_it(value: object, expected: object) -> None:
    sent = taken(value)
    assert sent == expected
    assert type(sent) is type(expected)
    assert taken([{"in": value}]) == [{"in": expected}]


def test_numbers_that_are_none_are_sent_as_servers_take_them() -> None:
    assert taken([inf, Decimal("-inf")]) == [inf, -inf]
    assert isnan(taken(Decimal("nan")))


def test_a_dataclass_is_read_by_the_schema_of_its_object() -> None:
    item = {"type": "object", "properties": {"image": FILE}, "required": ["image"]}
    gallery = {"type": "array", "items": item}
    entry = Entry("https://host/a.png", "a")
    assert taken([entry], gallery)[0]["image"]["url"] == "https://host/a.png"
    assert "expected a file" in refusal([Entry("/a.png")], gallery)


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ("Formatted as YYYY-MM-DD HH:MM:SS", NINE, "2024-05-06 07:08:09"),
        ("Formatted as YYYY-MM-DD HH:MM:SS", date(2024, 5, 6), "2024-05-06 00:00:00"),
        ("Formatted as YYYY-MM-DD", NINE, "2024-05-06"),
        ("Formatted as YYYY-MM-DD", date(2024, 5, 6), "2024-05-06"),
        ("Formatted as YYYY-MM-DD", time(7), "07:00:00"),
        ("any text", DAY, "2024-05-06T00:00:00"),
        (3, DAY, "2024-05-06T00:00:00"),
    ],
)
def test_a_time_is_written_as_the_app_wants_it(said: Any, value: object, expected: str) -> None:
    assert taken(value, {"type": "string", "description": said}) == expected


def test_a_time_zone_is_refused_where_the_app_would_ignore_it() -> None:
    schema = {"type": "string", "description": "Formatted as YYYY-MM-DD HH:MM:SS"}
    refused = refusal(datetime(2024, 5, 6, tzinfo=UTC), schema)
    assert refused.endswith(
        ": expected a datetime without a time zone; convert it to the app's time zone, then remove"
        " its tzinfo"
    )


class NotATime(datetime):
    """As pandas has it: a datetime that is none."""

    def isoformat(self, *args: Any, **kwargs: Any) -> str:
        return "NaT"


def test_what_pandas_has_for_nothing_is_nothing() -> None:
    missing = type("NAType", (), {})()
    assert taken([missing, NotATime.fromisoformat("2024-05-06")]) == [None, None]


# --- arrays --------------------------------------------------------------------------------------


class Kind(NamedTuple):
    kind: str


class Array:
    """An array of numpy, of one line."""

    def __init__(self, values: list[Any], kind: str = "u") -> None:
        self.values = values
        self.dtype = Kind(kind)
        self.shape = (1, len(values))

    def tolist(self) -> list[Any]:
        return self.values

    def tobytes(self) -> bytes:
        return bytes(self.values)

    def astype(self, name: str) -> Array:
        if name == "datetime64[us]":
            return Array([DAY])
        return self

    def min(self) -> Any:
        return min(self.values)

    def max(self) -> Any:
        return max(self.values)


class Series:
    """A series of pandas: without bytes, and its times are times."""

    dtype = Kind("M")
    iloc = ()

    def tolist(self) -> list[Any]:
        return [DAY]


@pytest.mark.parametrize("component", ["Image", "Imageeditor", "Gallery", "Paint"])
def test_an_array_where_an_image_is_wanted_is_one(component: str) -> None:
    sent = taken(
        {"background": Array([1, 2])},
        {"type": "object", "properties": {"background": FILE}},
        component,
    )
    file = sent["background"]
    assert (file.name, file.data[:4]) == ("image.png", b"\x89PNG")


def test_an_array_for_the_image_of_3_x_is_one() -> None:
    assert taken(Array([1, 2]), STRING, "Image").name == "image.png"


def test_an_array_in_a_gallery_is_an_image() -> None:
    item = {"type": "object", "properties": {"image": FILE}, "required": ["image"]}
    sent = taken([Array([1, 2])], {"type": "array", "items": item}, "Gallery")
    assert sent[0]["image"].name == "image.png"


def test_an_array_elsewhere_is_a_list() -> None:
    assert taken(Array([1, 2]), LIST, "Json") == [1, 2]
    assert taken({"a": Array([1, 2])}) == {"a": [1, 2]}


def test_an_array_where_another_file_is_wanted_is_refused() -> None:
    refused = refusal(Array([1, 2]), FILE, "Audio")
    assert refused.startswith("/f: 'x': expected a file, got a value of type ")
    assert "test_values.Array; use text, numbers" in refused


def test_arrays_without_a_type_of_their_own_are_lists() -> None:
    class Plain:
        def tolist(self) -> list[int]:
            return [1]

    assert taken(Plain(), FILE, "Image") == [1]


def test_arrays_of_times_are_times() -> None:
    assert taken(Array([1], "M")) == taken(Series()) == ["2024-05-06T00:00:00"]


class Scalar:
    """One value of numpy's."""

    def __init__(self, value: object) -> None:
        self.value = value

    def tolist(self) -> object:
        return self if self.value is None else self.value


def test_one_value_of_an_array_is_what_it_stands_for() -> None:
    assert taken(Scalar(1.5)) == 1.5
    assert taken(Scalar(DAY)) == "2024-05-06T00:00:00"
    for odd in (1j, None):
        assert refusal(Scalar(odd)).startswith("/f: 'x': cannot send a value of type ")


# --- pictures ------------------------------------------------------------------------------------


class Picture:
    """An image of Pillow; `png` is what it can be shown as."""

    def __init__(self, png: object) -> None:
        self.png = png

    def _repr_png_(self) -> object:
        if isinstance(self.png, Exception):
            raise self.png
        return self.png


class Print(Picture):
    """One in CMYK, which can be converted."""

    def convert(self, mode: str) -> Picture:
        return Picture(mode.encode())


@pytest.mark.parametrize("schema", [FILE, None])
def test_a_picture_is_a_png_file(schema: Any) -> None:
    assert taken(Picture(b"png"), schema) == Inline("image.png", b"png")


@pytest.mark.parametrize("png", [None, ValueError("cannot save")])
def test_a_picture_that_png_cannot_hold_is_converted(png: object) -> None:
    assert taken(Print(png)) == Inline("image.png", b"RGB")


def test_a_picture_without_a_png_form_is_refused() -> None:
    assert refusal(Picture(None)).endswith(" to PNG; save it to a file, and pass its path")


# --- tables and models ---------------------------------------------------------------------------


class Pandas:
    iloc = ()
    columns = ("a", 1)

    def to_dict(self, form: str) -> Mapping[str, object]:
        assert form == "split"
        return {"index": [0], "columns": ["a", 1], "data": [[DAY, None]]}


class Polars:
    columns = ["a", "b"]  # noqa: RUF012

    def rows(self) -> list[tuple[object, ...]]:
        return [(1, None)]


def test_a_table_of_pandas_is_headers_and_data() -> None:
    assert taken(Pandas(), TABLE) == {
        "headers": ["a", "1"],
        "data": [["2024-05-06T00:00:00", None]],
    }


def test_a_table_of_polars_is_headers_and_data() -> None:
    assert taken(Polars(), None, "Dataframe") == {"headers": ["a", "b"], "data": [[1, None]]}


@pytest.mark.parametrize("schema", [{}, STRING, {"type": "object", "properties": {"data": LIST}}])
def test_a_table_where_none_is_wanted_is_refused(schema: Any) -> None:
    refused = refusal(Pandas(), schema, "Json")
    assert "cannot send a value of type " in refused
    assert "test_values.Pandas here; use df.to_dict('records')" in refused


class Model:
    """One of pydantic 2."""

    def model_dump(self) -> dict[str, object]:
        return {"path": "/here/a.txt", "url": None, "meta": {"_type": "gradio.FileData"}}


class OldModel:
    """One of pydantic 1."""

    __fields__ = ("a",)

    def dict(self) -> dict[str, object]:
        return {"a": Color.RED}


def test_a_model_is_its_fields() -> None:
    assert taken([OldModel()]) == [{"a": "red"}]


class RootModel:
    """One of pydantic 2 that is no object."""

    def __init__(self, root: object) -> None:
        self.root = root

    def model_dump(self) -> object:
        return self.root


def test_a_model_of_one_value_is_that_value() -> None:
    assert taken(RootModel(DAY)) == "2024-05-06T00:00:00"
    assert refusal(RootModel({1})) == "/f: 'x': cannot send a value of type set; make it a list"


def test_a_model_that_says_it_is_a_file_is_one() -> None:
    assert taken(Model(), FILE) == LocalFile("/here/a.txt")


# --- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, None),
        (1.5, 1.5),
        (Size.BIG, "big"),
        (Color.RED, "red"),
        (Scalar(3), 3),
        (date(2024, 5, 6), "2024-05-06"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_key_is_what_json_has_for_it(key: object, expected: object) -> None:
    assert taken([{key: Color.RED}]) == [{expected: "red"}]


@pytest.mark.parametrize("key", [(1, 2), b"a", PurePosixPath("/a")])
def test_what_can_be_no_key_is_refused(key: object) -> None:
    refused = refusal([{key: 1}])
    assert refused.startswith("/f: 'x': cannot send a key of type ")
    assert refused.endswith("; make it text")


def test_what_is_no_value_is_no_key_either() -> None:
    assert refusal({1j: 1}).startswith("/f: 'x': a key: cannot send a value of type complex; ")


# --- what cannot be sent -------------------------------------------------------------------------


@pytest.mark.parametrize("value", [{1, 2}, frozenset((1, 2))])
def test_a_set_is_refused_for_it_has_no_order(value: object) -> None:
    kind = type(value).__name__
    assert refusal(value) == f"/f: 'x': cannot send a value of type {kind}; make it a list"


@pytest.mark.parametrize("value", [object(), 1j, len, (each for each in "a"), Picture, ...])
def test_what_is_no_value_is_refused_with_a_remedy(value: object) -> None:
    refused = refusal([value])
    assert refused.startswith("/f: 'x': cannot send a value of type ")
    assert refused.endswith(
        "; use text, numbers, lists or dicts, or for a file a path object, bytes, an open binary"
        " file or handle_file(…)"
    )


def test_an_object_that_answers_to_any_name_is_no_file() -> None:
    class Anything:
        def __getattr__(self, name: str) -> Any:
            return name

    assert "cannot send a value of type " in refusal(Anything())

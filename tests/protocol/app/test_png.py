"""Pictures from arrays, read back by a reader that knows nothing of the writer."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.png import png
from gradio_protocol.errors import InvalidArguments


@dataclass(frozen=True)
class Kind:
    """A `dtype`."""

    kind: str

    def __str__(self) -> str:
        return {"b": "bool", "u": "uint8", "i": "int64", "f": "float32", "c": "complex"}[self.kind]


@dataclass(frozen=True, eq=False)
class Array:
    """As much of an array of numpy as a picture needs."""

    shape: tuple[int, ...]
    values: list[Any]
    dtype: Kind

    def astype(self, name: str) -> Array:
        assert name == "uint8"
        return Array(self.shape, [int(value) for value in self.values], Kind("u"))

    def _each(self, change: Callable[[Any], Any]) -> Array:
        return Array(self.shape, [change(value) for value in self.values], self.dtype)

    def __mul__(self, factor: int) -> Array:
        return self._each(lambda value: value * factor)

    def round(self) -> Array:
        return self._each(round)

    def min(self) -> Any:
        return min(self.values)

    def max(self) -> Any:
        return max(self.values)

    def tolist(self) -> list[Any]:
        return self.values

    def tobytes(self) -> bytes:
        assert self.dtype.kind == "u"
        return bytes(self.values)


def array(shape: tuple[int, ...], values: list[Any], kind: str = "u") -> Array:
    return Array(shape, values, Kind(kind))


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    data = data[8:]
    while data:
        (size,) = struct.unpack(">I", data[:4])
        name, content = data[4:8], data[8 : 8 + size]
        assert struct.unpack(">I", data[8 + size : 12 + size])[0] == zlib.crc32(name + content)
        yield name, content
        data = data[12 + size :]


def pixels(data: bytes) -> tuple[tuple[int, ...], list[bytes]]:
    """The header's width, height, depth and colour type; the lines, of which each is unfiltered."""
    (first, header), (second, packed), (third, end) = chunks(data)
    assert (first, second, third, end) == (b"IHDR", b"IDAT", b"IEND", b"")
    width, height, depth, color, *rest = struct.unpack(">IIBBBBB", header)
    assert rest == [0, 0, 0]
    lines = zlib.decompress(packed)
    size = len(lines) // height
    each = [lines[start : start + size] for start in range(0, len(lines), size)]
    assert all(line[0] == 0 for line in each)
    return (width, height, depth, color), [line[1:] for line in each]


@pytest.mark.parametrize(
    ("shape", "color"),
    [((2, 3), 0), ((2, 3, 1), 0), ((2, 3, 2), 4), ((2, 3, 3), 2), ((2, 3, 4), 6)],
)
def test_each_number_of_channels_has_its_colours(shape: tuple[int, ...], color: int) -> None:
    streams = 1 if len(shape) == 2 else shape[2]
    values = list(range(6 * streams))
    header, lines = pixels(png(array(shape, values), where=""))
    assert header == (3, 2, 8, color)
    assert lines == [bytes(values[: 3 * streams]), bytes(values[3 * streams :])]


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_any_picture_is_read_back(height: int, width: int, data: st.DataObject) -> None:
    values = data.draw(st.binary(min_size=height * width, max_size=height * width))
    header, lines = pixels(png(array((height, width), [*values]), where=""))
    assert (header[:2], b"".join(lines)) == ((width, height), values)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([True, False], "b", [255, 0]),
        ([0, 255], "i", [0, 255]),
        ([0.0, 1.0], "f", [0, 255]),
        ([0.5, 0.999], "f", [128, 255]),
    ],
)
def test_other_numbers_become_bytes(values: list[Any], kind: str, expected: list[int]) -> None:
    assert pixels(png(array((1, 2), values, kind), where=""))[1] == [bytes(expected)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [([0, 256], "i"), ([-1, 0], "i"), ([0.0, 1.1], "f"), ([float("nan")] * 2, "f"), ([0, 0], "c")],
)
def test_numbers_that_are_no_colours_are_refused(values: list[Any], kind: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        png(array((1, 2), values, kind), where="/f: 'x'")
    wanted = "expected integers from 0 to 255, floats from 0 to 1, or booleans for an image"
    span = "" if kind == "c" else f" from {min(values)} to {max(values)}"
    assert str(caught.value) == f"/f: 'x': {wanted}, got {Kind(kind)}{span}"


@pytest.mark.parametrize("shape", [(), (2,), (2, 3, 5), (1, 2, 3, 4), (0, 3), (3, 0), (2, 3, 0)])
def test_what_is_no_picture_by_its_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArguments) as caught:
        png(array(shape, []), where="/f: 'x'")
    wanted = "expected an array of (height, width) or (height, width, 1 to 4 channels)"
    assert str(caught.value) == f"/f: 'x': {wanted} for an image, got {shape}"

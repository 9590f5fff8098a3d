"""Encodes an array of pixels as a PNG file, without depending on numpy or Pillow.

The format is that of RFC 2083: a signature, then chunks for the header, the compressed lines and
the end.
"""

from __future__ import annotations

import zlib
from typing import Any

from ..errors import InvalidArguments

# Number of channels → PNG colour type: grey or RGB, with or without alpha.
_COLORS = {1: 0, 2: 4, 3: 2, 4: 6}
_MAX_SIDE = 2**31 - 1  # largest width or height in pixels; the format allows no more


def png(array: Any, *, where: str) -> bytes:
    """Encode a numpy array, or one that behaves alike, as a PNG.

    Its shape is (height, width) or (height, width, channels) with 1 to 4 channels: grey, grey and
    alpha, RGB, RGBA. Its values are integers from 0 to 255, floats from 0 to 1, or booleans.
    Raises InvalidArguments, naming `where`, for any other array.
    """
    shape = tuple(int(side) for side in array.shape)
    sides = (*shape, 1) if len(shape) == 2 else shape
    height, width, streams = sides if len(sides) == 3 else (0, 0, 0)
    if streams not in _COLORS or not (0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE):
        wanted = "expected an array of (height, width) or (height, width, 1 to 4 channels)"
        raise InvalidArguments(f"{where}: {wanted} for an image, got {shape}")
    data: bytes = _convert_to_bytes(array, where).tobytes()
    # Each line begins with its filter type, 0: none. Level 1 compresses fastest, and the caller
    # waits for it.
    line = width * streams
    lines = b"".join(b"\0" + data[start : start + line] for start in range(0, len(data), line))
    header = _encode_number(width) + _encode_number(height) + bytes((8, _COLORS[streams], 0, 0, 0))
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_encode_chunk(*chunk) for chunk in chunks)


def _convert_to_bytes(array: Any, where: str) -> Any:
    """Convert the array to one byte per value."""
    kind: str = array.dtype.kind
    if kind == "b":
        return array.astype("uint8") * 255
    most = {"u": 255, "i": 255, "f": 1}.get(kind)
    if most is None or not (array.min() >= 0 and array.max() <= most):
        wanted = "expected integers from 0 to 255, floats from 0 to 1, or booleans for an image"
        got = f"{array.dtype}" + ("" if most is None else f" from {array.min()} to {array.max()}")
        raise InvalidArguments(f"{where}: {wanted}, got {got}")
    return ((array * 255).round() if kind == "f" else array).astype("uint8")


def _encode_chunk(name: bytes, data: bytes) -> bytes:
    return _encode_number(len(data)) + name + data + _encode_number(zlib.crc32(name + data))


def _encode_number(value: int) -> bytes:
    return value.to_bytes(4, "big")

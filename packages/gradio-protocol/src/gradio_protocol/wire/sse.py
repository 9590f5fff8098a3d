"""Parses server-sent events from bytes that arrive in chunks of any size.

The parser follows the WHATWG's rules, on bytes:

1. Only LF, CR and CRLF end a line. Gradio sends U+2028, U+2029 and U+0085 unescaped inside its
   JSON (4.24 and later); `str.splitlines` would split there.
2. An event is delivered once its blank line has arrived. An event that the stream leaves
   unfinished is discarded.
3. Data stays bytes, since JSON is parsed from UTF-8. Invalid UTF-8 is passed on unchanged: the
   JSON parser then reports it, and no value changes unnoticed.
4. All fields but `data` are ignored: Gradio names no event, and resumes a session by its hash, not
   by `id`.
5. The time is linear in the number of bytes, however they are chunked, and `limit` bounds the
   memory.
"""

from __future__ import annotations

from typing import Final

from ..errors import RemoteError

LIMIT: Final = 256 * 2**20
"Default for the largest event, in bytes."

_BOM = b"\xef\xbb\xbf"
_DATA = b"data: "


class EventParser:
    """Turns the bytes of a stream into the data of its events. Not thread-safe."""

    __slots__ = ("_after_cr", "_between", "_data", "_data_size", "_first", "_limit", "_line")

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._line = bytearray()  # the line that has not ended yet
        self._data: list[bytes] | None = None  # the data lines since the last event
        self._data_size = 0  # bytes in _data, with their line ends
        self._first = True  # no line has ended yet: a byte order mark may follow
        self._after_cr = False  # a LF at the start of the next chunk belongs to this CR
        self._between = True  # nothing is buffered: the next byte begins an event

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the data of each event that `chunk` completes, its lines joined by LF.

        Raises RemoteError, now and at every later call, if an event or a line is larger than the
        limit. Whether it raises does not depend on how the bytes are chunked.
        """
        # The fast path: Gradio flushes each event by itself, so nothing has to be split or kept.
        if self._between and len(chunk) <= self._limit and _is_one_event(chunk):
            self._first = False
            return [chunk[len(_DATA) : -2]]
        self._between = False
        self._check_size(self._line)
        events: list[bytes] = []
        for line in self._split_lines(chunk) if chunk else ():
            self._check_size(line)
            if line:
                self._read_field(line)
            elif self._data:
                events.append(b"\n".join(self._data))
                self._data, self._data_size = None, 0
        self._check_size(self._line)
        self._between = not (self._line or self._data or self._after_cr)
        return events

    def _split_lines(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, and buffer the rest."""
        # A CRLF may be split between two chunks: its CR has ended the line already.
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if not lines:
            self._line += rest
            return lines
        if self._line:
            lines[0] = bytes(self._line) + lines[0]
        self._line = bytearray(rest)
        if self._first:
            self._first = False
            # With its byte order mark, as when the line arrives in several chunks.
            self._check_size(lines[0])
            lines[0] = lines[0].removeprefix(_BOM)
        return lines

    def _check_size(self, line: bytes | bytearray) -> None:
        if self._data_size + len(line) > self._limit:
            self._data_size = self._limit + 1  # every later call fails as well
            raise RemoteError(f"an event on the stream is larger than {self._limit} bytes")

    def _read_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._data = self._data or []
            self._data.append(value)
            self._data_size += len(value) + 1


def _is_one_event(chunk: bytes) -> bool:
    """Whether this is an event of one line, and nothing else: nearly all that Gradio sends."""
    # `find` searches a large event many times faster than a regular expression does.
    ends = chunk.endswith(b"\n\n") and chunk.find(b"\n") == len(chunk) - 2
    return ends and chunk.startswith(_DATA) and b"\r" not in chunk

"""Server-sent events from bytes in any chunking.

The rules are those of the WHATWG, on bytes:

1. LF, CR and CRLF end a line, and nothing else does: Gradio sends U+2028, U+2029 and U+0085 raw
   inside its JSON (4.24 and later), where splitting text into lines would cut.
2. An event is delivered once its blank line has come, never in part; what the stream leaves
   unfinished is dropped with the parser.
3. Data stays bytes, for JSON is read from UTF-8. Invalid UTF-8 is passed on, not replaced: the
   reader of the JSON then says what came, and no value changes unnoticed.
4. All fields but `data` are ignored: Gradio's queue names no event, and a session is resumed by
   its hash.
5. Time is linear in the bytes however they are cut; what is kept is bounded by `limit`.
"""

from __future__ import annotations

import re
from typing import Final

from ..errors import RemoteError

LIMIT: Final = 256 * 2**20
"Bytes of one event, unless the caller says otherwise."

_BOM = b"\xef\xbb\xbf"
_ONE_EVENT = re.compile(rb"data: (.*)\n\n")
"Nearly every chunk of Gradio's: one event, and nothing else. A CR in it must be looked for."


class EventParser:
    """Feed it what arrives; it answers with the data of the events that are complete.

    Not thread-safe: one reader owns it.
    """

    __slots__ = ("_after_cr", "_between", "_data", "_data_size", "_first", "_limit", "_line")

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._line = bytearray()  # the line that is not ended yet
        self._data: list[bytes] | None = None  # the data lines since the last event
        self._data_size = 0  # bytes in _data, with their line ends
        self._first = True  # no line has ended yet: a byte order mark may come
        self._after_cr = False  # a LF at the beginning of the next chunk ends no line
        self._between = True  # nothing is kept: what comes next begins an event

    def feed(self, chunk: bytes) -> list[bytes]:
        """Of each event that `chunk` completes, the data lines, joined by LF.

        Raises RemoteError, now and at every later call, when an event or a line is larger than
        the limit; where that happens does not depend on how the bytes were cut.
        """
        if self._between and len(chunk) <= self._limit:
            whole = _ONE_EVENT.fullmatch(chunk)
            if whole is not None and b"\r" not in chunk:
                self._first = False
                return [whole[1]]
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
        """The lines that `chunk` ends; the rest of it is kept."""
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
            self._check_size(lines[0])  # with its mark, as where it comes in pieces
            lines[0] = lines[0].removeprefix(_BOM)
        return lines

    def _check_size(self, line: bytes | bytearray) -> None:
        if self._data_size + len(line) > self._limit:
            self._data_size = self._limit + 1  # it stays too large
            raise RemoteError(f"stream: an event is larger than {self._limit} bytes")

    def _read_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._data = self._data or []
            self._data.append(value)
            self._data_size += len(value) + 1

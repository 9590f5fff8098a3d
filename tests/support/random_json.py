"""Random JSON out of bytes: made of the words that servers use, or a good document spoilt.

All of it is a function of some bytes, so that whoever chooses the bytes (hypothesis, a fuzzer that
watches which branches they reach) chooses everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from gradio_protocol.wire.document import JSON

T = TypeVar("T")

_WORDS = """
msg event_id output data error success estimation process_starts process_generating log level
process_streaming process_completed progress progress_data unexpected_error message send_data
queue_full close_stream heartbeat session_not_found rank queue_size rank_eta eta title duration
visible render_config render_id components dependencies id type props label value api_info
example_inputs skip_api inputs outputs api_name show_api api_visibility types generator batch
cancels backend_fn version protocol api_prefix app_id max_file_size auth_required username
named_endpoints unnamed_endpoints parameters returns parameter_name parameter_has_default
parameter_default python_type description properties items prefixItems anyOf oneOf allOf $ref
$defs const enum additionalProperties path url orig_name meta _type gradio.FileData is_stream
is_file name append replace add delete detail __type__ validate is_valid loc host stage RUNNING
SLEEPING textbox state null string array object sse ws sse_v3 data:text/plain;base64,aGk= false
"""
WORDS = tuple(_WORDS.split())
"Keys and words that servers use: random JSON made of them gets further than any other."

_DEEPEST = 6
_SCALARS: tuple[JSON, ...] = (None, True, False, 0, 1, -1, 1.5, float("nan"), 2**64, 1e308, "")


class JsonSource:
    """JSON out of bytes; when they run out, it ends."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def byte(self) -> int:
        """The next byte, or zero."""
        self._at += 1
        return self._raw[self._at - 1] if self._at <= len(self._raw) else 0

    def document(self, depth: int = 0) -> JSON:
        """A value: mostly of known words, sometimes of any text."""
        kind = self.byte() % 8
        match kind if depth < _DEEPEST else kind % 4:
            case 0:
                return pick(_SCALARS, self.byte())
            case 1 | 2:
                return self.word()
            case 3:
                return self.byte() - 128
            case 4 | 5:
                return [self.document(depth + 1) for _ in range(self.byte() % 6)]
            case _:
                return {self.word(): self.document(depth + 1) for _ in range(self.byte() % 6)}

    def word(self) -> str:
        """A known word, or a text that nobody knows."""
        number = self.byte()
        if number < 240:
            return WORDS[number % len(WORDS)]
        return "".join(chr(self.byte() * 256 + self.byte()) for _ in range(number - 240))


def pick(choices: Sequence[T], by: int | bytes) -> T:
    """One of some things."""
    return choices[(by if isinstance(by, int) else sum(by)) % len(choices)]


def replace_somewhere(good: JSON, raw: bytes, graft: JSON) -> JSON:
    """A copy of a good document with `graft` at a place that the bytes choose."""
    step = raw[0] if raw else 0
    if not raw or step % 5 == 0 or not isinstance(good, dict | list) or not good:
        return graft
    if isinstance(good, list):
        place = step % len(good)
        return [*good[:place], replace_somewhere(good[place], raw[1:], graft), *good[place + 1 :]]
    key = pick([*good], step)
    return {**good, key: replace_somewhere(good[key], raw[1:], graft)}


def cut(data: bytes, raw: bytes) -> Iterator[bytes]:
    """All of `data`, in pieces whose lengths are in `raw`."""
    ends, end = [0], 0
    for length in raw:
        end += length
        ends.append(min(end, len(data)))
    for start, stop in pairwise((*ends, len(data))):
        yield data[start:stop]

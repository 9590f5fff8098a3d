"""Server-sent events: the same events however the bytes are cut, in bounded memory."""

from __future__ import annotations

import itertools
import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradio_protocol.errors import RemoteError
from gradio_protocol.wire.sse import EventParser

pieces = st.sampled_from(
    [
        b"\n",
        b"\r",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"data",
        b"data:",
        b"data: ",
        b"event: ",
        b"id: 7",
        b"retry: 10",
        b":",
        b" ",
        b"\x00",
        b"\xff",
        "\u2028\u2029\u0085".encode(),
        b"{}",
    ]
)
streams = st.lists(pieces | st.binary(max_size=4), max_size=40).map(b"".join)


def model(stream: bytes) -> list[bytes]:
    """What the whole stream means, read slowly and by other means than the parser's."""
    text = stream.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    *lines, _ = re.split("\r\n|\r|\n", text)
    events: list[bytes] = []
    for empty, group in itertools.groupby([*lines], key=lambda line: line == ""):
        fields = [] if empty else [line.partition(":") for line in group]
        values = [(name, value[1:] if value[:1] == " " else value) for name, _, value in fields]
        data = [value for name, value in values if name == "data"]
        if data:
            events.append("\n".join(data).encode("latin-1"))
    if lines and lines[-1] != "" and events and not _ends_the_last(lines):
        events.pop()
    return events


def _ends_the_last(lines: list[str]) -> bool:
    """Whether the last event was ended: no data after the last blank line."""
    tail = list(itertools.takewhile(lambda line: line != "", reversed(lines)))
    return not any(line.partition(":")[0] == "data" for line in tail)


def parse(stream: bytes, cuts: list[int] | None = None, limit: int = 10_000) -> list[bytes]:
    parser = EventParser(limit)
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts or ()), len(stream)]
    chunks = (stream[start:end] for start, end in itertools.pairwise(places))
    return [event for chunk in chunks for event in parser.feed(chunk)]


@given(streams, st.lists(st.integers(0, 400), max_size=12))
@example(b"data: a\r\n\r\n", [8])
@example(b"data: a\r\n\r\ndata: b\r\r", [9, 9, 10])
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2])
def test_any_cut_gives_the_events_of_the_model(stream: bytes, cuts: list[int]) -> None:
    assert parse(stream, cuts) == model(stream)


@given(streams)
def test_single_bytes_give_the_events_of_the_model(stream: bytes) -> None:
    assert parse(stream, list(range(len(stream)))) == model(stream)


@given(st.lists(st.binary(max_size=50), max_size=10), st.integers(0, 60))
def test_random_bytes_give_events_or_a_typed_error(chunks: list[bytes], limit: int) -> None:
    parser = EventParser(limit)
    try:
        events = [event for chunk in chunks for event in parser.feed(chunk)]
    except RemoteError:
        return
    assert all(len(event) <= limit for event in events)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_of_the_standard_ends_a_line(end: bytes) -> None:
    stream = end.join((b"event: complete", b"data: [1]", b"", b"data: 2", b"", b""))
    assert parse(stream) == [b"[1]", b"2"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_no_other_separator_ends_a_line(separator: str) -> None:
    data = f'{{"text":"a{separator}b"}}'.encode()
    assert parse(b"data: " + data + b"\n\n") == [data]


def test_several_data_lines_are_one_event() -> None:
    assert parse(b"data: a\ndata:\ndata:  b\n\n") == [b"a\n\n b"]


def test_all_that_is_no_data_is_ignored() -> None:
    assert parse(b": hello\nevent: a\nid: 1\nretry: 5\ndata: x\nfoo\n\n: bye\n\n") == [b"x"]


def test_an_event_without_data_is_none() -> None:
    assert parse(b"event: a\n\ndata: x\n\n") == [b"x"]


def test_empty_data_are_an_event() -> None:
    assert parse(b"data\n\ndata:\n\n") == [b"", b""]


def test_a_byte_order_mark_is_taken_off_the_beginning_only() -> None:
    mark = b"\xef\xbb\xbf"
    assert parse(mark + b"data: a\n\n" + mark + b"data: b\n\n") == [b"a"]


def test_an_unfinished_event_is_never_delivered() -> None:
    assert parse(b"data: a\n\ndata: b\n") == [b"a"]


def test_invalid_utf8_is_passed_on() -> None:
    assert parse(b"event: \xff\ndata: \xff\n\n") == [b"\xff"]


def test_an_empty_chunk_changes_nothing_between_cr_and_lf() -> None:
    parser = EventParser()
    assert parser.feed(b"data: a\r") == []
    assert parser.feed(b"") == []
    assert parser.feed(b"\ndata: b\r\n") == []
    assert parser.feed(b"\r\n") == [b"a\nb"]


@pytest.mark.parametrize(
    "stream",
    [
        b"data: 12345678901",
        b"data: 12345\ndata: 678901\n\n",
        b": a long comment\n",
        b"event: a long name\n",
        b"data:\n" * 20,
    ],
)
def test_what_is_larger_than_the_limit_is_an_error_however_it_is_cut(stream: bytes) -> None:
    for cuts in ([], list(range(len(stream)))):
        with pytest.raises(RemoteError, match="larger than 15 bytes"):
            parse(stream, cuts, limit=15)


def test_an_event_of_exactly_the_limit_is_delivered() -> None:
    assert parse(b"data: 123456789\n\n" * 3, limit=15) == [b"123456789"] * 3


def test_a_parser_that_failed_delivers_nothing_more() -> None:
    parser = EventParser(10)
    with pytest.raises(RemoteError):
        parser.feed(b"data: much too long\n\ndata: b\n\n")
    for chunk in (b"\n\n", b"data: c\n\n", b""):
        with pytest.raises(RemoteError):
            parser.feed(chunk)


def test_a_parser_that_failed_between_events_delivers_nothing_more() -> None:
    parser = EventParser(10)
    assert parser.feed(b"data: a\n\n") == [b"a"]
    with pytest.raises(RemoteError):
        parser.feed(b"data: much too long\n\n")
    with pytest.raises(RemoteError):
        parser.feed(b"data: c\n\n")


whole = st.sampled_from([b"data: a\n\n", b"data: \xff\n\n", b"data: b\r\n\n", b"data: c\n\n\n"])


@given(st.lists(whole | pieces, max_size=12))
@example([b"data: a\n\n", b"data: a\r\n\n"])
@example([b"data: a\n\n", b"data: b\n", b"data: c\n\n"])
@example([b"data: a\n\n", b"event: b\n", b"data: c\n\n"])
@example([b"data: a\r\r", b"data: b\n\n"])
@example([b"data: a\n\n", b"\xef\xbb\xbfdata: b\n\n"])
def test_whole_events_among_pieces_give_the_events_of_the_model(chunks: list[bytes]) -> None:
    parser = EventParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    assert events == model(b"".join(chunks))


@given(streams, st.lists(st.integers(0, 400), max_size=12), st.integers(0, 30))
@example(b"\xef\xbb\xbf\n", [1], 0)
def test_the_limit_strikes_at_the_same_place_however_the_bytes_are_cut(
    stream: bytes, cuts: list[int], limit: int
) -> None:
    def outcome(places: list[int]) -> list[bytes] | None:
        try:
            return parse(stream, places, limit)
        except RemoteError:
            return None

    assert outcome(cuts) == outcome([])


def test_memory_is_bounded_by_the_limit() -> None:
    parser = EventParser(200_000)
    chunk = b"data: " + b"x" * 994 + b"\n"
    endless = (parser.feed(chunk) for _ in itertools.count())
    tracemalloc.start()
    try:
        with pytest.raises(RemoteError):
            list(endless)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 200_000


def test_small_chunks_copy_no_more_than_large_ones() -> None:
    # A line of 1 MB in 100,000 chunks would copy 50 GB if each chunk copied what is kept.
    parser = EventParser()
    parser.feed(b"data: ")
    assert not any(parser.feed(b"0123456789") for _ in range(100_000))
    assert [len(event) for event in parser.feed(b"\n\n")] == [1_000_000]

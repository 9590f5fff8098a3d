"""`client.map_journal`: what a line means, which input it is about, and what is appended."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from gradio_protocol.chunks import JournalEntry, MapJournal, digest_input, read_journal
from gradio_protocol.errors import InvalidArguments


def test_a_line_gives_its_input_a_result_once() -> None:
    line = MapJournal().record(3, digest_input("a"), "A")
    assert line == b'{"index":3,"input":"ac8d8342bbb2362d","result":"A"}\n'
    journal = MapJournal([line])
    assert journal.take(3, journal.digest(3, "a")) == ("A",)
    assert journal.take(3, journal.digest(3, "a")) is None


def test_a_line_is_about_an_input_in_its_place_that_has_not_changed() -> None:
    journal = MapJournal([MapJournal().record(3, digest_input("a"), "A")])
    assert journal.take(2, digest_input("a")) is None
    assert journal.take(3, digest_input("b")) is None


def test_several_outputs_are_a_tuple_again() -> None:
    lines = [MapJournal().record(0, "x", ("A", 1)), MapJournal().record(1, "x", ["A", 1])]
    journal = MapJournal(lines)
    assert (journal.take(0, "x"), journal.take(1, "x")) == ((("A", 1),), (["A", 1],))


def test_of_several_lines_about_an_input_the_last_one_counts() -> None:
    lines = [MapJournal().record(0, "x", result) for result in ("old", "new")]
    assert MapJournal(lines).take(0, "x") == ("new",)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{]\n",
        b"[]\n",
        b'{"index": 0, "input": "x", "error": "no"}\n',
        b'{"index": "0", "input": "x", "result": 1}\n',
        b'{"index": 0, "result": 1}\n',
        b'{"index": 0, "input": "x", "resu',
        b'{"index": 0, "input": "x", "result": "\xe2\x80',
    ],
)
def test_any_other_line_says_nothing(line: bytes) -> None:
    whole = b'{"index": 1, "input": "y", "result": 1}'
    assert list(read_journal([line, whole])) == [JournalEntry(1, "y", 1, whole)]


def test_a_torn_line_gets_an_end_before_the_next_one() -> None:
    journal = MapJournal([b'{"index": 0, "inp'])
    assert journal.record(0, "x", 1) == b'\n{"index":0,"input":"x","result":1}\n'
    assert journal.record(1, "x", 1).startswith(b"{")
    assert MapJournal([b"{}\n"]).record(0, "x", 1).startswith(b"{")


def test_a_digest_does_not_depend_on_the_order_of_keywords() -> None:
    assert digest_input({"a": 1, "b": 2}) == digest_input({"b": 2, "a": 1})
    assert digest_input({"a": 1}) != digest_input({"a": 2})


def test_paths_and_bytes_have_a_digest() -> None:
    assert digest_input(PurePosixPath("a/b")) == digest_input("a/b")
    assert digest_input(b"a") != digest_input(b"b")


@pytest.mark.parametrize(
    ("value", "why"),
    [(object(), "got a value of type object"), ({1: 1, "a": 1}, "'<' not supported")],
)
def test_another_value_has_no_digest(value: object, why: str) -> None:
    expected = rf"^journal: input 7: expected JSON, paths or bytes \({why}"
    with pytest.raises(InvalidArguments, match=expected):
        MapJournal().digest(7, value)


def test_a_result_that_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidArguments, match=r"^journal: the result of input 7: cannot be writt"):
        MapJournal().record(7, "x", object())

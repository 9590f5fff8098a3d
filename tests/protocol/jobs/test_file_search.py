"""`jobs.file_search`: which files an output brings, whatever its edits are."""

from __future__ import annotations

from typing import Any

from gradio_protocol.jobs.file_search import FileSearch
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.messages import Generated
from tests.support.call_harness import app, function

META: Any = {"_type": "gradio.FileData"}


def file(path: str) -> Any:
    return {"path": path, "meta": META}


def found(*outputs: Any, components: tuple[int, ...] = (3,), has_path: bool = True) -> list[Any]:
    """The paths of the files that are found with each output, whose data is given."""
    known = app("6.31.0", function(outputs=[*components]))
    history = History(known.dialect.edits)
    search = FileSearch(known.dialect, known.endpoints[0])
    paths: list[Any] = []
    for data in outputs:
        changes = history.decode(Generated(data=tuple(data)))
        paths.append([one.path for one in search.find(changes, has_path=has_path)])
        history.outputs.append(changes)
    return paths


def test_a_file_comes_with_a_value() -> None:
    assert found([file("/a")]) == [["/a"]]
    assert found([[]], [[["add", [0], {"deep": [file("/a")]}]]]) == [[], ["/a"]]


def test_a_new_path_makes_another_file_of_an_object() -> None:
    moved = [["replace", ["x", "path"], "/b"]]
    assert found([{"x": file("/a")}], [moved]) == [["/a"], ["/b"]]


def test_a_new_path_is_seen_however_much_came_between() -> None:
    longer = [[["append", ["y"], "…"]]]
    moved = [[["replace", ["x", "path"], "/b"]]]
    outputs = [{"x": file("/a"), "y": ""}], longer, longer, moved, longer, moved
    assert found(*outputs) == [["/a"], [], [], ["/b"], [], ["/b"]]


def test_a_path_that_makes_no_file_is_none() -> None:
    assert found([{"x": {"path": 1}}], [[["replace", ["x", "path"], 2]]]) == [[], []]


def test_what_brings_no_list_and_no_object_is_not_searched() -> None:
    assert found([[file("/a")]], [[["add", [1], "x"]]]) == [["/a"], []]


def test_a_message_that_has_no_path_is_not_searched() -> None:
    assert found([file("/a")], has_path=False) == [[]]


def test_edits_that_do_not_fit_bring_nothing_until_the_value_comes_whole() -> None:
    unfit, unread = [["delete", [9], None]], "?"
    add = [["add", [0], file("/a")]]
    whole = [["replace", [], [file("/b")]]]
    for odd in (unfit, unread):
        assert found([[]], [odd], [add], [whole], [add]) == [[], [], [], ["/b"], ["/a"]]


def test_hidden_outputs_are_passed_over() -> None:
    assert found([file("/a"), file("/b")], components=(4, 3)) == [["/b"]]


def test_what_is_more_than_the_outputs_of_the_function_is_seen_by_nobody() -> None:
    assert found(["x", file("/a")]) == [[]]

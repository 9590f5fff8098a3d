"""`jobs.patched_value`: one component's value while it is edited."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from gradio_protocol.jobs.edits import Action, Edit, Step, replace_all
from gradio_protocol.jobs.patched_value import PatchedValue, PatchError
from gradio_protocol.wire.document import JSON


def tree(value: JSON) -> PatchedValue:
    """A tree of this value."""
    made = PatchedValue()
    made.apply(replace_all(value) or ())
    return made


def edit(action: Action, *path: Step, value: JSON = None, items: int = 1) -> Edit:
    """An edit at a path below the top."""
    return (action, (0, *path), value, items)


def test_a_tree_is_null_at_first() -> None:
    assert PatchedValue().value() is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (edit("replace", value=5), 5),
        (edit("replace", "list", 0, value="x"), {"list": ["x", "two", [3]], "text": "t"}),
        (edit("replace", "text", value=None), {"list": [1, "two", [3]], "text": None}),
        (edit("append", "list", 1, value="!"), {"list": [1, "two!", [3]], "text": "t"}),
        (edit("append", "text", value="!"), {"list": [1, "two", [3]], "text": "t!"}),
        (edit("add", "list", 0, value=0), {"list": [0, 1, "two", [3]], "text": "t"}),
        (edit("add", "list", 2, 1, value=4), {"list": [1, "two", [3, 4]], "text": "t"}),
        (edit("add", "new", value={}), {"list": [1, "two", [3]], "text": "t", "new": {}}),
        (edit("delete", "list", 0), {"list": ["two", [3]], "text": "t"}),
        (edit("delete", "list", 1, items=2), {"list": [1], "text": "t"}),
        (edit("delete", "text"), {"list": [1, "two", [3]]}),
    ],
)
def test_each_edit_does_what_it_says(change: Edit, expected: JSON) -> None:
    made = tree({"list": [1, "two", [3]], "text": "t"})
    made.apply((change,))
    assert made.value() == expected


@pytest.mark.parametrize(
    "change",
    [
        edit("replace", "list", 3),
        edit("replace", "list", -1),
        edit("replace", "list", "0"),
        edit("replace", "absent"),
        edit("replace", 0),
        edit("replace", "text", 0),
        edit("replace", "absent", 0),
        edit("replace", "list", 3, 0),
        edit("replace", "text", 0, 0),
        edit("append", "list", value="x"),
        edit("append", "text", value=5),
        edit("add", "list", 4),
        edit("add", "text"),
        edit("delete", "list", 2, items=2),
        edit("delete", "absent"),
    ],
)
def test_an_edit_of_what_is_not_there_is_a_misfit(change: Edit) -> None:
    with pytest.raises(PatchError):
        tree({"list": [1, "two", [3]], "text": "t"}).apply((change,))


def test_a_text_grows_by_pieces_and_can_be_read_in_between() -> None:
    made = tree(["a"])
    read: list[JSON] = []
    for piece in "bcd":
        made.apply((edit("append", 0, value=piece),) * 2)
        read.append(made.value())
    assert read == [["abb"], ["abbcc"], ["abbccdd"]]


def test_edits_are_not_changed_by_what_follows_them() -> None:
    value: Any = {"k": []}
    made = tree([])
    made.apply((edit("add", 0, value=value), edit("add", 0, "k", 0, value=1)))
    assert made.value() == [{"k": [1]}]
    assert value == {"k": []}


def test_what_was_read_never_changes() -> None:
    made = tree({"list": [["a"], ["b"]], "text": "t"})
    read: list[JSON] = []
    changes = [
        edit("append", "list", 0, 0, value="!"),
        edit("add", "list", 1, 1, value="c"),
        edit("delete", "text"),
        edit("append", "list", 0, 0, value="?"),
    ]
    for change in changes:
        made.apply((change, change) if change[0] == "append" else (change,))
        read.append(made.value())
    assert read == [
        {"list": [["a!!"], ["b"]], "text": "t"},
        {"list": [["a!!"], ["b", "c"]], "text": "t"},
        {"list": [["a!!"], ["b", "c"]]},
        {"list": [["a!!??"], ["b", "c"]]},
    ]


def test_values_share_what_no_edit_between_them_has_changed() -> None:
    made = tree({"a": [[1]], "b": [[2]]})
    first: Any = made.value()
    again: Any = made.value()
    made.apply((edit("add", "a", 0, 1, value=3),))
    second: Any = made.value()
    assert again is first
    assert (first, second) == ({"a": [[1]], "b": [[2]]}, {"a": [[1, 3]], "b": [[2]]})
    assert second["b"] is first["b"]
    assert second["a"] is not first["a"]


def test_a_list_is_copied_once_between_two_readings() -> None:
    # A thousand rows that arrive one by one, unread, must not be copied a thousand times.
    made, copied = tree({"rows": []}), list[str]()

    def count(_: FrameType, event: str, called: object) -> None:
        if event == "c_call":
            copied.append(getattr(called, "__name__", ""))

    sys.setprofile(count)
    try:
        for number in range(20):
            made.apply((edit("add", "rows", number, value=number),))
    finally:
        sys.setprofile(None)
    # The object and its list.
    assert copied.count("copy") == 2
    assert made.value() == {"rows": [*range(20)]}


def test_an_edit_of_what_another_edit_removed_changes_nothing_else() -> None:
    # The removed list is kept until the value is read: a new object must not get its `id`.
    kept: list[Any] = [[number] for number in range(50)]
    made = tree([[]])
    for item in kept:
        made.apply((edit("add", 0, 0, value=0), edit("replace", 0, value=item)))
        made.apply((edit("add", 0, 1, value="mine"),))
    assert made.value() == [[49, "mine"]]
    assert kept == [[number] for number in range(50)]


def test_texts_in_a_table_are_joined() -> None:
    tables: list[tuple[Any, Any]] = [(0, [["a"], ["b"]]), ("k", [{"k": "a"}, {"k": "b"}])]
    for key, rows in tables:
        made = tree(rows)
        made.apply((edit("append", 1, key, value="!"),))
        value: Any = made.value()
        assert (value[0][key], value[1][key]) == ("a", "b!")


def test_a_value_that_came_whole_is_not_changed_by_what_follows() -> None:
    value: Any = {"list": [1], "text": "t"}
    made = tree(value)
    made.apply((edit("add", "list", 0, value=0), edit("append", "text", value="!")))
    assert made.value() == {"list": [0, 1], "text": "t!"}
    assert value == {"list": [1], "text": "t"}

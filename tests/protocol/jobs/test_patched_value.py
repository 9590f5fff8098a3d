"""`jobs.patched_value`: one component's value while it is edited."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_protocol.jobs.edits import Action, Edit, Step, replace_all
from gradio_protocol.jobs.patched_value import PatchedValue, PatchError, assemble
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


def test_what_was_read_is_the_readers() -> None:
    made = tree([[]])
    read: Any = made.value()
    read[0].append("mine")
    assert made.value() == [[]]


def test_what_was_touched_is_what_can_have_new_files() -> None:
    made = tree({"file": {"path": "a", "size": 1}, "text": "t"})
    touched = made.apply(
        (
            edit("replace", "file", "path", value="b"),
            edit("replace", "file", "size", value=2),
            edit("add", "more", value=[]),
            edit("append", "text", value="!"),
        )
    )
    assert [assemble(node) for node in touched] == [{"path": "b", "size": 2}, []]

"""`jobs.edits`: reading and repairing lists of edits."""

from __future__ import annotations

import pytest

from gradio_protocol.app.dialect import Edits
from gradio_protocol.jobs.edits import (
    TOP,
    Action,
    Edit,
    EditDecoder,
    Path,
    is_replace_all,
    replace_all,
)
from gradio_protocol.wire.document import JSON


def edit(action: Action, path: Path, value: JSON = None, *, items: int = 1) -> Edit:
    """An edit as it is kept."""
    return (action, path, value, items)


KINDS = pytest.mark.parametrize("kind", [Edits.UNSHIFTED, Edits.SHIFTED])


def test_a_whole_value_is_a_change_that_needs_no_value_before() -> None:
    assert replace_all([1]) == (edit("replace", TOP, [1]),)
    assert is_replace_all(replace_all(None))


@pytest.mark.parametrize(
    "change", [None, (), (edit("replace", (0, 1)),), (edit("append", TOP, "x"),)]
)
def test_any_other_change_needs_one(change: tuple[Edit, ...] | None) -> None:
    assert not is_replace_all(change)


@KINDS
def test_no_edits_are_a_change_to_the_same(kind: Edits) -> None:
    assert EditDecoder(kind).decode([]) == ()


@KINDS
def test_edits_keep_their_order_and_places(kind: Edits) -> None:
    change = EditDecoder(kind).decode(
        [
            ["append", [], "!"],
            ["replace", [0, "a"], 1],
            ["add", [3], {}],
            ["delete", ["k"], None],
            ["delete", ["k"], None],
        ]
    )
    assert change == (
        edit("append", (0,), "!"),
        edit("replace", (0, 0, "a"), 1),
        edit("add", (0, 3), {}),
        edit("delete", (0, "k")),
        edit("delete", (0, "k")),
    )


def test_an_old_server_counts_positions_before_any_deletion() -> None:
    edits: list[JSON] = [["delete", [place], None] for place in (1, 2, 3)]
    change = EditDecoder(Edits.UNSHIFTED).decode(edits)
    assert change == (edit("delete", (0, 1), items=3),)


def test_a_new_server_counts_them_right_in_the_outermost_list() -> None:
    edits: list[JSON] = [["delete", [1], None] for _ in range(3)]
    change = EditDecoder(Edits.SHIFTED).decode(edits)
    assert change == (edit("delete", (0, 1), items=3),)


@pytest.mark.parametrize(
    ("kind", "positions"),
    [(Edits.UNSHIFTED, (1, 2, 1, 2)), (Edits.SHIFTED, (1, 0, -1, -2))],
)
def test_nested_lists_that_shrink_are_repaired(kind: Edits, positions: tuple[int, ...]) -> None:
    # Both servers' edits from [[1, 2, 3], [4, 5, 6]] to [[1], [4]].
    places = zip((0, 0, 1, 1), positions, strict=True)
    edits: list[JSON] = [["delete", [outer, inner], None] for outer, inner in places]
    change = EditDecoder(kind).decode(edits)
    assert change == (edit("delete", (0, 0, 1), items=2), edit("delete", (0, 1, 1), items=2))


UNREADABLE: list[JSON] = [
    None,
    "append",
    {"0": []},
    ["append"],
    [["append", []]],
    [["append", [], "x", "y"]],
    [["move", [0], None]],
    [[["append"], [], "x"]],
    [["append", "path", "x"]],
    [["append", [True], "x"]],
    [["append", [1.5], "x"]],
    [["append", [None], "x"]],
    [["append", [[0]], "x"]],
    [["add", [], 1]],
    [["delete", [], None]],
]


@pytest.mark.parametrize("item", UNREADABLE)
def test_what_is_no_list_of_edits_is_not_read(item: JSON) -> None:
    assert EditDecoder(Edits.SHIFTED).decode(item) is None


@KINDS
def test_a_deep_path_is_repaired_as_any_other(kind: Edits) -> None:
    deep: list[JSON] = [0] * 10_000
    change = EditDecoder(kind).decode(
        [["delete", [*deep, 1], None], ["delete", ["k", *deep, 1], None]]
    )
    assert change is not None
    assert [len(path) for _, path, *_ in change] == [10_002, 10_003]

"""`jobs.history`: the outputs of a job, kept as edits and assembled when read."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.dialect import Edits
from gradio_protocol.jobs.history import History, HistoryCursor
from gradio_protocol.jobs.messages import Generated
from tests.support.edits import random_change, random_value, server_edits
from tests.support.examples import examples

KINDS = pytest.mark.parametrize("kind", [Edits.UNSHIFTED, Edits.SHIFTED])


def history(*outputs: Any, kind: Edits = Edits.SHIFTED) -> History:
    """A history of one component: its first value, then lists of edits."""
    made = History(kind)
    for output in outputs:
        made.add(Generated(data=(output,)))
    return made


def values(of: History) -> list[Any]:
    """All values of the one component."""
    cursor = HistoryCursor(of)
    found: list[Any] = []
    while cursor.advance():
        found.append(cursor.value()[0])
    return found


def literal(kind: Edits, outputs: list[tuple[Any, ...]]) -> History:
    """The history of these outputs, by the edits that a server of this kind sends."""
    made = History(kind)
    before: tuple[Any, ...] | None = None
    for output in outputs:
        data: tuple[Any, ...] = output
        if before is not None:
            shifted = kind is Edits.SHIFTED
            pairs = zip(before, output, strict=True)
            data = tuple([server_edits(old, new, shifted=shifted) for old, new in pairs])
        made.add(Generated(data=deepcopy(data)))
        before = output
    return made


# --- exactness ----------------------------------------------------------------------------------


@KINDS
@examples(10)
@given(random=st.randoms(use_true_random=True))
def test_edits_of_real_servers_give_the_values_they_were_made_of(
    kind: Edits, random: Random
) -> None:
    outputs = [(random_value(random), random_value(random))]
    for _ in range(100):
        first, second = outputs[-1]
        outputs.append((random_change(random, first), random_change(random, second)))
    cursor = HistoryCursor(literal(kind, outputs))
    for output in outputs:
        assert cursor.advance()
        assert cursor.is_exact
        assert cursor.value() == output
    assert not cursor.advance()


JSONS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)


@KINDS
@given(outputs=st.lists(JSONS, min_size=1, max_size=5))
def test_any_sequence_of_values_comes_back(kind: Edits, outputs: list[Any]) -> None:
    assert values(literal(kind, [(output,) for output in outputs])) == outputs


@KINDS
def test_a_chat_that_shrinks_and_grows_comes_back(kind: Edits) -> None:
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    outputs = [said * 3, said, [], said * 2, [{"role": "user", "content": "ax"}]]
    assert values(literal(kind, [(output,) for output in outputs])) == outputs


# --- what is whole ------------------------------------------------------------------------------


def test_every_output_is_whole_where_a_server_sends_no_edits() -> None:
    assert values(history([["append", [], "x"]], [], kind=Edits.NONE)) == [
        [["append", [], "x"]],
        [],
    ]


def test_the_first_output_is_whole() -> None:
    assert values(history([["append", [], "x"]])) == [[["append", [], "x"]]]


FIRST_OUTPUTS: list[tuple[Any, Any]] = [
    ([["replace", [], 7]], 7),
    ([["replace", [], ["a"]], ["append", [0], "b"]], ["ab"]),
    # These are values.
    ([], []),
    ([["replace", [], 7], "and more"], [["replace", [], 7], "and more"]),
    ([["keep", [], 7]], [["keep", [], 7]]),
]


@pytest.mark.parametrize(("first", "value"), FIRST_OUTPUTS)
def test_a_first_output_that_reads_as_a_replacement_is_what_it_replaces_with(
    first: Any, value: Any
) -> None:
    assert values(history(first)) == [value]


def test_edits_after_such_a_first_output_change_what_it_replaced() -> None:
    assert values(history([["replace", [], "a"]], [["append", [], "b"]])) == ["a", "ab"]


def test_a_streamed_output_is_whole() -> None:
    made = history("a")
    made.add(Generated(data=([],), streamed=True))
    assert values(made) == ["a", []]


def test_an_output_that_appears_later_starts_from_null() -> None:
    made = history("a")
    made.add(Generated(data=([], [["replace", [], "new"]])))
    made.add(Generated(data=([], [["append", [], "er"]])))
    cursor = HistoryCursor(made, 3)
    assert cursor.value() == ("a", "newer")


def test_an_output_that_is_left_out_stays() -> None:
    made = History(Edits.SHIFTED)
    made.add(Generated(data=("a", "b")))
    made.add(Generated(data=([["append", [], "x"]],)))
    assert HistoryCursor(made, 2).value() == ("ax", "b")


# --- completion ---------------------------------------------------------------------------------


def test_the_last_message_is_an_output_where_none_came_before() -> None:
    made = History(Edits.SHIFTED)
    made.complete((5,))
    assert len(made) == 1
    assert values(made) == [5]


def test_the_last_message_is_none_where_outputs_came_before() -> None:
    made = history("a", [["append", [], "b"]])
    made.complete(("ab",))
    assert len(made) == 2
    assert values(made) == ["a", "ab"]


# --- cursors ------------------------------------------------------------------------------------


def test_a_cursor_waits_for_outputs_that_have_not_come() -> None:
    made = history()
    cursor = HistoryCursor(made)
    assert not cursor.advance()
    assert cursor.value() == ()
    made.add(Generated(data=("a",)))
    assert cursor.advance()
    assert cursor.value() == ("a",)


def test_a_cursor_can_start_at_any_output() -> None:
    made = history("a", [["append", [], "b"]], [["append", [], "c"]])
    cursor = HistoryCursor(made, 2)
    assert cursor.value() == ("ab",)
    assert cursor.advance()
    assert cursor.value() == ("abc",)
    assert HistoryCursor(made, 9).value() == ("abc",)


def test_values_that_were_read_never_change() -> None:
    made = history([["x"]], [["append", [0, 0], "y"]], [["add", [1], {"k": []}]])
    first, second = HistoryCursor(made), HistoryCursor(made)
    read: list[Any] = []
    while first.advance():
        read.append(first.value()[0])
    assert read == [[["x"]], [["xy"]], [["xy"], {"k": []}]]
    while second.advance():
        pass
    assert second.value() == ([["xy"], {"k": []}],)


# --- edits that do not fit ----------------------------------------------------------------------

START: dict[str, Any] = {"list": [1, "two"], "text": "t"}

UNFIT: list[Any] = [
    "no edits",
    [["replace", ["list", 2], 0]],
    [["replace", ["list", -1], 0]],
    [["replace", ["list", 10**400], 0]],
    [["replace", ["list", "0"], 0]],
    [["replace", ["absent"], 0]],
    [["replace", [0], 0]],
    [["replace", ["text", 0], 0]],
    [["replace", ["list", 5, 0], 0]],
    [["replace", ["absent", 0], 0]],
    [["replace", ["text", 0, 0], 0]],
    [["append", ["list", 0], "x"]],
    [["append", ["text"], 5]],
    [["append", ["list"], "x"]],
    [["add", ["list", 3], 0]],
    [["add", ["list", -1], 0]],
    [["add", ["text"], 0]],
    [["delete", ["list", 1], None]] * 2,
    [["delete", ["list", -1], None]],
    [["delete", ["text"], None]] * 2,
    [["append", ["text"], "x"], ["delete", ["absent"], None]],
    [["replace", [], "new"], ["delete", ["absent"], None]],
]

MISFITS = pytest.mark.parametrize("edits", UNFIT)


@MISFITS
def test_edits_that_do_not_fit_leave_the_last_good_value(edits: Any) -> None:
    made = history(START, [["append", ["text"], "!"]], edits, [["append", ["text"], "?"]])
    cursor = HistoryCursor(made, 2)
    while cursor.advance():
        assert not cursor.is_exact
        assert cursor.value() == ({**START, "text": "t!"},)
    assert HistoryCursor(made, 2).is_exact


@MISFITS
def test_a_component_that_comes_whole_again_is_exact_again(edits: Any) -> None:
    made = history(START, edits, [["replace", [], "new"]], [["append", [], "er"]])
    assert values(made) == [START, START, "new", "newer"]
    assert HistoryCursor(made, 4).is_exact


@MISFITS
def test_the_last_message_mends_the_last_output(edits: Any) -> None:
    made = history(START, edits, [])
    made.complete(({"whole": True},))
    assert values(made) == [START, START, {"whole": True}]
    assert HistoryCursor(made, 3).is_exact


def test_the_other_components_go_on() -> None:
    made = History(Edits.SHIFTED)
    made.add(Generated(data=("a", "b")))
    made.add(Generated(data=(None, [["append", [], "x"]])))
    assert HistoryCursor(made, 2).value() == ("a", "bx")


def test_a_last_message_with_too_few_values_mends_what_it_has() -> None:
    made = History(Edits.SHIFTED)
    made.add(Generated(data=("a", "b")))
    made.add(Generated(data=(None, None)))
    made.complete(("x",))
    cursor = HistoryCursor(made, 2)
    assert cursor.value() == ("x", "b")
    assert not cursor.is_exact


def test_a_misfit_after_an_output_that_was_left_out_goes_back_to_it() -> None:
    made = History(Edits.SHIFTED)
    made.add(Generated(data=("a", "b")))
    made.add(Generated(data=([],)))
    made.add(Generated(data=([], [["delete", [0], None]])))
    assert HistoryCursor(made, 3).value() == ("a", "b")


@given(
    start=JSONS,
    edits=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["replace", "append", "add", "delete"]),
                st.lists(st.integers(-2, 4) | st.sampled_from("abc"), max_size=3),
                JSONS,
            ).map(list)
            | JSONS,
            max_size=4,
        )
        | JSONS,
        max_size=4,
    ),
)
def test_no_edits_raise(start: Any, edits: list[Any]) -> None:
    assert len(values(history(start, *edits))) == len(edits) + 1


def test_depth_is_no_danger() -> None:
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    path: list[Any] = [0] * 10_000
    made = history(deep, [["add", [*path, 0], "bottom"]], [["append", [*path, 0], "!"]])
    value: Any = HistoryCursor(made, 3).value()[0]
    for _ in path:
        value = value[0]
    assert value == ["bottom!"]

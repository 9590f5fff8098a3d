"""The core's `dataclass` makes what the standard library's makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any

import pytest

from gradio_protocol.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """Three fields, of which one is not compared, one not hashed and one not shown."""

    x: object
    y: object = field(default=0, hash=False)
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Twin:
    """The same fields as those of Point."""

    x: object
    y: object = 0


@dataclass(frozen=True, slots=True)
class Empty:
    """No fields."""


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """What the standard library makes of Point's fields."""

    x: object
    y: object = field(default=0, hash=False)
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class OwnMethods:
    """A frozen class that defines all three methods."""

    x: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "mine"


@dataclass(frozen=True)
class OwnEquality:  # noqa: PLW1641 - see the test
    """A frozen class that defines only how it compares."""

    x: int

    def __eq__(self, other: object) -> bool:
        return True


@dataclass(frozen=True)
class Unhashable:
    """A frozen class that says that it has no hash."""

    x: int
    __hash__ = None  # type: ignore[assignment] # as in a class that must not be hashed


@dataclass(slots=True)
class Changeable:
    """A class whose instances change."""

    x: int


@dataclass(frozen=True, eq=False, repr=False)
class Plain:
    """A class that compares by identity."""

    x: int


def test_equal_fields_of_the_same_class_are_equal() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(1, 3)
    assert Empty() == Empty()
    nan = float("nan")
    assert Point(nan) == Point(nan)


def test_another_class_decides_for_itself() -> None:
    class Anything:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = object.__hash__

    assert Point(1, 2).__eq__(Twin(1, 2)) is NotImplemented
    twin: object = Twin(1, 2)
    assert Point(1, 2) != twin
    assert Point(1, 2) == Anything()


def test_a_subclass_is_another_class() -> None:
    class Derived(Twin):
        pass

    assert Derived(1) == Derived(1)
    assert Derived(1) != Twin(1)


def test_a_field_may_be_left_out_of_comparisons() -> None:
    assert Point(1, note="a") == Point(1, note="b")
    assert hash(Point(1, note="a")) == hash(Point(1, note="b"))
    assert Point(1, secret="a") != Point(1, secret="b")


@pytest.mark.parametrize("values", [(1,), (1, 2, "n", "s"), ("x", [], "n", "s")])
def test_hash_and_repr_are_those_of_the_standard_library(values: tuple[Any, ...]) -> None:
    assert hash(Point(*values)) == hash(Standard(*values))
    assert repr(Point(*values)) == repr(Standard(*values)).replace("Standard", "Point")


def test_what_contains_an_unhashable_value_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(Twin([]))


def test_a_repr_names_the_class_where_it_was_defined() -> None:
    @dataclass(frozen=True)
    class Inner:
        x: int

    assert repr(Inner(1)) == f"{Inner.__qualname__}(x=1)"
    assert ".<locals>." in repr(Inner(1))
    assert repr(Empty()) == "Empty()"


def test_the_repr_of_what_contains_itself_ends() -> None:
    inside: list[object] = []
    point = Point(inside)
    inside.append(point)
    assert repr(point) == "Point(x=[...], y=0, note='')"


def test_methods_of_the_class_body_stay() -> None:
    assert OwnMethods(1) == OwnMethods(2)
    assert hash(OwnMethods(1)) == 7
    assert repr(OwnMethods(1)) == "mine"


def test_a_class_that_defines_only_its_equality_gets_a_hash() -> None:
    assert OwnEquality(1) == OwnEquality(2)
    assert hash(OwnEquality(1)) == hash((1,))


def test_a_class_may_have_no_hash() -> None:
    assert Unhashable(1) == Unhashable(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Unhashable(1))


def test_what_changes_compares_and_has_no_hash() -> None:
    changed = Changeable(1)
    changed.x = 2
    assert changed == Changeable(2)
    assert repr(changed) == "Changeable(x=2)"
    with pytest.raises(TypeError, match="unhashable"):
        hash(changed)


def test_eq_and_repr_can_be_turned_off() -> None:
    plain = Plain(1)
    assert plain == plain  # by identity
    assert plain != Plain(1)
    assert {plain, Plain(1), plain} != {plain}
    assert repr(plain).startswith("<")


def test_fields_cannot_be_assigned_or_deleted() -> None:
    point: Any = Point(1)
    with pytest.raises(FrozenInstanceError, match="'x'"):
        point.x = 2
    with pytest.raises(FrozenInstanceError, match="'x'"):
        del point.x


def test_the_functions_of_the_standard_library_work() -> None:
    assert [each.name for each in fields(Point)] == ["x", "y", "note", "secret"]
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    assert asdict(Twin(1, [2])) == {"x": 1, "y": [2]}


def test_copies_are_equal() -> None:
    point = Point([1], "y", "note", "secret")
    for made in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert made is not point
        assert asdict(made) == asdict(point)


def test_a_pattern_takes_the_fields_by_position() -> None:
    match Point(1, 2):
        case Point(1, y):
            assert y == 2
        case _:
            raise AssertionError


def test_order_is_refused() -> None:
    with pytest.raises(ValueError, match="eq must be true if order is true"):

        @dataclass(frozen=True, order=True)
        class Ordered:
            x: int


def test_what_changes_may_ask_for_a_hash() -> None:
    @dataclass(unsafe_hash=True)
    class Hashed:
        x: int

    assert hash(Hashed(1)) == hash((1,))

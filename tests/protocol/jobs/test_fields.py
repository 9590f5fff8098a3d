"""`jobs.fields`: entries of a message, read with a shrug."""

from __future__ import annotations

import pytest

from gradio_protocol.jobs.fields import count, duration, flag, number, text
from gradio_protocol.wire.document import JSON


def test_a_text_is_a_text_or_absent() -> None:
    assert text({"k": ""}, "k") == ""
    assert text({"k": 1}, "k") is None
    assert text({}, "k") is None


@pytest.mark.parametrize("value", [0, -1, 1.5, 10**300])
def test_a_number_stays_as_it_is(value: float) -> None:
    assert number({"k": value}, "k") == value


@pytest.mark.parametrize(
    "value", [None, True, "1", [], float("nan"), float("inf"), float("-inf"), 10**400]
)
def test_what_nobody_can_calculate_with_is_absent(value: JSON) -> None:
    assert number({"k": value}, "k") is None


def test_a_count_is_whole() -> None:
    assert count({"k": 3}, "k") == 3
    assert count({"k": 3.0}, "k") is None


def test_a_flag_is_a_boolean_or_its_default() -> None:
    assert flag({"k": False}, "k", default=True) is False
    assert flag({"k": 0}, "k", default=True) is True
    assert flag({}, "k", default=False) is False


def test_a_duration_is_ten_seconds_unless_it_is_named() -> None:
    assert duration({}) == 10
    assert duration({"duration": 2.5}) == 2.5
    assert duration({"duration": None}) is None

"""The choices of components: what is refused here, and what is left to the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_protocol.app.choices import check_choice, fixed_choices
from gradio_protocol.app.config import read_config
from gradio_protocol.errors import InvalidArguments

CHOICES = (1.5, 2, "x", True)


def fixed(kind: str, version: str = "6.31.0", outputs: Any = (), **props: Any) -> Any:
    """The choices of the only component of an app, which has one function."""
    component = {"id": 1, "type": kind, "props": {"choices": [["A", 1], ["B", "b"]], **props}}
    function = {"inputs": [1], "outputs": list(outputs), **props.get("function", {})}
    config = {"version": version, "protocol": "sse_v3", "components": [component]}
    return fixed_choices(read_config(json.dumps(config | {"dependencies": [function]}))).get(1, ())


def refusal(value: object, component: str = "Radio", choices: Any = CHOICES) -> str:
    with pytest.raises(InvalidArguments) as caught:
        check_choice(value, choices, component=component, where="/f: 'x'")
    return str(caught.value)


@pytest.mark.parametrize("kind", ["radio", "dropdown", "checkboxgroup"])
def test_the_values_of_the_choices_are_known_and_not_their_labels(kind: str) -> None:
    assert fixed(kind) == (1, "b")


def test_a_component_that_takes_other_values_too_has_no_fixed_choices() -> None:
    assert fixed("dropdown", allow_custom_value=True) == ()
    assert fixed("my_own_dropdown") == ()


def test_choices_that_a_function_may_change_are_not_fixed() -> None:
    assert fixed("radio", outputs=[1]) == ()
    assert fixed("radio", outputs=[1], function={"backend_fn": False}) == (1, "b")


def test_servers_before_5_0_take_any_value() -> None:
    component = {"id": 1, "type": "radio", "props": {"choices": [["A", 1]]}}
    config = {"protocol": "sse_v3", "components": [component], "dependencies": []}
    choices = [
        fixed_choices(read_config(json.dumps(config | {"version": version})))
        for version in ("4.44.1", "5.0.2")
    ]
    assert choices == [{}, {1: (1,)}]


@pytest.mark.parametrize("odd", [None, "ab", [], ["a"], [["A", 1], ["B"]], {"a": 1}])
def test_odd_choices_are_no_choices(odd: Any) -> None:
    assert fixed("radio", choices=odd) == ()


@pytest.mark.parametrize("value", [1.5, 2, 2.0, "x", True, 1, None, [], ["x", 2]])
def test_what_a_server_finds_among_the_choices_is_taken(value: object) -> None:
    check_choice(value, CHOICES, component="Dropdown", where="")


def test_any_value_is_taken_where_no_choices_are_known() -> None:
    check_choice("y", (), component="Checkboxgroup", where="")


def test_a_refusal_names_the_choices_in_their_types() -> None:
    assert refusal("1.5") == "/f: 'x': expected one of 1.5, 2, 'x', True, got '1.5'"
    assert refusal(["x", "2"]) == "/f: 'x': expected one of 1.5, 2, 'x', True, got '2'"


def test_a_group_of_checkboxes_takes_a_list() -> None:
    check_choice(["x"], CHOICES, component="Checkboxgroup", where="")
    refused = refusal("xy", "Checkboxgroup")
    assert refused == "/f: 'x': expected a list of 1.5, 2, 'x', True, got 'xy'"
    assert "expected one of" in refusal(["y"], "Checkboxgroup")


def test_text_whose_characters_are_choices_is_left_to_the_server() -> None:
    check_choice("xx", CHOICES, component="Checkboxgroup", where="")


def test_a_refusal_is_brief() -> None:
    refused = refusal("y" * 100, choices=tuple(range(25)))
    assert refused.startswith("/f: 'x': expected one of 0, 1, 2,")
    assert refused.endswith(
        "19 and 5 more, got 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…"
    )

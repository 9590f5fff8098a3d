"""Endpoints: what the config and `/info` say of them, binding, picking, finding."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.config import Visibility, read_config
from gradio_protocol.app.endpoint import Endpoint, PythonType, Slot, find_endpoint
from gradio_protocol.app.files import LocalFile, file_data
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.errors import InvalidArguments, RemoteError
from tests.support.examples import examples

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("/f", "0", "parameters", "returns", "label", "type", "description")),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)

COMPONENTS: Any = [
    {"id": 1, "type": "textbox", "props": {"label": "Your Name"}, "api_info": {"type": "string"}},
    {"id": 2, "type": "number", "props": {"value": 3}, "api_info": {"type": "number"}},
    {"id": 3, "type": "state", "props": {}},
    {"id": 4, "type": "button", "props": {}, "skip_api": True},
    {
        "id": 5,
        "type": "json",
        "props": {},
        "api_info": {"type": {}, "description": "any valid json"},
        "example_inputs": {"a": 1},
    },
]


def app(*dependencies: Any, info: Any = None, **keys: Any) -> tuple[Endpoint, ...]:
    """The endpoints of an app of 6.31 with these functions."""
    document = {"version": "6.31.0", "protocol": "sse_v3", "components": COMPONENTS}
    config = read_config(json.dumps(document | {"dependencies": dependencies} | keys))
    return read_endpoints(config, info)


def function(inputs: list[int], outputs: list[int], **keys: Any) -> Any:
    return {"api_name": "f", "inputs": inputs, "outputs": outputs} | keys


def endpoint(inputs: list[int], outputs: list[int], info: Any = None, **keys: Any) -> Endpoint:
    """The only endpoint of an app, `/f`; `info` is its entry."""
    listing = None if info is None else {"named_endpoints": {"/f": info}}
    return app(function(inputs, outputs, **keys), info=listing)[0]


def told(name: str | None, **keys: Any) -> Any:
    """A parameter in `/info`."""
    typed = {"type": {"type": "string"}, "python_type": {"type": "str", "description": "text"}}
    named = {} if name is None else {"parameter_name": name, "parameter_has_default": False}
    return {"label": "L", "component": "Textbox", "example_input": "Hi"} | typed | named | keys


def takes(*parameters: Any, inputs: list[int] | None = None) -> Endpoint:
    """An endpoint with these parameters in `/info`, one textbox each."""
    places = [1 for _ in parameters] if inputs is None else inputs
    return endpoint(places, [1], {"parameters": list(parameters), "returns": [told(None)]})


def refusal(made: Endpoint, *args: object, **kwargs: object) -> str:
    with pytest.raises(InvalidArguments) as caught:
        made.bind(args, kwargs)
    return str(caught.value)


# --- what the config says ---------------------------------------------------------------------


def test_without_info_the_components_speak() -> None:
    made = endpoint([1, 2], [5, 1])
    first, second = made.parameters
    assert (first.label, first.component, first.name) == ("Your Name", "Textbox", "your_name")
    assert (first.schema, first.python_type.type) == ({"type": "string"}, "str")
    assert (first.has_default, second.has_default, second.default) == (False, True, 3)
    assert (second.label, second.name, second.named) == ("parameter_2", "parameter_2", True)
    json_value, _ = made.returns
    assert (json_value.label, json_value.component) == ("value_5", "Json")
    assert json_value.python_type.description == "any valid json"
    assert endpoint([5], []).parameters[0].example == {"a": 1}


def test_derived_facts_are_listed_in_the_words_of_info() -> None:
    listing = endpoint([1], [1]).listing
    assert listing == {
        "parameters": [
            {
                "label": "Your Name",
                "parameter_name": "your_name",
                "parameter_has_default": False,
                "parameter_default": None,
                "type": {"type": "string"},
                "python_type": {"type": "str", "description": ""},
                "component": "Textbox",
                "example_input": None,
            }
        ],
        "returns": [
            {
                "label": "Your Name",
                "type": {"type": "string"},
                "python_type": {"type": "str", "description": ""},
                "component": "Textbox",
            }
        ],
    }


def test_hidden_places_are_no_parameters() -> None:
    made = endpoint([3, 1, 4], [1, 3])
    assert [p.label for p in made.parameters] == ["Your Name"]
    assert made.inputs == (
        Slot(component=3, type="state", hidden=True),
        Slot(component=1, type="textbox", hidden=False),
        Slot(component=4, type="button", hidden=True),
    )
    assert [slot.hidden for slot in made.outputs] == [False, True]


@pytest.mark.parametrize(
    ("inputs", "outputs", "stateful"), [([3], [], True), ([], [3], True), ([4], [1], False)]
)
def test_state_makes_an_endpoint_stateful(
    inputs: list[int], outputs: list[int], stateful: bool
) -> None:
    assert endpoint(inputs, outputs).stateful is stateful


def test_a_component_that_the_config_lacks_has_a_value_all_the_same() -> None:
    made = endpoint([99], [])
    assert (made.parameters[0].component, made.parameters[0].schema) == ("Unknown", {})
    assert made.bind(["x"], {}) == ["x"]


def test_what_runs_in_the_browser_only_is_no_endpoint() -> None:
    assert app(function([], [], backend_fn=False), function([], [], api_name="g"))[0].index == 1


def test_what_only_cancels_is_an_endpoint_only_if_info_lists_it() -> None:
    cancel = function([], [], api_name=None, cancels=[1])
    assert app(cancel) == ()
    assert len(app(cancel, info={"unnamed_endpoints": {"0": {}}})) == 1  # 3.x


def test_the_rest_comes_from_the_dependency() -> None:
    made = endpoint(
        [],
        [],
        id=7,
        types={"generator": True},
        batch=True,
        api_visibility="undocumented",
        api_description="Adds.",
    )
    assert (made.index, made.name, made.title, made.description) == (7, "/f", "/f", "Adds.")
    assert (made.generator, made.batch) == (True, True)
    assert made.visibility is Visibility.UNDOCUMENTED


# --- what /info says --------------------------------------------------------------------------


def test_info_speaks_before_the_config() -> None:
    entry: Any = {
        "parameters": [told("who", parameter_has_default=True, parameter_default="me")],
        "returns": [told(None)],
        "description": "Greets.",
        "oauth_token": "optional",
        "code_snippets": {},
    }
    made = endpoint([3, 1], [1], entry)
    parameter = made.parameters[0]
    assert (parameter.name, parameter.named, parameter.label) == ("who", True, "L")
    assert (parameter.has_default, parameter.default, parameter.example) == (True, "me", "Hi")
    assert parameter.python_type == PythonType(type="str", description="text")
    assert made.returns[0].python_type == PythonType(type="str", description="text")
    assert (made.description, made.oauth, made.listing) == ("Greets.", "optional", entry)


def test_an_unnamed_endpoint_is_listed_by_its_index() -> None:
    entry = {"parameters": [told(None, serializer="StringSerializable")], "returns": []}
    made = app(function([1], [], api_name=None), info={"unnamed_endpoints": {"0": entry}})[0]
    assert (made.name, made.title, made.parameters[0].label) == (None, "function 0", "L")


def test_an_endpoint_that_info_leaves_out_is_derived() -> None:
    made = app(function([1], []), info={"named_endpoints": {"/g": {}}, "unnamed_endpoints": {}})
    assert made[0].parameters[0].label == "Your Name"


def test_info_that_contradicts_the_config_is_not_believed() -> None:
    made = endpoint([1, 1], [], {"parameters": [told("a")], "returns": [told(None)]})
    assert [p.label for p in made.parameters] == ["Your Name", "Your Name"]
    assert made.returns == ()


def test_a_schema_may_be_a_boolean() -> None:
    assert takes(told("a", type=True)).parameters[0].schema == {}


@examples(40)
@given(st.dictionaries(st.sampled_from(("named_endpoints", "unnamed_endpoints")), ANYTHING))
def test_any_info_is_read(info: Any) -> None:
    made = app(function([1, 3], [1]), function([], [], api_name=None), info=info)
    assert [len(e.parameters) for e in made] == [1, 0]


@examples(40)
@given(st.lists(ANYTHING, min_size=1, max_size=3), ANYTHING)
def test_any_parameters_are_read(parameters: Any, returned: Any) -> None:
    entry = {"parameters": parameters, "returns": [returned]}
    made = endpoint([1] * len(parameters), [1], entry)
    assert len({p.name for p in made.parameters}) == len(parameters)


# --- names of parameters ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Your Name (full)", "your_name_full"),
        ("1st", "param_0"),
        ("", "param_0"),
        ("class", "param_0"),
        ("api_name", "param_0"),
        ("Größe", "größe"),
    ],
)
def test_a_label_that_can_be_a_keyword_is_one_where_the_server_names_none(
    label: str, name: str
) -> None:
    made = takes(told(None, label=label)).parameters[0]
    assert (made.name, made.named) == (name, False)


def test_no_two_parameters_share_a_name() -> None:
    made = takes(told("a_1"), told("a"), told("a"), told("a"), told(None, label="A 1"))
    assert [p.name for p in made.parameters] == ["a_1", "a", "a_2", "a_3", "a_1_4"]


# --- binding ----------------------------------------------------------------------------------

TWO = takes(told("a"), told("b", parameter_has_default=True, parameter_default=[0]))


def test_values_are_bound_by_place_and_by_name() -> None:
    assert TWO.bind([1, 2], {}) == [1, 2]
    assert TWO.bind([1], {"b": 2}) == [1, 2]
    assert TWO.bind([], {"b": 2, "a": 1}) == [1, 2]


def test_a_default_fills_its_place() -> None:
    assert TWO.bind(["x"], {}) == ["x", [0]]


def test_none_is_a_value() -> None:
    assert TWO.bind([None, None], {}) == [None, None]


def test_hidden_places_hold_null() -> None:
    made = takes(told("a"), told("b"), inputs=[3, 1, 4, 1, 3])
    assert made.bind([1, 2], {}) == [None, 1, None, 2, None]


def test_too_many_values_are_refused() -> None:
    assert refusal(TWO, 1, 2, 3) == "/f: takes 2 values ('a', 'b'), got 3"
    assert refusal(takes(told("a")), 1, 2) == "/f: takes 1 value ('a'), got 2"
    assert refusal(takes(), 1) == "/f: takes 0 values, got 1"


@pytest.mark.parametrize("component", ["Number", "Slider"])
def test_text_for_a_number_is_refused(component: str) -> None:
    made = takes(told("n", component=component, type={"type": "number"}))
    wrong = "/f: 'n': expected a number, got the text '7'"
    assert refusal(made, "7") == f"{wrong}; with_options(check_types=False) would send it"
    assert made.bind([7], {}) == [7]
    assert made.bind(["7"], {}, check_types=False) == ["7"]


def test_an_unknown_name_is_refused() -> None:
    assert refusal(TWO, 1, c=2) == "/f: no parameter 'c'; it has 'a', 'b'"
    assert refusal(endpoint([3], []), c=2) == "/f: no parameter 'c'; it has none"


def test_a_missing_value_is_refused() -> None:
    assert refusal(takes(told("a"), told("b")), b=1) == "/f: missing 'a'"
    assert refusal(takes(told("a"), told("b"))) == "/f: missing 'a', 'b'"


def test_a_value_given_twice_is_refused() -> None:
    assert refusal(TWO, 1, a=2) == "/f: 'a' is given by position and by name"


class Vector:
    """Compares like an array of numpy."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        raise ValueError("the truth value of an array is ambiguous")

    def tolist(self) -> list[float]:
        return [1.0, 2.0]


def test_arrays_are_bound_as_lists() -> None:
    assert TWO.bind([Vector()], {"b": {"x": Vector()}}) == [[1.0, 2.0], {"x": [1.0, 2.0]}]


def test_what_handle_file_yields_is_bound_as_a_file() -> None:
    handled = {"path": "/here/a.txt", "meta": {"_type": "gradio.FileData"}}
    assert TWO.bind([[handled]], {}) == [[LocalFile("/here/a.txt")], [0]]


FILE: Any = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": {"default": {"_type": "gradio.FileData"}}},
}


def test_an_address_where_a_file_is_wanted_is_that_file() -> None:
    url = "https://host/b.png"
    made = takes(told("a", type=FILE))
    assert made.bind([url], {}) == made.bind([], {"a": url}) == [file_data(url)]
    assert made.bind([PurePosixPath("/a")], {}) == [LocalFile("/a")]


def test_what_is_refused_names_the_endpoint_and_the_parameter() -> None:
    refused = refusal(takes(told("a", type=FILE)), "/a")
    wanted = "(a path object, bytes, handle_file(…) or an http(s) address)"
    assert refused == f"/f: 'a': expected a file {wanted}, got text"


def test_a_value_that_is_none_of_the_choices_is_refused() -> None:
    component = {"id": 9, "type": "radio", "props": {"choices": [["1", 1], ["2", 2.5]]}}
    config = {"version": "6.31.0", "protocol": "sse_v3", "components": [component]}
    function_ = function([9], [])
    made = read_endpoints(read_config(json.dumps(config | {"dependencies": [function_]})), None)[0]
    assert made.parameters[0].choices == (1, 2.5)
    assert made.bind([1.0], {}) == [1.0]
    assert refusal(made, "1") == "/f: 'parameter_9': expected one of 1, 2.5, got '1'"


def test_an_address_where_no_file_is_wanted_is_text() -> None:
    assert takes(told("a")).bind(["https://host/b.png"], {}) == ["https://host/b.png"]


def test_a_default_never_names_a_local_file() -> None:
    stolen = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    made = takes(told("a", parameter_has_default=True, parameter_default=stolen))
    assert made.bind([], {}) == [stolen]


# --- picking ----------------------------------------------------------------------------------


def test_one_output_is_returned_as_it_is() -> None:
    assert endpoint([], [1]).visible_outputs(["x"]) == "x"


def test_several_outputs_are_a_tuple() -> None:
    assert endpoint([], [1, 2]).visible_outputs(["x", 1]) == ("x", 1)


def test_no_output_is_an_empty_tuple() -> None:
    assert endpoint([], []).visible_outputs([]) == ()


def test_hidden_outputs_are_dropped() -> None:
    assert endpoint([], [3, 1]).visible_outputs([None, "x"]) == "x"
    assert endpoint([], [3]).visible_outputs([None]) == ()


def test_an_update_passes_through() -> None:
    update = {"__type__": "update", "value": "x"}
    assert endpoint([], [1]).visible_outputs([update]) is update


def test_missing_outputs_are_the_servers_fault() -> None:
    with pytest.raises(RemoteError, match="/f: expected 2 outputs, got 1"):
        endpoint([], [1, 2]).visible_outputs(["x"])


def test_outputs_that_nobody_declared_are_dropped() -> None:
    assert endpoint([], [1]).visible_outputs(["x", "y"]) == "x"


# --- finding ----------------------------------------------------------------------------------


def named(name: str | None, **keys: Any) -> Any:
    return function([], [], api_name=name, **keys)


def lost(known: tuple[Endpoint, ...], **asked: Any) -> str:
    with pytest.raises(InvalidArguments) as caught:
        find_endpoint(known, **asked)
    return str(caught.value)


APP = app(named("echo", id=4), named("count"), named("secret", api_visibility="private"))


@pytest.mark.parametrize("name", ["/echo", "echo"])
def test_a_name_is_found_with_and_without_its_slash(name: str) -> None:
    assert find_endpoint(APP, api_name=name).index == 4


def test_an_index_is_found() -> None:
    assert find_endpoint(APP, fn_index=1).name == "/count"


def test_a_name_that_is_unknown_is_refused_with_what_comes_near() -> None:
    assert lost(APP, api_name="ecko") == "no endpoint '/ecko'; did you mean '/echo'?"
    assert lost(APP, api_name="zzz") == "no endpoint '/zzz'; the app has '/echo', '/count'"


def test_an_index_that_is_unknown_is_refused() -> None:
    assert lost(APP, fn_index=9) == "no function with index 9; the app has '/echo', '/count'"


def test_a_private_endpoint_is_not_found() -> None:
    assert "no endpoint '/secret'" in lost(APP, api_name="/secret")
    assert "no function with index 2" in lost(APP, fn_index=2)


def test_an_app_without_endpoints_has_none_to_find() -> None:
    assert lost((), api_name="x") == "no endpoint '/x'"


def test_the_only_public_endpoint_needs_no_name() -> None:
    known = app(named("echo"), named("hidden", api_visibility="undocumented"), named(None))
    assert find_endpoint(known).name == "/echo"
    assert find_endpoint(app(named(None))).index == 0


def test_of_several_endpoints_one_has_to_be_named() -> None:
    choose = "pass api_name or fn_index to choose one of 2 endpoints"
    assert lost(APP) == f"{choose}; the app has '/echo', '/count'"


def test_endpoints_that_view_api_does_not_list_are_offered_only_where_they_come_near() -> None:
    hidden = named("tidy", api_visibility="undocumented")
    known = app(hidden, *(named(f"f{i}") for i in range(11)), named(None))
    ten = ", ".join(f"'/f{i}'" for i in range(10))
    assert lost(known).endswith(f"; the app has {ten} and 1 more, which view_api() lists")
    assert lost(known, api_name="tid") == "no endpoint '/tid'; did you mean '/tidy'?"
    assert lost(app(hidden), api_name="zzz") == "no endpoint '/zzz'"
    assert lost(app(named(None), named(None))).endswith("; the app has function 0, function 1")

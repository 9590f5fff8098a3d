"""`/config`: every shape that servers have sent, and what is no config at all."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.app.config import (
    Config,
    Dependency,
    Visibility,
    inline_config,
    read_config,
    read_rendering,
)
from gradio_protocol.errors import RemoteError
from tests.support.examples import examples

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


NOTHING: dict[str, Any] = {"inputs": [], "outputs": []}
"A dependency that takes and gives nothing."


def config(**keys: Any) -> Config:
    """A config of 6.31 with these keys."""
    document: dict[str, Any] = {
        "version": "6.31.0",
        "protocol": "sse_v3",
        "components": [],
        "dependencies": [],
    }
    return read_config(json.dumps(document | keys))


def dependency(**keys: Any) -> Dependency:
    """The only dependency of an app, with these keys."""
    return config(dependencies=[NOTHING | keys]).dependencies[0]


def component(**keys: Any) -> Any:
    return config(components=[{"id": 1, "type": "textbox", "props": {}} | keys]).components[1]


def refusal(**keys: Any) -> str:
    with pytest.raises(RemoteError) as caught:
        config(**keys)
    return str(caught.value)


# --- the app ----------------------------------------------------------------------------------


def test_the_version_loses_the_newline_of_old_servers() -> None:
    assert config(version="3.36.1\n").version == "3.36.1"


def test_an_app_that_names_no_protocol_speaks_ws() -> None:
    old = read_config(b'{"version": "3.50.2", "components": [], "dependencies": []}')
    assert (old.protocol, old.api_prefix, old.dialect.version) == ("ws", "", (3, 50, 2))


def test_the_queue_of_3_x_is_off_unless_the_config_says_otherwise() -> None:
    old: dict[str, Any] = {"version": "3.16.2", "protocol": "ws", "dependencies": [NOTHING]}
    assert not config(**old).dependencies[0].queue
    assert config(**old, enable_queue=True).dependencies[0].queue


def test_the_queue_of_4_0_and_later_is_always_on() -> None:
    made = config(protocol="sse", version="4.0.2", enable_queue=None, dependencies=[NOTHING])
    assert made.dependencies[0].queue


def test_an_unknown_protocol_is_the_servers_fault() -> None:
    assert refusal(protocol="smoke").endswith("got 'smoke'")


def test_what_is_worth_knowing_is_read() -> None:
    known = config(
        api_prefix="/gradio_api",
        max_file_size=5,
        space_id="a/b",
        username="alice",
        title="Demo",
        news_of_next_year={},
    )
    assert known.api_prefix == "/gradio_api"
    assert known.max_file_size == 5
    assert (known.space_id, known.username) == ("a/b", "alice")
    assert known.title == "Demo"
    assert known.raw["news_of_next_year"] == {}


def test_null_counts_as_absent() -> None:
    bare = config(max_file_size=None, space_id=None, username=None, title=None)
    assert (bare.max_file_size, bare.space_id, bare.username) == (None, None, None)
    assert bare.title == ""


@pytest.mark.parametrize(
    ("said", "read"), [(2**64 + 1, "18446744073709551617"), ("x", "x"), (None, None)]
)
def test_an_app_id_is_text_however_long_the_number(said: object, read: str | None) -> None:
    assert config(app_id=said).app_id == read


@pytest.mark.parametrize(
    ("version", "protocol", "said", "beats"),
    [
        ("6.31.0", "sse_v3", True, True),
        ("6.31.0", "sse_v3", False, False),
        ("4.25.0", "sse_v3", None, True),
        ("4.22.0", "sse_v3", None, False),
        ("3.50.2", "ws", True, False),
    ],
)
def test_a_heartbeat_needs_an_app_that_wants_it_and_a_server_that_has_it(
    version: str, protocol: str, said: bool | None, beats: bool
) -> None:
    made = config(version=version, protocol=protocol, connect_heartbeat=said)
    assert made.connect_heartbeat is beats


def test_an_app_that_wants_a_login_needs_no_lists() -> None:
    page = read_config(b'{"auth_required": true, "auth_message": null, "root": ""}')
    assert page.auth_required
    assert (page.components, page.dependencies, page.version) == ({}, (), "")


def test_any_other_app_needs_them() -> None:
    with pytest.raises(RemoteError, match="config: 'components' is missing"):
        read_config(b'{"version": "6.31.0", "protocol": "sse_v3"}')


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"version": 6}, "config: 'version': expected a string, got an integer"),
    ({"dependencies": "x"}, "config: 'dependencies': expected an array, got a string"),
    ({"enable_queue": "no"}, "config: 'enable_queue': expected a boolean, got a string"),
    ({"components": [[]]}, "config: component 0: expected an object, got an array"),
    ({"components": [{"type": "x"}]}, "config: component 0: 'id' is missing"),
    ({"dependencies": [NOTHING, 3]}, "config: dependency 1: expected an object, got an integer"),
    (
        {"dependencies": [{"inputs": ["a"]}]},
        "config: dependency 0: 'inputs': expected an integer, got a string",
    ),
    (
        {"dependencies": [{"inputs": None}]},
        "config: dependency 0: 'inputs': expected an array, got null",
    ),
    ({"dependencies": [{"inputs": []}]}, "config: dependency 0: 'outputs' is missing"),
    (
        {"dependencies": [NOTHING | {"batch": ""}]},
        "config: dependency 0: 'batch': expected a boolean, got a string",
    ),
]


@pytest.mark.parametrize(("keys", "said"), REFUSED)
def test_a_wrong_type_is_named_with_its_place(keys: dict[str, Any], said: str) -> None:
    assert refusal(**keys) == said


def left_out(**keys: Any) -> str:
    (note,) = config(**keys).notes
    return note


def test_what_no_call_needs_costs_no_more_than_itself() -> None:
    # An `auth_dependency` may return anything, and that is the `username`.
    odd = config(title=[], username={}, space_id=1, max_file_size="1", app_id=[])
    assert (odd.title, odd.username, odd.space_id) == ("", None, None)
    assert (odd.max_file_size, odd.app_id) == (None, None)
    assert "config: 'username': expected a string, got an object; left out" in odd.notes
    assert len(odd.notes) == 5
    labelled: dict[str, Any] = {"id": 1, "type": "textbox", "props": {"label": []}}
    assert left_out(components=[labelled]) == (
        "config: component 0: 'label': expected a string, got an array; left out"
    )
    described: list[Any] = [NOTHING | {"api_description": {}}]
    assert left_out(dependencies=described).startswith("config: dependency 0: 'api_description'")


def test_what_is_usual_is_not_noted() -> None:
    assert config(title="Echo", username=None, app_id=7).notes == ()


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Words", "Words"),
        (1, "1"),
        (2.5, "2.5"),
        (True, "True"),
        (None, None),
        ({"key": "chat.title", "_type": "translation_metadata"}, "chat.title"),
    ],
)
def test_a_label_is_read_as_what_it_is(said: Any, label: str | None) -> None:
    odd = config(components=[{"id": 1, "type": "textbox", "props": {"label": said}}])
    assert (odd.components[1].label, odd.notes) == (label, ())


def test_a_title_may_be_a_number() -> None:
    assert config(title=7).title == "7"


def test_a_number_is_what_python_takes_it_for() -> None:
    assert dependency(queue=0, batch=1).batch
    assert not dependency(queue=0, batch=1).queue


@pytest.mark.parametrize(("said", "name"), [(3, "/3"), (True, "/True")])
def test_an_api_name_of_another_kind_is_its_text(said: Any, name: str) -> None:
    assert dependency(api_name=said).name == name


@examples(40)
@given(ANYTHING)
def test_any_json_is_a_config_or_a_remote_error(value: object) -> None:
    with pytest.raises(RemoteError):
        read_config(json.dumps(value))


@examples(40)
@given(
    st.dictionaries(
        st.sampled_from(
            ["version", "app_id", "enable_queue", "max_file_size", "auth_required", "title"]
        )
        | st.sampled_from(("components", "dependencies", "connect_heartbeat")),
        ANYTHING,
    )
)
def test_any_value_under_a_known_key_is_read_or_a_remote_error(keys: dict[str, Any]) -> None:
    with suppress(RemoteError):
        assert config(**keys).protocol == "sse_v3"


@examples(40)
@given(
    st.dictionaries(
        st.sampled_from(
            (
                "id",
                "api_name",
                "inputs",
                "queue",
                "types",
                "cancels",
                "api_visibility",
                "api_description",
            )
        ),
        ANYTHING,
    )
)
def test_any_dependency_is_read_or_a_remote_error(keys: dict[str, Any]) -> None:
    with suppress(RemoteError):
        assert isinstance(dependency(**keys).visibility, Visibility)


# --- dependencies -----------------------------------------------------------------------------


def test_a_dependency_is_known_by_its_place_where_it_has_no_id() -> None:
    made = config(dependencies=[NOTHING, NOTHING | {"id": 7}, NOTHING]).dependencies
    assert [d.index for d in made] == [0, 7, 2]


@pytest.mark.parametrize("said", [None, False, "false"])
def test_an_api_name_can_be_denied_in_three_ways(said: object) -> None:
    made = dependency(api_name=said)
    assert (made.api_name, made.name) == (None, None)


def test_a_name_is_the_api_name_with_a_slash() -> None:
    assert dependency(api_name="predict").name == "/predict"


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ({}, Visibility.PUBLIC),
        ({"api_name": None}, Visibility.PUBLIC),  # 3.x: it has no name, and that is all
        ({"api_name": False}, Visibility.PRIVATE),
        ({"api_name": False, "api_visibility": "public"}, Visibility.PRIVATE),  # 6.0, 6.10
        ({"api_name": "false", "api_visibility": "private"}, Visibility.PRIVATE),  # 6.31
        ({"api_name": "x", "show_api": True}, Visibility.PUBLIC),
        ({"api_name": "x", "show_api": False}, Visibility.UNDOCUMENTED),
        ({"api_name": "x", "api_visibility": "public"}, Visibility.PUBLIC),
        ({"api_name": "x", "api_visibility": "undocumented"}, Visibility.UNDOCUMENTED),
        ({"api_name": "x", "api_visibility": "private"}, Visibility.PRIVATE),
        ({"api_name": "x", "api_visibility": "of next year"}, Visibility.UNDOCUMENTED),
    ],
)
def test_who_may_see_an_endpoint_is_said_in_three_ways(
    keys: dict[str, Any], seen: Visibility
) -> None:
    assert dependency(**keys).visibility is seen


@pytest.mark.parametrize(
    ("enabled", "said", "queued"),
    [(True, None, True), (True, True, True), (True, False, False), (False, True, False)],
)
def test_a_function_is_queued_where_the_app_queues_and_it_does_not_object(
    enabled: bool, said: bool | None, queued: bool
) -> None:
    made = config(enable_queue=enabled, dependencies=[NOTHING | {"queue": said}])
    assert made.dependencies[0].queue is queued


@pytest.mark.parametrize(
    ("types", "generates"),
    [
        (None, False),
        ({"generator": False, "cancel": False}, False),
        ({"generator": True}, True),
        ({"continuous": True, "generator": False}, True),
    ],
)
def test_a_continuous_function_is_a_generator_too(types: object, generates: bool) -> None:
    assert dependency(types=types).generator is generates


def test_what_only_cancels_is_told_apart() -> None:
    assert dependency(cancels=[1]).only_cancels
    assert not dependency().only_cancels
    assert not dependency(cancels=[1], inputs=[1]).only_cancels
    assert not dependency(cancels=[1], outputs=[1]).only_cancels


def test_the_rest_of_a_dependency_is_read() -> None:
    made = dependency(
        inputs=[1, 2],
        outputs=[3],
        backend_fn=False,
        batch=True,
        rendered_in=4,
        api_description="Adds.",
    )
    assert (made.inputs, made.outputs) == ((1, 2), (3,))
    assert (made.backend, made.batch) == (False, True)
    assert (made.rendered_in, made.description) == (4, "Adds.")


@pytest.mark.parametrize("said", [None, False])
def test_a_description_can_be_absent_or_unwanted(said: object) -> None:
    assert dependency(api_description=said).description == ""


# --- components -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said", "skipped"),
    [
        ("state", None, True),
        ("tabitem", None, True),
        ("textbox", None, False),
        ("statement", None, False),
        ("button", True, True),
        ("state", False, False),
    ],
)
def test_a_component_is_skipped_if_it_says_so_or_else_by_its_type(
    kind: str, said: bool | None, skipped: bool
) -> None:
    keys = {} if said is None else {"skip_api": said}
    assert component(type=kind, **keys).skip is skipped


def test_a_schema_can_differ_for_input_and_output() -> None:
    made = component(api_info={"type": "number"}, api_info_as_input={"type": "string"})
    assert (made.input_schema, made.output_schema) == ({"type": "string"}, {"type": "number"})


def test_schemas_and_examples_of_3_x_are_unwrapped() -> None:
    made = component(
        api_info={"info": {"type": "string"}, "serialized_info": False},
        example_inputs={"raw": "Howdy!", "serialized": "hello"},
    )
    assert (made.input_schema, made.example) == ({"type": "string"}, "Howdy!")


@pytest.mark.parametrize("odd", [None, True, [], "string"])
def test_a_schema_that_is_no_object_says_nothing(odd: object) -> None:
    assert component(api_info=odd).output_schema == {}


def test_a_label_may_be_absent() -> None:
    assert component().label is None
    assert component(props={"label": "Name"}).label == "Name"


# --- the page ---------------------------------------------------------------------------------

PAGE = b"""<script>if (window.gradio_config?.is_colab) {}</script>
<script>window.gradio_config = {"version":"4.44.1","protocol":"sse_v3","title":"\\u003c/script>",
"components":[],"dependencies":[]};</script><script>more = {};</script>"""


def test_the_page_holds_the_config_too() -> None:
    assert inline_config(PAGE).title == "</script>"


def test_a_page_that_was_cut_is_the_servers_fault() -> None:
    with pytest.raises(RemoteError, match="expected JSON"):
        inline_config(PAGE[:150])


def test_a_page_without_a_config_is_the_servers_fault() -> None:
    with pytest.raises(RemoteError, match="contains no config"):
        inline_config(b"<html>It works!</html>")


@given(st.binary(max_size=60))
def test_any_bytes_after_the_mark_are_a_config_or_a_remote_error(junk: bytes) -> None:
    with pytest.raises(RemoteError):
        inline_config(b"window.gradio_config = {" + junk)


# --- what @gr.render makes --------------------------------------------------------------------

RENDERED: Any = {
    "render_id": 0,
    "components": [{"id": 23, "type": "textbox", "props": {"label": "dyn0"}}],
    "dependencies": [
        {"id": 18, "api_name": "dyn_0", "inputs": [23], "outputs": [2], "rendered_in": 0}
    ],
    "layout": {},
}


def test_a_rendering_has_components_and_dependencies_of_its_own() -> None:
    made = read_rendering(RENDERED)
    assert made.render_id == 0
    assert made.components[23].label == "dyn0"
    assert [(d.index, d.name, d.queue) for d in made.dependencies] == [(18, "/dyn_0", True)]


def test_a_session_sees_what_was_rendered_for_it() -> None:
    dependencies = [NOTHING | {"id": 5}]
    static = config(components=[{"id": 2, "type": "textbox"}], dependencies=dependencies)
    seen = static.with_rendering(read_rendering(RENDERED))
    assert sorted(seen.components) == [2, 23]
    assert [d.index for d in seen.dependencies] == [5, 18]
    assert [d.index for d in static.dependencies] == [5]


def test_rendering_again_takes_the_place_of_what_was_rendered_before() -> None:
    again = RENDERED | {"dependencies": [NOTHING | {"id": 30, "rendered_in": 0}]}
    other = RENDERED | {"render_id": 1, "dependencies": [NOTHING | {"id": 31, "rendered_in": 1}]}
    seen = config()
    for rendering in (RENDERED, other, again):
        seen = seen.with_rendering(read_rendering(rendering))
    assert [d.index for d in seen.dependencies] == [31, 30]


def test_a_rendering_without_an_id_is_the_servers_fault() -> None:
    with pytest.raises(RemoteError, match="render_config: 'render_id' is missing"):
        read_rendering({"components": [], "dependencies": []})

"""`jobs.rendered`: the endpoints that `@gr.render` made for one session."""

from __future__ import annotations

import json
from typing import Any

from gradio_protocol.app.access import Access, App
from gradio_protocol.app.config import Visibility, read_config
from gradio_protocol.app.endpoint import find_endpoint
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.jobs.rendered import RenderedEndpoints
from gradio_protocol.wire.exchange import origin
from gradio_protocol.wire.headers import Identity
from tests.support.sample_apps import SRC, dependency, sample_app

APP = sample_app()
STATIC = ["/echo", "/count", "/keep"]


def rendering(*functions: tuple[int, str], render_id: int = 1) -> dict[str, Any]:
    """The `render_config` of one run, which made these functions and a component of its own."""
    return {
        "render_id": render_id,
        "components": [{"id": 100 + render_id, "type": "number", "props": {"label": "Number"}}],
        "dependencies": [
            dependency(index, name, components=[100 + render_id], rendered_in=render_id)
            for index, name in functions
        ],
    }


def names(rendered: RenderedEndpoints) -> list[str | None]:
    return [endpoint.name for endpoint in rendered.endpoints(APP)]


def test_with_nothing_rendered_the_endpoints_are_those_of_the_app() -> None:
    assert RenderedEndpoints(APP).endpoints(APP) is APP.endpoints


def test_what_was_rendered_comes_after_the_static_endpoints() -> None:
    rendered = RenderedEndpoints(APP)
    rendered.add(APP, rendering((10, "double"), (11, "half")))
    assert names(rendered) == [*STATIC, "/double", "/half"]
    assert rendered.endpoints(APP)[:3] == APP.endpoints
    assert rendered.endpoints(APP) is rendered.endpoints(APP)


def test_a_rendered_endpoint_is_bound_to_the_components_that_came_with_it() -> None:
    rendered = RenderedEndpoints(APP)
    rendered.add(APP, rendering((10, "double")))
    made = rendered.endpoints(APP)[-1]
    assert (made.index, made.parameters[0].name) == (10, "number")


def test_the_next_run_replaces_what_the_one_before_it_made() -> None:
    rendered = RenderedEndpoints(APP)
    rendered.add(APP, rendering((10, "double")))
    rendered.add(APP, rendering((20, "other"), render_id=2))
    rendered.add(APP, rendering((12, "triple")))
    assert names(rendered) == [*STATIC, "/triple", "/other"]


def test_what_cannot_be_read_is_absorbed() -> None:
    rendered = RenderedEndpoints(APP)
    rendered.add(APP, rendering((10, "double")))
    malformed: list[dict[str, Any]] = [
        {},
        {"render_id": "1", "components": [], "dependencies": []},
        {"render_id": 1, "components": [{"id": 1}], "dependencies": []},
        {"render_id": 1, "components": [], "dependencies": [{"id": 1, "inputs": 3}]},
    ]
    for render_config in malformed:
        rendered.add(APP, render_config)
    assert names(rendered) == [*STATIC, "/double"]


def test_another_app_has_rendered_nothing_yet() -> None:
    rendered, other = RenderedEndpoints(APP), sample_app(app_id="2")
    rendered.add(APP, rendering((10, "double")))
    assert rendered.endpoints(other) is other.endpoints
    assert names(rendered) == STATIC


def test_a_new_session_has_rendered_nothing_yet() -> None:
    rendered = RenderedEndpoints(APP)
    rendered.add(APP, rendering((10, "double")))
    rendered.clear(APP)
    assert names(rendered) == STATIC


CHOOSE = {"id": 1, "type": "radio", "props": {"choices": [["A", "a"]]}}
USE = {"api_name": "use", "inputs": [1, 2], "outputs": [2]}
REFRESH = {"api_name": "refresh", "inputs": [2], "outputs": [1]}


def app_with_radio(function: dict[str, Any]) -> App:
    """An app of one function, with a radio and a state."""
    document = {
        "version": "6.31.0",
        "protocol": "sse_v3",
        "components": [CHOOSE, {"id": 2, "type": "state", "skip_api": True}],
        "dependencies": [function],
    }
    config = read_config(json.dumps(document))
    access = Access(src=SRC, identity=Identity(app=origin(SRC)))
    return App(access=access, config=config, endpoints=read_endpoints(config, None))


def choices_of_use(static: dict[str, Any], rendered: dict[str, Any]) -> Any:
    app = app_with_radio({"id": 0, **static})
    session = RenderedEndpoints(app)
    made: list[Any] = [{"id": 10, "rendered_in": 1, **rendered}]
    session.add(app, {"render_id": 1, "components": [], "dependencies": made})
    return find_endpoint(session.endpoints(app), "use").parameters[0].choices


def test_choices_that_a_rendered_function_may_change_are_not_fixed() -> None:
    other = {**REFRESH, "outputs": [2]}
    assert choices_of_use(USE, other) == ("a",)
    assert choices_of_use(USE, REFRESH) == ()


def test_choices_that_a_static_function_may_change_are_not_fixed_for_a_rendered_one() -> None:
    other = {**REFRESH, "outputs": [2]}
    assert choices_of_use(other, USE) == ("a",)
    assert choices_of_use(REFRESH, USE) == ()


def test_a_name_that_is_rendered_too_means_the_static_function() -> None:
    rendered = RenderedEndpoints(APP)
    rendered.add(APP, rendering((10, "echo"), (11, "half")))
    assert names(rendered) == [*STATIC, None, "/half"]
    known_now = rendered.endpoints(APP)
    assert find_endpoint(known_now, "echo").index == 0
    assert find_endpoint(known_now, fn_index=10).visibility is Visibility.UNDOCUMENTED

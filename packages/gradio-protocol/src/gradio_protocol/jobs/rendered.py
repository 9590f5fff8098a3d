"""The endpoints that `@gr.render` made for one session (4.37 and later).

A run of such a function puts its components and dependencies into its result; they can be called
from this session only, until the next run of the same function replaces them. What cannot be read
is absorbed: it takes nothing from the job that brought it.
"""

from __future__ import annotations

from dataclasses import replace

from ..app.access import App
from ..app.choices import changing_components
from ..app.config import Rendering, read_rendering
from ..app.endpoint import Endpoint
from ..app.info import read_endpoints, without_name
from ..errors import RemoteError
from ..wire.document import Object


class RenderedEndpoints:
    """What was rendered for one session, by `render_id`."""

    __slots__ = ("_app", "_endpoints", "_renderings")

    def __init__(self, app: App) -> None:
        self.clear(app)

    def clear(self, app: App) -> None:
        """Nothing is rendered, as for a session that is new to this app."""
        self._app = app
        self._endpoints = app.endpoints
        self._renderings: dict[int, Rendering] = {}

    def endpoints(self, app: App) -> tuple[Endpoint, ...]:
        """The endpoints of the app as it is now, and those rendered since it is this one."""
        if app is not self._app:
            self.clear(app)
        return self._endpoints

    def add(self, app: App, render_config: Object) -> None:
        """Take in what one run has made."""
        self.endpoints(app)  # forgets what another app has rendered
        try:
            rendering = read_rendering(render_config)
            renderings = {**self._renderings, rendering.render_id: rendering}
            self._endpoints = _read_rendered(app, renderings)
        except RemoteError:
            return
        self._renderings = renderings


def _read_rendered(app: App, renderings: dict[int, Rendering]) -> tuple[Endpoint, ...]:
    """The app's endpoints as `/info` tells of them, and the rendered ones, which it does not.

    What is static and what is rendered can change each other's choices, and a name that both
    have means the static function.
    """
    config = app.config
    for rendering in renderings.values():
        config = config.with_rendering(rendering)
    taken = {endpoint.name for endpoint in app.endpoints} - {None}
    made = tuple(
        without_name(dependency) if dependency.name in taken else dependency
        for rendering in renderings.values()
        for dependency in rendering.dependencies
    )
    changing = changing_components(config)
    found = (*app.endpoints, *read_endpoints(replace(config, dependencies=made), None))
    return tuple(_without_choices(endpoint, changing) for endpoint in found)


def _without_choices(endpoint: Endpoint, changing: set[int]) -> Endpoint:
    """The endpoint, which takes any value for these components."""
    visible = [slot.component for slot in endpoint.inputs if not slot.hidden]
    pairs = list(zip(endpoint.parameters, visible, strict=True))
    if not any(parameter.choices and key in changing for parameter, key in pairs):
        return endpoint
    parameters = tuple(replace(p, choices=()) if key in changing else p for p, key in pairs)
    return replace(endpoint, parameters=parameters)

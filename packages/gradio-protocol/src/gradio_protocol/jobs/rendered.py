"""The endpoints that `@gr.render` made for one session (4.37 and later).

Each run of such a function puts its components and dependencies into its result. They can be
called from that session only, until the next run of the same function replaces them. A result that
cannot be read is ignored: the job that brought it still succeeds.
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
    """The endpoints rendered for one session. Not thread-safe."""

    __slots__ = ("_app", "_endpoints", "_renderings")

    def __init__(self, app: App) -> None:
        self.clear(app)

    def clear(self, app: App) -> None:
        """Forget what was rendered, as in a session that is new to this app."""
        self._app = app
        self._endpoints = app.endpoints
        self._renderings: dict[int, Rendering] = {}

    def endpoints(self, app: App) -> tuple[Endpoint, ...]:
        """Return the endpoints of this app, and those that it rendered for the session."""
        if app is not self._app:
            self.clear(app)
        return self._endpoints

    def add(self, app: App, render_config: Object) -> None:
        """Add the endpoints of one run, in place of those of its earlier run."""
        self.endpoints(app)  # forget what an earlier app rendered
        try:
            rendering = read_rendering(render_config)
            # Kept only if all of it can be read: endpoints of one run belong together.
            renderings = {**self._renderings, rendering.render_id: rendering}
            self._endpoints = _read_rendered(app, renderings)
        except RemoteError:
            return
        self._renderings = renderings


def _read_rendered(app: App, renderings: dict[int, Rendering]) -> tuple[Endpoint, ...]:
    """Return the app's endpoints, as in `/info`, and the rendered ones, which it does not list.

    Static and rendered functions can change each other's choices, so those of a component that
    either changes are left out. If both have the same name, it names the static function.
    """
    config = app.config
    for rendering in renderings.values():
        config = config.with_rendering(rendering)
    taken = {endpoint.name for endpoint in app.endpoints} - {None}
    rendered = tuple(
        # It can still be called by its index.
        without_name(dependency) if dependency.name in taken else dependency
        for rendering in renderings.values()
        for dependency in rendering.dependencies
    )
    changing = changing_components(config)
    endpoints = (*app.endpoints, *read_endpoints(replace(config, dependencies=rendered), None))
    return tuple(_without_choices(endpoint, changing) for endpoint in endpoints)


def _without_choices(endpoint: Endpoint, changing: set[int]) -> Endpoint:
    """Return the endpoint without choices for these components, so that it takes any value."""
    visible = [slot.component for slot in endpoint.inputs if not slot.hidden]
    pairs = list(zip(endpoint.parameters, visible, strict=True))
    if not any(parameter.choices and key in changing for parameter, key in pairs):
        return endpoint
    parameters = tuple(replace(p, choices=()) if key in changing else p for p, key in pairs)
    return replace(endpoint, parameters=parameters)

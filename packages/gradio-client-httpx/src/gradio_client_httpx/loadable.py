"""A client with the methods of the official one that Gradio itself calls; `compat` offers it.

`gr.load` builds an app from another one. It takes the endpoints in the order of the other app's
config, and turns each into a function with all inputs and outputs, hidden ones included, and with
the data of an event. The MCP server of Gradio passes on the headers of the request that it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from inspect import Signature
from typing import Any

from gradio_protocol import Endpoint, drop_framing
from gradio_protocol.clients import BoundEndpoint, Endpoints

from .client import Client
from .job import Job


class LoadableClient(Client):
    """A `Client` with the methods of the official client that Gradio itself calls."""

    def __repr__(self) -> str:
        return super().__repr__().removeprefix("Loadable")

    @property
    def app_version(self) -> Any:
        """The app's version of Gradio, as a `packaging.version.Version`."""
        # huggingface_hub depends on packaging; nothing else here needs it.
        from packaging.version import Version  # noqa: PLC0415

        return Version(super().app_version)

    @property
    def endpoints(self) -> Endpoints[Any, Job]:
        """All functions of the config by `fn_index`, private and browser-only ones too."""
        indices = [d.get("id", place) for place, d in enumerate(self.config["dependencies"])]
        return _AllEndpoints(self, self._known, indices)

    def submit(self, *args: Any, headers: Mapping[str, str] | None = None, **kwargs: Any) -> Job:
        """Submit a job; `headers` may be those of a request that is being served."""
        return super().submit(*args, headers=drop_framing(headers or {}), **kwargs)

    def new_helper(self, fn_index: int, headers: object = None) -> object:  # noqa: ARG002
        """Return a placeholder for the helper object that the official client shares per call."""
        return object()

    def with_event_data(self, data: object) -> LoadableClient:
        """Return a view of this client, in the same session, whose calls carry event data."""
        return self._view(_options=replace(self._options, event_data=data))


class LoadableEndpoint(BoundEndpoint[Any, Job]):
    """One function of the config; `backend_fn` tells whether the server can run it."""

    def __init__(self, client: LoadableClient, fn_index: int, endpoint: Endpoint | None) -> None:
        if endpoint is None:
            self.api_name: str | None = None
            self.__signature__: Signature = Signature()
        else:
            super().__init__(client, endpoint)
        self.fn_index = fn_index
        self.backend_fn: bool = endpoint is not None
        self._loadable = client

    def make_end_to_end_fn(self, helper: object = None) -> Callable[..., Any]:  # noqa: ARG002
        """Return a function that Gradio calls in place of a local one."""
        # By name if there is one: after a restart of the app, an index may mean another function.
        index = self.fn_index if self.api_name is None else None

        # Gradio names MCP tools after `__name__`, so this keeps the name of the official client.
        # Other keywords are ignored, as there.
        def _inner(*data: Any, event_data: object = None, **_: object) -> Any:
            client = self._loadable.with_event_data(event_data)
            return client.predict(*data, api_name=self.api_name, fn_index=index)

        return _inner


class _AllEndpoints(Endpoints[Any, Job]):
    def __init__(
        self, client: LoadableClient, known: Callable[[], Iterable[Endpoint]], indices: list[int]
    ) -> None:
        super().__init__(client, known)
        self._loadable = client
        self._indices = indices

    def __getitem__(self, key: int | str) -> BoundEndpoint[Any, Job]:
        if isinstance(key, str):
            key = super().__getitem__(key).fn_index
        if key not in self._indices:
            raise KeyError(key)
        known = {endpoint.index: endpoint for endpoint in self._list_endpoints()}
        return LoadableEndpoint(self._loadable, key, known.get(key))

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

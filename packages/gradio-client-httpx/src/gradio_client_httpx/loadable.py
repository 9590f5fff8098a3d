"""What Gradio itself asks of a client, for `compat` to offer.

`gr.load`, which builds an app from another one, goes through the endpoints in the order of the
other app's config, and makes of each a function that takes and gives all that travels, hidden
places included, and the data of an event. The MCP server hands on the headers of its own request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from inspect import Signature
from typing import Any

from gradio_protocol import BoundEndpoint, Endpoint, Endpoints

from .client import Client
from .job import Job

_REQUEST_HEADERS = frozenset(
    (
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"Headers that are about the request which brought them."


class LoadableClient(Client):
    """A client with the parts of the official one that Gradio itself relies on."""

    @property
    def app_version(self) -> Any:
        """The app's version of Gradio, in the form that can be compared."""
        # Brought by huggingface_hub, and needed nowhere else.
        from packaging.version import Version  # noqa: PLC0415

        return Version(super().app_version)

    @property
    def endpoints(self) -> Endpoints[Any, Job]:
        """Whatever the config has, by `fn_index`: private and browser-only functions too."""
        indices = [d.get("id", place) for place, d in enumerate(self.config["dependencies"])]
        return _AllEndpoints(self, self._known, indices)

    def submit(self, *args: Any, headers: Mapping[str, str] | None = None, **kwargs: Any) -> Job:
        """As usual; `headers` may be those of a request that is being served."""
        sent = {k: v for k, v in (headers or {}).items() if k.lower() not in _REQUEST_HEADERS}
        return super().submit(*args, headers=sent, **kwargs)

    def new_helper(self, fn_index: int, headers: object = None) -> object:  # noqa: ARG002
        """Officially what the threads of one call share; here nothing needs it."""
        return object()

    def with_event_data(self, data: object) -> LoadableClient:
        """The same client, in the same session, whose calls carry the data of an event."""
        return self._view(_options=replace(self._options, event_data=data))


class LoadableEndpoint(BoundEndpoint[Any, Job]):
    """One of the config's functions; `backend_fn` tells whether a server runs it."""

    def __init__(self, client: LoadableClient, fn_index: int, endpoint: Endpoint | None) -> None:
        if endpoint is None:
            self.api_name, self.__signature__ = None, Signature()
        else:
            super().__init__(client, endpoint)
        self.fn_index = fn_index
        self.backend_fn = endpoint is not None
        self._loadable = client

    def make_end_to_end_fn(self, helper: object = None) -> Callable[..., Any]:  # noqa: ARG002
        """A function for Gradio to call instead of one of its own app's."""
        # By its name, for it outlives the app that it was made from, and an index does not.
        index = self.fn_index if self.api_name is None else None

        # Gradio names MCP tools after functions, and this is the name that they have officially;
        # there, too, other keywords are taken and make no difference.
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

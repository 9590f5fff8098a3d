"""What an app offers, as something to call: `client.endpoints["/echo"]("hello")`.

The table is asked anew at each look: an app can be restarted, and render endpoints for one
session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from gradio_protocol import Endpoint, InvalidArguments, Visibility, doc, find_endpoint, signature

from .job import Job


class Calls(Protocol):
    """The part of a client that endpoints need."""

    def predict(self, *args: Any, fn_index: int | None = None, **kwargs: Any) -> Any:
        """Call and wait."""
        ...

    def submit(self, *args: Any, fn_index: int | None = None, **kwargs: Any) -> Job:
        """Call in the background."""
        ...


class BoundEndpoint:
    """One endpoint of a client. Calling it is `predict`; see its `__doc__` and signature."""

    def __init__(self, client: Calls, endpoint: Endpoint) -> None:
        self._client = client
        self.fn_index = endpoint.index
        self.api_name = endpoint.name
        self.__name__ = (endpoint.name or f"fn_{endpoint.index}").strip("/")
        self.__doc__ = doc(endpoint)
        self.__signature__ = signature(endpoint)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the endpoint and wait for its result."""
        return self._client.predict(*args, fn_index=self.fn_index, **kwargs)

    def submit(self, *args: Any, **kwargs: Any) -> Job:
        """Call the endpoint in the background."""
        return self._client.submit(*args, fn_index=self.fn_index, **kwargs)

    def __repr__(self) -> str:
        return f"<Endpoint {self.api_name or self.fn_index}{self.__signature__}>"


class Endpoints(Mapping[int | str, BoundEndpoint]):
    """All endpoints that may be called, by `fn_index`, and by name with or without its slash."""

    def __init__(self, client: Calls, known: Callable[[], Iterable[Endpoint]]) -> None:
        self._client = client
        self._known = known

    def __getitem__(self, key: int | str) -> BoundEndpoint:
        name, index = (key, None) if isinstance(key, str) else (None, key)
        try:
            return BoundEndpoint(self._client, find_endpoint(self._known(), name, index))
        except InvalidArguments as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[int]:
        return iter([e.index for e in self._known() if e.visibility is not Visibility.PRIVATE])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        names = {endpoint.index: endpoint.name for endpoint in self._known()}
        return f"<Endpoints {', '.join(names.get(index) or str(index) for index in self)}>"

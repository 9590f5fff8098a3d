"""An app's endpoints as callables: `client.endpoints["/echo"]("hello")`.

The endpoints are looked up at each access, since a restart can change them, and an app can render
more of them for one session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Signature
from typing import Any, Generic, Protocol, TypeVar

from ..app.config import Visibility
from ..app.endpoint import Endpoint, find_endpoint
from ..errors import InvalidArguments

R = TypeVar("R", covariant=True)
"What `predict` returns: a result, or an awaitable in an async client."
J = TypeVar("J", covariant=True)
"The client's type for jobs."


class Caller(Protocol[R, J]):
    """The part of a client that endpoints need."""

    def predict(self, *args: Any, fn_index: int | None = None, **kwargs: Any) -> R:
        """Call an endpoint and wait for its result."""
        ...

    def submit(self, *args: Any, fn_index: int | None = None, **kwargs: Any) -> J:
        """Call an endpoint in the background."""
        ...


class BoundEndpoint(Generic[R, J]):
    """One endpoint of a client. Its docstring and signature describe the app's function."""

    def __init__(self, client: Caller[R, J], endpoint: Endpoint) -> None:
        # Few programs read descriptions, but everybody who imports a client imports this module.
        from .describe import doc, signature  # noqa: PLC0415

        self._client = client
        self.endpoint = endpoint
        "Its parameters, results and other facts."
        self.fn_index: int = endpoint.index
        self.api_name: str | None = endpoint.name
        self.__name__: str = (endpoint.name or f"fn_{endpoint.index}").strip("/")
        self.__doc__ = doc(endpoint)
        self.__signature__: Signature = signature(endpoint)

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        """Call the endpoint and wait for its result; in an async client, await this call."""
        # By index: an endpoint may have no name (3.x, `@gr.render`).
        return self._client.predict(*args, fn_index=self.fn_index, **kwargs)

    def submit(self, *args: Any, **kwargs: Any) -> J:
        """Call the endpoint in the background."""
        return self._client.submit(*args, fn_index=self.fn_index, **kwargs)

    def __repr__(self) -> str:
        return f"<Endpoint {self.api_name or self.fn_index}{self.__signature__}>"


class Endpoints(Mapping[int | str, BoundEndpoint[R, J]]):
    """The endpoints that may be called, by index, or by name with or without its slash."""

    def __init__(
        self, client: Caller[R, J], list_endpoints: Callable[[], Iterable[Endpoint]]
    ) -> None:
        self._client = client
        self._list_endpoints = list_endpoints

    def __getitem__(self, key: int | str) -> BoundEndpoint[R, J]:
        name, index = (key, None) if isinstance(key, str) else (None, key)
        try:
            return BoundEndpoint(self._client, find_endpoint(self._list_endpoints(), name, index))
        except InvalidArguments as error:
            # A mapping raises KeyError, so that `in` and `get` work.
            raise KeyError(str(error)) from None

    def __iter__(self) -> Iterator[int | str]:
        """Iterate over the names; an endpoint without a name has its index instead."""
        # Undocumented endpoints are included, since they can be called.
        known = [e for e in self._list_endpoints() if e.visibility is not Visibility.PRIVATE]
        return iter([e.index if e.name is None else e.name for e in known])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Endpoints {', '.join(map(str, self))}>"

    def _ipython_key_completions_(self) -> list[int | str]:
        """What a notebook offers after `client.endpoints[`."""
        return list(self)

"""What the clients of all drivers have in common.

A driver's client adds what waits: connecting, `predict`, `submit` and closing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, Self, TypeVar, Unpack

from ..app.endpoint import Endpoint
from ..app.files import load_open_files
from ..flows.options import Changes, Options
from ..present.describe import as_html, view
from .config import ClientConfig, visitor_headers
from .protocol import BoundCall, ClientProtocol


class _SharedClient(Protocol):
    @property
    def protocol(self) -> ClientProtocol: ...


class _SessionHandle(Protocol):
    @property
    def session_id(self) -> int: ...
    @property
    def endpoints(self) -> tuple[Endpoint, ...]: ...
    @property
    def session_hash(self) -> str: ...
    def reset(self) -> None: ...


L = TypeVar("L", bound=_SharedClient)
"What all views of a client share."
V = TypeVar("V", bound=_SessionHandle)
"One session of it."
C = TypeVar("C", bound=ClientConfig)


class BaseClient(Generic[L, V, C]):
    """A client without what waits: what the app offers, its options and its sessions.

    A subclass names the types of what all views of a client share, of a session, and of its
    configuration. Its `_prepare` sets them from a configuration, `_modules` are the modules that
    the program has loaded, `_read` reads an open file, and `_print` shows a text.
    """

    _shared: L
    _session: V
    _given: C
    _options: Options

    _modules: Mapping[str, Any]

    def _prepare(self, given: C) -> None: ...

    def _read(self, file: Any) -> object: ...

    def _print(self, text: str) -> None: ...

    def _bind(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        api_name: str | None,
        fn_index: int | None,
    ) -> BoundCall:
        """A call whose arguments fit; open files among them are read. Raises InvalidArguments."""
        return self._shared.protocol.bind(
            self._session.session_id,
            load_open_files(args, self._read),
            load_open_files(kwargs, self._read),
            api_name=api_name,
            fn_index=fn_index,
            options=self._options,
        )

    def add_zero_gpu_headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Add the `x-ip-token` of the visitor whom a Gradio app is serving right here, if any.

        So a Space that calls another one lets the visitor's ZeroGPU quota pay, not its own.
        Changes and returns `headers`. `predict` and `submit` do so by themselves.
        """
        headers.update(visitor_headers(self._modules) if self.space_id else {})
        return headers

    def view_api(
        self,
        all_endpoints: bool | None = None,
        print_info: bool = True,
        return_format: str | None = None,
    ) -> dict[str, Any] | str | None:
        """Describe the endpoints: print them, and return them as a dict, as a text, or not.

        `all_endpoints`: True shows the unnamed ones too, None only where no other exist.
        """
        text, described = view(
            self._known(), all_endpoints=all_endpoints, return_format=return_format
        )
        if print_info:
            self._print(text)
        return described

    @property
    def src(self) -> str:
        """The app's address, with a slash at its end."""
        return self._shared.protocol.app.access.src

    @property
    def config(self) -> dict[str, Any]:
        """The app's configuration, as it sent it."""
        return self._shared.protocol.app.config.raw

    @property
    def session_hash(self) -> str:
        """What the server knows this visitor by."""
        return self._session.session_hash

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with every request to the app, secrets included; the cookies are not."""
        return self._shared.protocol.app.access.headers

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that the app gets."""
        return self._shared.protocol.app.access.cookies

    @property
    def space_id(self) -> str | None:
        """The name of the Space, `user/name`; None for an app that is no Space."""
        protocol = self._shared.protocol
        return protocol.target.space or protocol.app.config.space_id

    @property
    def protocol(self) -> str:
        """What the server calls its way of speaking: `sse_v3`."""
        return self._shared.protocol.app.config.protocol

    @property
    def app_version(self) -> str:
        """The app's version of Gradio."""
        return self._shared.protocol.app.config.version

    def with_options(self, **changes: Unpack[Changes]) -> Self:
        """The same client, in the same session, with other defaults for each call.

        `isolated`: each job has its own session. `progress`: show a bar. `timeout`: seconds that
        `predict` waits. `headers`: more of them. `event_data`: what a function that listens for a
        selection or the like is told of it. Others: as in the constructor; see `Changes`.
        """
        return self._view(_options=self._options.changed(changes))

    def reset_session(self) -> None:
        """Be another visitor from now on: the app's state begins anew."""
        self._session.reset()

    def __repr__(self) -> str:
        return f"Client({self._shared!r})"

    def _repr_html_(self) -> str:
        return as_html(self._known())

    def __getstate__(self) -> tuple[C, Options]:
        self._given.check_pickles()
        return self._given, self._options

    def __setstate__(self, state: tuple[C, Options]) -> None:
        given, options = state
        self._prepare(given)
        self._options = options

    def _known(self) -> tuple[Endpoint, ...]:
        return self._session.endpoints

    def _view(self, **changes: Any) -> Self:
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, **changes)
        return view

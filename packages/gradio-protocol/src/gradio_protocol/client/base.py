"""The part of a client that every driver shares.

A driver's `Client` derives from `BaseClient` and adds everything that waits: connecting, `predict`,
`submit` and closing. Its author provides:

- `_shared`: the object that all views and sessions of one client share, with the `protocol`;
- `_session`: the handle of one session, with its id, hash, endpoints and `reset`;
- `_given`: the configuration, a `ClientConfig`, and `_options`: the options of this view;
- `_prepare`, which sets these four from a configuration, in the constructor and after unpickling;
- `_modules`: `sys.modules`, which the core does not read itself;
- `_read` and `_print`: the I/O that binding a call and `view_api` need.
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
"The driver's object that all views and sessions of a client share."
V = TypeVar("V", bound=_SessionHandle)
"The driver's handle of one session."
C = TypeVar("C", bound=ClientConfig)
"The driver's configuration."


class BaseClient(Generic[L, V, C]):
    """A client without I/O: the app's properties, the options of calls, views and pickling.

    Several views can share one client: `with_options` returns one with other options, and a new
    session is a view with another `_session`. See the module for what a subclass provides.
    """

    _shared: L
    _session: V
    _given: C
    _options: Options

    _modules: Mapping[str, Any]

    def _prepare(self, given: C) -> None:
        """Set up an unconnected client with this configuration."""

    def _read(self, file: Any) -> object:
        """Return an argument that stands for an open file, with its content read."""

    def _print(self, text: str) -> None:
        """Print a text to standard output."""

    def _bind(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        api_name: str | None,
        fn_index: int | None,
    ) -> BoundCall:
        """Check the arguments, and read the open files among them. Raises InvalidArguments."""
        return self._shared.protocol.bind(
            self._session.session_id,
            self._load(args),
            self._load(kwargs),
            api_name=api_name,
            fn_index=fn_index,
            options=self._options,
        )

    def _load(self, values: object) -> Any:
        """Return arguments with the open files among them read."""
        return load_open_files(values, self._read)

    def add_zero_gpu_headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Add the `x-ip-token` of the visitor whom a Gradio app serves in this thread or task.

        A Space that calls another one then uses the visitor's ZeroGPU quota, not its own. Changes
        and returns `headers`. `predict` and `submit` add the header themselves.
        """
        headers.update(visitor_headers(self._modules) if self.space_id else {})
        return headers

    def view_api(
        self,
        all_endpoints: bool | None = None,
        print_info: bool = True,
        return_format: str | None = None,
    ) -> dict[str, Any] | str | None:
        """Print a description of the endpoints, and return it if a format is given.

        `all_endpoints`: True shows the unnamed ones too; None only if there are no others.
        `return_format`: "dict", "str" or None. Raises InvalidArguments for any other.
        """
        text, described = view(
            self._known(), all_endpoints=all_endpoints, return_format=return_format
        )
        if print_info:
            self._print(text)
        return described

    @property
    def src(self) -> str:
        """The app's address, which ends with a slash."""
        return self._shared.protocol.app.access.src

    @property
    def config(self) -> dict[str, Any]:
        """The app's configuration, as the server sent it."""
        return self._shared.protocol.app.config.raw

    @property
    def session_hash(self) -> str:
        """The hash under which the server knows this session."""
        return self._session.session_hash

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request to the app, including secrets, but without cookies."""
        return self._shared.protocol.app.access.headers

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that are sent to the app."""
        return self._shared.protocol.app.access.cookies

    @property
    def space_id(self) -> str | None:
        """The name of the Space, `user/name`; None if the app is not a Space."""
        protocol = self._shared.protocol
        return protocol.target.space or protocol.app.config.space_id

    @property
    def protocol(self) -> str:
        """The server's name for its protocol, such as `sse_v3`."""
        return self._shared.protocol.app.config.protocol

    @property
    def app_version(self) -> str:
        """The version of Gradio that the app runs on."""
        return self._shared.protocol.app.config.version

    def with_options(self, **changes: Unpack[Changes]) -> Self:
        """Return a view of this client, in the same session, with other options for its calls.

        `isolated`: give each job its own session. `progress`: show a bar. `timeout`: seconds that
        `predict` waits. `headers`: additional headers. `event_data`: the event for functions that
        take one, such as `gr.SelectData`. Others: as in the constructor; see `Changes`.
        """
        return self._view(_options=self._options.changed(changes))

    def reset_session(self) -> None:
        """Continue in a new session, so that the app's state starts afresh."""
        self._session.reset()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shared!r})"

    def _repr_html_(self) -> str:
        return as_html(self._known())

    def __getstate__(self) -> tuple[C, Options]:
        # The constructor's arguments: the copy connects again, in a session of its own.
        self._given.check_pickles()
        return self._given, self._options

    def __setstate__(self, state: tuple[C, Options]) -> None:
        given, options = state
        self._prepare(given)
        self._options = options

    def _known(self) -> tuple[Endpoint, ...]:
        return self._session.endpoints

    def _view(self, **changes: Any) -> Self:
        # Not the constructor, which would connect: a view shares everything that it does not
        # replace.
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, **changes)
        return view

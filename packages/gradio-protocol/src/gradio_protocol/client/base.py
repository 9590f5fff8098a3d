"""The part of a client that every driver shares.

A driver's `Client` derives from `BaseClient` and adds everything that waits: connecting, `predict`,
`submit` and closing. Its author provides:

- `_make_shared`, which returns the object that all views and sessions of one client share, from a
  configuration and without connecting; see `SharedClient`;
- `_modules`: `sys.modules`, which the core does not read itself;
- `_read` and `_print`: the I/O that binding a call and `view_api` need.

A constructor passes its configuration to `_prepare`; so does unpickling. Descriptions of endpoints
are imported when they are first asked for, since most programs only make calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar, Unpack

from ..app.endpoint import Endpoint, find_endpoint
from ..app.files import load_open_files
from ..flows.options import Changes, Options
from .config import ClientConfig, visitor_headers
from .protocol import BoundCall, ClientProtocol
from .session_handle import SessionHandle, SharedClient

L = TypeVar("L", bound=SharedClient)
"The driver's object that all views and sessions of a client share."
C = TypeVar("C", bound=ClientConfig)
"The driver's configuration."


class BaseClient(ABC, Generic[L, C]):
    """A client without I/O: the app's properties, the options of calls, sessions and pickling.

    Several views can share one client: `with_options` returns one with other options, and
    `new_session` one with another session. See the module for what a subclass provides.
    """

    _modules: Mapping[str, Any]

    @abstractmethod
    def _make_shared(self, given: C) -> L:
        """Return what all views share, unconnected. Raises InvalidArguments."""

    def _prepare(self, given: C) -> None:
        """Set up an unconnected client with this configuration."""
        self._given = given
        self._options = given.options
        self._shared = self._make_shared(given)
        self._session = SessionHandle(self._shared)
        self._is_extra_session = False
        "Whether `new_session` made this client; another one then owns the connections."

    @property
    def _core(self) -> ClientProtocol:
        return self._shared.runner.protocol

    @abstractmethod
    def _read(self, file: Any) -> object:
        """Return an argument that stands for an open file, with its content read."""

    @abstractmethod
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
        return self._core.bind(
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
        from ..present.describe import view  # noqa: PLC0415 - see the module

        text, described = view(
            self._known(), all_endpoints=all_endpoints, return_format=return_format
        )
        if print_info:
            self._print(text)
        return described

    @property
    def src(self) -> str:
        """The app's address, which ends with a slash."""
        return self._core.app.access.src

    @property
    def config(self) -> dict[str, Any]:
        """The app's configuration, as the server sent it."""
        return self._core.app.config.raw

    @property
    def session_hash(self) -> str:
        """The hash under which the server knows this session."""
        return self._session.session_hash

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request to the app, including secrets, but without cookies."""
        return self._core.app.access.headers

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that are sent to the app."""
        return self._core.app.access.cookies

    @property
    def space_id(self) -> str | None:
        """The name of the Space, `user/name`; None if the app is not a Space."""
        protocol = self._core
        return protocol.target.space or protocol.app.config.space_id

    @property
    def protocol(self) -> str:
        """The server's name for its protocol, such as `sse_v3`."""
        return self._core.app.config.protocol

    @property
    def app_version(self) -> str:
        """The version of Gradio that the app runs on."""
        return self._core.app.config.version

    @property
    def api_digest(self) -> str:
        """A digest of the public endpoints' names, parameters, types and results.

        It changes when calls that worked may no longer work; the order and the descriptions of
        endpoints do not matter.
        """
        from ..present.describe import digest  # noqa: PLC0415 - see the module

        return digest(self._known())

    def snippet(
        self, api_name: str | None = None, *, fn_index: int | None = None, language: str = "python"
    ) -> str:
        """Return a ready call of an endpoint with example values, without secrets.

        `language`: "python" (for the blocking client), "javascript" (for the official client) or
        "curl" (the requests that the app's version takes). Raises InvalidArguments for any other,
        and for an unknown endpoint.
        """
        from ..present.snippets import snippet  # noqa: PLC0415 - see the module

        app = self._shared.runner.protocol.app
        endpoint = find_endpoint(self._known(), api_name, fn_index)
        return snippet(endpoint, app.access, app.dialect, language)

    def with_options(self, **changes: Unpack[Changes]) -> Self:
        """Return a view of this client, in the same session, with other options for its calls.

        `isolated`: give each job its own session. `progress`: show a bar. `timeout`: seconds that
        `predict` waits. `headers`: additional headers. `event_data`: the event for functions that
        take one, such as `gr.SelectData`. `check_types`: False to leave choices and numbers to the
        app. `share_outputs`: outputs of a job share what did not change between them; reading one
        of many is then cheap, and you must not change them. Others: as in the constructor; see
        `Changes`.
        """
        return self._view(_options=self._options.changed(changes))

    def new_session(self) -> Self:
        """Return a client with a session of its own, over the same connections.

        To the app, it is another visitor. Closing it ends only its own jobs and streams. In an
        async client, it needs no `async with` block; leaving one closes the session.
        """
        return self._view(_session=SessionHandle(self._shared), _is_extra_session=True)

    def reset_session(self) -> None:
        """Continue in a new session, so that the app's state starts afresh."""
        self._session.reset()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shared!r})"

    def _repr_html_(self) -> str:
        from ..present.describe import as_html  # noqa: PLC0415 - see the module

        config = self._core.app.config
        title = config.raw.get("title")
        # Gradio gives "Gradio" as the title of an app that has none.
        about = [str(title)] if title and title != "Gradio" else []
        about += [self.src, f"Gradio {config.version}"]
        about += ["closed"] if self._core.is_closed() else []
        return as_html(self._known(), ", ".join(about))

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
        view: Self = object.__new__(type(self))
        vars(view).update(vars(self), **changes)
        return view

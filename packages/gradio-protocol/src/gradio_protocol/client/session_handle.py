"""One session of a driver's client, for drivers that need no lock."""

from __future__ import annotations

from typing import Protocol

from ..app.endpoint import Endpoint
from ..errors import InvalidArguments
from .protocol import ClientProtocol


class _Runner(Protocol):
    def reset_session(self, session_id: int) -> None: ...
    def close_session(self, session_id: int) -> None: ...


class _SharedClient(Protocol):
    @property
    def protocol(self) -> ClientProtocol: ...
    @property
    def runner(self) -> _Runner: ...


class SessionHandle:
    """One session with the app: to the server, one visitor. Opens it when it is first needed."""

    def __init__(self, shared: _SharedClient) -> None:
        self._shared = shared
        self._session_id: int | None = None
        self._closed = False

    @property
    def session_id(self) -> int:
        """The id of the session, opened at the first use. Raises InvalidArguments after `close`."""
        if self._closed:
            raise InvalidArguments("the session was closed")
        if self._session_id is None:
            self._session_id = self._shared.protocol.open_session()
        return self._session_id

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of the app, as this session sees them."""
        return self._shared.protocol.endpoints(self.session_id)

    @property
    def session_hash(self) -> str:
        """The `session_hash` by which the server knows this session."""
        return self._shared.protocol.session_hash(self.session_id)

    def reset(self) -> None:
        """Replace the session by a new one, with new state on the server."""
        self._shared.runner.reset_session(self.session_id)

    def close(self) -> None:
        """End the jobs and streams of this session."""
        self._closed = True
        if self._session_id is not None:
            self._shared.runner.close_session(self._session_id)

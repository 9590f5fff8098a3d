"""One session of a client, as its views hold it.

The session is opened when it is first needed. If the driver connects again, for example in a forked
process, it has a new runner, and the handle opens a new session there.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from ..app.endpoint import Endpoint
from ..errors import InvalidArguments
from .protocol import ClientProtocol


class Runner(Protocol):
    """Obeys the commands of a connected protocol, which its `lock` guards."""

    @property
    def protocol(self) -> ClientProtocol:
        """The protocol of a connected client."""
        ...

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held for each call of the protocol."""
        ...

    def reset_session(self, session_id: int) -> None:
        """Replace a session by a new one under the same id."""
        ...

    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of a session."""
        ...


class SharedClient(Protocol):
    """What all views of a client share."""

    @property
    def runner(self) -> Runner:
        """The runner, which connects at the first use. Raises what that raises."""
        ...

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while the client connects, and while a session is opened."""
        ...


class SessionHandle:
    """One session with the app: to the server, one visitor.

    Thread-safe if the locks of `shared` and its runner are; a driver without threads has null
    contexts in their place.
    """

    def __init__(self, shared: SharedClient) -> None:
        self._shared = shared
        self._opened: tuple[Runner, int] | None = None
        "The runner that has the session, and its id."
        self._closed = False

    @property
    def session_id(self) -> int:
        """The id of the session. Opens it if needed; raises InvalidArguments after `close`."""
        runner = self._shared.runner
        with self._shared.lock:
            opened = self._opened
            if opened is None or opened[0] is not runner:
                with runner.lock:
                    opened = self._opened = runner, runner.protocol.open_session()
        # After opening: `close` may have run in between, and found no session.
        if self._closed:
            self.close()
            raise InvalidArguments("the session was closed")
        return opened[1]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of the app, as this session sees them."""
        session_id, runner = self.session_id, self._shared.runner
        with runner.lock:
            return runner.protocol.endpoints(session_id)

    @property
    def session_hash(self) -> str:
        """The `session_hash` by which the server knows this session."""
        session_id, runner = self.session_id, self._shared.runner
        with runner.lock:
            return runner.protocol.session_hash(session_id)

    def reset(self) -> None:
        """Replace the session by a new one, with new state on the server."""
        self._shared.runner.reset_session(self.session_id)

    def close(self) -> None:
        """End the jobs and streams of this session."""
        # Without the lock of `shared`: a thread that connects may hold it, perhaps for long.
        self._closed = True
        opened, self._opened = self._opened, None
        if opened is not None:
            opened[0].close_session(opened[1])

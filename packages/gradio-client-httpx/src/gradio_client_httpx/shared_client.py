"""What a client and its views share: the line to the app, and a place at it.

1. A line is connected when it is first needed, and again after a fork: two processes must not
   speak over the same sockets.
2. Nothing that runs on a thread holds a line, so that a forgotten one is collected and closes what
   it had, with a ResourceWarning. A job holds it until it is over.
3. A `Visit` is one visitor of the app: a session, opened when it is first needed.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
import warnings
import weakref

from gradio_protocol import (
    ClientProtocol,
    Endpoint,
    GradioError,
    InvalidArguments,
    RunAction,
    Sleep,
    SpaceCopy,
    Target,
    TransportFailed,
)

from .cancel_handle import CancelHandle
from .http import Connections
from .inputs import TransportConfig
from .job import JOBS
from .perform import Performer, ignore_transfer
from .runner import Runner

_log = logging.getLogger("gradio_client_httpx")


class SharedClient:
    """See the module; thread-safe."""

    def __init__(self, settings: TransportConfig, target: Target, *, max_workers: int) -> None:
        self.target = target
        self._settings = settings
        self._max_workers = max_workers
        self._closed = False
        self._initialize()
        _CLIENTS.add(self)

    def _initialize(self) -> None:
        # Held while connecting: whoever comes meanwhile waits for just that.
        self.lock = threading.RLock()
        self._connecting: Performer | None = None
        self._runner: Runner | None = None
        self._finalizer: weakref.finalize[[Runner, str], SharedClient] | None = None

    @property
    def runner(self) -> Runner:
        """What obeys the protocol, connected. Raises what `connect` raises."""
        with self.lock:
            if self._runner is None:
                self._runner = self._connect()
                self._finalizer = weakref.finalize(self, _close_forgotten, self._runner, repr(self))
                if self._closed:
                    self.close()
            return self._runner

    @property
    def protocol(self) -> ClientProtocol:
        """The protocol, connected. Raises what `connect` raises."""
        return self.runner.protocol

    def close(self) -> None:
        """End all jobs and streams, and the connecting; idempotent."""
        # Without the lock: whoever connects holds it, perhaps to a server that never answers.
        self._closed = True
        connecting, runner = self._connecting, self._runner
        if connecting is not None:
            connecting.close()
        if runner is not None and self._finalizer is not None:
            self._finalizer.detach()
            runner.close()

    def after_fork(self) -> None:
        """This is another process now: leave to the first one what is its own."""
        if self._finalizer is not None:
            self._finalizer.detach()
        # Kept: collected, its connections would say goodbye over sockets that the first process
        # still uses.
        _PARENT_OBJECTS.extend((self._runner, self._connecting))
        self._initialize()

    def _connect(self) -> Runner:
        connections = Connections(self._settings, self.target.src)
        performer = self._connecting = Performer(self._settings, connections)
        protocol = ClientProtocol(
            self.target, entropy=secrets.token_bytes(16), max_jobs=self._max_workers
        )
        try:
            if self._closed:
                raise InvalidArguments("the client was closed")
            connect(protocol, performer)
        except BaseException as error:
            performer.close()
            if self._closed and isinstance(error, TransportFailed):
                raise InvalidArguments("the client was closed") from error
            raise
        finally:
            self._connecting = None
        for note in protocol.app.notes:
            _log.warning("%s: %s", protocol.app.access.src, note)
        connections.set_app_origin(protocol.app.access.src)
        return Runner(protocol, performer)

    def __repr__(self) -> str:
        runner = self._runner
        return "not connected" if runner is None else repr(runner.protocol.app.access.src)


class SessionHandle:
    """One visitor of the app; thread-safe."""

    def __init__(self, shared: SharedClient) -> None:
        self._shared = shared
        self._opened: tuple[Runner, int] | None = None
        "Where the session is, and its id."
        self._closed = False

    @property
    def session_id(self) -> int:
        """The session, new at the first use and after a fork.

        Raises InvalidArguments once it was closed.
        """
        runner = self._shared.runner
        with self._shared.lock:
            place = self._opened
            if place is None or place[0] is not runner:
                place = self._opened = runner, runner.open_session()
        if self._closed:
            self.close()
            raise InvalidArguments("the session was closed")
        return place[1]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What can be called from this session."""
        session_id, runner = self.session_id, self._shared.runner
        with runner.lock:
            return runner.protocol.endpoints(session_id)

    @property
    def session_hash(self) -> str:
        """What the server knows this visitor by."""
        session_id, runner = self.session_id, self._shared.runner
        with runner.lock:
            return runner.protocol.session_hash(session_id)

    def reset(self) -> None:
        """Be another visitor from now on."""
        self._shared.runner.reset_session(self.session_id)

    def close(self) -> None:
        """End the jobs and streams of this visitor."""
        # Without the lock: see `Line.close`.
        self._closed = True
        place, self._opened = self._opened, None
        if place is not None:
            place[0].close_session(place[1])


def connect(protocol: ClientProtocol, performer: Performer, copy: SpaceCopy | None = None) -> None:
    """Connect, or copy a Space, on the thread of whoever waits. Raises what has gone wrong."""
    protocol.connect(copy)
    while isinstance(command := protocol.next_command(time.monotonic()), RunAction):
        try:
            match command.action:
                case Sleep(seconds=seconds):
                    performer.connections.pause(seconds)
                    reply: object = None
                case action:
                    reply = performer.perform(action, ignore_transfer, CancelHandle())
        except GradioError as error:
            protocol.action_failed(command.action_id, error)
        else:
            protocol.action_succeeded(command.action_id, reply)
    protocol.is_connected()


_CLIENTS: weakref.WeakSet[SharedClient] = weakref.WeakSet()
_PARENT_OBJECTS: list[object] = []


def _after_fork() -> None:
    for shared in list(_CLIENTS):
        shared.after_fork()
    for job in list(JOBS):
        job.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _close_forgotten(runner: Runner, name: str) -> None:
    # Close before warning: a warning may be raised as an error. Close on another thread: the
    # collector may run while this one holds the locks that `close` needs. At the interpreter's exit
    # no thread can be started.
    if threading.main_thread().is_alive():
        threading.Thread(target=runner.close, name="gradio-client", daemon=True).start()
    else:
        runner.close()
    warnings.warn(f"Client({name}) was never closed", ResourceWarning, stacklevel=2)

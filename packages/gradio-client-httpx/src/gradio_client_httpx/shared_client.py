"""What all views of a client share: one `SharedClient`.

1. A `SharedClient` connects when it is first needed. After a fork, the child connects again: two
   processes must not use the same sockets.
2. No thread refers to a `SharedClient`, so a client that is forgotten is collected. Its finalizer
   closes the connections and warns with a ResourceWarning. A job refers to it until the job ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import warnings
import weakref

from gradio_protocol import (
    ClientProtocol,
    CopiedSpace,
    GradioError,
    InvalidArguments,
    RunAction,
    SpaceCopy,
    TransportFailed,
)

from . import inputs
from .cancel_handle import CancelHandle
from .inputs import HttpxConfig
from .job import JOBS
from .perform import Performer, ignore_transfer
from .runner import Runner

_log = logging.getLogger("gradio_client_httpx")


class SharedClient:
    """The connection to one app, which all views of a client share. Thread-safe."""

    def __init__(self, config: HttpxConfig) -> None:
        self._transport = inputs.resolve_transport(config)
        self._target = inputs.resolve_target(config)
        self._max_workers = config.max_workers
        self._closed = False
        self._initialize()
        _CLIENTS.add(self)

    def _initialize(self) -> None:
        # Held while connecting, so that other threads wait for the connection. A forked child makes
        # a new lock: a thread of the parent may have held the old one.
        self.lock: threading.RLock = threading.RLock()
        self._connecting: Performer | None = None
        self._runner: Runner | None = None
        self._finalizer: weakref.finalize[[Runner, str], SharedClient] | None = None

    @property
    def runner(self) -> Runner:
        """The runner of the connected protocol. Connects if needed; raises what that raises."""
        with self.lock:
            if self._runner is None:
                self._runner = self._connect()
                self._finalizer = weakref.finalize(self, _close_forgotten, self._runner, repr(self))
                if self._closed:
                    # `close` ran in the last moment of the connect, and found no runner.
                    self.close()
            return self._runner

    def close(self, grace: float = 0) -> None:
        """End all jobs and streams, and a connect under way. Idempotent.

        Waits up to `grace` seconds until the server has been told.
        """
        # Without the lock: a thread that connects holds it, perhaps to a server that never answers.
        self._closed = True
        connecting, runner = self._connecting, self._runner
        if connecting is not None:
            # This shuts down its sockets: the thread that connects wakes up and raises.
            connecting.close()
        if runner is not None and self._finalizer is not None:
            self._finalizer.detach()
            runner.close(grace)

    def after_fork(self) -> None:
        """In a forked child, leave the connections to the parent, and connect again when needed."""
        if self._finalizer is not None:
            self._finalizer.detach()
        # Keep the objects of the parent alive: to collect them would close their TLS connections,
        # which sends close_notify over sockets that the parent still uses.
        _PARENT_OBJECTS.extend((self._runner, self._connecting))
        self._initialize()

    def _connect(self) -> Runner:
        performer = self._connecting = Performer(self._transport, self._target.src)
        protocol = ClientProtocol(self._target, entropy=os.urandom(16), max_jobs=self._max_workers)
        try:
            if self._closed:
                raise InvalidArguments("the client was closed; create another one")
            connect(protocol, performer)
        except BaseException as error:
            performer.close()
            if self._closed and isinstance(error, TransportFailed):
                raise InvalidArguments("the client was closed; create another one") from error
            raise
        finally:
            self._connecting = None
        for note in protocol.app.notes:
            _log.warning("%s: %s", protocol.app.access.src, note)
        performer.connections.set_app_origin(protocol.app.access.src)
        return Runner(protocol, performer)

    def __repr__(self) -> str:
        runner = self._runner
        if runner is None:
            return "not connected"
        return f"{runner.protocol.app.access.src!r}{', closed' if self._closed else ''}"


def connect(protocol: ClientProtocol, performer: Performer, copy: SpaceCopy | None = None) -> None:
    """Connect, or duplicate a Space, on this thread.

    Raises what `ClientProtocol.is_connected` raises.
    """
    protocol.connect(copy)
    while isinstance(command := protocol.next_command(time.monotonic()), RunAction):
        try:
            reply = performer.perform(command.action, ignore_transfer, CancelHandle())
        except GradioError as error:
            protocol.action_failed(command.action_id, error)
        else:
            protocol.action_succeeded(command.action_id, reply)
    protocol.is_connected()


def duplicate(config: HttpxConfig, copy: SpaceCopy) -> CopiedSpace:
    """Copy a Space, or find the copy that exists. Raises what `is_connected` raises."""
    target = inputs.resolve_target(config)
    protocol = ClientProtocol(target, entropy=os.urandom(16))
    performer = Performer(inputs.resolve_transport(config), str(target.hub))
    with contextlib.closing(performer):
        connect(protocol, performer, copy)
    assert protocol.copied is not None
    return protocol.copied


_CLIENTS: weakref.WeakSet[SharedClient] = weakref.WeakSet()
_PARENT_OBJECTS: list[object] = []
"What a forked child must never collect."


def _after_fork() -> None:
    for shared in list(_CLIENTS):
        shared.after_fork()
    for job in list(JOBS):
        job.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _close_forgotten(runner: Runner, name: str) -> None:
    # Close before warning: a warning may be raised as an error. Close on another thread: the
    # collector may run on this one while it holds the locks that `close` needs. While the
    # interpreter exits, no thread can start (3.12 raises RuntimeError), so close on this one.
    if threading.main_thread().is_alive():
        threading.Thread(target=runner.close, name="gradio-client", daemon=True).start()
    else:
        runner.close()
    warnings.warn(f"Client({name}) was never closed", ResourceWarning, stacklevel=2)

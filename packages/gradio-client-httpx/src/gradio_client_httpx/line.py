"""What a client and its views share: the line to the app, and a place at it.

1. A line is connected when it is first needed, and again after a fork: two processes must not
   speak over the same sockets.
2. Nothing that runs on a thread holds a line, so that a forgotten one is collected and closes what
   it had, with a ResourceWarning. A job holds it until it is over.
3. A `Visit` is one visitor of the app: a session, which can be exchanged for a new one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import time
import warnings
import weakref
from collections.abc import Generator

from gradio_protocol import (
    App,
    Contact,
    Flow,
    InvalidArguments,
    Session,
    Target,
    TransportFailed,
    connect,
)

from .http import Connections
from .inputs import Settings
from .job import JOBS
from .listen import Switchboard
from .perform import Performer, run

_log = logging.getLogger("gradio_client_httpx")


class Line:
    """See the module; thread-safe."""

    def __init__(self, settings: Settings, target: Target, *, max_workers: int) -> None:
        self.target = target
        self._settings = settings
        self._max_workers = max_workers
        self._closed = False
        self._begin()
        _LINES.add(self)

    def _begin(self) -> None:
        # Held while connecting: whoever comes meanwhile waits for just that.
        self.lock = threading.RLock()
        self._connecting: Performer | None = None
        self._board: Switchboard | None = None
        self._finalizer: weakref.finalize[[Switchboard, str], Line] | None = None

    @property
    def board(self) -> Switchboard:
        """The switchboard, connected. Raises what `connect` raises."""
        with self.lock:
            if self._board is None:
                self._board = self._connected()
                self._finalizer = weakref.finalize(self, _forgotten, self._board, repr(self))
                if self._closed:
                    self.close()
            return self._board

    @property
    def app(self) -> App:
        """The app as it is known now."""
        return self.board.contact.app

    def close(self) -> None:
        """End all jobs and streams, and the connecting; idempotent."""
        # Without the lock, which is held by who is connecting, to a server that never answers.
        self._closed = True
        connecting, board = self._connecting, self._board
        if connecting is not None:
            connecting.close()
        if board is not None and self._finalizer is not None:
            self._finalizer.detach()
            board.close()

    def after_fork(self) -> None:
        """This is another process now: leave to the first one what is its own."""
        if self._finalizer is not None:
            self._finalizer.detach()
        # Kept, for what it holds would say goodbye when it is collected.
        _OTHERS.extend((self._board, self._connecting))
        self._begin()

    def _connected(self) -> Switchboard:
        connections = Connections(self._settings, self.target.src)
        performer = self._connecting = Performer(self._settings, connections)
        try:
            if self._closed:
                raise InvalidArguments("the client was closed")
            app = run(Flow(connect(self.target)), performer)
        except BaseException as error:
            performer.close()
            if self._closed and isinstance(error, TransportFailed):
                raise InvalidArguments("the client was closed") from error
            raise
        finally:
            self._connecting = None
        for note in app.notes:
            _log.warning("%s: %s", app.access.src, note)
        connections.settle(app.access.src)
        idle = self.target.stream_idle_timeout
        contact = Contact(app, time.monotonic(), stream_idle_timeout=idle)
        return Switchboard(contact, performer, max_workers=self._max_workers)

    def __repr__(self) -> str:
        board = self._board
        return "not connected" if board is None else repr(board.contact.app.access.src)


class Visit:
    """One visitor of the app; thread-safe."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._seat: tuple[Switchboard, Session] | None = None
        self._left = False

    @property
    def session(self) -> Session:
        """The session, new at the first use and after a fork.

        Raises InvalidArguments once it has been left.
        """
        board = self._line.board
        with self._line.lock:
            seat = self._seat
            if seat is None or seat[0] is not board:
                seat = self._seat = board, opened(board)
        if self._left:
            self.leave()
            raise InvalidArguments("the session was closed")
        return seat[1]

    def reset(self) -> None:
        """Be another visitor from now on."""
        board = self._line.board
        if self._left:
            raise InvalidArguments("the session was closed")
        with self._line.lock:
            old, self._seat = self._seat, (board, opened(board))
        if old is not None and old[0] is board:
            board.retire(old[1])

    def leave(self) -> None:
        """End the jobs and streams of this visitor."""
        # Without the lock: see `Line.close`.
        self._left = True
        old, self._seat = self._seat, None
        if old is not None:
            old[0].leave(old[1])


def opened(board: Switchboard) -> Session:
    """A new session, which ends with the board."""
    session = Session(board.contact, entropy=secrets.token_bytes(16))
    board.open(session)
    return session


@contextlib.contextmanager
def enrolled(board: Switchboard, session: Session) -> Generator[int]:
    """The ticket of a new job, given back if the job does not begin."""
    with board.lock:
        ticket = session.enrol()
    try:
        yield ticket
    except BaseException:
        with board.lock:
            orders = session.release(ticket)
        board.obey(session, orders)
        raise


_LINES: weakref.WeakSet[Line] = weakref.WeakSet()
_OTHERS: list[object] = []


def _after_fork() -> None:
    for line in list(_LINES):
        line.after_fork()
    for job in list(JOBS):
        job.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _forgotten(board: Switchboard, name: str) -> None:
    # First, for a warning can be an error; elsewhere, for a collection can come to a thread that
    # holds the very locks that closing takes. At the interpreter's exit no thread begins.
    if threading.main_thread().is_alive():
        threading.Thread(target=board.close, name="gradio-client", daemon=True).start()
    else:
        board.close()
    warnings.warn(f"Client({name}) was never closed", ResourceWarning, stacklevel=2)

"""What a client and its views share: the line to the app, and a place at it.

1. A line is open for the length of one block: from `open` it is connected, and has its nursery;
   after `close` it stays closed.
2. What goes wrong in the block is the block's own: nothing that runs in the nursery fails with
   it, nor it with that, so that nobody meets an exception group.
3. A `Visit` is one visitor of the app: a session, which can be exchanged for a new one.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import AsyncExitStack
from dataclasses import replace

import trio

from gradio_protocol import App, Contact, Flow, InvalidArguments, Session, Target, connect

from . import inputs, telemetry
from .inputs import Given
from .listen import Switchboard
from .perform import Performer, run

_log = logging.getLogger("gradio_client_trio")


class Line:
    """See the module. Raises InvalidArguments for a proxy of no use."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._settings = inputs.settings(given)
        self._http = self._settings.http()
        self._opened: tuple[Switchboard, Target] | None = None
        self._nursery = AsyncExitStack()

    @property
    def board(self) -> Switchboard:
        """The switchboard. Raises InvalidArguments before the block."""
        return self._open()[0]

    @property
    def target(self) -> Target:
        """Where the line leads, and as whom we speak there."""
        return self._open()[1]

    @property
    def app(self) -> App:
        """The app as it is known now."""
        return self.board.contact.app

    async def open(self) -> None:
        """Connect. Raises what `connect` raises."""
        if self._opened is not None:
            raise InvalidArguments("a client has one block: make another client for another one")
        target = inputs.target(self._given)
        if target.wants_saved_token:
            saved = await trio.to_thread.run_sync(inputs.saved_token)
            target = replace(target, saved_token=saved)
        performer = Performer(self._settings.folder, self._http)
        try:
            app = await run(Flow(connect(target)), performer.answer)
        except BaseException:
            await self._http.aclose()
            self._http = self._settings.http()  # for another try: a closed one keeps nothing alive
            raise
        for note in app.notes:
            _log.warning("%s: %s", app.access.src, note)
        idle = target.stream_idle_timeout
        contact = Contact(app, trio.current_time(), stream_idle_timeout=idle)
        nursery = await self._nursery.enter_async_context(trio.open_nursery())
        workers = self._given.max_workers
        board = Switchboard(contact, performer, nursery, max_workers=workers)
        self._opened = board, target

    def report(self) -> None:
        """Say that a Space was connected to, if nothing objects."""
        self.board.crew.aside(telemetry.report)

    async def close(self) -> None:
        """End all jobs and streams, and wait until nothing is left of them; idempotent."""
        await self.board.close()

    async def leave(self) -> None:
        """The end of the block."""
        try:
            await self._nursery.aclose()
        except BaseExceptionGroup as group:
            # Our tasks keep errors to their jobs: this one ends the program, and needs no group.
            raise group.exceptions[0] from None
        finally:
            await self._http.aclose()

    def _open(self) -> tuple[Switchboard, Target]:
        if self._opened is None:
            raise InvalidArguments("the client is not open: use it in an 'async with' block")
        return self._opened

    def __repr__(self) -> str:
        return "not connected" if self._opened is None else repr(self.app.access.src)


class Visit:
    """One visitor of the app."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._session: Session | None = None
        self._left = False

    @property
    def session(self) -> Session:
        """The session, new at the first use. Raises InvalidArguments once it has been left."""
        if self._left:
            raise InvalidArguments("the session was closed")
        if self._session is None:
            self._session = opened(self._line.board)
        return self._session

    def reset(self) -> None:
        """Be another visitor from now on."""
        old, self._session = self.session, opened(self._line.board)
        self._line.board.retire(old)

    def leave(self) -> None:
        """End the jobs and streams of this visitor."""
        self._left = True
        old, self._session = self._session, None
        if old is not None:
            self._line.board.leave(old)


def opened(board: Switchboard) -> Session:
    """A new session, which ends with the board."""
    session = Session(board.contact, entropy=secrets.token_bytes(16))
    board.open(session)
    return session

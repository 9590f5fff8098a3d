"""What a client and its views share: the line to the app, and a place at it.

1. A line is open for the length of one block: from `open` it is connected, and has its nursery;
   after `close` it stays closed.
2. What goes wrong in the block is the block's own: nothing that runs in the nursery fails with
   it, nor it with that, so that nobody meets an exception group.
3. A `Visit` is one visitor of the app: a session, opened when it is first needed.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import AsyncExitStack

import trio

from gradio_protocol import (
    ClientProtocol,
    Endpoint,
    GradioError,
    InvalidArguments,
    RunAction,
    SpaceCopy,
)

from . import inputs, telemetry
from .inputs import TrioConfig
from .perform import Performer, ignore_transfer
from .runner import Runner

_log = logging.getLogger("gradio_client_trio")


class SharedClient:
    """See the module. Raises InvalidArguments for a proxy of no use."""

    def __init__(self, given: TrioConfig) -> None:
        self._given = given
        self._settings = inputs.resolve_transport(given)
        self._http = self._settings.make_http()
        self._runner: Runner | None = None
        self._nursery = AsyncExitStack()

    @property
    def runner(self) -> Runner:
        """What obeys the protocol. Raises InvalidArguments before the block."""
        if self._runner is None:
            raise InvalidArguments("the client is not open: use it in an 'async with' block")
        return self._runner

    @property
    def protocol(self) -> ClientProtocol:
        """The protocol, connected. Raises InvalidArguments before the block."""
        return self.runner.protocol

    async def open(self) -> None:
        """Connect. Raises what `ClientProtocol.is_connected` raises."""
        if self._runner is not None:
            raise InvalidArguments("a client has one block: make another client for another one")
        protocol = ClientProtocol(
            await inputs.resolve_target(self._given),
            entropy=secrets.token_bytes(16),
            max_jobs=self._given.max_workers,
        )
        performer = Performer(self._settings.folder, self._http)
        try:
            await connect(protocol, performer)
        except BaseException:
            await self._http.aclose()
            self._http = (
                self._settings.make_http()
            )  # for another try: a closed one keeps nothing alive
            raise
        for note in protocol.app.notes:
            _log.warning("%s: %s", protocol.app.access.src, note)
        nursery = await self._nursery.enter_async_context(trio.open_nursery())
        self._runner = Runner(protocol, performer, nursery)

    def report(self) -> None:
        """Say that a Space was connected to, if nothing objects."""
        self.runner.workers.run_in_thread(telemetry.report)

    async def close(self) -> None:
        """End all jobs and streams, and wait until nothing is left of them; idempotent."""
        await self.runner.close()

    async def exit_block(self) -> None:
        """The end of the block."""
        try:
            await self._nursery.aclose()
        except BaseExceptionGroup as group:
            # Our tasks keep errors to their jobs: this one ends the program, and needs no group.
            raise group.exceptions[0] from None
        finally:
            await self._http.aclose()

    def __repr__(self) -> str:
        return "not connected" if self._runner is None else repr(self.protocol.app.access.src)


class SessionHandle:
    """One visitor of the app."""

    def __init__(self, shared: SharedClient) -> None:
        self._shared = shared
        self._session_id: int | None = None
        self._closed = False

    @property
    def session_id(self) -> int:
        """The session, new at the first use. Raises InvalidArguments once it was closed."""
        if self._closed:
            raise InvalidArguments("the session was closed")
        if self._session_id is None:
            self._session_id = self._shared.protocol.open_session()
        return self._session_id

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What can be called from this session."""
        return self._shared.protocol.endpoints(self.session_id)

    @property
    def session_hash(self) -> str:
        """What the server knows this visitor by."""
        return self._shared.protocol.session_hash(self.session_id)

    def reset(self) -> None:
        """Be another visitor from now on."""
        self._shared.runner.reset_session(self.session_id)

    def close(self) -> None:
        """End the jobs and streams of this visitor."""
        self._closed = True
        if self._session_id is not None:
            self._shared.runner.close_session(self._session_id)


async def connect(
    protocol: ClientProtocol, performer: Performer, copy: SpaceCopy | None = None
) -> None:
    """Connect, or copy a Space, in the task of whoever waits: there is no nursery yet."""
    protocol.connect(copy)
    while isinstance(command := protocol.next_command(trio.current_time()), RunAction):
        try:
            reply = await performer.perform(command.action, ignore_transfer)
        except GradioError as error:
            protocol.action_failed(command.action_id, error)
        else:
            protocol.action_succeeded(command.action_id, reply)
    protocol.is_connected()

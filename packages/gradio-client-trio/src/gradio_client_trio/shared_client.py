"""What all views of a client share: one `SharedClient`.

1. A `SharedClient` is open for one block: `open` connects it and opens its nursery; after `close`
   it stays closed.
2. An error of the block does not affect the tasks in the nursery, nor do their errors leave the
   nursery, so no caller gets an exception group.
"""

from __future__ import annotations

import logging
import os
from contextlib import AsyncExitStack, nullcontext

import trio

from gradio_protocol import ClientProtocol, InvalidArguments
from gradio_protocol.clients import connect_client

from . import inputs
from .inputs import TrioConfig
from .perform import Performer
from .runner import Runner

_log = logging.getLogger("gradio_client_trio")


class SharedClient:
    """The connection to one app. Raises InvalidArguments for an invalid `proxy`."""

    lock: nullcontext[None] = nullcontext()
    "No other task runs while a session is opened."

    def __init__(self, config: TrioConfig) -> None:
        self._config = config
        self._transport = inputs.resolve_transport(config)
        self._http = self._transport.make_http()
        self._runner: Runner | None = None
        self._nursery = AsyncExitStack()

    @property
    def runner(self) -> Runner:
        """The runner of the connected protocol. Raises InvalidArguments before the block."""
        if self._runner is None:
            raise InvalidArguments("the client is not open: use it in an 'async with' block")
        return self._runner

    async def open(self) -> None:
        """Connect, and open the nursery. Raises what `ClientProtocol.is_connected` raises."""
        if self._runner is not None:
            raise InvalidArguments("a client cannot be opened twice; make another one")
        protocol = ClientProtocol(
            await inputs.resolve_target(self._config),
            entropy=os.urandom(16),
            max_jobs=self._config.max_workers,
        )
        performer = Performer(self._transport.folder, self._http)
        try:
            await connect_client(protocol, performer, trio.current_time)
        except BaseException:
            await self._http.aclose()
            self._http = self._transport.make_http()  # another `open` may follow
            raise
        for note in protocol.app.notes:
            _log.warning("%s: %s", protocol.app.access.src, note)
        # After connecting: an error of that would leave the nursery in a group. Entered by hand,
        # because the nursery stays open until the block of the caller ends.
        nursery = await self._nursery.enter_async_context(trio.open_nursery())
        self._runner = Runner(protocol, performer, nursery)

    def report(self) -> None:
        """Report the use of a Space to Hugging Face, in the background."""
        from . import telemetry  # noqa: PLC0415 - for Spaces only

        self.runner.workers.run_in_thread(telemetry.report)

    async def close(self) -> None:
        """End all jobs and streams, and wait until all tasks have ended. Idempotent."""
        await self.runner.close()

    async def exit_block(self) -> None:
        """Close the nursery at the end of the block; raise the error of a task without a group."""
        try:
            await self._nursery.aclose()
        except BaseExceptionGroup as group:
            # Tasks report every Exception to the protocol, so this is another kind of error, such
            # as SystemExit. A group would only hide it.
            raise group.exceptions[0] from None
        finally:
            await self._http.aclose()

    def __repr__(self) -> str:
        runner = self._runner
        return "not connected" if runner is None else repr(runner.protocol.app.access.src)

"""What all views of a client share: one `SharedClient`.

1. A `SharedClient` connects when it is first needed, in a task of its own: tasks that need the
   connection at the same time share it, and cancelling one of them does not end it.
2. Jobs that are submitted before then wait in a list, and begin in order.
3. No task refers to a connected `SharedClient`, so a client that is forgotten is collected. Its
   finalizer closes the connections and warns with a ResourceWarning. A job refers to it until the
   job ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import warnings
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from gradio_protocol import ClientProtocol, InvalidArguments, JobCancelled, Target
from gradio_protocol.clients import connect_client

from .. import inputs
from ..inputs import HttpxConfig
from .http import AsyncConnections
from .job import AsyncJob
from .perform import AsyncPerformer
from .runner import AsyncRunner
from .tasks import require_loop, wait_to_end

_log = logging.getLogger("gradio_client_httpx")


class SharedClient:
    """The connection to one app. Raises InvalidArguments for an invalid configuration."""

    lock: nullcontext[None] = nullcontext()
    "No other task runs while a session is opened."

    def __init__(self, config: HttpxConfig) -> None:
        self._config = config
        self._transport = inputs.resolve_transport(config)
        self._connections = AsyncConnections(self._transport, config.target.src)
        self.on_connect: Callable[[ClientProtocol], None] = lambda _: None
        "Is called once, when the client is connected."
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._early: list[tuple[AsyncJob, Callable[[], None]]] = []
        "Jobs that wait for the connection, and what submits them."
        self._runner: AsyncRunner | None = None
        self._closing: asyncio.Task[None] | None = None
        self._finalizer: weakref.finalize[[AsyncRunner, str], SharedClient] | None = None

    @property
    def runner(self) -> AsyncRunner:
        """The runner of the connected protocol. Raises InvalidArguments before that."""
        if self._runner is None:
            self._check_open()
            raise InvalidArguments(
                "the client is not connected yet: await `connect()` or a call, or use 'async with'"
            )
        return self._runner

    async def connect(self) -> None:
        """Connect, unless that is done. Raises what `ClientProtocol.is_connected` raises."""
        connecting = self._start_connecting()
        if connecting is not None:
            await asyncio.wait((connecting,))
            if connecting.cancelled():
                raise InvalidArguments("the client was closed; create another one")
            connecting.result()

    def submit(self, job: AsyncJob, begin: Callable[[], None]) -> None:
        """Call `begin`, which submits the job, at once or when the client is connected.

        Raises what `begin` raises if that is at once. Later, the job fails with it.
        """
        if self._start_connecting() is None:
            begin()
        else:
            # In the context of the caller, which says whom a Gradio app serves.
            self._early.append((job, partial(contextvars.copy_context().run, begin)))

    async def aclose(self) -> None:
        """End all jobs and streams, and wait until all tasks have ended. Idempotent."""
        self._loop = require_loop(self._loop)
        if self._closing is None:
            self._closing = self._loop.create_task(self._close())
        await wait_to_end(self._closing)

    async def _close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait((self._connecting,))
        if self._runner is not None and self._finalizer is not None:
            self._finalizer.detach()
            await self._runner.close()
        await self._connections.aclose()

    def _check_open(self) -> None:
        if self._closing is not None:
            raise InvalidArguments("the client was closed; create another one")

    def _start_connecting(self) -> asyncio.Task[None] | None:
        """Return the task that connects; None if the client is connected."""
        self._loop = require_loop(self._loop)
        self._check_open()
        if self._runner is not None:
            return None
        if self._connecting is None:
            self._connecting = self._loop.create_task(self._connect())
            self._connecting.add_done_callback(self._finish_connecting)
        return self._connecting

    async def _connect(self) -> None:
        target = await resolve_target(self._config)
        entropy, max_jobs = os.urandom(16), self._config.max_workers
        protocol = ClientProtocol(target, entropy=entropy, max_jobs=max_jobs)
        performer = AsyncPerformer(self._transport.folder, self._connections)
        try:
            await connect_client(protocol, performer, asyncio.get_running_loop().time)
        except BaseException:
            await self._connections.close_idle()
            raise
        for note in protocol.app.notes:
            _log.warning("%s: %s", protocol.app.access.src, note)
        self._connections.set_app_origin(protocol.app.access.src)
        self._runner = runner = AsyncRunner(protocol, performer)
        self._finalizer = weakref.finalize(self, _close_forgotten, runner, repr(self))

    def _finish_connecting(self, task: asyncio.Task[None]) -> None:
        self._connecting = None
        closed = JobCancelled("the client was closed")
        error = closed if task.cancelled() else task.exception()
        early, self._early = self._early, []
        for job, begin in early:
            _begin(job, begin, error)
        if error is None:
            self.on_connect(self.runner.protocol)

    def __repr__(self) -> str:
        runner = self._runner
        return "not connected" if runner is None else repr(runner.protocol.app.access.src)


async def resolve_target(config: HttpxConfig) -> Target:
    """Return where to connect, and with which credentials. May read the saved token."""
    target = config.connect_target(os.environ, os.urandom(16))
    if not target.wants_saved_token:
        return target
    return replace(target, saved_token=await asyncio.to_thread(inputs.load_saved_token))


def _begin(job: AsyncJob, begin: Callable[[], None], error: BaseException | None) -> None:
    if not job.done():
        try:
            if error is not None:
                raise error
            begin()
        except Exception as failure:  # noqa: BLE001 - the job reports it to its caller
            job.fail(failure)


def _close_forgotten(runner: AsyncRunner, name: str) -> None:
    # Close before warning: a warning may be raised as an error. The collector may run on any
    # thread.
    with contextlib.suppress(RuntimeError):  # the loop is closed, which has ended the tasks
        runner.loop.call_soon_threadsafe(runner.close)
    warnings.warn(f"AsyncClient({name}) was never closed", ResourceWarning, stacklevel=2)

"""Obeys the commands of one client's `ClientProtocol`, with tasks of one event loop.

1. There is no lock: no call of the protocol awaits, and between two awaits no other task runs.
   After every input, `obey` takes all commands.
2. Each action and each stream has a task. To abort it, the task is cancelled.
3. No error leaves a task: the task reports it to the protocol, which decides.
4. The tasks belong to the client, not to its callers' tasks: cancelling a caller cancels none of
   them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext, suppress
from functools import partial
from math import inf
from typing import Any, assert_never

from gradio_protocol import (
    AbortAction,
    BoundCall,
    ClientProtocol,
    CloseStream,
    JobState,
    NotifyJob,
    OpenStream,
    RunAction,
)

from .http import AsyncRawStream
from .job import AsyncJob
from .perform import AsyncPerformer
from .silence_timer import SilenceTimer

GRACE = 2.0
"Seconds that `close` may take, to tell the server of cancelled events."
REQUESTS = 12
"""How many requests run at once. Gradio 6.31 sends each change of its queue to all waiting events:
if 400 jobs join at once, and not 12 at a time, it sends ten times the messages."""


class AsyncRunner:
    """Obeys the commands of a `ClientProtocol`, and reports what happened."""

    lock: nullcontext[None] = nullcontext()
    "None is needed: rule 1."

    def __init__(self, protocol: ClientProtocol, performer: AsyncPerformer) -> None:
        self.protocol = protocol
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._performer = performer
        self._jobs: dict[int, AsyncJob] = {}
        "The jobs that have not ended."
        self._tasks: dict[int, asyncio.Task[None]] = {}
        "The tasks of actions and streams that are wanted, by action id or stream id."
        self._running: set[asyncio.Task[None]] = set()
        "All tasks that have not ended."
        self._slots = asyncio.Semaphore(REQUESTS)
        self._changed = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None
        self._ended = False

    # Callers.

    def submit(
        self, job: AsyncJob, state: JobState, bound: BoundCall, headers: dict[str, str]
    ) -> None:
        """Submit a job, which begins when the caller awaits; cancelled before, it sends nothing.

        Raises InvalidArguments if the client or its session is closed.
        """
        job_id, _ = self.protocol.submit(bound, headers, state)
        self._jobs[job_id] = job
        job.cancel_by(partial(self._cancel, job_id))
        self.loop.call_soon(self.obey)

    def _cancel(self, job_id: int) -> bool:
        cancelled = self.protocol.cancel(job_id)
        self.obey()
        return cancelled

    def reset_session(self, session_id: int) -> None:
        """Replace a session by a new one under the same id; jobs of the old one go on."""
        self._report(self.protocol.reset_session, session_id)

    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of one session, without waiting."""
        self._report(self.protocol.close_session, session_id)

    def close(self) -> asyncio.Task[None]:
        """End all jobs and streams, and all tasks, in a task that this returns. Idempotent."""
        if self._closing is None:
            self._closing = self.loop.create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        try:
            self.protocol.close()
            self.obey()
            # Requests that tell the server of cancelled events may still be sent. A server that
            # does not answer delays the close by GRACE seconds at most.
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE):
                    while not (self._ended or self.protocol.is_closed()):
                        await self._changed.wait()
        finally:
            self._end()
        if self._running:
            await asyncio.wait(self._running)
        await self._performer.connections.aclose()

    def _end(self) -> None:
        """End all jobs for their callers, and cancel all tasks."""
        self._ended = True
        self.protocol.close()
        for job_id in [*self._jobs]:
            self._notify(job_id)
        for task in self._running:
            task.cancel()
        self._wake()

    def _wake(self) -> None:
        """Wake those who wait for a change now, and nobody later."""
        self._changed.set()
        self._changed.clear()

    # Commands.

    def obey(self) -> None:
        """Obey all commands."""
        while not self._ended and (command := self.protocol.next_command(self.loop.time())):
            match command:
                case NotifyJob():
                    self._notify(command.job_id)
                case RunAction():
                    self._start(command.action_id, self._run(command))
                case OpenStream():
                    self._start(command.stream_id, self._read(command))
                case AbortAction():
                    self._stop(command.action_id)
                case CloseStream():
                    self._stop(command.stream_id)
                case _:
                    assert_never(command)
        self._wake()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a task until it ends or the client is closed."""
        task = self.loop.create_task(work)
        # The loop alone would not keep it alive.
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _start(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks[number] = self.spawn(work)
        task.add_done_callback(partial(self._forget, number))

    def _stop(self, number: int) -> None:
        # It may be the task that runs this code, which is then cancelled at its next await. The
        # protocol expects no report about it.
        if number in self._tasks:  # otherwise it has just ended
            self._tasks.pop(number).cancel()

    def _forget(self, number: int, task: asyncio.Task[None]) -> None:
        if self._tasks.pop(number, None) is not None and task.cancelled():
            # By somebody else: `asyncio.run` cancels all tasks of a loop that ends, and so do some
            # programs. Nothing would report what the task was to do, so end the jobs.
            self._end()

    def _notify(self, job_id: int) -> None:
        job = self._jobs[job_id]
        if job.done():
            # A client that runs for months must not keep the outputs of all of its jobs.
            del self._jobs[job_id]
        job.notify()

    async def _run(self, command: RunAction) -> None:
        action_id = command.action_id
        on_transfer = partial(self._report, self.protocol.action_progress, action_id)
        try:
            async with self._slots if command.is_brief_request else nullcontext():
                reply = await self._performer.perform(command.action, on_transfer)
        except Exception as error:  # noqa: BLE001 - any error, or the job would never end
            self._report(self.protocol.action_failed, action_id, error)
        else:
            self._report(self.protocol.action_succeeded, action_id, reply)

    async def _read(self, command: OpenStream) -> None:
        stream_id = command.stream_id
        error: Exception | None = None
        try:
            await asyncio.sleep(command.delay)
            await self._receive(command)
        except Exception as failure:  # noqa: BLE001 - any error, or jobs would wait forever
            error = failure
        self._report(self.protocol.stream_closed, stream_id, error)

    async def _receive(self, command: OpenStream) -> None:
        stream_id, protocol = command.stream_id, self.protocol
        silent = partial(self._report, protocol.stream_silent, stream_id)
        # Before the head too: a proxy may accept a connection and never answer.
        with SilenceTimer(command.idle_timeout, silent) as timer:
            exchange = self._performer.connections.exchange(command.request, None, inf)
            async with exchange as (head, chunks):
                timer.record_data()
                self._report(protocol.stream_opened, stream_id, head)
                if isinstance(chunks, AsyncRawStream):
                    await self._exchange_messages(stream_id, chunks, timer)
                    return
                async for chunk in chunks:
                    timer.record_data()
                    self._report(protocol.receive_data, stream_id, chunk)

    async def _exchange_messages(
        self, stream_id: int, stream: AsyncRawStream, timer: SilenceTimer
    ) -> None:
        """Read the messages of a WebSocket, and send what they ask for, until it closes."""
        from ..websocket import WebSocket  # noqa: PLC0415 - for 3.x only; importing it takes 15 ms

        socket = WebSocket(partial(self._receive_message, stream_id))
        while not socket.is_closed:
            data = await anext(stream)
            timer.record_data()
            if answer := socket.feed(data):
                await stream.write(answer)
        if socket.error is not None:
            raise socket.error

    def _receive_message(self, stream_id: int, message: bytes) -> list[str]:
        self.protocol.receive_data(stream_id, message)
        answers = self.protocol.take_answers(stream_id)
        self.obey()
        return answers

    def _report(self, report: Callable[..., None], *args: object) -> None:
        report(*args)
        self.obey()

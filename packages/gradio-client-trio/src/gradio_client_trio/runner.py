"""Obeys the commands of one client's `ClientProtocol`, with tasks in one nursery.

1. There is no lock: no call of the protocol has a checkpoint, and between two checkpoints no other
   task runs. After every input, `obey` takes all commands.
2. Exchanges share a few tasks. A stream, a file and a direct call last longer, and have tasks of
   their own. Each action and each stream has a cancel scope, by which the protocol aborts it.
3. No error leaves a task: the task reports it to the protocol, which decides. An error that left a
   task would cancel the nursery, and with it the block of the caller and all other jobs.
4. Ctrl-C raises KeyboardInterrupt at any line of the running task. Between an input and the command
   that follows from it, this would lose the command, and a job would wait forever. So all code
   that calls the protocol has KI protection, and Ctrl-C is raised at the caller's next checkpoint.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import assert_never

import trio

from gradio_protocol import (
    AbortAction,
    BoundCall,
    ClientProtocol,
    CloseStream,
    Head,
    NotifyJob,
    OpenStream,
    RunAction,
    Transferred,
)

from .http import REQUESTS
from .job import Job
from .perform import Performer
from .tasks import Workers

GRACE = 2.0
"Seconds that `close` may take, to tell the server of cancelled events."


class Runner:
    """Obeys the commands of a `ClientProtocol`, and reports what happened."""

    lock: nullcontext[None] = nullcontext()
    "None is needed: rule 1."

    def __init__(
        self, protocol: ClientProtocol, performer: Performer, nursery: trio.Nursery
    ) -> None:
        self.protocol = protocol
        self.workers: Workers = Workers(nursery, REQUESTS)
        self._performer = performer
        self._jobs: dict[int, Job] = {}
        "The jobs that have not ended."
        self._actions: dict[int, trio.CancelScope] = {}
        self._streams: dict[int, trio.CancelScope] = {}

    # Callers.

    @trio.lowlevel.enable_ki_protection
    def submit(self, bound: BoundCall, headers: dict[str, str]) -> Job:
        """Submit a job, which begins at the next checkpoint; cancelled before, it sends nothing.

        Raises InvalidArguments if the client or its session is closed.
        """
        job_id, state = self.protocol.submit(bound, headers)
        job = self._jobs[job_id] = Job(state, partial(self._cancel, job_id))
        self.workers.spawn(self._obey_soon)
        return job

    async def _obey_soon(self) -> None:
        # In a task, because `submit` is no coroutine and has no checkpoint of its own.
        await trio.lowlevel.checkpoint()
        self.obey()

    @trio.lowlevel.enable_ki_protection
    def _cancel(self, job_id: int) -> bool:
        cancelled = self.protocol.cancel(job_id)
        self.obey()
        return cancelled

    @trio.lowlevel.enable_ki_protection
    def reset_session(self, session_id: int) -> None:
        """Replace a session by a new one under the same id; jobs of the old one go on."""
        self.protocol.reset_session(session_id)
        self.obey()

    @trio.lowlevel.enable_ki_protection
    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of one session, without waiting."""
        self.protocol.close_session(session_id)
        self.obey()

    @trio.lowlevel.enable_ki_protection
    async def close(self) -> None:
        """End all jobs and streams, and wait until all tasks have ended. Idempotent."""
        # Shielded, because a cancelled block leaves this way too: its events run on at the server
        # until it is told.
        with trio.CancelScope(shield=True):
            try:
                self.protocol.close()
                self.obey()
                # Requests that tell the server of cancelled events may still be sent. A server that
                # does not answer delays the close by GRACE seconds at most.
                with trio.move_on_after(GRACE):
                    await self.workers.wait_until(self.protocol.is_closed)
            finally:  # after an interrupt too, end all tasks
                self.workers.cancel_all()
            await self.workers.wait_until_idle()
            await self._performer.http.aclose()

    # Commands.

    @trio.lowlevel.enable_ki_protection
    def obey(self) -> None:
        """Obey all commands."""
        while command := self.protocol.next_command(trio.current_time()):
            match command:
                case NotifyJob():
                    self._notify(command.job_id)
                case RunAction():
                    scope = self._actions[command.action_id] = trio.CancelScope()
                    is_shared, workers = command.is_brief_request, self.workers
                    start = workers.submit if is_shared else workers.spawn
                    start(partial(self._run, command, scope))
                case AbortAction():
                    # There until it is reported, after which the protocol aborts it no more.
                    self._actions[command.action_id].cancel()
                case OpenStream():
                    scope = self._streams[command.stream_id] = trio.CancelScope()
                    self.workers.spawn(partial(self._read, command, scope))
                case CloseStream():
                    # The task of the stream reports that it is closed, like any other end.
                    if command.stream_id in self._streams:  # otherwise it has just ended
                        self._streams[command.stream_id].cancel()
                case _:
                    assert_never(command)
        # `close` waits until the protocol is closed, and any input may have closed it.
        self.workers.wake_waiters()

    def _notify(self, job_id: int) -> None:
        job = self._jobs[job_id]
        if job.done():
            # A client that runs for months must not keep the outputs of all of its jobs.
            del self._jobs[job_id]
        job.notify()

    async def _run(self, command: RunAction, scope: trio.CancelScope) -> None:
        action_id = command.action_id
        on_transfer = partial(self._report_transfer, action_id)
        try:
            # An abort cancels the scope, which absorbs the cancellation: the protocol asked for it,
            # and expects no report. It never aborts a join, which the server may have accepted.
            with scope:
                reply = await self._performer.perform(command.action, on_transfer)
                self.protocol.action_succeeded(action_id, reply)
        except Exception as error:  # noqa: BLE001 - any error, or the job would never end
            self.protocol.action_failed(action_id, error)
        finally:
            del self._actions[action_id]
        self.obey()

    def _report_transfer(self, action_id: int, transferred: Transferred) -> None:
        self.protocol.action_progress(action_id, transferred)
        self.obey()

    async def _read(self, command: OpenStream, scope: trio.CancelScope) -> None:
        stream_id = command.stream_id
        error: Exception | None = None
        try:
            with scope:
                # The delay is in the scope too: a stream may be closed before it is open.
                await trio.sleep(command.delay)
                http = self._performer.http
                silent = partial(self._report_silence, stream_id)
                request, idle = command.request, command.idle_timeout
                async with http.stream(request, idle_timeout=idle, on_silence=silent) as reply:
                    self._report_opened(stream_id, reply.head)
                    if reply.head.is_upgrade:
                        await reply.exchange_messages(partial(self._report_message, stream_id))
                    else:
                        await reply.read_into(partial(self._report_data, stream_id))
        except Exception as failure:  # noqa: BLE001 - any error, or jobs would wait forever
            error = failure
        finally:
            del self._streams[stream_id]
        self.protocol.stream_closed(stream_id, error)
        self.obey()

    def _report_opened(self, stream_id: int, head: Head) -> None:
        self.protocol.stream_opened(stream_id, head)
        self.obey()

    def _report_silence(self, stream_id: int) -> None:
        self.protocol.stream_silent(stream_id)
        self.obey()

    def _report_data(self, stream_id: int, chunk: bytes) -> None:
        self.protocol.receive_data(stream_id, chunk)
        self.obey()

    def _report_message(self, stream_id: int, message: bytes) -> list[str]:
        self.protocol.receive_data(stream_id, message)
        answers = self.protocol.take_answers(stream_id)
        self.obey()
        return answers

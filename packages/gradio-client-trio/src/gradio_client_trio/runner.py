"""Obeys the commands of one client's `ClientProtocol`, with tasks in its one nursery.

There is no lock: between two checkpoints nobody else runs, and no call of the protocol has one.
After every input `obey` takes the commands there are. An exchange shares a few tasks with all
others; what lasts (a stream, a file, a direct call) has a task of its own. Each has a cancel scope,
and nothing that goes wrong in it leaves its task: the protocol is told, and decides. An exception
that left a task would cancel the nursery, and with it the caller's block and all other jobs.

Ctrl-C raises KeyboardInterrupt at any line of the running task. Between an input and the command
that follows from it, that would lose the command, and a job would wait for ever. So whatever
touches the protocol is protected from it, and Ctrl-C arrives at the caller's next checkpoint.
"""

from __future__ import annotations

from functools import partial
from math import inf
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
    Send,
    Transferred,
)

from .http import REQUESTS
from .job import Job
from .perform import Performer
from .tasks import Workers

GRACE = 2.0
"Seconds that closing may take: for what the server must still be told."


class Runner:
    """See the module."""

    def __init__(
        self, protocol: ClientProtocol, performer: Performer, nursery: trio.Nursery
    ) -> None:
        self.protocol = protocol
        self.workers = Workers(nursery, REQUESTS)
        self._performer = performer
        self._jobs: dict[int, Job] = {}
        "Those that are not over."
        self._actions: dict[int, trio.CancelScope] = {}
        self._streams: dict[int, trio.CancelScope] = {}

    # Callers.

    @trio.lowlevel.enable_ki_protection
    def submit(self, bound: BoundCall, headers: dict[str, str]) -> Job:
        """Begin a job, at the next checkpoint: if it is cancelled there, it has sent nothing.

        Raises InvalidArguments if the client, or its session, was closed.
        """
        job_id, state = self.protocol.submit(bound, headers)
        job = self._jobs[job_id] = Job(state, partial(self._cancel, job_id))
        self.workers.spawn(self._obey_soon)
        return job

    async def _obey_soon(self) -> None:
        # A task, for `submit` is no coroutine: to start a job is not to wait for it.
        await trio.lowlevel.checkpoint()
        self.obey()

    @trio.lowlevel.enable_ki_protection
    def _cancel(self, job_id: int) -> bool:
        cancelled = self.protocol.cancel(job_id)
        self.obey()
        return cancelled

    @trio.lowlevel.enable_ki_protection
    def reset_session(self, session_id: int) -> None:
        """Let a new session take the place of this one."""
        self.protocol.reset_session(session_id)
        self.obey()

    @trio.lowlevel.enable_ki_protection
    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of one session."""
        self.protocol.close_session(session_id)
        self.obey()

    @trio.lowlevel.enable_ki_protection
    async def close(self) -> None:
        """End all jobs and streams, and wait until nothing of them is left; idempotent."""
        with trio.CancelScope(shield=True):
            try:
                self.protocol.close()
                self.obey()
                # What the server must still be told is sent now. A server that does not answer
                # keeps nobody from leaving.
                with trio.move_on_after(GRACE):
                    await self.workers.wait_until(self.protocol.is_closed)
            finally:  # an interrupt is no reason to leave anything behind
                self.workers.cancel_all()
            await self.workers.wait_until_idle()
            await self._performer.http.aclose()

    # Commands.

    @trio.lowlevel.enable_ki_protection
    def obey(self) -> None:
        """Do all there is to do."""
        while command := self.protocol.next_command(trio.current_time()):
            match command:
                case NotifyJob():
                    self._notify(command.job_id)
                case RunAction():
                    scope = self._actions[command.action_id] = trio.CancelScope()
                    start = self.workers.submit if _is_brief(command) else self.workers.spawn
                    start(partial(self._run, command, scope))
                case AbortAction():
                    self._actions[command.action_id].cancel()
                case OpenStream():
                    scope = self._streams[command.stream_id] = trio.CancelScope()
                    self.workers.spawn(partial(self._read, command, scope))
                case CloseStream():
                    # Its task tells the protocol when it is closed, as of any other end.
                    if command.stream_id in self._streams:  # else it has just ended
                        self._streams[command.stream_id].cancel()
                case _:
                    assert_never(command)
        self.workers.wake_waiters()

    def _notify(self, job_id: int) -> None:
        job = self._jobs[job_id]
        if job.done():
            # Whoever wants its outputs holds the job; a client of a server's life must not.
            del self._jobs[job_id]
        job.notify()

    async def _run(self, command: RunAction, scope: trio.CancelScope) -> None:
        action_id = command.action_id
        moved = partial(self._report_transfer, action_id)
        try:
            # Aborted: the scope swallows the cancellation, and the protocol, which asked for it,
            # is told nothing. Only what it may lose is aborted: never a join, which runs on the
            # server all the same.
            with scope:
                reply = await self._performer.perform(command.action, moved)
                self.protocol.action_succeeded(action_id, reply)
        except Exception as error:  # noqa: BLE001 - whatever it is, its job must end with it
            self.protocol.action_failed(action_id, error)
        finally:
            del self._actions[action_id]
        self.obey()

    def _report_transfer(self, action_id: int, moved: Transferred) -> None:
        self.protocol.action_progress(action_id, moved)
        self.obey()

    async def _read(self, command: OpenStream, scope: trio.CancelScope) -> None:
        stream_id = command.stream_id
        error: Exception | None = None
        try:
            with scope:
                # In the scope: a stream may be closed before it is open.
                await trio.sleep(command.delay)
                http = self._performer.http
                silent = partial(self._report_silence, stream_id)
                request, idle = command.request, command.idle_timeout
                async with http.stream(request, idle_timeout=idle, on_silence=silent) as reply:
                    self._report_opened(stream_id, reply.head)
                    await reply.feed(partial(self._report_data, stream_id))
        except Exception as failure:  # noqa: BLE001 - nobody must wait for this stream for ever
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


def _is_brief(command: RunAction) -> bool:
    """Whether it is one exchange that lasts no longer than others."""
    return isinstance(command.action, Send) and command.action.patience != inf

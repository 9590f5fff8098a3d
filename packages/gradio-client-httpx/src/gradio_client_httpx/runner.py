"""Obeys the commands of one client's `ClientProtocol`, on threads.

1. One lock guards the protocol, and nothing else happens under it: no I/O, no code of the user's.
2. One thread at a time obeys, so that commands are obeyed in order; whoever finds another one at
   it leaves the rest to that one. No thread of the user's ever does: Ctrl-C would lose a command.
3. While a job waits for the server it costs no thread. An I/O thread that has brought a reply goes
   on with the next exchange itself.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from math import inf
from typing import TypeGuard, assert_never

from gradio_protocol import (
    AbortAction,
    BoundCall,
    ClientProtocol,
    CloseStream,
    Command,
    NotifyJob,
    OpenStream,
    RunAction,
    Send,
    Sleep,
    Transferred,
)

from .cancel_handle import CancelHandle
from .job import Job
from .perform import Performer
from .silences import Silences
from .threads import Workers, run_logged


class Runner:
    """See the module; thread-safe."""

    def __init__(self, protocol: ClientProtocol, performer: Performer) -> None:
        self.protocol = protocol
        self.lock = threading.Lock()
        self.workers = Workers()
        self.connections = performer.connections
        self._performer = performer
        self._jobs: dict[int, Job] = {}
        "Those that are not over."
        self._handles: dict[int, CancelHandle] = {}
        "Under the actions and streams that are under way."
        self._obeying = False
        self._will_obey = False
        self._silences = Silences(self.workers, self._report_silence)

    # Callers.

    def submit(self, bound: BoundCall, headers: dict[str, str], owner: object) -> Job:
        """Begin a job, which keeps something alive until it is over.

        Raises InvalidArguments if the client, or its session, was closed.
        """
        with self.lock:
            job_id, state = self.protocol.submit(bound, headers)
            job = Job(state, self.workers, partial(self._cancel, job_id), owner)
            self._jobs[job_id] = job
        return job

    def start(self) -> None:
        """See to it that what was submitted begins."""
        try:
            self.workers.submit(partial(self._run_actions, None))
        except RuntimeError:  # there are no more threads: the job will be told so
            # Here all the same: otherwise it would wait for ever for a thread that never comes.
            self.obey()

    def _cancel(self, job_id: int) -> None:
        with self.lock:
            self.protocol.cancel(job_id)
        self._obey_elsewhere()

    def open_session(self) -> int:
        """A new session."""
        with self.lock:
            return self.protocol.open_session()

    def reset_session(self, session_id: int) -> None:
        """Let a new session take the place of this one."""
        with self.lock:
            self.protocol.reset_session(session_id)
        self._obey_elsewhere()

    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of one session."""
        with self.lock:
            self.protocol.close_session(session_id)
        self._notify_all()
        self._obey_elsewhere()

    def close(self) -> None:
        """End all jobs and streams, and wait for nothing; idempotent."""
        with self.lock:
            self.protocol.close()
        try:
            self._notify_all()
            self.obey()
        finally:
            # Threads that wait for a server wake up when their sockets are shut down. They are not
            # waited for: closing takes no longer if one of them hangs in a name server.
            self._performer.close()
            self.workers.close()

    def _notify_all(self) -> None:
        with self.lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.notify()

    # Commands.

    def obey(self, *, may_run: bool = False) -> RunAction | None:
        """Do all there is to do; returns the action that this thread is to run, if it may."""
        kept: RunAction | None = None
        while commands := self._next_commands():
            try:
                for command in commands:
                    # To hand an exchange to another thread and to wake it costs more than to begin
                    # it; the commands behind it are obeyed first, for it may take long.
                    if may_run and kept is None and _is_brief(command):
                        kept = command
                        self._handles[command.action_id] = CancelHandle()
                    else:
                        # A bug in one must not take the commands after it along.
                        run_logged(partial(self._obey, command))
            finally:
                # Then look again: who came meanwhile has left its commands to this thread.
                with self.lock:
                    self._obeying = False
        return kept

    def _next_commands(self) -> list[Command]:
        """What there is to do; nothing while another thread does what came before."""
        commands: list[Command] = []
        with self.lock:
            if not self._obeying:
                now = time.monotonic()
                while (command := self.protocol.next_command(now)) is not None:
                    commands.append(command)
                self._obeying = bool(commands)
        return commands

    def _obey_elsewhere(self) -> None:
        """Have another thread obey; one is enough, however many jobs are cancelled in a row."""
        with self.lock:
            if self._will_obey:
                return
            self._will_obey = True
        try:
            self.workers.spawn(self._obey_soon)
        except RuntimeError:  # there are no more threads
            self._obey_soon()

    def _obey_soon(self) -> None:
        with self.lock:
            self._will_obey = False
        self.obey()

    def _obey(self, command: Command) -> None:
        match command:
            case NotifyJob():
                self._notify(command.job_id)
            case RunAction():
                self._start_action(command)
            case AbortAction():
                self._abort(command.action_id)
            case OpenStream():
                self._handles[command.stream_id] = CancelHandle()
                self._start_stream(command, command.delay)
            case CloseStream():
                self._abort(command.stream_id)
            case _:
                assert_never(command)

    def _notify(self, job_id: int) -> None:
        with self.lock:
            job = self._jobs.get(job_id)
        if job is not None and job.notify():
            with self.lock:
                self._jobs.pop(job_id, None)

    def _abort(self, number: int) -> None:
        # What is cut fails on the thread that waits for it, and ends there as any failure does.
        # What has not begun remembers it: a stream before its delay is over, an action in a queue.
        handle = self._handles.get(number)
        if handle is not None:  # else it has just ended
            handle.abort()

    # Actions.

    def _start_action(self, command: RunAction) -> None:
        action_id = command.action_id
        self._handles[action_id] = CancelHandle()
        try:
            match command.action:
                case Sleep(seconds=seconds):
                    self.workers.call_later(seconds, partial(self._finish_pause, action_id))
                case Send(patience=patience) if patience == inf:
                    # A direct call lasts as long as its job: it must not take an I/O thread.
                    self.workers.spawn(partial(self._run_actions, command))
                case _:
                    self.workers.submit(partial(self._run_actions, command))
        except RuntimeError as error:  # there are no more threads
            self._fail(action_id, error)

    def _run_actions(self, command: RunAction | None) -> None:
        """Run an action, and those that come of it, until none is left for this thread."""
        command = command or self.obey(may_run=True)
        while command is not None:
            self._run(command)
            command = self.obey(may_run=True)

    def _run(self, command: RunAction) -> None:
        action_id = command.action_id
        moved = partial(self._report_transfer, action_id)
        try:
            assert not isinstance(command.action, Sleep)
            reply = self._performer.perform(command.action, moved, self._handles[action_id])
        except Exception as error:  # noqa: BLE001 - whatever it is, its job must end with it
            self._fail(action_id, error)
        else:
            self._succeed(action_id, reply)

    def _succeed(self, action_id: int, reply: object) -> None:
        with self.lock:
            del self._handles[action_id]
            self.protocol.action_succeeded(action_id, reply)

    def _fail(self, action_id: int, error: Exception) -> None:
        with self.lock:
            del self._handles[action_id]
            self.protocol.action_failed(action_id, error)

    def _finish_pause(self, action_id: int) -> None:
        self._succeed(action_id, None)
        self.obey()

    def _report_transfer(self, action_id: int, moved: Transferred) -> None:
        with self.lock:
            self.protocol.action_progress(action_id, moved)
        self.obey()

    # Streams.

    def _start_stream(self, command: OpenStream, delay: float) -> None:
        try:
            if delay:
                self.workers.call_later(delay, partial(self._start_stream, command, 0))
            else:
                self.workers.spawn(partial(self._read, command))
        except RuntimeError as error:  # there are no more threads
            self._close_stream(command.stream_id, error)

    def _read(self, command: OpenStream) -> None:
        error: Exception | None = None
        try:
            self._receive(command, self._handles[command.stream_id])
        except Exception as failure:  # noqa: BLE001 - whatever it is, jobs wait for this stream
            error = failure
        self._close_stream(command.stream_id, error)
        self.obey()

    def _receive(self, command: OpenStream, handle: CancelHandle) -> None:
        if handle.is_aborted:
            return  # closed before it was open
        stream_id = command.stream_id
        # From before the head: a proxy may accept a connection and never answer.
        self._silences.watch(stream_id, command.idle_timeout)
        with self.connections.open_stream(command.request, handle) as (head, chunks):
            self._silences.record_data(stream_id)
            with self.lock:
                self.protocol.stream_opened(stream_id, head)
            self.obey()
            # Parsing happens outside the lock, so that streams do not wait for one another.
            reader = self.protocol.stream_reader(stream_id)
            if reader is None:
                return
            for chunk in chunks:
                self._silences.record_data(stream_id)
                messages = reader.feed(chunk)
                with self.lock:
                    self.protocol.receive_messages(stream_id, messages)
                self.obey()

    def _report_silence(self, stream_id: int) -> None:
        with self.lock:
            self.protocol.stream_silent(stream_id)
        self.obey()

    def _close_stream(self, stream_id: int, error: Exception | None) -> None:
        self._silences.forget(stream_id)
        with self.lock:
            del self._handles[stream_id]
            self.protocol.stream_closed(stream_id, error)


def _is_brief(command: Command) -> TypeGuard[RunAction]:
    """Whether it is an action for a thread that others wait for: no pause, no direct call."""
    if not isinstance(command, RunAction) or isinstance(command.action, Sleep):
        return False
    return not (isinstance(command.action, Send) and command.action.patience == inf)

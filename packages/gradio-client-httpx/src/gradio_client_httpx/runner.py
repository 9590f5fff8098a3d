"""Obeys the commands of one client's `ClientProtocol`, on threads.

1. One lock guards the protocol, which is not thread-safe. Under it runs nothing but the protocol:
   no I/O, no parsing, no code of the caller. So it is held for microseconds, and code of the caller
   that calls the client cannot deadlock.
2. One thread at a time obeys, because commands must be obeyed in order. A thread that finds another
   one obeying leaves its commands to it.
3. Threads of the caller do not obey while jobs run: Ctrl-C raises KeyboardInterrupt at any line of
   the main thread, and a command that was taken but not obeyed is lost. `close` is the exception,
   since nothing has to be obeyed after it.
4. A job that waits for the server needs no thread. An I/O thread that has reported a reply runs the
   next exchange itself, instead of waking another thread for it.
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
from .silence_monitor import SilenceMonitor
from .threads import Workers, run_logged


class Runner:
    """Obeys the commands of a `ClientProtocol` and reports what happened. Thread-safe."""

    def __init__(self, protocol: ClientProtocol, performer: Performer) -> None:
        self.protocol = protocol
        self.lock = threading.Lock()
        self.workers = Workers()
        self.connections = performer.connections
        self._performer = performer
        self._jobs: dict[int, Job] = {}
        "The jobs that have not ended."
        self._handles: dict[int, CancelHandle] = {}
        "Abort the actions and streams under way, by action id or stream id."
        self._obeying = False
        self._will_obey = False
        self._silence_monitor = SilenceMonitor(self.workers, self._report_silence)

    # Callers.

    def submit(self, bound: BoundCall, headers: dict[str, str], owner: object) -> Job:
        """Submit a job; `start` lets it begin. The job refers to `owner` until it ends.

        Raises InvalidArguments if the client or its session is closed.
        """
        with self.lock:
            job_id, state = self.protocol.submit(bound, headers)
            job = Job(state, self.workers, partial(self._cancel, job_id), owner)
            self._jobs[job_id] = job
        return job

    def start(self) -> None:
        """Let submitted jobs begin, on another thread."""
        try:
            self.workers.submit(partial(self._run_actions, None))
        except RuntimeError:  # the system has no more threads
            # Obey on this thread, although it belongs to the caller: otherwise the job would wait
            # for ever. Its first action then fails for want of a thread, and so does the job.
            self.obey()

    def _cancel(self, job_id: int) -> None:
        with self.lock:
            self.protocol.cancel(job_id)
        self._obey_elsewhere()

    def open_session(self) -> int:
        """Open a session and return its id."""
        with self.lock:
            return self.protocol.open_session()

    def reset_session(self, session_id: int) -> None:
        """Replace a session by a new one under the same id; jobs of the old one go on."""
        with self.lock:
            self.protocol.reset_session(session_id)
        self._obey_elsewhere()

    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of one session, without waiting."""
        with self.lock:
            self.protocol.close_session(session_id)
        self._notify_all()
        self._obey_elsewhere()

    def close(self, grace: float = 0) -> None:
        """End all jobs and streams. Idempotent.

        Waits up to `grace` seconds until the server has been told.
        """
        with self.lock:
            self.protocol.close()
        try:
            self._notify_all()
            self.obey()
            self._wait_until_told(time.monotonic() + grace)
        finally:
            # Threads that wait for a server wake up, because their sockets are shut down. Do not
            # join them: one may hang in `getaddrinfo`, which nothing can interrupt.
            self._performer.close()
            self.workers.close()

    def _wait_until_told(self, deadline: float) -> None:
        # Polling, since this happens once, and other threads report to the protocol only.
        while time.monotonic() < deadline:
            with self.lock:
                if self.protocol.is_closed():
                    return
            time.sleep(0.01)

    def _notify_all(self) -> None:
        with self.lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.notify()

    # Commands.

    def obey(self, *, may_run: bool = False) -> RunAction | None:
        """Obey all commands. With `may_run`, return the action that this thread should run."""
        own: RunAction | None = None
        while commands := self._take_commands():
            try:
                for command in commands:
                    # Waking another thread costs more than starting an exchange, so this thread
                    # keeps the first one, and obeys the others before, as it may take long.
                    if may_run and own is None and _is_brief(command):
                        own = command
                        self._handles[command.action_id] = CancelHandle()
                    else:
                        # A bug in one command must not lose the commands after it.
                        run_logged(partial(self._obey, command))
            finally:
                # Then take commands again: other threads have left theirs to this one.
                with self.lock:
                    self._obeying = False
        return own

    def _take_commands(self) -> list[Command]:
        """Take all commands, and become the thread that obeys; none if another thread obeys."""
        commands: list[Command] = []
        with self.lock:
            if not self._obeying:
                now = time.monotonic()
                while (command := self.protocol.next_command(now)) is not None:
                    commands.append(command)
                self._obeying = bool(commands)
        return commands

    def _obey_elsewhere(self) -> None:
        """Obey on another thread (rule 3); one is enough for many jobs cancelled in a row."""
        with self.lock:
            if self._will_obey:
                return
            self._will_obey = True
        try:
            self.workers.spawn(self._obey_soon)
        except RuntimeError:  # the system has no more threads
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
        # The exchange then fails on the thread that waits for it, and is reported there like any
        # failure. The handle of one that has not begun remembers the abort: a stream during its
        # delay, or an action in the queue.
        handle = self._handles.get(number)
        if handle is not None:  # otherwise it has just ended
            handle.abort()

    # Actions.

    def _start_action(self, command: RunAction) -> None:
        action_id = command.action_id
        self._handles[action_id] = CancelHandle()
        try:
            match command.action:
                case Sleep(seconds=seconds):
                    self.workers.call_later(seconds, partial(self._finish_pause, action_id))
                case Send(total_timeout=total_timeout) if total_timeout == inf:
                    # A direct call lasts as long as its job: a dozen of them would take all I/O
                    # threads, and nothing else could be sent.
                    self.workers.spawn(partial(self._run_actions, command))
                case _:
                    self.workers.submit(partial(self._run_actions, command))
        except RuntimeError as error:  # the system has no more threads
            self._fail(action_id, error)

    def _run_actions(self, command: RunAction | None) -> None:
        """Run an action, then the next ones, until none is left for this thread."""
        command = command or self.obey(may_run=True)
        while command is not None:
            self._run(command)
            command = self.obey(may_run=True)

    def _run(self, command: RunAction) -> None:
        action_id = command.action_id
        on_transfer = partial(self._report_transfer, action_id)
        try:
            assert not isinstance(command.action, Sleep)
            reply = self._performer.perform(command.action, on_transfer, self._handles[action_id])
        except Exception as error:  # noqa: BLE001 - any error, or the job would never end
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

    def _report_transfer(self, action_id: int, transferred: Transferred) -> None:
        with self.lock:
            self.protocol.action_progress(action_id, transferred)
        self.obey()

    # Streams.

    def _start_stream(self, command: OpenStream, delay: float) -> None:
        try:
            if delay:
                self.workers.call_later(delay, partial(self._start_stream, command, 0))
            else:
                self.workers.spawn(partial(self._read, command))
        except RuntimeError as error:  # the system has no more threads
            self._close_stream(command.stream_id, error)

    def _read(self, command: OpenStream) -> None:
        error: Exception | None = None
        try:
            self._receive(command, self._handles[command.stream_id])
        except Exception as failure:  # noqa: BLE001 - any error, or jobs would wait for ever
            error = failure
        self._close_stream(command.stream_id, error)
        self.obey()

    def _receive(self, command: OpenStream, handle: CancelHandle) -> None:
        if handle.is_aborted:
            return  # closed during its delay
        stream_id = command.stream_id
        # Watch it even before the head: a proxy may accept a connection and never answer.
        self._silence_monitor.watch(stream_id, command.idle_timeout)
        with self.connections.open_stream(command.request, handle) as (head, chunks):
            self._silence_monitor.record_data(stream_id)
            with self.lock:
                self.protocol.stream_opened(stream_id, head)
            self.obey()
            # Parse outside the lock, so that streams do not wait for one another.
            reader = self.protocol.stream_reader(stream_id)
            if reader is None:
                return
            for chunk in chunks:
                self._silence_monitor.record_data(stream_id)
                messages = reader.feed(chunk)
                with self.lock:
                    self.protocol.receive_messages(stream_id, messages)
                self.obey()

    def _report_silence(self, stream_id: int) -> None:
        with self.lock:
            self.protocol.stream_silent(stream_id)
        self.obey()

    def _close_stream(self, stream_id: int, error: Exception | None) -> None:
        self._silence_monitor.forget(stream_id)
        with self.lock:
            del self._handles[stream_id]
            self.protocol.stream_closed(stream_id, error)


def _is_brief(command: Command) -> TypeGuard[RunAction]:
    """Whether this is an action that a shared I/O thread may run: no pause, no direct call."""
    if not isinstance(command, RunAction) or isinstance(command.action, Sleep):
        return False
    return not (isinstance(command.action, Send) and command.action.total_timeout == inf)

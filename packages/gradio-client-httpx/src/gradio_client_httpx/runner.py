"""Obeys the commands of one client's `ClientProtocol`, on threads.

1. One lock guards the protocol, which is not thread-safe. Only the protocol runs under it: no I/O
   and no code of the caller, so a callback that calls the client cannot deadlock. The bytes of
   event streams are parsed outside it. The flows parse the replies to requests, and the protocol
   the messages of WebSockets, under it: a large one delays other threads while it is parsed.
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
from collections.abc import Callable
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
)

from .cancel_handle import CancelHandle
from .http import Connections, RawStream
from .job import Job
from .perform import Performer
from .silence_monitor import SilenceMonitor
from .threads import Pool, Work, Workers, run_logged

_POLL_INTERVAL = 0.01
"Seconds between two looks at whether the server has been told of a close."


class Runner:
    """Obeys the commands of a `ClientProtocol` and reports what happened. Thread-safe."""

    def __init__(self, protocol: ClientProtocol, performer: Performer) -> None:
        self.protocol = protocol
        self.lock: threading.Lock = threading.Lock()
        self.workers: Workers = Workers()
        self.connections: Connections = performer.connections
        self._performer = performer
        self._jobs: dict[int, Job] = {}
        "The jobs that have not ended."
        self._handles: dict[int, CancelHandle] = {}
        "Abort the actions and streams under way, by action id or stream id."
        self._obeying = False
        self._obeying_thread = Pool(self.workers.spawn, 1)
        "Obeys for callers: one thread, however many jobs are cancelled in a row."

    # Callers.

    def submit(self, bound: BoundCall, headers: dict[str, str], owner: object) -> Job:
        """Submit a job; `start` lets it begin. The job refers to `owner` until it ends.

        Raises InvalidArguments if the client or its session is closed.
        """
        with self.lock:
            job_id, state = self.protocol.submit(bound, headers)
            cancel = partial(self._request, self.protocol.cancel, job_id)
            job = Job(state, self.workers, cancel, owner)
            self._jobs[job_id] = job
        return job

    def start(self) -> None:
        """Let submitted jobs begin, on another thread."""
        self._obey_on(self.workers.submit, partial(self._run_actions, None))

    def reset_session(self, session_id: int) -> None:
        """Replace a session by a new one under the same id; jobs of the old one go on."""
        self._request(self.protocol.reset_session, session_id)

    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of one session, without waiting."""
        self._request(self.protocol.close_session, session_id)
        self._notify_all()

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
        # Poll, since this happens once, and other threads report to the protocol only.
        while time.monotonic() < deadline:
            with self.lock:
                if self.protocol.is_closed():
                    return
            time.sleep(_POLL_INTERVAL)

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
                    if may_run and own is None and _may_share_thread(command):
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

    def _tell(self, report: Callable[..., object], *args: object) -> None:
        with self.lock:
            report(*args)

    def _report(self, report: Callable[..., object], *args: object) -> None:
        """Tell the protocol what happened, on a thread of the client, and obey."""
        self._tell(report, *args)
        self.obey()

    def _request(self, request: Callable[..., object], *args: object) -> None:
        """Pass on what a caller wants, on the caller's thread; another one obeys (rule 3)."""
        self._tell(request, *args)
        self._obey_on(self._obeying_thread.submit, self.obey)

    def _obey_on(self, submit: Callable[[Work], None], work: Work) -> None:
        try:
            submit(work)
        except RuntimeError:  # the system has no more threads
            # Obey on this thread, although it belongs to the caller: otherwise the job would wait
            # forever. Its next action then fails for want of a thread, and so does the job.
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
        job = self._jobs.get(job_id)
        if job is not None and job.notify():
            with self.lock:  # `_notify_all` may be copying the table
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
        action_id, run = command.action_id, partial(self._run_actions, command)
        self._handles[action_id] = CancelHandle()
        try:
            match command.action:
                case Sleep(seconds=seconds):
                    self.workers.call_later(seconds, partial(self._end_pause, action_id))
                case _ if _may_share_thread(command):
                    self.workers.submit(run)
                case _:
                    # A direct call lasts as long as its job: a dozen of them would take all I/O
                    # threads, and nothing else could be sent.
                    self.workers.spawn(run)
        except RuntimeError as error:  # the system has no more threads
            self._end_action(self.protocol.action_failed, action_id, error)

    def _run_actions(self, command: RunAction | None) -> None:
        """Run an action, then the next ones, until none is left for this thread."""
        command = command or self.obey(may_run=True)
        while command is not None:
            self._run(command)
            command = self.obey(may_run=True)

    def _run(self, command: RunAction) -> None:
        action_id = command.action_id
        on_transfer = partial(self._report, self.protocol.action_progress, action_id)
        try:
            reply = self._performer.perform(command.action, on_transfer, self._handles[action_id])
        except Exception as error:  # noqa: BLE001 - any error, or the job would never end
            self._end_action(self.protocol.action_failed, action_id, error)
        else:
            self._end_action(self.protocol.action_succeeded, action_id, reply)

    def _end_pause(self, action_id: int) -> None:
        self._end_action(self.protocol.action_succeeded, action_id, None)
        self.obey()

    def _end_action(self, report: Callable[..., None], action_id: int, result: object) -> None:
        # Does not obey: the thread of an exchange runs one of the commands itself (rule 4).
        del self._handles[action_id]
        self._tell(report, action_id, result)

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
        except Exception as failure:  # noqa: BLE001 - any error, or jobs would wait forever
            error = failure
        self._close_stream(command.stream_id, error)

    def _receive(self, command: OpenStream, handle: CancelHandle) -> None:
        if handle.is_aborted:
            return  # closed during its delay
        stream_id = command.stream_id
        on_silence = partial(self._report, self.protocol.stream_silent, stream_id)
        with (
            # Even before the head: a proxy may accept a connection and never answer.
            SilenceMonitor(self.workers, command.idle_timeout, on_silence) as monitor,
            self.connections.exchange(command.request, (), inf, handle) as (head, chunks),
        ):
            monitor.record_data()
            self._report(self.protocol.stream_opened, stream_id, head)
            reader = self.protocol.stream_reader(stream_id)
            if reader is None:
                return
            if isinstance(chunks, RawStream):
                self._exchange_messages(stream_id, chunks, monitor)
                return
            for chunk in chunks:
                monitor.record_data()
                # Parse outside the lock, so that streams do not wait for one another.
                self._report(self.protocol.receive_messages, stream_id, reader.feed(chunk))

    def _exchange_messages(
        self, stream_id: int, stream: RawStream, monitor: SilenceMonitor
    ) -> None:
        """Read the messages of a WebSocket, and send what they ask for, until it closes."""
        from .websocket import WebSocket  # noqa: PLC0415 - for 3.x only; importing it takes 15 ms

        # This thread reads and writes: before Python 3.13 two threads may not use one TLS
        # connection.
        socket = WebSocket(partial(self._receive_message, stream_id))
        while not socket.is_closed:
            data = next(stream)
            monitor.record_data()
            if answer := socket.feed(data):
                stream.write(answer)
        if socket.error is not None:
            raise socket.error

    def _receive_message(self, stream_id: int, message: bytes) -> list[str]:
        with self.lock:
            self.protocol.receive_data(stream_id, message)
            answers = self.protocol.take_answers(stream_id)
        self.obey()
        return answers

    def _close_stream(self, stream_id: int, error: Exception | None) -> None:
        del self._handles[stream_id]
        self._report(self.protocol.stream_closed, stream_id, error)


def _may_share_thread(command: Command) -> TypeGuard[RunAction]:
    """Whether this is an action that a shared I/O thread may run: no pause, no direct call."""
    if not isinstance(command, RunAction) or isinstance(command.action, Sleep):
        return False
    return command.is_brief_request or not isinstance(command.action, Send)

"""A driver of `ClientProtocol` whose network is a `ScriptedServer`: no socket, thread, clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

import h11

from gradio_protocol.client.commands import AbortAction, NotifyJob, RunAction
from gradio_protocol.client.protocol import ClientProtocol
from gradio_protocol.errors import TransportFailed
from gradio_protocol.flows.actions import Download, Saved, Send
from gradio_protocol.flows.connect import Target
from gradio_protocol.flows.options import Options
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.job_state import JobState
from gradio_protocol.jobs.orders import CloseStream, OpenStream
from gradio_protocol.testing import VERSIONS, ScriptedServer
from gradio_protocol.wire.exchange import FileSlice, Head, Request

TARGET = Target(src="http://here/", policy=RetryPolicy(max_retries=0))


@dataclass(eq=False)
class InMemoryConnection:
    """The client's end of one connection."""

    number: int
    http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    request: Request | None = None

    def written(self, request: Request) -> Iterator[bytes]:
        self.request = request
        head = h11.Request(method=request.method, target=request.target, headers=request.encoded)
        yield self.http.send(head) or b""
        for part in request.body:
            assert not isinstance(part, FileSlice)
            yield self.http.send(h11.Data(data=part)) or b""

    def read(self) -> Iterator[Head | bytes]:
        assert self.request is not None
        while (event := self.http.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Response():
                    yield Head.of(self.request, event.status_code, event.headers)
                case h11.Data():
                    yield bytes(event.data)
                case _:
                    yield b""
                    return


class InMemoryDriver:
    """A whole driver, connected to a scripted server by function calls."""

    def __init__(
        self, version: str = VERSIONS[0], *, max_jobs: int = 40, target: Target = TARGET
    ) -> None:
        self.core = ClientProtocol(target, entropy=b"e" * 16, max_jobs=max_jobs)
        self.server = ScriptedServer(version)
        self.lines: dict[int, InMemoryConnection] = {}
        self.streams: dict[int, InMemoryConnection] = {}
        self.running: dict[int, RunAction] = {}
        "What was to be run while `is_slow`, and was not aborted."
        self.is_slow = False
        "Actions are kept in `running` until `perform` is called for them."
        self.notified: list[int] = []
        self.failing: list[TransportFailed] = []
        "What the next connections of streams come to."
        self.core.connect()
        self.go_on()
        self.session_id = self.core.open_session()

    def submit(self, api_name: str, *args: object, isolated: bool = False) -> tuple[int, JobState]:
        changed = Options(max_retries=0, isolated=isolated)
        bound = self.core.bind(self.session_id, args, {}, api_name=api_name, options=changed)
        return self.core.submit(bound)

    def call(self, api_name: str, *args: object, isolated: bool = False) -> tuple[int, JobState]:
        submitted = self.submit(api_name, *args, isolated=isolated)
        self.go_on()
        return submitted

    def go_on(self) -> None:
        while command := self.core.next_command(0.0):
            match command:
                case RunAction():
                    self.running[command.action_id] = command
                    if not self.is_slow:
                        self.perform(command)
                case AbortAction():
                    del self.running[command.action_id]
                case OpenStream():
                    self._open(command)
                case CloseStream():
                    line = self.streams.pop(command.stream_id, None)
                    if line is not None:
                        self.server.leave(line.number)
                case NotifyJob():
                    self.notified.append(command.job_id)
                case _:
                    assert_never(command)

    def perform(self, command: RunAction) -> None:
        del self.running[command.action_id]
        match command.action:
            case Send() as action:
                head, *body = self._asked(action.request).read()
                assert isinstance(head, Head)
                whole = b"".join(part for part in body if isinstance(part, bytes))
                self.core.action_succeeded(command.action_id, head.with_body(whole))
            case Download() as action:
                head, *body = self._asked(action.request).read()
                content = b"".join(part for part in body if isinstance(part, bytes))
                self.core.action_succeeded(command.action_id, Saved(path=content.decode()))
            case action:
                raise AssertionError(action)

    def next_action(self) -> RunAction:
        """The next command that is an action; others before it are dropped."""
        while not isinstance(command := self.core.next_command(0.0), RunAction):
            assert command is not None
        self.running[command.action_id] = command
        return command

    def _open(self, command: OpenStream) -> None:
        if self.failing:
            self.core.stream_closed(command.stream_id, self.failing.pop(0))
            return
        self.streams[command.stream_id] = self._asked(command.request)
        self.hear()

    def hear(self) -> None:
        """Report what has come on streams."""
        for stream_id, line in [*self.streams.items()]:
            for part in line.read():
                match part:
                    case Head():
                        self.core.stream_opened(stream_id, part)
                    case b"":
                        self.core.stream_closed(stream_id)
                        self.streams.pop(stream_id, None)
                    case bytes():
                        self.core.receive_data(stream_id, part)

    def _asked(self, request: Request) -> InMemoryConnection:
        line = InMemoryConnection(self.server.connect())
        self.lines[line.number] = line
        for data in line.written(request):
            for output in self.server.receive(line.number, data):
                self.lines[output.connection].http.receive_data(output.data)
        self.hear()
        return line

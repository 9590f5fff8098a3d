"""A driver for the simulated server: performs `call` and obeys sessions, one move at a time.

It is a whole driver but for threads, sockets and clocks. Everything that takes time in a real one
is a `Move` here: a request on its way, a reply on its way, a stream being opened or read.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from gradio_protocol.app.access import App
from gradio_protocol.app.dialect import Delivery
from gradio_protocol.app.endpoint import Endpoint
from gradio_protocol.errors import GradioError, JobCancelled, TransportFailed
from gradio_protocol.flows.actions import AnyAction, Done, Flow, Publish, Send, Sleep
from gradio_protocol.flows.call import call
from gradio_protocol.flows.cancel import cancel_event
from gradio_protocol.flows.check import check_app
from gradio_protocol.flows.connect import Target
from gradio_protocol.flows.options import Call, Options
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.app_tracker import AppTracker
from gradio_protocol.jobs.event_stream import StreamReader, stream_kind
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import JobState, Raised, Returned
from gradio_protocol.jobs.orders import (
    CancelEvent,
    CheckApp,
    CloseStream,
    EndReason,
    NextMessage,
    OpenStream,
    Order,
    Question,
    Resume,
)
from gradio_protocol.jobs.session import Session
from gradio_protocol.wire.exchange import Head, Request, Response
from tests.simulation.move import Move
from tests.simulation.server import Pipe, Server

EVENTS = Head(status=200, headers=(("content-type", "text/event-stream"),))
TICK = 0.3
"Seconds that each reply takes: some joins come long after the last sign of life, others do not."


@dataclass(eq=False)
class Caller:
    """One job, as its caller sees it."""

    session: Session
    job_id: int
    endpoint: Endpoint
    value: Any
    state: JobState
    flow: Flow[object]
    asking: Question[object] | None = None
    cancelled: bool = False
    ended: bool = False
    "The flow has ended."
    outcome: object = None
    "Its result, or the error that it raised."


@dataclass(eq=False)
class Exchange:
    """A request on its way to the server, or its reply on the way back."""

    request: Request
    deliver: Callable[[Response | TransportFailed], None]
    reply: Response | None = None


@dataclass(eq=False)
class Line:
    """The client's end of one stream."""

    session: Session
    listen: OpenStream
    reader: StreamReader
    pipe: Pipe | None = None
    left: bool = False
    dead: bool = False
    "Nothing comes any more, nor does anything get through to the app."
    checking: bool = False
    "The app is being asked whether it is there."
    silences: int = 0
    "How often it has been silent for no bad reason."


@dataclass
class Client:
    """The driver, and all that is under way."""

    app: App
    server: Server
    now: float = 0.0
    tracker: AppTracker = field(init=False)
    main: Session = field(init=False)
    callers: dict[int, Caller] = field(default_factory=dict[int, Caller])
    lines: list[Line] = field(default_factory=list[Line])
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    sleepers: deque[Callable[[], None]] = field(default_factory=deque[Callable[[], None]])
    ghosts: list[Pipe] = field(default_factory=list[Pipe])
    "The server's ends of streams that the client has given up, and the server has not."

    def __post_init__(self) -> None:
        self.tracker = AppTracker(self.app, now=0.0)
        self.main = Session(self.tracker, entropy=b"main")

    # Jobs.

    def submit(self, fn_index: int, value: Any, *, isolated: bool, resubmit: bool) -> Caller:
        entropy = b"%d" % len(self.callers)
        session = Session(self.tracker, entropy=entropy, single=True) if isolated else self.main
        endpoint = self.app.endpoints[fn_index]
        state = JobState(endpoint, History(self.app.dialect.edits))
        job_id = session.add_job(state.receive)
        spec = Call(
            app=self.app,
            endpoint=endpoint,
            data=endpoint.bind([value], {}),
            options=Options(resubmit_lost=resubmit),
            target=Target(src=self.app.access.src),
            policy=RetryPolicy(entropy=bytes(16)),
        )
        caller = Caller(session, job_id, endpoint, value, state, Flow(call(spec)))
        self.callers[job_id] = caller
        self.advance(caller, lambda: caller.flow.resume(None))
        return caller

    def cancel(self, caller: Caller) -> None:
        caller.cancelled = True
        caller.state.apply(Raised(error=JobCancelled("the job was cancelled")))
        self.obey(caller.session, caller.session.cancel(caller.job_id))

    def advance(self, caller: Caller, step: Callable[[], AnyAction | Done[object]]) -> None:
        """Go on with a flow until it has to wait."""
        try:
            action = step()
            while isinstance(action, Publish):
                caller.state.apply(action.update)
                action = caller.flow.resume(None)
        except GradioError as error:
            caller.state.apply(Raised(error=error))
            self.end(caller, error)
            return
        match action:
            case Done():
                caller.state.apply(Returned())
                self.end(caller, action.value)
            case Sleep():
                self.sleepers.append(
                    partial(self.advance, caller, partial(caller.flow.resume, None))
                )
            case Send():
                self.exchanges.append(Exchange(action.request, partial(self.replied, caller)))
            case Question():
                assert caller.asking is None
                caller.asking = action
                self.obey(caller.session, caller.session.ask(caller.job_id, action, self.now))
            case _:
                raise AssertionError(f"no file is sent here: {action}")

    def replied(self, caller: Caller, reply: Response | TransportFailed) -> None:
        if isinstance(reply, Response):
            self.advance(caller, partial(caller.flow.resume, reply))
        else:
            self.advance(caller, partial(caller.flow.fail, reply))

    def end(self, caller: Caller, outcome: object) -> None:
        caller.ended, caller.outcome = True, outcome
        self.obey(caller.session, caller.session.finish_job(caller.job_id))

    # Orders.

    def obey(self, session: Session, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Resume():
                    caller = self.callers[order.job_id]
                    assert caller.asking is not None, "an answer that nobody asked for"
                    caller.asking = None
                    self.advance(caller, partial(caller.flow.resume, order.reply))
                case OpenStream():
                    opened = [one for one in self.lines if one.session is session and not one.left]
                    assert order.key not in [one.listen.key for one in opened], "opened twice"
                    reader = StreamReader(stream_kind(order.key), self.app.dialect)
                    self.lines.append(Line(session, order, reader))
                case CloseStream():
                    line = self.line(order.stream_id)
                    assert line is not None
                    line.left = True
                case CancelEvent():
                    self.dismiss(session, order)
                case CheckApp():
                    self.check_app(session, order)

    def line(self, stream_id: int) -> Line | None:
        found = [one for one in self.lines if one.listen.stream_id == stream_id and not one.left]
        return found[0] if found else None

    def dismiss(self, session: Session, order: CancelEvent) -> None:
        flow = Flow(cancel_event(order))
        action = flow.resume(None)
        assert isinstance(action, Send)

        def told(reply: Response | TransportFailed) -> None:
            done = flow.resume(reply) if isinstance(reply, Response) else flow.fail(reply)
            assert done == Done(None)
            self.obey(session, session.cancel_finished(order.event_id))

        self.exchanges.append(Exchange(action.request, told))

    def check_app(self, session: Session, order: CheckApp) -> None:
        line = self.line(order.stream_id)
        assert line is not None
        assert not line.checking, "two questions about one stream"
        line.checking = True
        flow = Flow(check_app(order))

        def go_on(step: AnyAction | Done[GradioError | None]) -> None:
            match step:
                case Done():
                    line.checking = False
                    self.obey(session, session.app_checked(order.stream_id, step.value))
                case Sleep() if line.dead:
                    go_on(flow.resume(None))
                case Sleep():
                    self.sleepers.append(lambda: go_on(flow.resume(None)))
                case Send() if line.dead:
                    told(TransportFailed("the network is down"))
                case Send():
                    self.exchanges.append(Exchange(step.request, told))
                case _:
                    raise AssertionError(step)

        def told(reply: Response | TransportFailed) -> None:
            go_on(flow.resume(reply) if isinstance(reply, Response) else flow.fail(reply))

        go_on(flow.resume(None))

    # What can happen next.

    def moves(self) -> Iterator[Move]:
        if self.sleepers:
            yield Move("wake", self.wake)
        for exchange in self.exchanges:
            if exchange.reply is None:
                yield Move("serve", partial(self.serve, exchange))
                yield Move("no connection", partial(self.fail, exchange, False), harm=True)
            else:
                yield Move("reply", partial(self.arrive, exchange))
                yield Move("reply lost", partial(self.fail, exchange, True), harm=True)
        for line in self.lines:
            yield from self.line_moves(line)
        for pipe in self.ghosts:
            yield Move("notice late", partial(self.give_up, pipe), harm=True)
        for caller in self.callers.values():
            if not (caller.cancelled or caller.ended):
                yield Move("cancel", partial(self.cancel, caller), harm=True)

    def line_moves(self, line: Line) -> Iterator[Move]:
        if line.left:
            yield Move("notice", partial(self.hang_up, line))
        elif line.dead:
            if not line.checking:
                yield Move("silent for good", partial(self.silent, line))
        elif line.pipe is None:
            yield Move("connect", partial(self.connect, line))
            yield Move("refuse", partial(self.over, line, EndReason.REFUSED), harm=True)
        elif line.pipe.items:
            yield Move("read", partial(self.read, line, line.pipe))
            yield Move("cut", partial(self.over, line, EndReason.BROKEN), harm=True)
        elif line.pipe.end:
            ending = EndReason.FINISHED if line.pipe.end == "finished" else EndReason.BROKEN
            yield Move("end", partial(self.over, line, ending))
        else:
            yield Move("silence", partial(self.fall_silent, line, line.pipe), harm=True)
            if line.silences < 2 and not line.checking:
                yield Move("silent for a while", partial(self.rest, line))

    def wake(self) -> None:
        self.sleepers.popleft()()

    def serve(self, exchange: Exchange) -> None:
        answer = self.server.answer(exchange.request)
        exchange.reply = replace(answer, url=exchange.request.url)

    def arrive(self, exchange: Exchange) -> None:
        assert exchange.reply is not None
        self.now += TICK
        self.exchanges.remove(exchange)
        for job in self.server.jobs:
            job.replied = job.replied or job.event.encode() in exchange.reply.body
        exchange.deliver(exchange.reply)

    def fail(self, exchange: Exchange, connected: bool) -> None:
        self.exchanges.remove(exchange)
        exchange.deliver(TransportFailed("the network is down", connected=connected))

    def hang_up(self, line: Line) -> None:
        """The server learns that the client has left; before, it knows nothing of it."""
        self.lines.remove(line)
        if line.pipe is not None:
            self.server.drop(line.pipe)

    def connect(self, line: Line) -> None:
        line.pipe = self.server.connect(line.listen.request)
        assert line.session.streams.current(line.listen.stream_id) is not None
        self.obey(line.session, line.session.stream_opened(line.listen.stream_id, EVENTS))

    def read(self, line: Line, pipe: Pipe) -> None:
        data = json.dumps(pipe.items.popleft()).encode()
        deliveries = line.reader.feed(b"data: " + data + b"\n\n")
        stream_id = line.listen.stream_id
        self.obey(line.session, line.session.receive(stream_id, deliveries))

    def fall_silent(self, line: Line, pipe: Pipe) -> None:
        """The network is gone, and the server does not notice for a while.

        Where the app has state, whose session cannot be given up, it does at once: what it wrote
        in vain meanwhile would be missing.
        """
        line.dead, line.pipe = True, None
        if self.app.stateful:
            self.server.drop(pipe)
        else:
            self.ghosts.append(pipe)

    def rest(self, line: Line) -> None:
        line.silences += 1
        self.silent(line)

    def silent(self, line: Line) -> None:
        stream_id = line.listen.stream_id
        self.obey(line.session, line.session.stream_silent(stream_id))

    def give_up(self, pipe: Pipe) -> None:
        self.ghosts.remove(pipe)
        self.server.drop(pipe)

    def over(self, line: Line, ending: EndReason) -> None:
        self.hang_up(line)
        stream_id = line.listen.stream_id
        self.obey(line.session, line.session.stream_ended(stream_id, ending))

    # What always holds.

    def check(self) -> None:
        """Somebody listens while somebody waits."""
        private = self.app.dialect.delivery is Delivery.PRIVATE
        for caller in self.callers.values():
            if isinstance(caller.asking, NextMessage):
                key = caller.job_id if private else -1
                lines = [one for one in self.lines if one.session is caller.session]
                assert key in [one.listen.key for one in lines if not one.left], "nobody listens"

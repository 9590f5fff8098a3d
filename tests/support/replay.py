"""A driver whose server is the recordings of one version: flows and a session, and no I/O at all.

Requests are answered by the exchange that has their name, streams are fed in any chunking. What
the core sent is kept, beside what the recorder had sent, so that the two can be compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from gradio_protocol.app.access import App
from gradio_protocol.app.endpoint import find_endpoint
from gradio_protocol.errors import RemoteError
from gradio_protocol.flows.actions import (
    AnyAction,
    Done,
    Download,
    FileFacts,
    Flow,
    InspectFile,
    Publish,
    ReadFile,
    SaveBytes,
    Saved,
    Send,
    Sleep,
)
from gradio_protocol.flows.call import call
from gradio_protocol.flows.cancel import cancel_event
from gradio_protocol.flows.connect import Target, connect
from gradio_protocol.flows.options import Call, Options
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.app_tracker import AppTracker
from gradio_protocol.jobs.event_stream import HEARTBEAT, StreamReader, stream_kind
from gradio_protocol.jobs.file_search import FileSearch
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import JobState, Outputs, Returned
from gradio_protocol.jobs.orders import (
    AnyQuestion,
    CancelEvent,
    CheckApp,
    CloseStream,
    EndReason,
    OpenStream,
    Order,
    Resume,
)
from gradio_protocol.jobs.session import Session
from gradio_protocol.wire.exchange import Head, Request, Response
from tests.support import transcripts
from tests.support.scripted import Driver
from tests.support.transcripts import Transcript

SRC = "http://127.0.0.1:17860/"
"Where every server was, when it was recorded."

Cut: TypeAlias = Callable[[Transcript], Iterable[bytes]]


def _sevens(exchange: Transcript) -> Iterator[bytes]:
    yield from (exchange.body[at : at + 7] for at in range(0, len(exchange.body), 7))


CUTS: dict[str, Cut] = {
    "as the server cut it": lambda exchange: exchange.chunks,
    "at once": lambda exchange: (exchange.body,),
    "byte by byte": lambda exchange: (bytes((byte,)) for byte in exchange.body),
    "by sevens": _sevens,
}
"Ways in which the bytes of a stream may come."

_ENDINGS = {"complete": EndReason.FINISHED, "closed": EndReason.BROKEN, "left": EndReason.BROKEN}


class Nothing(Exception):
    """The job waits, and the recording has no more to say."""


def answered(exchange: Transcript, request: Request) -> Response:
    """A recorded reply."""
    return Response(
        status=exchange.status, headers=exchange.headers, body=exchange.body, url=request.url
    )


def connected(version: str, *, auth: tuple[str, str] | None = None) -> App:
    """The app that was recorded, as `connect` sees it; with `auth`, the one that wants a login."""
    taken: list[str] = []

    def answer(action: AnyAction) -> object:
        assert isinstance(action, Send)
        name = _document(action.request, auth, taken)
        taken.append(name)
        return answered(transcripts.load(version, name), action.request)

    return Driver(answer).run(connect(Target(src=SRC, auth=auth)))


def _document(request: Request, auth: tuple[str, str] | None, taken: list[str]) -> str:
    match request.url.removeprefix(SRC).partition("?")[0]:
        case "config" if auth is None:
            return "config"
        case "config":
            return "config-login" if "login" in taken else "config-refused"
        case "login":
            return "login" if request.body == (b"username=guide&password=lantern",) else "login-bad"
        case _:
            return "info-everything"


@dataclass
class Job:
    """One call, its life, and what was said on its way."""

    app: App
    name: str
    "The exchanges are `NAME-join`, `NAME-data`, `NAME-post`; or, if direct, NAME alone."
    cut: Cut
    session: Session
    state: JobState
    job_id: int
    flow: Flow[object]
    streams: deque[str]
    "The exchanges that answer whoever opens a stream, in order."
    suffix: str
    "Of the names of all exchanges: `-hidden` where the server hides its errors."
    meanwhile: Callable[[Job], list[Order]]
    "What happens once the first output has come."
    sent: list[tuple[Request, Transcript]] = field(default_factory=list[tuple[Request, Transcript]])
    "Each request, with the recorded exchange that answered it."
    left: list[CloseStream] = field(default_factory=list[CloseStream])
    _listens: deque[OpenStream] = field(default_factory=deque[OpenStream])
    _heartbeats: set[int] = field(default_factory=set[int])
    _reading: Iterator[list[Order]] = field(default_factory=lambda: iter(()))

    @property
    def outputs(self) -> list[object]:
        """What the caller has seen."""
        outputs, seen = Outputs(self.state), list[object]()
        while outputs.advance():
            seen.append(outputs.value())
        return seen

    def run(self) -> object:
        """Perform the call; returns or raises what it does, Nothing if it waits for ever."""
        step = self.flow.resume(None)
        while not isinstance(step, Done):
            step = self.flow.resume(self._answer(step))
        self.state.apply(Returned())
        return step.value

    def finish(self) -> None:
        """The flow has ended: hear what the server still has to say."""
        self.obey(self.session.finish_job(self.job_id))
        with suppress(Nothing):
            while True:
                self.obey(self._next())

    @property
    def unended(self) -> list[Order]:
        """What would close the streams that bring messages, if the server has not ended them."""
        leaves = self.session.retire()
        return [
            o for o in leaves if isinstance(o, CloseStream) and o.stream_id not in self._heartbeats
        ]

    def obey(self, orders: Iterable[Order]) -> list[object]:
        """Obey orders; returns what the flow is to be resumed with, if it is."""
        replies: list[object] = []
        for order in orders:
            match order:
                case Resume():
                    replies.append(order.reply)
                case OpenStream(is_socket=True):
                    # No socket was recorded: the functions of 3.x were called directly.
                    why = RemoteError("this driver has no WebSockets", status=501)
                    ended = self.session.stream_ended(order.stream_id, EndReason.BROKEN, why)
                    replies += self.obey(ended)
                case OpenStream():
                    if order.key == HEARTBEAT:
                        self._heartbeats.add(order.stream_id)
                    else:
                        self._listens.append(order)
                case CloseStream():
                    self.left.append(order)
                case CancelEvent():
                    Driver(self._exchanged).run(cancel_event(order))
                    replies += self.obey(self.session.cancel_finished(order.event_id))
                case CheckApp():
                    raise AssertionError("no stream is silent here")
                case _:
                    assert_never(order)
        return replies

    def _answer(self, action: AnyAction) -> object:
        match action:
            case Publish(update=update):
                self.state.apply(update)
                return None
            case InspectFile():
                return FileFacts(size=10, mtime_ns=0, digest="0" * 64)
            case Send() | Download():
                return self._exchanged(action)
            case ReadFile() | SaveBytes() | Sleep():
                raise Nothing(repr(action))
            case _:
                return self._asked(action)

    def _exchanged(self, action: AnyAction) -> object:
        assert isinstance(action, Send | Download)
        exchange = transcripts.load(self.app.config.version, self._named(action.request))
        self.sent.append((action.request, exchange))
        if isinstance(action, Download) and exchange.status == 200:
            return Saved(path=f"/downloads/{action.name}")
        return answered(exchange, action.request)

    def _named(self, request: Request) -> str:
        route = request.url.removeprefix(self.app.access.api("")).partition("?")[0]
        match route.split("/"):
            case ["queue", "join"]:
                return f"{self.name}-join{self.suffix}"
            case ["queue", "data"]:
                return f"{self.name}-data{self.suffix}"
            case ["run" | "api", _]:
                return f"{self.name}{self.suffix}"
            case ["cancel" | "reset"]:
                return f"{self.name}-post"
            case ["upload" | "app_id" | "config"]:
                return route
            case _:
                assert route.startswith("file="), route
                return "download-head" if request.method == "HEAD" else "download"

    def _asked(self, question: AnyQuestion) -> object:
        replies = self.obey(self.session.ask(self.job_id, question, 0.0))
        while not replies:
            replies = self.obey(self._next())
        assert len(replies) == 1
        return replies[0]

    def _next(self) -> list[Order]:
        """What the session orders when the stream goes on. Raises Nothing if it does not."""
        orders = next(self._reading, None)
        if orders is not None:
            return orders
        if not self._listens or not self.streams:
            raise Nothing("nobody has anything more to say")
        self._reading = self._listened(self._listens.popleft(), self.streams.popleft())
        return []

    def _listened(self, listen: OpenStream, name: str) -> Iterator[list[Order]]:
        """What the session orders while one recorded stream is read."""
        stream_id = listen.stream_id
        exchange = transcripts.load(self.app.config.version, name)
        self.sent.append((listen.request, exchange))
        head = Head(status=exchange.status, headers=exchange.headers, url=SRC)
        orders = self.session.stream_opened(stream_id, head)
        yield orders
        if CloseStream(stream_id=stream_id) not in orders:
            reader = StreamReader(stream_kind(listen.key), self.app.dialect)
            for chunk in self.cut(exchange):
                before = len(self.state.history)
                orders = self.session.receive(stream_id, reader.feed(chunk))
                assert reader.error is None
                first = not before and len(self.state.history)
                yield [*orders, *self.meanwhile(self)] if first else orders
            if exchange.ending != "left" or self.streams:
                yield self.session.stream_ended(stream_id, _ENDINGS[exchange.ending])


def job(
    app: App,
    name: str,
    *args: object,
    function: str = "",
    cut: str = "as the server cut it",
    streams: Iterable[str] = (),
    suffix: str = "",
    meanwhile: Callable[[Job], list[Order]] = lambda _: [],
) -> Job:
    """A call of a function that was recorded under this name, ready to run."""
    session = Session(AppTracker(app, now=0.0), entropy=bytes(16))
    endpoint = find_endpoint(app.endpoints, api_name=function or name)
    history = History(app.dialect.edits)
    state = JobState(endpoint, history, FileSearch(app.dialect, endpoint))
    job_id = session.add_job(state.receive)
    spec = Call(
        app=app,
        endpoint=endpoint,
        data=endpoint.bind(args, {}),
        options=Options(),
        target=Target(src=SRC),
        policy=RetryPolicy(max_retries=0, entropy=bytes(16)),
    )
    return Job(
        app=app,
        name=name,
        cut=CUTS[cut],
        session=session,
        state=state,
        job_id=job_id,
        flow=Flow(call(spec)),
        streams=deque(streams or (f"{name}-stream{suffix}",)),
        suffix=suffix,
        meanwhile=meanwhile,
    )

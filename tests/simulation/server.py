"""A Gradio server without a network or a clock: what it keeps, and what it does when it is let.

It has the behaviour of the generations it knows: sessions are dropped with their streams, lost
events stay in the books, `/cancel` stops a function and tells one event, each message is read by
one stream. What happens next, and when, is for the simulation to choose from `moves`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gradio_protocol.app.access import App
from gradio_protocol.app.dialect import Cancelling, Delivery, Edits
from gradio_protocol.wire.exchange import Request, Response
from tests.simulation.move import Move
from tests.support.edits import server_edits
from tests.support.sample_apps import COUNT, ECHO, KEEP

OUTPUTS: list[Any] = [[], [1, 2, 3, 4], [1], [[1, 2], "a"], "ab", "abc"]
"What the generator yields, in order."
FAILS = "fail"
"What the plain functions fail for."


@dataclass(eq=False)
class Pipe:
    """The server's end of one stream."""

    visitor: Visitor
    job: Job | None = None
    "None: it is shared."
    items: deque[dict[str, Any]] = field(default_factory=deque[dict[str, Any]])
    "Written, and not read by the client yet."
    end: str | None = None
    "finished or cut, once it has ended."


@dataclass(eq=False)
class Visitor:
    """One session."""

    inbox: deque[dict[str, Any]] | None = None
    "None before the first join, and again once its stream was dropped."
    pending: set[str] = field(default_factory=set[str])


@dataclass(eq=False)
class Job:
    """One event."""

    event: str
    visitor: Visitor
    fn_index: int
    data: list[Any] | None
    state: str = "queued"
    "queued, running or ended"
    alive: bool = True
    "Its messages are wanted."
    replied: bool = False
    "The client knows its id."
    steps: int = 0
    pipe: Pipe | None = None
    "Of its own, in the first generation."


class Server:
    """One start of an app."""

    def __init__(self, app: App) -> None:
        self.dialect = app.dialect
        self.outputs = {endpoint.index: len(endpoint.outputs) for endpoint in app.endpoints}
        self.visitors: dict[str, Visitor] = {}
        self.jobs: list[Job] = []
        self.pipes: list[Pipe] = []

    # Requests.

    def answer(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        (body,) = request.body or (b"{}",)
        assert isinstance(body, bytes)
        said = json.loads(body)
        match path:
            case "/app_id":
                return reply({"app_id": "1"})
            case "/queue/join":
                return reply({"event_id": self.join(said).event})
            case "/queue/data":
                (job,) = [job for job in self.jobs if job.event == said["event_id"]]
                job.data = said["data"]
                return reply(None)
            case "/cancel":
                self.cancel(said["session_hash"], said["fn_index"], said["event_id"])
                return reply({"success": True})
            case "/reset":
                self.stop_generator(said["event_id"])
                return reply(None)
            case _:
                return Response(status=404)

    def visitor(self, session_hash: str) -> Visitor:
        return self.visitors.setdefault(session_hash, Visitor())

    def join(self, said: dict[str, Any]) -> Job:
        visitor = self.visitor(said["session_hash"])
        job = Job(f"{len(self.jobs):032x}", visitor, said["fn_index"], said.get("data"))
        self.jobs.append(job)
        if self.dialect.delivery is not Delivery.PRIVATE:
            if visitor.inbox is None:
                visitor.inbox = deque()
            visitor.pending.add(job.event)
            self.tell(job, "estimation", rank=0, queue_size=1)
        return job

    def cancel(self, session_hash: str, fn_index: int, event: str) -> None:
        visitor = self.visitor(session_hash)
        for job in self.jobs:
            same = job.visitor is visitor and job.fn_index == fn_index
            # 6.0.2 and 6.31 lost joins that were sent just before the cancel.
            fresh = job.state == "queued" and not job.replied and self.dialect.version >= (6, 0, 0)
            if same and (job.state == "running" or fresh):
                job.state = "ended"
        for job in self.jobs:
            if job.event == event and self.dialect.cancelling is Cancelling.EXACT:
                job.state = "ended" if job.state == "queued" else job.state
        self.stop_generator(event)
        if visitor.inbox is not None and event in visitor.pending:
            visitor.inbox.append(completed(event, {}, success=True))

    @property
    def breaks_twice(self) -> bool:
        """An event that is completed twice breaks the stream, though not the session."""
        return (4, 31, 0) <= self.dialect.version < (5, 50, 0)

    @property
    def forgives(self) -> bool:
        """A session outlives its stream, without what was on the way."""
        return (4, 19, 2) <= self.dialect.version < (4, 24, 0)

    def stop_generator(self, event: str) -> None:
        for job in self.jobs:
            if job.event == event and job.fn_index == COUNT and job.state == "running":
                job.state = "ended"

    # Streams.

    def connect(self, request: Request) -> Pipe:
        """A stream is asked for; its head is always a 200."""
        parts = urlsplit(request.url)
        query = {key: value for key, (value,) in parse_qs(parts.query).items()}
        visitor = self.visitor(query["session_hash"])
        pipe = Pipe(visitor)
        self.pipes.append(pipe)
        if parts.path == "/queue/join":
            said = {"session_hash": query["session_hash"], "fn_index": int(query["fn_index"])}
            pipe.job = self.join(said)
            pipe.job.pipe = pipe
            self.tell(pipe.job, "estimation", rank=0, queue_size=1)
            self.tell(pipe.job, "send_data", event_id=pipe.job.event)
        elif visitor.inbox is None:
            self.give_up(pipe, "404: Session not found.")
        return pipe

    def give_up(self, pipe: Pipe, why: str) -> None:
        if self.dialect.version >= (4, 10, 0):
            lost = {"session_not_found": True} if self.dialect.version >= (5, 38, 0) else {}
            pipe.items.append({"msg": "unexpected_error", "message": why, "event_id": None, **lost})
        self.end(pipe, "cut")

    def end(self, pipe: Pipe, how: str) -> None:
        pipe.end = how
        self.pipes.remove(pipe)

    def drop(self, pipe: Pipe) -> None:
        """The client is gone from this stream."""
        if pipe not in self.pipes:
            return
        self.end(pipe, "cut")
        if pipe.job is None and not self.forgives:
            pipe.visitor.inbox = None
            for job in self.jobs:
                if job.visitor is pipe.visitor:
                    self.forsake(job)
        elif pipe.job is not None:
            self.forsake(pipe.job)

    def forsake(self, job: Job) -> None:
        job.alive = False
        if job.state == "queued" or job.fn_index == COUNT:
            job.state = "ended"

    def pump(self, pipe: Pipe) -> None:
        """One message goes from the session to its stream."""
        inbox = pipe.visitor.inbox
        if inbox is None:
            self.give_up(pipe, "404: Session not found.")
            return
        item = inbox.popleft()
        pipe.items.append(item)
        if item["msg"] != "process_completed":
            return
        pending = pipe.visitor.pending
        if item["event_id"] not in pending and self.breaks_twice:
            self.give_up(pipe, repr(item["event_id"]))
            return
        pending.discard(item["event_id"])
        if not pending:
            if self.dialect.announces_close:
                pipe.items.append({"msg": "close_stream", "event_id": None})
            self.end(pipe, "finished")

    # The app's functions.

    def tell(self, job: Job, name: str, **more: Any) -> None:
        item = {"msg": name, "event_id": job.event, **more}
        if job.pipe is not None:
            job.pipe.items.append(item)
        elif job.visitor.inbox is not None and self.dialect.delivery is not Delivery.PRIVATE:
            job.visitor.inbox.append(item)

    def work(self, job: Job) -> None:
        """The next thing that the function does."""
        more: dict[str, Any] = {}
        if job.state == "queued":
            job.state, name = "running", "process_starts"
        elif job.fn_index == COUNT and job.steps < len(OUTPUTS):
            name, more = "process_generating", {"output": {"data": [self.output(job)]}}
            job.steps += 1
        else:
            job.state, name, more = "ended", "process_completed", self.result(job)
        if job.alive:
            self.tell(job, name, **more)
        if job.state == "ended" and job.pipe is not None and job.pipe in self.pipes:
            self.end(job.pipe, "finished")

    def output(self, job: Job) -> Any:
        new = deepcopy(OUTPUTS[job.steps])
        if self.dialect.edits is Edits.NONE or job.steps == 0:
            return new
        shifted = self.dialect.edits is Edits.SHIFTED
        return server_edits(deepcopy(OUTPUTS[job.steps - 1]), new, shifted=shifted)

    def result(self, job: Job) -> dict[str, Any]:
        assert job.data is not None
        if job.data[0] == FAILS:
            return {"output": {"error": "no"}, "success": False}
        hidden = [None] * (self.outputs[job.fn_index] - 1)
        data = [result(job.fn_index, job.data[0]), *hidden]
        return {"output": {"data": data}, "success": True}

    def moves(self) -> Iterator[Move]:
        """What the server could do now."""
        for pipe in self.pipes:
            if pipe.job is None and (pipe.visitor.inbox is None or pipe.visitor.inbox):
                yield Move("pump", partial(self.pump, pipe))
        for job in self.jobs:
            if job.state != "ended" and job.data is not None:
                yield Move("work", partial(self.work, job))


def result(fn_index: int, value: Any) -> Any:
    """What a call of this function with this value returns."""
    assert fn_index in (ECHO, COUNT, KEEP)
    return deepcopy(OUTPUTS[-1]) if fn_index == COUNT else value


def completed(event: str, output: dict[str, Any], *, success: bool) -> dict[str, Any]:
    return {"msg": "process_completed", "event_id": event, "output": output, "success": success}


def reply(document: Any) -> Response:
    return Response(status=200, body=json.dumps(document).encode())

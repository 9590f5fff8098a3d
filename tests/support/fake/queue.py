"""The fake server's queue: sessions, jobs, and who is told what.

It keeps the promises that real servers keep and breaks those that they break: a message is read
by one stream only; an event that was lost stays pending for ever; `/cancel` takes its siblings
along.
"""

from __future__ import annotations

import enum
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import trio

from tests.support.edits import server_edits
from tests.support.fake.behaviour import Behaviour
from tests.support.fake.files import dressed
from tests.support.fake.functions import AppCrashes, AppFails, Call, Function
from tests.support.fake.messages import Message, Messages
from tests.support.latch import Ledger

Spawn = Callable[..., None]


class QueueFull(Exception):
    """As many jobs wait as may wait."""

    def __init__(self, size: int) -> None:
        super().__init__(f"Queue is full. Max size is {size} and size is {size}.")


class Inbox:
    """Messages on their way to a stream; each is taken once."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._arrivals = trio.lowlevel.ParkingLot()
        self._closed = False

    def put(self, message: Message) -> None:
        self._messages.append(message)
        self._arrivals.unpark_all()

    def close(self) -> None:
        """Forget what was not taken; whoever waits gets None."""
        self._messages.clear()
        self._closed = True
        self._arrivals.unpark_all()

    async def take(self) -> Message | None:
        while not self._messages and not self._closed:
            await self._arrivals.park()
        return None if self._closed else self._messages.popleft()


class Session:
    """A visitor: what is pending, what was not read yet, and the app's state."""

    def __init__(self, session_hash: str) -> None:
        self.hash = session_hash
        self.inbox: Inbox | None = None
        "None until the first join, and again when its stream was dropped"
        self.pending: set[str] = set()
        self.state: dict[int, Any] = {}


class Stage(enum.Enum):
    """Where a job stands."""

    WAITING = enum.auto()
    RUNNING = enum.auto()
    ENDED = enum.auto()


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One call in the queue."""

    index: int
    function: Function
    session: Session
    call: Call
    inbox: Inbox
    simple: bool = False
    "the join asked for whole values instead of edits"
    ready: trio.Event = field(default_factory=trio.Event)
    "set when the arguments are here; on private streams they come later"
    stage: Stage = Stage.WAITING
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    alive: bool = True
    "whether anybody wants to hear of it"
    iterating: bool = False
    "whether it is a generator that has yielded"

    @property
    def event_id(self) -> str:
        return self.call.event_id

    def post(self, data: list[Any]) -> None:
        """The arguments have come."""
        self.call.data = data
        self.ready.set()


class Queue:
    """All jobs of one start of the app."""

    def __init__(self, behaviour: Behaviour, *, max_size: int | None, show_error: bool) -> None:
        self.ended: Ledger[str] = Ledger("events that ended")
        self.messages = Messages(behaviour)
        self.sessions: dict[str, Session] = {}
        self.jobs: dict[str, Job] = {}
        self._waiting: list[Job] = []
        self._running: Counter[int] = Counter()
        self._generators: dict[tuple[str, str], AsyncGenerator[list[Any], None]] = {}
        self._manners = behaviour
        self._max_size = max_size
        self._show_error = show_error

    def session(self, session_hash: str) -> Session:
        return self.sessions.setdefault(session_hash, Session(session_hash))

    def find(self, event_id: str) -> Job | None:
        return self.jobs.get(event_id)

    def inbox(self, session: Session) -> Inbox:
        """Where the messages of the session's next job go."""
        if self._manners.asks_for_data:
            return Inbox()
        session.inbox = session.inbox or Inbox()
        return session.inbox

    def join(self, job: Job, spawn: Spawn) -> None:
        """Take a job in; it starts at once if its function has room."""
        job.call.say = partial(self._pass_on, job)
        if self._max_size is not None and len(self._waiting) >= self._max_size:
            raise QueueFull(self._max_size)
        self.jobs[job.event_id] = job
        self._waiting.append(job)
        job.session.pending.add(job.event_id)
        self._estimate(job)
        self._start_waiting(spawn)

    def cancel(self, session_hash: str, index: int, event_id: str, spawn: Spawn) -> None:
        """Stop all running jobs of this session and function; complete the event that was named.

        If that is a generator which has yielded, it is stopped whatever the index (5.50, 6.31).
        """
        named, session = self.find(event_id), self.session(session_hash)
        for job in [job for job in self.jobs.values() if job.stage is Stage.RUNNING]:
            of_function = (job.session.hash, job.index) == (session_hash, index)
            if of_function or (job is named and job.iterating):
                job.scope.cancel()
        if named and named.stage is Stage.WAITING and self._manners.cancel_unqueues:
            self._end(named, spawn)
        if session.inbox and event_id in session.pending:
            session.inbox.put(self.messages.completed(event_id, {}))

    def reset(self, event_id: str) -> None:
        """Stop a generator without a word."""
        job = self.find(event_id)
        if job and job.function.generator:
            job.alive = False
            if self._manners.private_streams:
                job.inbox.close()

    def drop(self, session: Session, spawn: Spawn) -> None:
        """The session's stream is gone, and with it all that was pending there."""
        if self._manners.resumable:
            return
        if session.inbox:
            session.inbox.close()
        session.inbox = None
        for job in [job for job in self.jobs.values() if job.session is session]:
            self.abandon(job, spawn)

    def abandon(self, job: Job, spawn: Spawn) -> None:
        """Nobody listens to this job any more."""
        job.alive = False
        if job.stage is Stage.WAITING:
            self._end(job, spawn)
        elif not job.ready.is_set():
            job.scope.cancel()  # its arguments will never come

    def failure(self, error: AppFails | AppCrashes, *, late: bool) -> Message:
        """The `output` of a failed job, or the body of a failed direct call."""
        since = self._manners.since
        if isinstance(error, AppFails):
            text = repr(str(error)) if self._manners.quoted_errors else str(error)
            looks = {"duration": 10, "visible": True} if since(4, 37, 1) else {}
            return {"error": text, **looks, **({"title": error.title} if since(5, 2) else {})}
        if self._show_error:
            return {"error": str(error), **({"visible": True} if since(6) else {})}
        return {"error": "None" if late and self._manners.spelled_none else None}

    async def once(self, function: Function, call: Call) -> Message:
        """Run a function outside the queue; of a generator, its first value."""
        if function.plain:
            data = self._dressed(call, await function.plain(call))
            return self.messages.output(data, generating=False)
        assert function.generator is not None
        if not self._manners.since(4):
            return await self._step(function, call)
        async with aclosing(function.generator(call)) as values:
            data = await anext(values, [None] * len(function.outputs))
            return self.messages.output(data, generating=True)

    async def _step(self, function: Function, call: Call) -> Message:
        """The next value of a generator, which 3.x keeps by session and function."""
        assert function.generator is not None
        key = (call.session_hash, call.name)
        values = self._generators.pop(key, None) or function.generator(call)
        try:
            data = await anext(values)
        except StopAsyncIteration:
            return self.messages.output([None] * len(function.outputs), generating=False)
        self._generators[key] = values
        return self.messages.output(data, generating=True)

    def _estimate(self, job: Job) -> None:
        rank, size = self._waiting.index(job), len(self._waiting)
        self._say(job, self.messages.estimation(job.event_id, rank, size))

    def _start_waiting(self, spawn: Spawn) -> None:
        for job in tuple(self._waiting):
            if self._running[job.index] < job.function.limit:
                self._waiting.remove(job)
                self._running[job.index] += 1
                job.stage = Stage.RUNNING
                spawn(self._run, job, spawn)
                for other in self._waiting:
                    self._estimate(other)

    def _end(self, job: Job, spawn: Spawn) -> None:
        if job.stage is Stage.WAITING:
            self._waiting.remove(job)
        else:
            self._running[job.index] -= 1
        job.stage = Stage.ENDED
        self.ended.append(job.event_id)
        del self.jobs[job.event_id]
        self._start_waiting(spawn)

    def _pass_on(self, job: Job, name: str, content: Any) -> None:
        """What a function says while it runs."""
        if name == "progress":
            self._say(job, self.messages.progress(job.event_id, content))
        elif name != "success" or self._manners.announces_success:
            self._say(job, self.messages.log(job.event_id, name, content))

    def _say(self, job: Job, message: Message) -> None:
        if job.alive:
            job.inbox.put(message)

    async def _run(self, job: Job, spawn: Spawn) -> None:
        with job.scope:
            if self._manners.asks_for_data:
                self._say(job, self.messages.send_data(job.event_id))
            await job.ready.wait()
            self._say(job, self.messages.process_starts(job.event_id))
            self._say(job, await self._outcome(job))
        self._end(job, spawn)

    async def _outcome(self, job: Job) -> Message:
        late = job.function.generator is not None
        try:
            data = await self._perform(job)
        except (AppFails, AppCrashes) as error:
            title = error.title if isinstance(error, AppFails) else "Error"
            output = self.failure(error, late=late)
            return self.messages.completed(job.event_id, output, title=None if late else title)
        generating = late and self._manners.repeats_last_value
        return self.messages.completed(
            job.event_id, self.messages.output(data, generating=generating)
        )

    async def _perform(self, job: Job) -> list[Any]:
        if job.function.plain:
            return self._dressed(job.call, await job.function.plain(job.call))
        assert job.function.generator is not None
        shown: list[Any] | None = None
        async with aclosing(job.function.generator(job.call)) as values:
            async for value in values:
                if not job.alive and self._manners.drop_stops_generators:
                    break
                job.iterating = True
                self._say(job, self._generating(job, shown, value))
                shown = value
        return [None] * len(job.function.outputs) if shown is None else shown

    def _generating(self, job: Job, shown: list[Any] | None, value: list[Any]) -> Message:
        data = value
        if shown is not None and self._manners.edits and not job.simple:
            shifted = self._manners.shifted_deletes
            data = [server_edits(*pair, shifted=shifted) for pair in zip(shown, value, strict=True)]
        return self.messages.generating(job.event_id, data)

    def _dressed(self, call: Call, data: list[Any]) -> list[Any]:
        root = f"http://{call.request.header('host')}"
        return [dressed(value, self._manners, root) for value in data]

"""The switchboard of one client: its sessions, its one lock, and the loops that read streams.

The lock guards the core's machines and the tables beside them, never I/O and never user code.
Each step under it returns orders, which are obeyed outside of it, in turn.

A flow is resumed by one thread at a time: while it waits for its session it is only an entry in
a table, and costs no thread. Whoever brings the answer resumes it, and goes on with it until it
waits again; if it asks for I/O, that moves to an I/O thread.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import assert_never

from gradio_protocol import (
    AnyAction,
    Contact,
    Dismiss,
    Done,
    Ending,
    Flow,
    GradioError,
    InvalidArguments,
    JobCancelled,
    Leave,
    Listen,
    Order,
    Question,
    Resume,
    Send,
    Session,
    Sleep,
    StreamReader,
    Tell,
    TransportFailed,
    dismiss,
)

from .http import Silent
from .perform import IO, Performer, run
from .seated import Seated
from .threads import Crew
from .wire import Wire

Step = Callable[[], "AnyAction | Done[object]"]


class Switchboard:
    """See the module; thread-safe."""

    def __init__(self, contact: Contact, performer: Performer, *, max_workers: int) -> None:
        self.contact = contact
        self.lock = threading.Lock()
        self.crew = Crew()
        self.connections = performer.connections
        self._performer = performer
        self._max_workers = max_workers
        self._running = 0
        self._waiting: dict[int, Seated] = {}
        self._seated: dict[int, Seated] = {}
        self._sessions: set[Session] = set()
        self._left: weakref.WeakSet[Session] = weakref.WeakSet()
        self._readers: dict[tuple[int, int, int], Reader] = {}
        self._closed = False

    # Sessions and jobs come and go.

    def open(self, session: Session) -> None:
        """Take a session in, so that `close` closes it."""
        with self.lock:
            self._sessions.add(session)

    def retire(self, session: Session) -> None:
        """No more jobs will come for this session."""
        with self.lock:
            self._sessions.discard(session)
            orders = session.retire()
        self.obey(session, orders)

    def start(self, seated: Seated) -> None:
        """Let a flow begin, as soon as fewer than `max_workers` jobs are in flight.

        Raises InvalidArguments if the client, or its session, was closed.
        """
        with self.lock:
            if self._closed:
                raise InvalidArguments("the client was closed")
            if seated.session in self._left:
                raise InvalidArguments("the session was closed")
            self._seated[seated.ticket] = seated
            if self._running >= self._max_workers:
                self._waiting[seated.ticket] = seated
                return
            self._running += 1
        self._move(seated, seated.flow.start)

    def cancel(self, seated: Seated) -> None:
        """The caller no longer wants this job.

        What it sends or fetches is cut, but for a join, which would run all the same.
        """
        with self.lock:
            joining = seated.session.joining(seated.ticket)
            orders = seated.session.cancel(seated.ticket)
            if self._waiting.pop(seated.ticket, None) is not None:
                self._seated.pop(seated.ticket, None)
                orders += seated.session.release(seated.ticket)
            sleeps = seated.rouse()
        if sleeps:
            self._move(seated, seated.awake)
        if not joining:
            seated.wire.cut()
        self.obey(seated.session, orders)

    def leave(self, session: Session) -> None:
        """End all jobs and streams of one session."""
        with self.lock:
            self._sessions.discard(session)
            self._left.add(session)
            seated = [one for one in self._seated.values() if one.session is session]
            orders = session.close()
            for one in seated:
                if self._waiting.pop(one.ticket, None) is not None:
                    self._seated.pop(one.ticket, None)
            sleeping = [one for one in seated if one.rouse()]
        for one in seated:
            one.watcher.raised(JobCancelled("the session was closed"))
            one.wire.cut()
        for one in sleeping:
            self._move(one, one.awake)
        self.obey(session, orders)

    def close(self) -> None:
        """End all jobs and streams; idempotent."""
        with self.lock:
            if self._closed:
                return
            self._closed = True
            seated, readers = list(self._seated.values()), list(self._readers.values())
            sessions = self._sessions | {one.session for one in seated}
            orders = [(session, session.close()) for session in sessions]
            known = self.contact.close()
            self._waiting.clear()
        for one in seated:
            one.watcher.raised(JobCancelled("the client was closed"))
        for reader in readers:
            reader.leave()
        for session, todo in orders:
            self.obey(session, todo)
        for resumed in known:
            self._resume(resumed, may_block=False)
        self._performer.close()
        self.crew.close()

    # Obeying orders.

    def obey(self, session: Session, orders: list[Order], *, may_block: bool = False) -> None:
        """Do what a session orders, and what comes of it; `may_block` on an I/O thread."""
        todo = deque((session, order) for order in orders)
        while todo:
            owner, order = todo.popleft()
            match order:
                case Resume():
                    todo += self._resume(order, may_block=may_block and not todo)
                case Listen():
                    self._listen(owner, order)
                case Leave():
                    reader = self._readers.get((id(owner), order.key, order.epoch))
                    if reader is not None:
                        reader.leave()
                case Dismiss():
                    self._dismiss(owner, order)
                case _:
                    assert_never(order)

    def _listen(self, session: Session, order: Listen) -> None:
        reader = Reader(self, session, order)
        with self.lock:
            self._readers[reader.name] = reader
        if order.after:
            self.crew.later(order.after, lambda: self._read(reader))
        else:
            self._read(reader)

    def _read(self, reader: Reader) -> None:
        try:
            self.crew.spawn(reader.run)
        except RuntimeError as error:
            reader.report(Ending.CUT, reader.broken(error))

    def left(self, reader: Reader) -> None:
        """A reader has ended."""
        with self.lock:
            self._readers.pop(reader.name, None)

    def _dismiss(self, session: Session, order: Dismiss) -> None:
        def work() -> None:
            try:
                run(Flow(dismiss(order)), self._performer)
            finally:
                with self.lock:
                    orders = session.dismissed(order.event_id)
                self.obey(session, orders, may_block=True)

        self.crew.submit(work)

    # Resuming flows.

    def _resume(self, order: Resume, *, may_block: bool) -> list[tuple[Session, Order]]:
        seated = self._seated.get(order.ticket)
        if seated is None:
            return []
        return self._advance(seated, lambda: seated.flow.resume(order.reply), may_block=may_block)

    def _go_on(self, seated: Seated, step: Step) -> None:
        """On an I/O thread: go on with a flow, and with what comes of that."""
        for session, order in self._advance(seated, step, may_block=True):
            self.obey(session, [order], may_block=True)

    def _advance(
        self, seated: Seated, step: Step, *, may_block: bool
    ) -> list[tuple[Session, Order]]:
        """Take a flow as far as it goes on this thread; returns the orders that come of it."""
        flow = seated.flow
        try:
            action = step()
            while True:
                match action:
                    case Done():
                        seated.watcher.returned(action.value)
                        return self._release(seated)
                    case Tell():
                        seated.watcher.tell(action.news)
                        action = flow.resume(None)
                    case Sleep():
                        with self.lock:
                            pause = seated.rest()
                        seconds = 0 if seated.is_unwanted else action.seconds
                        self.crew.later(seconds, partial(self._wake, seated, pause))
                        return []
                    case Question():
                        with self.lock:
                            orders = seated.session.ask(action, time.monotonic())
                        # From here on another thread may be resuming this flow.
                        return [(seated.session, order) for order in orders]
                    case Send(patience=math.inf):
                        # A direct call lasts as long as its job: it must not take an I/O thread.
                        work = partial(self._perform, seated, action)
                        self.crew.spawn(partial(self._go_on, seated, work))
                        return []
                    case _ if may_block:
                        action = self._perform(seated, action)
                    case _:
                        self._move(seated, partial(self._perform, seated, action))
                        return []
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job must end with it
            seated.watcher.raised(error)
            return self._release(seated)

    def _wake(self, seated: Seated, pause: object) -> None:
        with self.lock:
            due = seated.wakes(pause)
        if due:
            self._move(seated, seated.awake)

    def _move(self, seated: Seated, step: Step) -> None:
        """Go on with a flow on an I/O thread."""
        if not self._moved(seated, step):
            for session, order in self._release(seated):
                self.obey(session, [order])

    def _moved(self, seated: Seated, step: Step) -> bool:
        """Whether it could be moved; otherwise its job has failed."""
        try:
            self.crew.submit(lambda: self._go_on(seated, step))
        except RuntimeError as error:  # there are no more threads
            seated.watcher.raised(error)
            return False
        return True

    def _perform(self, seated: Seated, action: IO) -> AnyAction | Done[object]:
        try:
            reply = self._performer.perform(action, seated.watcher.tell, seated.wire)
        except GradioError as error:
            if seated.wire.is_cut:
                raise JobCancelled("the job was cancelled") from error
            return seated.flow.fail(error)
        return seated.flow.resume(reply)

    def _release(self, seated: Seated) -> list[tuple[Session, Order]]:
        """A flow has ended: the next one takes its place, or one after that if it cannot begin."""
        todo: list[tuple[Session, Order]] = []
        while True:
            with self.lock:
                todo += [(seated.session, order) for order in seated.session.release(seated.ticket)]
                self._seated.pop(seated.ticket, None)
                first = next(iter(self._waiting), 0)
                following = self._waiting.pop(first, None)
                if following is None:
                    self._running -= 1
                    return todo
            if self._moved(following, following.flow.start):
                return todo
            seated = following


class Reader:
    """Reads one opening of one stream, on a thread of its own."""

    def __init__(self, board: Switchboard, session: Session, order: Listen) -> None:
        self._board = board
        self._session = session
        self._order = order
        self._wire = Wire()
        self.name = (id(session), order.stream.key, order.epoch)

    def leave(self) -> None:
        """End the reading, from any thread."""
        self._wire.cut()

    def run(self) -> None:
        """Read the stream to its end and report what it says."""
        try:
            ended = self._read()
        except Silent:
            ended = Ending.SILENT, None
        except GradioError as error:
            ended = Ending.of(error), error
        except Exception as error:  # noqa: BLE001 - whatever it is, jobs wait for this stream
            ended = Ending.CUT, self.broken(error)
        if ended is None:
            self._board.left(self)
        else:
            self.report(*ended)

    def report(self, ended: Ending, error: GradioError | None) -> None:
        """The stream is over, and so."""
        self._board.left(self)
        with self._board.lock:
            orders = self._session.ended(self._order.stream.key, self._order.epoch, ended, error)
        self._board.obey(self._session, orders)

    def broken(self, error: Exception) -> TransportFailed:
        """What is no error of ours, as one."""
        failed = TransportFailed(f"{self._order.stream.request!r}: {error!r}")
        failed.__cause__ = error
        return failed

    def _read(self) -> tuple[Ending, GradioError | None] | None:
        """How the stream ended; None: it is not to be reported."""
        stream, epoch = self._order.stream, self._order.epoch
        connections = self._board.connections
        with connections.open_stream(stream, self._wire) as (head, chunks):
            with self._board.lock:
                opening = self._session.opened(stream.key, epoch, head)
            self._board.obey(self._session, opening.orders)
            if not opening.read:
                return None
            reader = StreamReader(stream.kind, self._board.contact.app.dialect)
            for chunk in chunks:
                deliveries = reader.feed(chunk)
                with self._board.lock:
                    orders = self._session.deliver(stream.key, epoch, deliveries)
                self._board.obey(self._session, orders)
        return Ending.FINISHED, None

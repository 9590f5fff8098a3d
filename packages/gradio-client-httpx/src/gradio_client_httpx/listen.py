"""The switchboard of one client: its sessions, its one lock, and the loops that read streams.

The lock guards the core's machines and the tables beside them, never I/O and never user code.
Each step under it returns orders, which are obeyed outside of it, in turn.

While a flow waits for its session it is only an entry in a table, and costs no thread. Whoever
brings the answer goes on with it until it waits again; if it asks for I/O, that has another thread.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeAlias, assert_never

from gradio_protocol import (
    AnyAction,
    CheckApp,
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
    Turns,
    check_app,
    dismiss,
)

from .perform import IO, Performer, run
from .seated import Seated
from .threads import Crew
from .wire import Wire

Step: TypeAlias = Callable[[], AnyAction | Done[object]]
Owned: TypeAlias = tuple[Session, Order]
"An order, and the session that gave it."
End: TypeAlias = tuple[Ending, GradioError | None]
"How a stream ended, and the error that says more."


class Switchboard:
    """See the module; thread-safe."""

    def __init__(self, contact: Contact, performer: Performer, *, max_workers: int) -> None:
        self.contact = contact
        self.lock = threading.Lock()
        self.crew = Crew()
        self.connections = performer.connections
        self._performer = performer
        self._turns = Turns[Seated](max_workers)
        self._sessions: set[Session] = set()
        self._readers: dict[tuple[int, int, int], Reader] = {}
        self._watching = False
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
            if seated.session.closed:
                raise InvalidArguments("the session was closed")
            begins = self._turns.add(seated)
        if begins:
            self._move(seated, seated.flow.start)

    def cancel(self, seated: Seated) -> None:
        """Cut what this job sends or fetches, but for a join, which would run all the same."""
        with self.lock:
            joining = seated.session.joining(seated.ticket)
            orders = seated.session.cancel(seated.ticket)
            if self._turns.withdraw(seated):
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
            seated = [one for one in self._turns if one.session is session]
            joining = [one for one in seated if session.joining(one.ticket)]
            orders = session.close()
            for one in seated:
                self._turns.withdraw(one)
            sleeping = [one for one in seated if one.rouse()]
        for one in seated:
            one.watcher.raised(JobCancelled("the session was closed"))
            if one not in joining:  # a join that is cut would run all the same
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
            seated, readers = list(self._turns), list(self._readers.values())
            sessions = self._sessions | {one.session for one in seated}
            orders = [(session, order) for session in sessions for order in session.close()]
            known = self.contact.close()
            for one in seated:
                self._turns.withdraw(one)
        for one in seated:
            one.watcher.raised(JobCancelled("the client was closed"))
        for reader in readers:
            reader.wire.cut()
        self._obey(orders, may_block=False)
        for resumed in known:
            self._resume(resumed, may_block=False)
        self._performer.close()
        self.crew.close()

    # Obeying orders.

    def obey(self, session: Session, orders: list[Order], *, may_block: bool = False) -> None:
        """Do what a session orders, and what comes of it; `may_block` on an I/O thread."""
        self._obey([(session, order) for order in orders], may_block=may_block)

    def _obey(self, orders: list[Owned], *, may_block: bool) -> None:
        todo = deque(orders)
        while todo:
            owner, order = todo.popleft()
            match order:
                case Resume():
                    # While one flow is gone on with right here, no other must wait for that.
                    todo += self._resume(order, may_block=may_block and not todo)
                case Listen():
                    self._listen(owner, order)
                case Leave():
                    reader = self._readers.get((id(owner), *order.name))
                    if reader is not None:
                        reader.wire.cut()
                case Dismiss():
                    self._dismiss(owner, order)
                case CheckApp():
                    self._check(owner, order)
                case _:
                    assert_never(order)

    def _listen(self, session: Session, order: Listen) -> None:
        reader = Reader(self, session, order)
        with self.lock:
            self._readers[reader.name] = reader
        self._read(reader, order.after)

    def _read(self, reader: Reader, after: float) -> None:
        try:
            if after:
                self.crew.later(after, partial(self._read, reader, 0))
            else:
                self.crew.spawn(reader.run)
        except RuntimeError as error:  # there are no more threads
            self.left(reader, reader.broken(error))

    def left(self, reader: Reader, ended: End | None) -> None:
        """A reader has ended."""
        with self.lock:
            self._readers.pop(reader.name, None)
            orders = reader.session.ended(*reader.order.name, *ended) if ended else []
        self.obey(reader.session, orders)

    def watch(self) -> None:
        """See to it that somebody looks for streams that are silent."""
        with self.lock:
            begins, self._watching = not self._watching, True
        if begins:
            self._look()

    def _look(self) -> None:
        """Report the streams that are silent, and look again when the next one may be."""
        now, orders = time.monotonic(), list[Owned]()
        with self.lock:
            readers = list(self._readers.values())
            for reader in readers:
                orders += [(reader.session, order) for order in reader.silent(now)]
            due = min((reader.due for reader in readers), default=math.inf)
            self._watching = due < math.inf
        if due < math.inf:
            self.crew.later(due - now, self._look)
        self._obey(orders, may_block=False)

    def _check(self, session: Session, order: CheckApp) -> None:
        def work() -> None:
            why: GradioError | None = None
            try:
                why = run(Flow(check_app(order)), self._performer)
            finally:
                self._checked(session, order, why, may_block=True)

        try:
            self.crew.submit(work)
        except RuntimeError:  # there are no more threads: it is asked after the next silence
            self._checked(session, order, None, may_block=False)

    def _checked(
        self, session: Session, order: CheckApp, why: GradioError | None, *, may_block: bool
    ) -> None:
        with self.lock:
            orders = session.checked(*order.name, why)
        self.obey(session, orders, may_block=may_block)

    def _dismiss(self, session: Session, order: Dismiss) -> None:
        def work() -> None:
            try:
                run(Flow(dismiss(order)), self._performer)
            finally:
                self._dismissed(session, order, may_block=True)

        try:
            self.crew.submit(work)
        except RuntimeError:  # there are no more threads: the server hears nothing of it
            self._dismissed(session, order, may_block=False)

    def _dismissed(self, session: Session, order: Dismiss, *, may_block: bool) -> None:
        with self.lock:
            orders = session.dismissed(order.event_id)
        self.obey(session, orders, may_block=may_block)

    # Resuming flows.

    def _resume(self, order: Resume, *, may_block: bool) -> list[Owned]:
        seated = self._turns.get(order.ticket)
        if seated is None:
            return []
        return self._advance(seated, lambda: seated.flow.resume(order.reply), may_block=may_block)

    def _go_on(self, seated: Seated, step: Step) -> None:
        """On an I/O thread: go on with a flow, and with what comes of that."""
        self._obey(self._advance(seated, step, may_block=True), may_block=True)

    def _advance(self, seated: Seated, step: Step, *, may_block: bool) -> list[Owned]:
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
            self._obey(self._release(seated), may_block=False)

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

    def _release(self, seated: Seated) -> list[Owned]:
        """A flow has ended: the next one takes its place, or one after that if it cannot begin."""
        todo: list[Owned] = []
        while True:
            with self.lock:
                todo += [(seated.session, order) for order in seated.session.release(seated.ticket)]
                following = self._turns.remove(seated)
            if following is None or self._moved(following, following.flow.start):
                return todo
            seated = following


class Reader:
    """Reads one opening of one stream, on a thread of its own."""

    def __init__(self, board: Switchboard, session: Session, order: Listen) -> None:
        self._board = board
        self.session = session
        self.order = order
        self.wire = Wire()
        self.name = (id(session), *order.name)
        self.due = math.inf
        "When it is silent, unless something comes before."

    def run(self) -> None:
        """Read the stream to its end and report what it says."""
        self._wait()
        try:
            self._board.watch()
            ended = self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, jobs wait for this stream
            ended = self.broken(error)
        self._board.left(self, ended)

    def silent(self, now: float) -> list[Order]:
        """What follows, if it is silent; for the holder of the lock."""
        if now < self.due:
            return []
        self._wait()
        return self.session.silent(*self.order.name)

    def _wait(self) -> None:
        self.due = time.monotonic() + self.order.stream.idle

    def broken(self, error: Exception) -> End:
        """How the stream has ended if this was raised; what is no error of ours becomes one."""
        if not isinstance(error, GradioError):
            failed = TransportFailed(f"{self.order.stream.request!r}: {error!r}")
            failed.__cause__ = error
            return Ending.CUT, failed
        return Ending.of(error), error

    def _read(self) -> End | None:
        """How the stream ended; None: it is not to be reported."""
        board, session, order = self._board, self.session, self.order
        with board.connections.open_stream(order.stream, self.wire) as (head, chunks):
            self._wait()
            with board.lock:
                opening = session.opened(*order.name, head)
            board.obey(session, opening.orders)
            if not opening.read:
                return None
            reader = StreamReader(order.stream.kind, board.contact.app.dialect)
            for chunk in chunks:
                self._wait()
                deliveries = reader.feed(chunk)
                with board.lock:
                    orders = session.deliver(*order.name, deliveries)
                board.obey(session, orders)
        return Ending.FINISHED, None

"""The switchboard of one client: its sessions, its tasks, and the loops that read streams.

There is no lock: between two checkpoints nobody else runs, and no call of the core's machines
has one. Each step returns orders, which are obeyed at once, in turn: those that come of obeying
one wait until it is done.

While a flow waits for its session it is only an entry in a table, and costs no task. Whoever
brings the answer goes on with it until it waits again; if it asks for I/O, a task does that: one of
a few that all exchanges share, its own for what lasts. `close` ends all tasks within `GRACE`
seconds. Nothing that a flow raises leaves its task.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeAlias, assert_never

import trio

from gradio_protocol import (
    AnyAction,
    CheckApp,
    Contact,
    Dismiss,
    Done,
    Ending,
    Flow,
    GradioError,
    Head,
    InvalidArguments,
    JobCancelled,
    Leave,
    Listen,
    Order,
    Question,
    RemoteError,
    Resume,
    Session,
    StreamReader,
    Tell,
    Turns,
    check_app,
    dismiss,
)

from .http import REQUESTS
from .perform import IO, Performer, run
from .seated import Seated
from .tasks import Crew

Step: TypeAlias = Callable[[], AnyAction | Done[object]]
Owned: TypeAlias = tuple[Session, Order]
"An order, and the session that gave it."

GRACE = 2.0
"Seconds for what must still be said to the server when nobody wants to hear its answer."


class Switchboard:
    """See the module."""

    def __init__(
        self, contact: Contact, performer: Performer, nursery: trio.Nursery, *, max_workers: int
    ) -> None:
        self.contact = contact
        self.http = performer.http
        self.crew = Crew(nursery, REQUESTS)
        self.closed = False
        self._performer = performer
        self._turns = Turns[Seated](max_workers)
        self._sessions: set[Session] = set()
        self._readers: dict[tuple[int, int, int], Reader] = {}
        self._todo = deque[Owned]()
        self._obeying = False

    # Sessions and jobs come and go.

    def open(self, session: Session) -> None:
        """Take a session in, so that `close` closes it."""
        self._sessions.add(session)

    @trio.lowlevel.enable_ki_protection
    def retire(self, session: Session) -> None:
        """No more jobs will come for this session."""
        self._sessions.discard(session)
        self.obey(session, session.retire())

    @trio.lowlevel.enable_ki_protection
    def start(self, seated: Seated) -> None:
        """Let a flow begin, as soon as fewer than `max_workers` jobs are in flight.

        Raises InvalidArguments if the client was closed.
        """
        if self.closed:
            raise InvalidArguments("the client was closed")
        if self._turns.add(seated):
            self._move(seated, seated.flow.start)

    @trio.lowlevel.enable_ki_protection
    def cancel(self, seated: Seated) -> None:
        """The caller no longer wants this job."""
        # A join that is given up now would run all the same, under an id that nobody knows.
        seated.hurry(GRACE if seated.session.joining(seated.ticket) else 0)
        orders = seated.session.cancel(seated.ticket)
        if self._turns.withdraw(seated):
            orders += seated.session.release(seated.ticket)
        self.obey(seated.session, orders)

    @trio.lowlevel.enable_ki_protection
    def leave(self, session: Session) -> None:
        """End all jobs and streams of one session."""
        self._call_off([one for one in self._turns if one.session is session], "the session")
        self._sessions.discard(session)
        self.obey(session, session.close())

    @trio.lowlevel.enable_ki_protection
    async def close(self) -> None:
        """End all jobs and streams, and wait until nothing of them is left; idempotent."""
        self.closed = True
        with trio.CancelScope(shield=True):
            try:
                with trio.move_on_after(GRACE):
                    self._call_off([*self._turns], "the client")
                    self._leave()
                    await self.crew.until(self._has_told)
                    self._cut()
                    await self.crew.gone()
            finally:  # an interrupt is no reason to leave anything behind
                self._cut()
                self.crew.end()
            await self.crew.gone()
            await self.http.aclose()

    def _call_off(self, seats: list[Seated], closed: str) -> None:
        """End these jobs, of which a join in flight goes on: it would run all the same."""
        for seated in seats:
            seated.watcher.raised(JobCancelled(f"{closed} was closed"))
            seated.hurry(GRACE if seated.session.joining(seated.ticket) else 0)
            self._turns.withdraw(seated)

    def _leave(self) -> None:
        """Close all sessions, which tells the server to end what it still does for us."""
        for session in self._sessions | {one.session for one in self._turns}:
            self.obey(session, session.close())
        for resumed in self.contact.close():
            self._resume(resumed)

    def _has_told(self) -> bool:
        """Whether the server was told: no join is in flight, and no stream about to open."""
        joining = any(one.session.joining(one.ticket) for one in self._turns)
        return not joining and not any(one.opening for one in self._readers.values())

    def _cut(self) -> None:
        """End what is still under way."""
        for reader in self._readers.values():
            reader.scope.cancel()
            reader.checking.cancel()
        self.crew.end_asides()
        for seated in self._turns:
            seated.hurry(0)

    # Obeying orders.

    @trio.lowlevel.enable_ki_protection
    def obey(self, session: Session, orders: list[Order]) -> None:
        """Do what a session orders, and what comes of it."""
        self._todo += [(session, order) for order in orders]
        if self._obeying:
            return
        self._obeying = True
        try:
            while self._todo:
                self._obey(*self._todo.popleft())
        finally:
            self._obeying = False

    def _obey(self, session: Session, order: Order) -> None:
        match order:
            case Resume():
                self._resume(order)
            case Listen():
                self._listen(session, order)
            case Leave():
                reader = self._readers.get((id(session), *order.name))
                if reader is not None:
                    reader.scope.cancel()
            case Dismiss():
                self._dismiss(session, order)
            case CheckApp():
                self._check(session, order)
            case _:
                assert_never(order)

    def _listen(self, session: Session, order: Listen) -> None:
        reader = Reader(self, session, order)
        self._readers[reader.name] = reader
        self.crew.spawn(reader.run, reader.scope)

    def left(self, reader: Reader) -> None:
        """A reader has ended."""
        self._readers.pop(reader.name, None)
        reader.checking.cancel()

    def _check(self, session: Session, order: CheckApp) -> None:
        async def work() -> None:
            why: GradioError | None = None
            try:
                why = await run(Flow(check_app(order)), self._performer.answer)
            finally:
                self.obey(session, session.checked(*order.name, why))

        reader = self._readers[(id(session), *order.name)]
        reader.checking = trio.CancelScope()
        self.crew.spawn(work, reader.checking)

    def _dismiss(self, session: Session, order: Dismiss) -> None:
        async def work() -> None:
            try:
                await run(Flow(dismiss(order)), self._performer.answer)
            finally:
                self.obey(session, session.dismissed(order.event_id))

        self.crew.spawn(work)

    # Resuming flows.

    def _resume(self, order: Resume) -> None:
        seated = self._turns.get(order.ticket)
        if seated is not None:
            self._advance(seated, partial(seated.flow.resume, order.reply))

    async def _go_on(self, seated: Seated, step: Step | None = None) -> None:
        """In a task: do what a flow asks for, until it waits for its session or has ended."""
        over, brief = False, seated.brief
        try:
            with seated.patience():
                if step is not None:
                    # What is cancelled at its caller's next checkpoint has sent nothing.
                    await trio.lowlevel.checkpoint()
                    self._advance(seated, step)
                while seated.wanted is not None and seated.brief is brief:
                    action, seated.wanted = seated.wanted, None
                    self._advance(seated, await self._perform(seated, action))
                over = True
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must end with it
            over = True
            self._fail(seated, error)
        finally:
            seated.let_go()
            if not over:
                self._fail(seated, JobCancelled("the job was cancelled"))
        if seated.wanted is not None:
            self._move(seated)

    def _advance(self, seated: Seated, step: Step) -> None:
        """Take a flow as far as it goes without I/O."""
        try:
            action = step()
            while isinstance(action, Tell):
                seated.watcher.tell(action.news)
                action = seated.flow.resume(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must end with it
            self._fail(seated, error)
            return
        match action:
            case Question():
                orders = seated.session.ask(action, trio.current_time())
                if orders:
                    self.obey(seated.session, orders)
            case Done():
                try:
                    seated.watcher.returned(action.value)
                finally:
                    self._release(seated)
            case _:
                seated.wanted = action
                if not seated.busy:
                    self._move(seated)

    def _move(self, seated: Seated, step: Step | None = None) -> None:
        """Go on with a flow in a task."""
        go_on = self.crew.submit if seated.brief else self.crew.spawn
        go_on(partial(self._go_on, seated, step))

    async def _perform(self, seated: Seated, action: IO) -> Step:
        try:
            reply = await self._performer.perform(action, seated.watcher.tell)
        except GradioError as error:
            return partial(seated.flow.fail, error)
        return partial(seated.flow.resume, reply)

    def _fail(self, seated: Seated, error: Exception) -> None:
        seated.watcher.raised(error)
        self._release(seated)

    def _release(self, seated: Seated) -> None:
        """A flow has ended: the next one takes its place."""
        orders = seated.session.release(seated.ticket)
        following = self._turns.remove(seated)
        self.crew.departed()
        if following is not None:
            self._move(following, following.flow.start)
        self.obey(seated.session, orders)


class Reader:
    """Reads one opening of one stream, in a task of its own."""

    def __init__(self, board: Switchboard, session: Session, order: Listen) -> None:
        self._board = board
        self._session = session
        self._order = order
        self._parser: StreamReader
        self.scope = trio.CancelScope()
        self.checking = trio.CancelScope()
        "Of the task that asks whether the app is still there; it ends with the reader."
        self.opening = True
        self.name = (id(session), *order.name)

    async def run(self) -> None:
        """Read the stream to its end and report what it says."""
        stream, epoch = self._order.stream, self._order.epoch
        try:
            if self._order.after:
                await trio.sleep(self._order.after)
            ended = await self._read()
        except GradioError as error:
            ended = Ending.of(error), error
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody must wait for this stream
            ended = Ending.CUT, RemoteError(f"reading failed: {error!r}")
        finally:
            self._board.left(self)
        if ended is not None:
            self._board.obey(self._session, self._session.ended(stream.key, epoch, *ended))

    async def _read(self) -> tuple[Ending, GradioError | None] | None:
        """How the stream ended; None: it is not to be reported."""
        stream = self._order.stream
        http = self._board.http
        async with http.stream(stream.request, idle=stream.idle, silent=self._silent) as reply:
            if not self._opened(reply.head):
                return None
            await reply.feed(self._heard)
        return Ending.FINISHED, None

    def _opened(self, head: Head) -> bool:
        opening = self._session.opened(*self._order.name, head)
        self.opening = False
        self._board.crew.departed()
        self._board.obey(self._session, opening.orders)
        dialect = self._board.contact.app.dialect
        self._parser = StreamReader(self._order.stream.kind, dialect)
        return opening.read

    def _silent(self) -> None:
        self._board.obey(self._session, self._session.silent(*self._order.name))

    def _heard(self, chunk: bytes) -> None:
        messages = self._parser.feed(chunk)
        orders = self._session.deliver(*self._order.name, messages)
        self._board.obey(self._session, orders)

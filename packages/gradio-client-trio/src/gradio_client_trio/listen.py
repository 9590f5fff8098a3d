"""The switchboard of one client: its sessions, its one nursery, and the loops that read streams.

There is no lock: between two checkpoints nobody else runs, and no call of the core's machines
has one. Each step returns orders, which are obeyed at once, in turn.

A flow is performed by one task, which sleeps while the session has no answer for it. All tasks
are shielded from what cancels the block that the nursery belongs to: until the block is left
they serve it, and then `close` ends them, within `GRACE` seconds. Nothing that a flow raises
leaves its task.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable
from functools import partial
from typing import TypeVar, assert_never

import trio

from gradio_protocol import (
    Contact,
    Dismiss,
    Done,
    Ending,
    Flow,
    GradioError,
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
    dismiss,
)

from .perform import Performer, run
from .seated import Seated

T = TypeVar("T")

GRACE = 2.0
"Seconds for what must still be said to the server when nobody wants to hear its answer."


class Switchboard:
    """See the module."""

    def __init__(
        self, contact: Contact, performer: Performer, nursery: trio.Nursery, *, max_workers: int
    ) -> None:
        self.contact = contact
        self.http = performer.http
        self.closed = False
        self._performer = performer
        self._nursery = nursery
        self._places = trio.Semaphore(max_workers)
        self._seated: dict[int, Seated] = {}
        self._sessions: set[Session] = set()
        self._readers: dict[tuple[int, int, int], Reader] = {}
        self._tasks: set[trio.CancelScope] = set()
        self._departures = trio.lowlevel.ParkingLot()
        self._asides = trio.CancelScope()

    # Sessions and jobs come and go.

    def open(self, session: Session) -> None:
        """Take a session in, so that `close` closes it."""
        self._sessions.add(session)

    def retire(self, session: Session) -> None:
        """No more jobs will come for this session."""
        self._sessions.discard(session)
        self.obey(session, session.retire())

    def start(self, seated: Seated) -> None:
        """Let a flow begin, as soon as fewer than `max_workers` jobs are in flight."""
        self._seated[seated.ticket] = seated
        self._spawn(partial(self._go_on, seated))

    def cancel(self, seated: Seated) -> None:
        """The caller no longer wants this job."""
        # A join that is given up now would run all the same, under an id that nobody knows.
        seated.hurry(GRACE if seated.session.joining(seated.ticket) else 0)
        self.obey(seated.session, seated.session.cancel(seated.ticket))

    def leave(self, session: Session) -> None:
        """End all jobs and streams of one session."""
        self._sessions.discard(session)
        for seated in [one for one in self._seated.values() if one.session is session]:
            seated.watcher.raised(JobCancelled("the session was closed"))
            seated.hurry(GRACE if session.joining(seated.ticket) else 0)
        self.obey(session, session.close())

    @trio.lowlevel.enable_ki_protection
    async def close(self) -> None:
        """End all jobs and streams, and wait until nothing of them is left; idempotent."""
        self.closed = True
        with trio.CancelScope(shield=True):
            try:
                with trio.move_on_after(GRACE):
                    await self._until_gone(self._call_off(), self._seated)
                    self._leave()
                    await self._until_gone(self._tasks, self._tasks)
            finally:  # an interrupt is no reason to leave anything behind
                self._leave()
                for task in self._tasks:
                    task.cancel()
            await self._until_gone(self._tasks, self._tasks)
            await self.http.aclose()

    def _call_off(self) -> list[int]:
        """End all jobs; returns the tickets of those whose joins are in flight."""
        joining: list[int] = []
        for seated in [*self._seated.values()]:
            seated.watcher.raised(JobCancelled("the client was closed"))
            if seated.session.joining(seated.ticket):
                joining.append(seated.ticket)
                self.cancel(seated)
            else:
                seated.hurry(0)
        return joining

    def _leave(self) -> None:
        """End all streams, which tells the server to end what it still does for us."""
        for session in self._sessions | {one.session for one in self._seated.values()}:
            self.obey(session, session.close())
        for resumed in self.contact.close():
            self._resume(resumed)
        for reader in self._readers.values():
            reader.scope.cancel()
        self._asides.cancel()
        for seated in self._seated.values():
            seated.hurry(0)

    async def _until_gone(self, awaited: Iterable[T], present: Container[T]) -> None:
        while any(one in present for one in awaited):
            await self._departures.park()

    def aside(self, work: Callable[[], None]) -> None:
        """Run something in a thread; nobody waits for it."""
        self._spawn(partial(trio.to_thread.run_sync, work, abandon_on_cancel=True), self._asides)

    def watch(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run a task that ends with the job that it watches."""
        self._spawn(work)

    def _spawn(
        self, work: Callable[[], Awaitable[None]], scope: trio.CancelScope | None = None
    ) -> None:
        """Run a task until it ends, or `close` ends it."""
        scope = scope or trio.CancelScope()
        scope.shield = True
        self._tasks.add(scope)
        self._nursery.start_soon(self._shielded, work, scope)

    # An interrupt is for the program's own task, where it is one error and no group of them.
    @trio.lowlevel.enable_ki_protection
    async def _shielded(self, work: Callable[[], Awaitable[None]], scope: trio.CancelScope) -> None:
        try:
            with scope:
                await work()
        finally:
            self._tasks.discard(scope)
            self._departures.unpark_all()

    # Obeying orders.

    def obey(self, session: Session, orders: list[Order]) -> None:
        """Do what a session orders."""
        for order in orders:
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
                case _:
                    assert_never(order)

    def _listen(self, session: Session, order: Listen) -> None:
        reader = Reader(self, session, order)
        self._readers[reader.name] = reader
        self._spawn(reader.run, reader.scope)

    def left(self, reader: Reader) -> None:
        """A reader has ended."""
        self._readers.pop(reader.name, None)

    def _dismiss(self, session: Session, order: Dismiss) -> None:
        async def work() -> None:
            try:
                await run(Flow(dismiss(order)), self._performer.answer)
            finally:
                self.obey(session, session.dismissed(order.event_id))

        self._spawn(work)

    # Resuming flows.

    def _resume(self, order: Resume) -> None:
        seated = self._seated.get(order.ticket)
        if seated is not None:
            seated.resume(order.reply)

    async def _go_on(self, seated: Seated) -> None:
        """The task of one job."""
        try:
            value = await self._performed(seated)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must end with it
            seated.watcher.raised(error)
        else:
            seated.watcher.returned(value)
        finally:
            self._release(seated)

    async def _performed(self, seated: Seated) -> object:
        await seated.while_wanted(self._places.acquire())
        try:
            return await self._advance(seated)
        finally:
            self._places.release()

    async def _advance(self, seated: Seated) -> object:
        """Take a flow to its end."""
        flow, session, tell = seated.flow, seated.session, seated.watcher.tell
        action = flow.start()
        while True:
            match action:
                case Done():
                    return action.value
                case Tell():
                    tell(action.news)
                    action = flow.resume(None)
                case Question():
                    self.obey(session, session.ask(action, trio.current_time()))
                    action = flow.resume(await seated.answer())
                case _:
                    work = self._performer.perform(action, tell)
                    try:
                        reply = await seated.while_wanted(work)
                    except GradioError as error:
                        action = flow.fail(error)
                    else:
                        action = flow.resume(reply)

    def _release(self, seated: Seated) -> None:
        orders = seated.session.release(seated.ticket)
        self._seated.pop(seated.ticket, None)
        self._departures.unpark_all()
        self.obey(seated.session, orders)


class Reader:
    """Reads one opening of one stream, in a task of its own."""

    def __init__(self, board: Switchboard, session: Session, order: Listen) -> None:
        self._board = board
        self._session = session
        self._order = order
        self.scope = trio.CancelScope()
        self.name = (id(session), *order.name)

    async def run(self) -> None:
        """Read the stream to its end and report what it says."""
        stream, epoch = self._order.stream, self._order.epoch
        try:
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
        stream, epoch = self._order.stream, self._order.epoch
        board, session = self._board, self._session
        async with board.http.stream(stream.request, idle=stream.idle) as reply:
            opening = session.opened(stream.key, epoch, reply.head)
            board.obey(session, opening.orders)
            if not opening.read:
                return None
            reader = StreamReader(stream.kind, board.contact.app.dialect)
            async for chunk in reply:
                board.obey(session, session.deliver(stream.key, epoch, reader.feed(chunk)))
        return Ending.FINISHED, None

"""One client on one thread or in one loop: everything but its I/O.

Where no other thread runs there is no lock to be taken, and a driver's bookkeeping is always the
same. This does it: it holds the app, a session and the flows of its jobs, answers their questions,
and leaves three kinds of work.

1. After whatever happened (a submission, a cancel, a reply, something on a stream) ask for `work`
   and do it, one after the other, until there is none: `Perform`, `Listen`, `Leave`.
2. Each `Perform` is answered exactly once, by `performed` or by `failed`.
3. Whatever comes of a stream goes to `heard`, which says whether to read on. If nothing has come
   for `idle` seconds, say so with `silent`, and read on.
4. A job is over when its life says so; its result is there, too.

Not thread-safe, and no method of it waits for anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from typing import Any, TypeAlias, assert_never

from ..app.access import App
from ..app.endpoint import find
from ..errors import GradioError, InvalidArguments, JobCancelled
from ..jobs.contact import Contact
from ..jobs.diff import History
from ..jobs.orders import CheckApp, Dismiss, Ending, Leave, Listen, Order, Question, Resume
from ..jobs.reader import StreamReader
from ..jobs.session import Session
from ..jobs.stage import Cancelled, JobLife, Raised, Returned
from ..wire.exchange import Head
from .actions import AnyAction, AnyIO, Done, Flow, Tell
from .attempt import Call
from .call import call
from .check import check_app
from .connect import Target, connect
from .leave import dismiss


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """Perform this action; say what came of it under this number."""

    number: int
    action: AnyIO


Work: TypeAlias = Perform | Listen | Leave
_Step: TypeAlias = "Callable[[Any], AnyAction | Done[object]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A flow that is under way, and what its end means."""

    flow: Flow[object]
    ended: Callable[[object, GradioError | None], None]
    life: JobLife | None = None
    "Of a job."


class Dispatcher:
    """One client, but for its I/O. See the module.

    It begins by connecting: wait until `connected` before anything else.

    `src` is the address of an app or the name of a Space; a `Target` says more. `entropy` is 16
    bytes or more, of which all that is random is made. Without `download` files stay the server's
    file objects.
    """

    def __init__(self, src: str | Target, *, entropy: bytes, download: bool = True) -> None:
        self._target = Target(src=src) if isinstance(src, str) else src
        self._entropy = entropy
        self._download = download
        self._now = 0.0
        self._closed = False
        self._contact: Contact | None = None
        self._session: Session | None = None
        self._failure: GradioError | None = None
        self._numbers = count(-1, -1)
        "Of flows that are no job's; a job's is its ticket."
        self._held: dict[int, _Held] = {}
        self._readers: dict[tuple[int, int], StreamReader] = {}
        self._steps = deque[tuple[int, _Step, object]]()
        self._orders = deque[Order]()
        self._begin(next(self._numbers), _Held(flow=Flow(connect(self._target)), ended=self._met))

    def connected(self) -> bool:
        """Whether the app is known by now. Raises what `connect` raised."""
        if self._failure is not None:
            raise self._failure
        return self._session is not None

    # Jobs.

    def submit(
        self, api_name: str | None, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> tuple[int, JobLife]:
        """Call an endpoint; returns the job's ticket and its life.

        Raises InvalidArguments for what does not fit the endpoint, and after `close`.
        """
        if self._closed:
            raise InvalidArguments("the client was closed")
        contact, session = self._known
        app, endpoint = contact.app, find(session.endpoints, api_name)
        data, ticket = endpoint.bind(args, kwargs), session.enrol()
        entropy = sha256(self._entropy + ticket.to_bytes(8, "big")).digest()
        spec = Call(
            ticket=ticket,
            app=app,
            endpoint=endpoint,
            data=data,
            target=self._target,
            policy=replace(self._target.policy, entropy=entropy),
            download=self._download,
        )
        life = JobLife(endpoint, History(app.dialect.edits))

        def ended(value: object, error: GradioError | None) -> None:
            life.apply(Returned(value=value) if error is None else Raised(error=error))
            self._orders += session.release(ticket)

        self._begin(ticket, _Held(flow=Flow(call(spec)), ended=ended, life=life))
        return ticket, life

    def cancel(self, ticket: int) -> bool:
        """The caller no longer wants this job; returns whether it was not over yet."""
        held = self._held.get(ticket)
        cancelled = held is not None and held.life is not None and held.life.apply(Cancelled())
        if cancelled:
            self._orders += self._known[1].cancel(ticket)
        return cancelled

    def close(self) -> None:
        """End all jobs and streams: what remains to be done tells the server so."""
        self._closed = True
        gone = Raised(error=JobCancelled("the client was closed"))
        for held in self._held.values():
            if held.life is not None:
                held.life.apply(gone)
        if self._contact is not None and self._session is not None:
            self._orders += [*self._session.close(), *self._contact.close()]

    # What the driver does, and reports.

    def work(self, now: float) -> Work | None:
        """The next thing to be done; None, if all that is under way has to be waited for.

        `now` is any clock that only goes forward, in seconds.
        """
        self._now = now
        while self._steps or self._orders:
            if self._orders:
                work = self._obey(self._orders.popleft())
            else:
                work = self._advance(*self._steps.popleft())
            if work is not None:
                return work
        return None

    def performed(self, number: int, reply: object) -> None:
        """The action of this number has come to this."""
        self._go_on(number, reply)

    def failed(self, number: int, error: GradioError | OSError) -> None:
        """The action of this number has failed; an OSError is one of the disk."""
        self._steps.append((number, self._held[number].flow.fail, error))

    def heard(self, name: tuple[int, int], part: Head | bytes | GradioError) -> bool:
        """What has come of a stream: its head, bytes of its body, or why it broke or never began.

        No bytes, `b""`, are its proper end. Returns whether to read on; if not, close it, and
        report nothing more.
        """
        _, session = self._known
        match part:
            case Head():
                opening = session.opened(*name, part)
                self._orders += opening.orders
                return opening.read
            case b"":
                self._orders += session.ended(*name, Ending.FINISHED)
            case bytes():
                reader = self._readers.get(name)
                if reader is None:
                    return False
                try:
                    self._orders += session.deliver(*name, reader.feed(part))
                except GradioError as error:
                    return self.heard(name, error)
                return True
            case _:
                self._orders += session.ended(*name, Ending.of(part), part)
        self._readers.pop(name, None)
        return False

    def silent(self, name: tuple[int, int]) -> None:
        """Nothing has come of a stream for its `idle` seconds, or once more as many."""
        self._orders += self._known[1].silent(*name)

    # Flows.

    @property
    def _known(self) -> tuple[Contact, Session]:
        assert self._contact is not None, "the driver does not wait until it is connected"
        assert self._session is not None
        return self._contact, self._session

    def _begin(self, number: int, held: _Held) -> None:
        self._held[number] = held
        self._go_on(number, None)

    def _go_on(self, number: int, reply: object) -> None:
        self._steps.append((number, self._held[number].flow.resume, reply))

    def _obey(self, order: Order) -> Work | None:
        match order:
            case Resume():
                self._go_on(order.ticket, order.reply)
            case Dismiss():
                self._dismiss(order)
            case CheckApp():
                self._check(order)
            case Listen():
                dialect = self._known[0].app.dialect
                self._readers[order.name] = StreamReader(order.stream.kind, dialect)
                return order
            case Leave():
                self._readers.pop(order.name, None)
                return order
            case _:
                assert_never(order)
        return None

    def _advance(self, number: int, step: _Step, given: object) -> Work | None:
        """Take a flow as far as it goes without I/O."""
        held = self._held[number]
        try:
            action = step(given)
        except GradioError as error:
            del self._held[number]
            held.ended(None, error)
            return None
        match action:
            case Done():
                del self._held[number]
                held.ended(action.value, None)
            case Tell():
                assert held.life is not None, "only jobs have news"
                held.life.apply(action.news)
                self._go_on(number, None)
            case Question():
                self._orders += self._known[1].ask(action, self._now)
            case _:
                return Perform(number=number, action=action)
        return None

    def _met(self, app: object, error: GradioError | None) -> None:
        """The app is known, or cannot be."""
        self._failure = error
        if isinstance(app, App):
            idle = self._target.stream_idle_timeout
            self._contact = Contact(app, self._now, stream_idle_timeout=idle)
            self._session = Session(self._contact, entropy=self._entropy)

    def _dismiss(self, order: Dismiss) -> None:
        session = self._known[1]

        def ended(*_: object) -> None:
            self._orders += session.dismissed(order.event_id)

        self._begin(next(self._numbers), _Held(flow=Flow(dismiss(order)), ended=ended))

    def _check(self, order: CheckApp) -> None:
        session = self._known[1]

        def ended(why: Any, _: object) -> None:
            self._orders += session.checked(*order.name, why)

        self._begin(next(self._numbers), _Held(flow=Flow(check_app(order)), ended=ended))

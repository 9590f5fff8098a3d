"""One session: what the server knows one visitor by, and everything that shares it.

The session holds the jobs that use its hash (each under a *ticket*), the streams that carry their
messages, and the cancels under way. Its rules:

1. Flows ask, with `ask`; readers report, with `opened`, `deliver`, `silent`, `ended`; each call
   returns orders for the driver, answers last. Each question is answered exactly once, now or
   later.
2. The shared stream is opened after the first accepted join, never with nothing expected, and is
   never closed by us while the hash may be used again: a join after it was lost (4.37.2 to 6.31).
3. A cancelled job is gone for its flow at once; its event stays known until the server is done
   with it, so that no other job is harmed.
4. `/cancel` stops every running job of a session *and function* and tells only one: it is sent
   when nobody wants any of them, once for each, and joins of that function wait for the replies.
5. Lost events stay in the server's books, and it never ends the stream: where that can be healed,
   it is, after the next join; elsewhere, and where the server may still write to the lost stream,
   a new hash is taken, unless the app keeps state.
6. A driver calls it under one lock, or from one thread or task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from ..app.access import session_hash
from ..app.dialect import Cancelling, Travel
from ..app.endpoint import Endpoint
from ..errors import GradioError, JobCancelled, SessionNotFound, StreamLost
from ..wire.exchange import Head
from ..wire.status import refusal
from .channel import HEARTBEAT, SHARED, Channel, Channels, Meaning, Situation, stream
from .contact import Contact
from .dismissals import Dismissals, Stop, how_to_stop
from .messages import Broken, Closing, Completed, Delivery, Heartbeat, JobMessage
from .orders import (
    AnyQuestion,
    Await,
    CheckApp,
    Ending,
    Enter,
    Entry,
    Gone,
    Joined,
    Knowledge,
    Leave,
    Opening,
    Order,
    Resume,
    Unjoined,
)
from .rendered import Rendered
from .router import Router
from .seat import Place, Seat

_FORSAKEN = "stream: the server has said all, and nothing of how this event has ended"


class Session:
    """One visitor. See the module. `entropy`, 16 bytes, makes its hash; `single`: for one job."""

    def __init__(self, contact: Contact, *, entropy: bytes, single: bool = False) -> None:
        self._contact = contact
        self._single = single
        self._retired = single
        self.closed = False
        "It was left for good."
        self._entropy, self._generation = entropy, 0
        self.hash = session_hash(entropy)
        "That of the next join."
        self._router = Router()
        self._channels = Channels()
        self._dismissals = Dismissals()
        self._rendered: Rendered | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What can be called from this session: the app's endpoints and those rendered for it."""
        app = self._contact.app
        return self._rendered.endpoints(app) if self._rendered else app.endpoints

    def enrol(self) -> int:
        """A ticket for a new job."""
        ticket = self._contact.ticket()
        if not self.closed:
            self._router.add(ticket)
        return ticket

    def cancel(self, ticket: int) -> list[Order]:
        """The caller no longer wants this job; its flow is told at its next question."""
        seat = self._router.get(ticket)
        if seat is None or seat.gone is not None:
            return []
        return self._abandon(seat) + self._send_away(seat, JobCancelled("the job was cancelled"))

    def joining(self, ticket: int) -> bool:
        """Whether the join of this job is in flight: given up now, it would run all the same."""
        seat = self._router.get(ticket)
        return seat is not None and seat.place is Place.JOINING

    def release(self, ticket: int) -> list[Order]:
        """The flow of this job has ended, however it did; it asks nothing more."""
        orders: list[Order] = []
        seat = self._router.get(ticket)
        if seat is not None:
            self._send_away(seat, JobCancelled("the job has ended"))
            seat.released = True
            orders += self._abandon(seat)
            self._tidy(seat)
        return [*orders, *self._leave_if_retired(), *self._contact.release(ticket)]

    def retire(self) -> list[Order]:
        """No more jobs will come: leave the server when the last flow has ended."""
        self._retired = True
        return self._leave_if_retired()

    def close(self) -> list[Order]:
        """Leave for good, when the server can hear it: it drops what waits, stops generators."""
        self.closed = self._retired = True
        gone = JobCancelled("the session was closed")
        stops = [order for seat in self._router for order in self._abandon(seat)]
        told = [order for seat in self._router for order in self._send_away(seat, gone)]
        return [*stops, *self._leave_if_retired(), *told]

    # What flows ask.

    def ask(self, question: AnyQuestion, now: float) -> list[Order]:
        """Take a question; among the orders is a `Resume` with the answer, if there is one yet.

        `now` is any clock that only goes forward, in seconds.
        """
        if isinstance(question, Knowledge):
            return [*self._contact.ask(question, now)]
        seat = self._router.get(question.ticket)
        if seat is None:
            return [Resume(question.ticket, Gone(error=JobCancelled("the session was closed")))]
        match question:
            case Await() if seat.gone is None:
                seat.asked = True
                return seat.hand_over()
            case Enter() if seat.gone is None:
                self._router.close(seat)
                seat.begin(question.fn_index, question.headers)
                return self._enter(seat, direct=question.direct, now=now)
            case Await() | Enter():
                return [seat.answer(None)]
            case Joined():
                self._contact.heard(now)
                return self._joined(seat, question)
            case Unjoined():
                return self._unjoined(seat, question)
            case _:
                assert_never(question)

    def _enter(self, seat: Seat, *, direct: bool, now: float) -> list[Order]:
        if direct:
            return [self._admission(seat, Place.CALLING, doubtful=False)]
        if self._dismissals.hold_up(seat.fn_index):
            seat.place = Place.WAITING
            return []
        return self._admit(seat, doubtful=not self._contact.is_fresh(now))

    def _admit(self, seat: Seat, *, doubtful: bool) -> list[Order]:
        app = self._contact.app
        beats = app.config.connect_heartbeat and not self._single
        orders = self._listen(HEARTBEAT) if beats else []
        if app.dialect.travel is not Travel.PRIVATE:
            seat.stream = SHARED
            self._router.joins(seat)
            return [*orders, self._admission(seat, Place.JOINING, doubtful=doubtful)]
        # The stream is the join.
        seat.stream = seat.ticket
        admission = self._admission(seat, Place.JOINED, doubtful=False)
        return [*orders, *self._listen(seat.stream), admission]

    def _admission(self, seat: Seat, place: Place, *, doubtful: bool) -> Order:
        seat.place = place
        entry = Entry(session_hash=self.hash, app=self._contact.app, doubtful=doubtful)
        return Resume(ticket=seat.ticket, reply=entry)

    def _joined(self, seat: Seat, question: Joined) -> list[Order]:
        seat.event_id = question.event_id
        seat.epoch = self._channels.epoch(SHARED)
        orders: list[Order] = []
        if not seat.mailbox.sealed:
            # Otherwise the stream was lost meanwhile, and with it the event.
            self._router.open(seat)
            orders += self._dismissals.heal(self._contact.app, self.hash)
        self._router.settle(seat, Place.JOINED)
        if seat.gone is not None:
            seat.mailbox.empty()
            orders += self._abandon(seat)
        if seat.expects:
            # Also for a job that has gone meanwhile: what stops it may have to wait for its start.
            orders += self._listen(SHARED)
        return [*orders, seat.answer(question)]

    def _unjoined(self, seat: Seat, question: Unjoined) -> list[Order]:
        self._router.settle(seat, Place.OUTSIDE)
        # A private stream is a join that was made already, for an app that is another one now.
        return [*self._channels.leave(seat.ticket), seat.answer(question)]

    # What readers report.

    def opened(self, key: int, epoch: int, head: Head) -> Opening:
        """The head of a stream has come; whether to read on."""
        channel = self._channels.current(key, epoch)
        if channel is None or channel.accepts(head):
            return Opening(read=channel is not None, orders=self._leave_if_retired())
        meaning = channel.refused(head, expected=self._router.expects(key))
        error = refusal(head, doing="opening the stream")
        return Opening(read=False, orders=self._go_on(channel, meaning, error))

    def deliver(self, key: int, epoch: int, deliveries: Iterable[Delivery]) -> list[Order]:
        """Messages have come on a stream."""
        channel = self._channels.current(key, epoch)
        if channel is None:
            return []
        channel.stirs()
        orders: list[Order] = []
        for event_id, message in deliveries:
            match message:
                case Heartbeat():
                    channel.heard(beat=True)
                case Closing():
                    channel.announced()
                    if message.all_said:
                        forsaken = self._router.forsaken(key, epoch)
                        orders += self._fail(forsaken, StreamLost(_FORSAKEN))
                case Broken():
                    # The server ends the stream itself: what is joined from now on has another.
                    orders += self._channels.leave(key) + self._lose(key, message.error)
                    break
                case _:
                    channel.heard()
                    orders += self._deliver(key, event_id, message)
        return sorted(orders, key=lambda one: isinstance(one, Resume)) if orders[1:] else orders

    def ended(
        self, key: int, epoch: int, ending: Ending, why: GradioError | None = None
    ) -> list[Order]:
        """A stream has ended; `why` says more, where the driver knows more."""
        channel = self._channels.current(key, epoch)
        if channel is None:
            return []
        error = StreamLost(f"stream: {ending.value}{f' ({why})' if why else ''}")
        error.__cause__ = why
        meaning = channel.ended(ending, expected=self._router.expects(key))
        return self._go_on(channel, meaning, error)

    def silent(self, key: int, epoch: int) -> list[Order]:
        """Nothing has come on a stream for its idle time, or again as long; it is still read."""
        channel = self._channels.current(key, epoch)
        if channel is None:
            return []
        if channel.situation is Situation.CLOSING:
            return self._fall_silent(channel, None)
        return [CheckApp(app=channel.app, key=key, epoch=epoch)] if channel.silent() else []

    def checked(self, key: int, epoch: int, why: GradioError | None) -> list[Order]:
        """The app was asked because this stream is silent; `why` is what `check_app` returned."""
        channel = self._channels.current(key, epoch)
        if channel is None or channel.checked(alive=why is None):
            return []
        return self._fall_silent(channel, why)

    def _fall_silent(self, channel: Channel, why: GradioError | None) -> list[Order]:
        """Give a silent stream up, which is still open."""
        key, epoch = channel.key, channel.epoch
        return [Leave(key=key, epoch=epoch), *self.ended(key, epoch, Ending.SILENT, why)]

    def dismissed(self, event_id: str) -> list[Order]:
        """The server has been told of an event, or could not be: joins that waited may go on."""
        if not self._dismissals.done(event_id):
            return []
        waiting = [seat for seat in self._router if seat.place is Place.WAITING]
        free = [seat for seat in waiting if not self._dismissals.hold_up(seat.fn_index)]
        return [order for seat in free for order in self._admit(seat, doubtful=True)]

    def _deliver(self, key: int, event_id: str | None, message: JobMessage) -> list[Order]:
        if isinstance(message, Completed) and message.rendering is not None:
            self._rendered = self._rendered or Rendered(self._contact.app)
            self._rendered.add(self._contact.app, message.rendering)
        seat = self._router.route(key, event_id, message)
        if seat is None:
            return []
        if seat.gone is None:
            return seat.hand_over()
        seat.mailbox.empty()
        self._tidy(seat)
        return [*self._abandon(seat), *self._leave_if_retired()]

    def _go_on(self, channel: Channel, meaning: Meaning, error: GradioError) -> list[Order]:
        """After the end of a stream: listen again, or face what it means."""
        if meaning is Meaning.AGAIN:
            return self._listen(channel.key, after=channel.pause)
        self._channels.leave(channel.key)
        told = [] if meaning is Meaning.OVER else self._lose(channel.key, error, meaning)
        return [*told, *self._leave_if_retired()]

    def _lose(self, key: int, error: GradioError, how: Meaning = Meaning.LOST) -> list[Order]:
        """Tell everybody who waits for this stream that there is nothing to wait for."""
        concerned = self._router.concerned(key)
        dead = [seat.event_id for seat in concerned if seat.place is Place.JOINED]
        told = self._fail(concerned, error)
        if concerned or how is Meaning.UNNOTICED:
            self._contact.doubt()
            if key == SHARED and not isinstance(error, SessionNotFound):
                return self._mend(dead, how) + told
        return told

    def _fail(self, seats: Iterable[Seat], error: GradioError) -> list[Order]:
        """Nothing more comes of these events, or joins in flight."""
        told: list[Order] = []
        for seat in seats:
            self._router.close(seat)
            told += seat.lose(error)
            self._tidy(seat)
        return told

    def _mend(self, dead: list[str], how: Meaning) -> list[Order]:
        """Make the session usable again, of which these events, or joins in flight, were lost."""
        app = self._contact.app
        if app.dialect.healable and (how is Meaning.LOST or app.stateful):
            self._dismissals.lose(dead)
        elif not app.stateful:
            self._generation += 1
            self.hash = session_hash(self._entropy, self._generation)
            self._rendered = None
            return self._channels.leave_all()
        return []

    def _send_away(self, seat: Seat, error: GradioError) -> list[Order]:
        waits = self._contact.withdraw(seat.ticket)
        told = seat.send_away(error)
        return [*told, seat.answer(None)] if waits else told

    def _abandon(self, seat: Seat) -> list[Order]:
        """Do what can be done for an event that nobody wants any more."""
        if not seat.pending or seat.dismissed:
            return []
        app, is_open = self._contact.app, self._channels.is_open(seat.stream)
        stop = how_to_stop(seat, self._router, app.dialect, single=self._single, listening=is_open)
        if self.closed and stop is not Stop.RESET:
            return []  # that is left to the end of the stream
        stopped = self._router.unwanted(seat) if stop is Stop.FUNCTION else [seat]
        orders: list[Order] = [*self._dismissals.stop(stop, app, self.hash, stopped)]
        if stop in (Stop.LEAVE, Stop.RESET):
            seat.place = Place.OUTSIDE
            orders += self._channels.leave(seat.stream)
        return orders

    def _tidy(self, seat: Seat) -> None:
        """Forget a job whose flow has ended and of whose event nothing more will come."""
        if seat.released and not seat.pending:
            self._router.remove(seat)

    def _listen(self, key: int, after: float = 0.0) -> list[Order]:
        if self._channels.epoch(key):
            return []
        app, seat = self._contact.app, self._router.get(key)
        join = (seat.fn_index, seat.headers) if seat else (-1, ())
        wanted = stream(app, self.hash, key, *join, idle=self._contact.idle)
        return self._channels.listen(wanted, app.dialect, after)

    def _leave_if_retired(self) -> list[Order]:
        if not self._retired:
            return []
        # Where cut streams live on, a job alone is stopped by /reset, before its stream is left.
        resets = self._single and self._contact.app.dialect.cancelling is Cancelling.RESET
        noticed = self._channels.is_open(SHARED) and not resets
        if self._router.holds(noticed=noticed, closed=self.closed):
            return []
        self._router.clear()
        return self._channels.leave_all()

"""A job's place in its session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from ..errors import GradioError
from ..wire.exchange import Headers
from .orders import Gone, Resume
from .router import Mailbox


class Place(Enum):
    """Where a job is on its way through the session."""

    OUTSIDE = "it has not asked to join, or nothing more will come of its join"
    WAITING = "it waits for a cancel of its function"
    CALLING = "its direct call is in flight"
    JOINING = "its join is in flight"
    JOINED = "the server has accepted it"


@dataclass(slots=True, eq=False)
class Seat:
    """What the session knows of one job: of its flow, and of its event on the server."""

    ticket: int
    mailbox: Mailbox
    place: Place = Place.OUTSIDE
    fn_index: int = -1
    headers: Headers = field(default=(), repr=False)
    "What a private stream carries of this call."
    stream: int = 0
    "The key of the stream that its messages come on."
    event_id: str = ""
    "Empty before the join is accepted, and on a private stream."
    asked: bool = False
    "An `Await` of its flow is not answered yet."
    dismissed: bool = False
    "All has been done that can be done for an event that is not wanted."
    gone: GradioError | None = None
    "Set once the flow need not go on."
    released: bool = False
    "The flow has ended; the seat stands for the event on the server, if one is pending."

    def answer(self, reply: object) -> Resume:
        """Answer the flow's question, if only to say that it need not go on."""
        return Resume(ticket=self.ticket, reply=Gone(error=self.gone) if self.gone else reply)

    def hand_over(self) -> list[Resume]:
        """Give the next message to the flow, if it waits for one and one is there."""
        message = self.mailbox.take() if self.asked else None
        if message is None:
            return []
        self.asked = False
        return [Resume(ticket=self.ticket, reply=message)]

    def send_away(self, error: GradioError) -> list[Resume]:
        """The flow need not go on; nobody reads its messages any more."""
        waits = self.asked or self.place is Place.WAITING
        if self.place is Place.WAITING:
            self.place = Place.OUTSIDE
        self.asked = False
        self.gone = self.gone or error
        self.mailbox.empty()
        return [self.answer(None)] if waits else []

    def begin(self, fn_index: int, headers: Headers) -> None:
        """The job asks to join, perhaps once more: nothing of an earlier event is left."""
        self.fn_index = fn_index
        self.headers = headers
        self.event_id = ""
        self.mailbox = Mailbox(self.ticket)
        self.dismissed = False

    @property
    def pending(self) -> bool:
        """Whether the server still has something to say of it."""
        return self.place is Place.JOINED and not self.mailbox.sealed

    @property
    def at_stake(self) -> bool:
        """Whether there is, or may be, an event of it on the server that is not at its end.

        A join in flight is not, once its stream is lost: its mailbox is sealed before its time.
        """
        return self.place in (Place.JOINING, Place.JOINED) and not self.mailbox.sealed


class Seats:
    """The jobs of one session, by their tickets."""

    __slots__ = ("_seats",)

    def __init__(self) -> None:
        self._seats: dict[int, Seat] = {}

    def add(self, ticket: int) -> None:
        """A new job."""
        self._seats[ticket] = Seat(ticket, Mailbox(ticket))

    def get(self, ticket: int | None) -> Seat | None:
        """The job of this ticket, if the session has it."""
        return None if ticket is None else self._seats.get(ticket)

    def remove(self, seat: Seat) -> None:
        """Forget a job."""
        self._seats.pop(seat.ticket, None)

    def clear(self) -> None:
        """Forget all."""
        self._seats.clear()

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    @property
    def joining(self) -> bool:
        """Whether a join is in flight."""
        return any(seat.place is Place.JOINING for seat in self)

    def concerned(self, stream: int) -> list[Seat]:
        """Those who lose something when this stream is lost."""
        return [seat for seat in self if seat.stream == stream and seat.at_stake]

    def expect(self, stream: int) -> bool:
        """Whether somebody waits for messages on this stream.

        Not for those whose fate is settled; a cancelled event that has to start first is waited
        for, since it must be stopped then.
        """
        return any(s.stream == stream and s.pending and not s.dismissed for s in self)

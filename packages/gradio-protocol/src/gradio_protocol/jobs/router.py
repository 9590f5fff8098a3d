"""The jobs of one session: whose message it is, and who waits for which stream.

1. A mailbox is sealed by its last message; a sealed mailbox accepts nothing more.
2. A message of an unknown event is kept while a join is in flight (on 6.0.2 and 6.31 it came
   before the join's reply) and dropped when none is.

The rules of streams go on in `channel`. Not thread-safe; all belongs to a `Session`.
"""

from __future__ import annotations

from collections.abc import Iterator

from .channel import SHARED
from .messages import JobMessage
from .seat import Place, Seat


class Router:
    """See the module."""

    __slots__ = ("_early", "_events", "_joining", "_seats")

    def __init__(self) -> None:
        self._seats: dict[int, Seat] = {}
        self._events: dict[str, Seat] = {}
        self._early: dict[str, list[JobMessage]] = {}
        self._joining = 0
        "How many joins are in flight."

    def add(self, ticket: int) -> None:
        """A new job."""
        self._seats[ticket] = Seat(ticket)

    def get(self, ticket: int) -> Seat | None:
        """The job of this ticket, if the session has it."""
        return self._seats.get(ticket)

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def remove(self, seat: Seat) -> None:
        """Forget a job."""
        self._seats.pop(seat.ticket, None)
        self.close(seat)
        self.settle(seat, Place.OUTSIDE)

    def clear(self) -> None:
        """Forget all."""
        for table in (self._seats, self._events, self._early):
            table.clear()
        self._joining = 0

    # Events.

    def joins(self, seat: Seat) -> None:
        """The join of this job is in flight: what comes for an unknown event may be its."""
        self._joining += seat.place is not Place.JOINING
        seat.place = Place.JOINING

    def settle(self, seat: Seat, place: Place) -> None:
        """Its join is in flight no more; after the last one, early messages are nobody's."""
        self._joining -= seat.place is Place.JOINING
        seat.place = place
        if not self._joining:
            self._early.clear()

    def open(self, seat: Seat) -> None:
        """Bring the messages of its event to this job, beginning with what came before its time."""
        self._events[seat.event_id] = seat
        for message in self._early.pop(seat.event_id, ()):
            seat.mailbox.put(message)

    def close(self, seat: Seat) -> None:
        """Forget its event."""
        if self._events.get(seat.event_id) is seat:
            del self._events[seat.event_id]

    def route(self, key: int, event_id: str | None, message: JobMessage) -> Seat | None:
        """Put a message of this stream where it belongs; returns whose it is, if anybody's."""
        seat = self._events.get(event_id or "") if key == SHARED else self._seats.get(key)
        if seat is not None:
            seat.mailbox.put(message)
        elif self._joining:
            self._early.setdefault(event_id or "", []).append(message)
        return seat

    def unwanted(self, seat: Seat) -> list[Seat]:
        """This one, and those that run beside it and waited for it to be stopped."""
        beside = [one for one in self if one.gone and one.fn_index == seat.fn_index]
        waited = [one for one in beside if one.expects and one.mailbox.started]
        return [seat, *(one for one in waited if one is not seat)]

    # Streams.

    def holds(self, *, noticed: bool, closed: bool) -> bool:
        """Whether a job holds its session back from leaving the server, which may be `closed`.

        `noticed`: the end of the shared stream stops its jobs. Before it is open the server hears
        nothing of it, and they would run.
        """
        for seat in self:
            deaf = seat.expects and seat.stream == SHARED and not noticed
            if deaf or (seat.place is Place.JOINING if closed else not seat.released):
                return True
        return False

    def expects(self, stream: int) -> bool:
        """Whether messages are expected on this stream."""
        return any(seat.stream == stream and seat.expects for seat in self)

    def concerned(self, stream: int) -> list[Seat]:
        """Those who lose something when this stream is lost."""
        return [seat for seat in self if seat.stream == stream and seat.at_stake]

    def forsaken(self, stream: int, epoch: int) -> list[Seat]:
        """Those who get nothing more if the server says, in this epoch, that it has said all.

        Not those whose events it may not have known yet.
        """
        waiting = [seat for seat in self if seat.stream == stream and seat.pending]
        return [seat for seat in waiting if seat.mailbox.heard or seat.epoch != epoch]

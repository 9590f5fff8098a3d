"""What the server is told of events that nobody wants, or that are lost; and who waits for it.

`how_to_stop` is the policy, as a pure function. `Dismissals` keeps what is under way: joins of a
function that is being stopped wait, for a join sent just before a `/cancel` was lost (6.0.2,
6.31). A lost event is dismissed after the next join that is accepted: before it the server has
dropped the session, and does not listen (5.20.1, 6.31).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import assert_never

from ..app.access import App
from ..app.dialect import Cancelling, Dialect
from .orders import Dismiss
from .seat import Place, Seat


class Stop(Enum):
    """How to stop an event that is joined and pending."""

    NOT = "tell nobody; its messages are absorbed"
    LATER = "tell nobody until it starts, or as long as another job needs its function"
    LEAVE = "close its stream"
    RESET = "by /reset, then close its stream"
    EXACT = "by /cancel of this one queued event"
    FUNCTION = "by /cancel of its function, which no other job needs"


def how_to_stop(
    seat: Seat, others: Iterable[Seat], dialect: Dialect, *, single: bool, listening: bool
) -> Stop:
    """What harms nobody else, on this generation of servers.

    `single`: the session is this job's own; `listening`: its stream has been opened, so that the
    server would notice its end. `/cancel` with -1 for a plain function that runs breaks the stream
    (4.37.2, 5.20.1) and does not stop it (6.31), so it is for events that are known to be queued;
    with the real index it kills the siblings without a message (4.37.2 to 6.31), so it is for a job
    whose siblings nobody wants either.
    """
    match dialect.cancelling:
        case Cancelling.CLOSE:
            return Stop.LEAVE
        case Cancelling.RESET if single:
            # Before its first output it is nothing that could be reset (4.19.2, 4.22.0).
            return Stop.RESET if seat.mailbox.yielded else Stop.LATER
        case _ if single and listening:
            return Stop.LEAVE
        case Cancelling.RESET | Cancelling.NOTHING:
            return Stop.LATER if single else Stop.NOT
        case _ if seat.mailbox.started:
            return Stop.LATER if any(_is_harmed(seat, other) for other in others) else Stop.FUNCTION
        case Cancelling.EXACT if seat.mailbox.heard:
            return Stop.EXACT
        case Cancelling.EXACT | Cancelling.FUNCTION:
            return Stop.LATER
        case _:
            assert_never(dialect.cancelling)


def _is_harmed(seat: Seat, other: Seat) -> bool:
    # A join in flight can be lost by it, wanted or not.
    wanted = other.gone is None or other.place is Place.JOINING
    sibling = other is not seat and other.fn_index == seat.fn_index
    return sibling and wanted and other.at_stake


class Dismissals:
    """The dismissals of one session, under way and to come."""

    __slots__ = ("_lost", "_stopping")

    def __init__(self) -> None:
        self._stopping: dict[str, int] = {}
        self._lost: tuple[str, ...] = ()

    def hold_up(self, fn_index: int) -> bool:
        """Whether a join of this function has to wait."""
        return fn_index in self._stopping.values()

    def stop(self, how: Stop, app: App, session_hash: str, seats: Iterable[Seat]) -> list[Dismiss]:
        """Tell the server of these events, as far as this way to stop them tells anybody."""
        orders: list[Dismiss] = []
        for seat in seats:
            seat.dismissed = how is not Stop.LATER
            orders += self._stop(how, app, session_hash, seat)
        return orders

    def _stop(self, how: Stop, app: App, session_hash: str, seat: Seat) -> list[Dismiss]:
        match how:
            case Stop.NOT | Stop.LATER | Stop.LEAVE:
                return []
            case Stop.RESET:
                return [_dismiss(app, session_hash, seat.event_id, reset=True)]
            case Stop.EXACT:
                return [_dismiss(app, session_hash, seat.event_id)]
            case Stop.FUNCTION:
                self._stopping[seat.event_id] = seat.fn_index
                return [_dismiss(app, session_hash, seat.event_id, fn_index=seat.fn_index)]
            case _:
                assert_never(how)

    def lose(self, event_ids: Iterable[str]) -> None:
        """These events are lost, and in the session's books on the server for ever.

        One that is being stopped is taken out by that.
        """
        lost = [event_id for event_id in event_ids if event_id not in self._stopping]
        self._lost = (*self._lost, *lost)

    def heal(self, app: App, session_hash: str) -> list[Dismiss]:
        """Take the lost events out of the books, now that the session is open."""
        lost, self._lost = self._lost, ()
        return [_dismiss(app, session_hash, event_id) for event_id in lost]

    def done(self, event_id: str) -> bool:
        """The server was told, or could not be; returns whether joins had to wait for it."""
        return self._stopping.pop(event_id, None) is not None


def _dismiss(
    app: App, session_hash: str, event_id: str, *, fn_index: int = -1, reset: bool = False
) -> Dismiss:
    return Dismiss(
        app=app, session_hash=session_hash, event_id=event_id, fn_index=fn_index, reset=reset
    )

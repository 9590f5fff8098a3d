"""Reading one opening of one stream, on a thread of its own."""

from __future__ import annotations

import math
import threading
import time
from typing import Protocol, TypeAlias

from gradio_protocol import (
    Contact,
    Ending,
    GradioError,
    Listen,
    Order,
    Session,
    StreamReader,
    TransportFailed,
)

from .http import Connections
from .wire import Wire

End: TypeAlias = tuple[Ending, GradioError | None]
"How a stream ended, and the error that says more."


class Board(Protocol):
    """What a reader reports to."""

    lock: threading.Lock
    contact: Contact
    connections: Connections

    def watch(self) -> None:
        """See to it that somebody looks for streams that are silent."""

    def obey(self, session: Session, orders: list[Order]) -> None:
        """Do what a session orders."""

    def left(self, reader: Reader, ended: End | None) -> None:
        """A reader has ended."""


class Reader:
    """See the module."""

    def __init__(self, board: Board, session: Session, order: Listen) -> None:
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

"""Mailboxes: which flow gets what arrives on the shared stream of a session.

1. A mailbox is sealed by its last message; a sealed mailbox accepts nothing more.
2. A message of an unknown event is kept while a join is in flight (on 6.0.2 and 6.31 it came
   before the join's reply) and dropped when none is.

The rules of streams go on in `channel`. Not thread-safe; all belongs to a `Session`.
"""

from __future__ import annotations

from collections import deque

from .messages import Completed, Failed, JobMessage, Refused, Started


class Mailbox:
    """Where the messages of one event wait for the flow of its job."""

    __slots__ = ("_messages", "sealed", "started", "ticket")

    def __init__(self, ticket: int) -> None:
        self.ticket = ticket
        self.sealed = False
        "The last message has come; it may not have been taken yet."
        self.started = False
        "`process_starts` has come."
        self._messages: deque[JobMessage] = deque()

    def put(self, message: JobMessage) -> None:
        """Add a message, unless the last one has come."""
        if not self.sealed:
            self._messages.append(message)
            self.started = self.started or isinstance(message, Started)
            self.sealed = isinstance(message, Completed | Failed | Refused)

    def take(self) -> JobMessage | None:
        """The oldest message, or None if there is none."""
        return self._messages.popleft() if self._messages else None

    def empty(self) -> None:
        """Drop what nobody will take."""
        self._messages.clear()


class Router:
    """The mailboxes of one session, by event id."""

    __slots__ = ("_boxes", "_early")

    def __init__(self) -> None:
        self._boxes: dict[str, Mailbox] = {}
        self._early: dict[str, list[JobMessage]] = {}

    def open(self, event_id: str, mailbox: Mailbox) -> None:
        """Route an event to this mailbox, beginning with what came before its time."""
        self._boxes[event_id] = mailbox
        for message in self._early.pop(event_id, ()):
            mailbox.put(message)

    def close(self, event_id: str) -> None:
        """Forget an event."""
        self._boxes.pop(event_id, None)

    def route(self, event_id: str, message: JobMessage) -> int | None:
        """Put a message into its mailbox; returns the ticket of that, or None: there is none."""
        mailbox = self._boxes.get(event_id)
        if mailbox is None:
            return None
        mailbox.put(message)
        return mailbox.ticket

    def keep(self, event_id: str, message: JobMessage) -> None:
        """Keep a message of an event that may become known when a join has its reply."""
        self._early.setdefault(event_id, []).append(message)

    def settle(self, *, joining: bool) -> None:
        """If no join is in flight any more, what came for unknown events is nobody's."""
        if not joining:
            self._early.clear()

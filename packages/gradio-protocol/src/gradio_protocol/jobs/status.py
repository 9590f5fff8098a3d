"""The official client's status codes of jobs, and their order."""

from __future__ import annotations

from enum import Enum

from .identity_hash import hash_by_identity


@hash_by_identity
class Status(Enum):
    """The last thing that happened to a job. Codes are ordered: `STARTING < FINISHED`.

    LOG has the place of PROGRESS in the order, since a log line can arrive whenever progress can.
    """

    STARTING = "STARTING"
    JOINING_QUEUE = "JOINING_QUEUE"
    QUEUE_FULL = "QUEUE_FULL"
    IN_QUEUE = "IN_QUEUE"
    SENDING_DATA = "SENDING_DATA"
    PROCESSING = "PROCESSING"
    ITERATING = "ITERATING"
    PROGRESS = "PROGRESS"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    LOG = "LOG"

    @staticmethod
    def ordering(status: Status) -> int:
        """Return the place of a code in the order, starting at 0."""
        return _PLACES[status]

    @staticmethod
    def msg_to_status(msg: str) -> Status:
        """Return the code for a message's name. Raises KeyError for a name without a code."""
        return _OF_MESSAGES[msg]

    def __lt__(self, other: object) -> bool:
        return _PLACES[self] < _PLACES[other] if isinstance(other, Status) else NotImplemented

    def __le__(self, other: object) -> bool:
        return _PLACES[self] <= _PLACES[other] if isinstance(other, Status) else NotImplemented


_PLACES = {
    Status.STARTING: 0,
    Status.JOINING_QUEUE: 1,
    Status.QUEUE_FULL: 2,
    Status.IN_QUEUE: 3,
    Status.SENDING_DATA: 4,
    Status.PROCESSING: 5,
    Status.PROGRESS: 6,
    Status.LOG: 6,
    Status.ITERATING: 7,
    Status.FINISHED: 8,
    Status.CANCELLED: 9,
}
"In the official client, this is not the order of the members."

_OF_MESSAGES = {
    "send_hash": Status.JOINING_QUEUE,
    "queue_full": Status.QUEUE_FULL,
    "estimation": Status.IN_QUEUE,
    "send_data": Status.SENDING_DATA,
    "process_starts": Status.PROCESSING,
    "process_generating": Status.ITERATING,
    "process_completed": Status.FINISHED,
    "progress": Status.PROGRESS,
    "log": Status.LOG,
    "server_stopped": Status.FINISHED,
}

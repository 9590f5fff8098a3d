"""How a Gradio server of one version behaves: every difference that the fake server shows.

The facts are those seen on real servers; boundaries are the first releases that were seen to
differ. Nothing else in the fake compares versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@cache
def parsed(version: str) -> tuple[int, ...]:
    """The numbers of a release."""
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The behaviour of one release, such as `Behaviour("4.44.1")`."""

    version: str

    def since(self, *release: int) -> bool:
        return parsed(self.version) >= release

    @property
    def protocol(self) -> str:
        """What /config names as `protocol`; 3.x names none, and meant `ws`."""
        boundaries = [
            ((4, 22), "sse_v3"),
            ((4, 21), "sse_v2.1"),
            ((4, 17), "sse_v2"),
            ((4, 9), "sse_v1"),
            ((4, 0), "sse"),
        ]
        return next((name for release, name in boundaries if self.since(*release)), "ws")

    @property
    def prefix(self) -> str:
        return "/gradio_api" if self.since(5) else ""

    # Messages

    @property
    def raw_unicode(self) -> bool:
        """Messages are compact and carry every character as it is, U+2028 too."""
        return self.since(4, 24)

    @property
    def edits(self) -> bool:
        return self.since(4, 17)

    @property
    def shifted_deletes(self) -> bool:
        """Deletions in edits are numbered as if each had moved all lists around it."""
        return self.since(5, 29, 1)

    @property
    def announces_success(self) -> bool:
        """`gr.Success` exists."""
        return self.since(5, 20)

    @property
    def repeats_last_value(self) -> bool:
        """`process_completed` of a generator says `is_generating: true`."""
        return not self.since(4, 17)

    # Failures

    @property
    def quoted_errors(self) -> bool:
        """The text of a `gr.Error` arrives as its `repr`."""
        return not self.since(5, 2)

    @property
    def spelled_none(self) -> bool:
        """With `show_error` off a failing generator says "None", in a string."""
        return not self.since(4, 29)

    @property
    def full_queue_status(self) -> int:
        return 503 if self.since(4, 9, 1) else 500

    @property
    def structured_401(self) -> bool:
        return self.since(5, 36)

    # Streams

    @property
    def private_streams(self) -> bool:
        """Each job has a stream of its own, opened by `GET /queue/join`."""
        return self.since(4) and not self.since(4, 9)

    @property
    def sockets(self) -> bool:
        """Each job has a WebSocket of its own."""
        return not self.since(4)

    @property
    def asks_for_data(self) -> bool:
        """The arguments of a job come when it is its turn."""
        return self.sockets or self.private_streams

    @property
    def closes_streams(self) -> bool:
        """The last message of a stream is `close_stream`."""
        return self.since(4, 22)

    @property
    def mute_without_session(self) -> bool:
        """A stream without a session just ends, with no message."""
        return not self.since(4, 10)

    @property
    def resumable(self) -> bool:
        """A dropped stream is not noticed: reopened, it goes on where it stopped."""
        return self.since(4, 19, 2) and not self.since(4, 24)

    @property
    def drop_stops_generators(self) -> bool:
        return not self.resumable and self.since(4, 1)

    @property
    def late_completion_breaks(self) -> bool:
        """Completing an event that is not pending any more breaks the stream."""
        return self.since(4, 37) and not self.since(5, 21)

    # Cancelling

    @property
    def cancels(self) -> bool:
        """`POST /cancel` exists."""
        return self.since(4, 31)

    @property
    def cancel_unqueues(self) -> bool:
        """`POST /cancel` takes a waiting job out of the queue, instead of only saying so."""
        return self.since(6, 14)

    @property
    def resets(self) -> bool:
        """`POST /reset` still does something."""
        return not self.since(4, 35)

    # Other routes

    @property
    def heartbeats(self) -> bool:
        return self.since(4, 25)

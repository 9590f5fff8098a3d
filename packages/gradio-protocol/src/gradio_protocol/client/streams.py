"""The streams of all sessions of one client, by the ids that its driver knows them by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ..app.dialect import Dialect
from ..jobs.orders import StartStream
from ..jobs.session import Session
from ..jobs.stream_reader import StreamReader
from .commands import CloseStream, Command, OpenStream


@dataclass(eq=False, slots=True, kw_only=True)
class Stream:
    """One opening of one stream of one session."""

    stream_id: int
    session: Session
    name: tuple[int, int]
    "What its session calls it: the key and the epoch."
    reader: StreamReader
    has_head: bool = False


class Streams:
    """See the module. Commands are added to those of the client."""

    def __init__(self, ids: Iterator[int], commands: deque[Command]) -> None:
        self._ids = ids
        self._commands = commands
        self._streams: dict[int, Stream] = {}

    @property
    def are_opening(self) -> bool:
        """True while the server might not notice the end of one of them."""
        return any(not stream.has_head for stream in self._streams.values())

    def open(self, session: Session, order: StartStream, dialect: Dialect) -> None:
        """Have the driver open a stream."""
        stream_id, wanted = next(self._ids), order.stream
        reader = StreamReader(wanted.kind, dialect)
        self._streams[stream_id] = Stream(
            stream_id=stream_id, session=session, name=order.name, reader=reader
        )
        self._commands.append(
            OpenStream(
                stream_id=stream_id,
                request=wanted.request,
                idle_timeout=wanted.idle_timeout,
                delay=order.delay,
            )
        )

    def get(self, stream_id: int) -> Stream | None:
        """A stream; None if it was closed."""
        return self._streams.get(stream_id)

    def find(self, session: Session, name: tuple[int, int]) -> Stream | None:
        """What a session calls by this name, if it is still open."""
        streams = self._streams.values()
        return next((s for s in streams if s.session is session and s.name == name), None)

    def pop(self, stream_id: int) -> Stream | None:
        """Forget a stream that has ended."""
        return self._streams.pop(stream_id, None)

    def close(self, stream: Stream) -> None:
        """Have the driver close a stream."""
        del self._streams[stream.stream_id]
        self._commands.append(CloseStream(stream_id=stream.stream_id))

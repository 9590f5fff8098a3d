"""The open streams of all sessions of one client, by the ids that the driver uses.

A session names a stream by its key and epoch, which are unique within the session only. The driver
needs one id per opening, so that a late report about an older one is recognised.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from ..app.dialect import Dialect
from ..jobs.orders import StartStream, StreamKind
from ..jobs.session import Session
from ..jobs.stream_reader import StreamReader
from .commands import CloseStream, Command, OpenStream


@dataclass(eq=False, slots=True, kw_only=True)
class Stream:
    """One opening of one stream of one session."""

    stream_id: int
    session: Session
    name: tuple[int, int]
    "The session's name for it: key and epoch."
    reader: StreamReader
    has_head: bool = False
    "The head of the reply has arrived, so the server knows of the stream."


class Streams:
    """The open streams of one client. Adds commands to its queue. See the module."""

    def __init__(self, ids: Iterator[int], commands: deque[Command]) -> None:
        self._ids = ids
        self._commands = commands
        self._streams: dict[int, Stream] = {}

    @property
    def are_opening(self) -> bool:
        """Whether a stream is being opened, so that the server would not notice its close."""
        return any(not stream.has_head for stream in self._streams.values())

    def open(self, session: Session, order: StartStream, dialect: Dialect) -> None:
        """Order the driver to open a stream."""
        stream_id, spec = next(self._ids), order.stream
        # One per opening: an event that was cut off must not continue on the next stream.
        reader = StreamReader(spec.kind, dialect, spec.answers)
        self._streams[stream_id] = Stream(
            stream_id=stream_id, session=session, name=order.name, reader=reader
        )
        self._commands.append(
            OpenStream(
                stream_id=stream_id,
                request=spec.request,
                idle_timeout=spec.idle_timeout,
                delay=order.delay,
                is_socket=spec.kind is StreamKind.SOCKET,
            )
        )

    def get(self, stream_id: int) -> Stream | None:
        """Return a stream, or None if it was closed."""
        return self._streams.get(stream_id)

    def find(self, session: Session, name: tuple[int, int]) -> Stream | None:
        """Return the stream that a session names so, or None if it was closed."""
        # A search, since a client has few streams per session and this happens seldom.
        streams = self._streams.values()
        return next((s for s in streams if s.session is session and s.name == name), None)

    def pop(self, stream_id: int) -> Stream | None:
        """Forget and return a stream that has ended."""
        return self._streams.pop(stream_id, None)

    def close(self, stream: Stream) -> None:
        """Order the driver to close a stream."""
        del self._streams[stream.stream_id]
        self._commands.append(CloseStream(stream_id=stream.stream_id))

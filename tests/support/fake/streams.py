"""How the fake server's streams run and end: each in the way of its version.

A clean end has the terminating chunk; what goes wrong is said in the body, where the version says
it at all, and the body breaks off.
"""

from __future__ import annotations

from tests.support.fake.behaviour import Behaviour
from tests.support.fake.files import bare
from tests.support.fake.messages import Messages
from tests.support.fake.queue import Inbox, Job, Queue, QueueFull, Session, Spawn
from tests.support.latch import Ledger
from tests.support.loopback import Connection, Socket

HEADERS = [("content-type", "text/event-stream; charset=utf-8")]
ALIVE = b"data: ALIVE\n\n"


class Stream:
    """One stream in the ledger: opened, then either finished or dropped by its client.

    The end is noted before the client can read of it, and so before any stream that it opens then.
    """

    def __init__(self, seen: Ledger[tuple[str, str]], session_hash: str) -> None:
        self._seen = seen
        self._hash = session_hash
        self._finished = False
        seen.append(("opened", session_hash))

    def finish(self) -> None:
        """The server ends it; nothing happens the second time."""
        if not self._finished:
            self._finished = True
            self._seen.append(("finished", self._hash))

    def drop(self) -> bool:
        """Whether the client left before the end."""
        if not self._finished:
            self._seen.append(("dropped", self._hash))
        return not self._finished


class Streams:
    """The streams of one start of the app."""

    def __init__(self, behaviour: Behaviour, queue: Queue, seen: Ledger[tuple[str, str]]) -> None:
        self._manners = behaviour
        self._queue = queue
        self._messages = Messages(behaviour)
        self._seen = seen

    async def shared(self, session_hash: str, connection: Connection, spawn: Spawn) -> None:
        """All jobs of a session, until the last one pending is completed."""
        session = self._queue.session(session_hash)
        await connection.head(200, HEADERS)
        if session.inbox is None:
            await self._not_found(connection)
            return
        stream, stray = Stream(self._seen, session.hash), None
        try:
            async with connection.present():
                stray = await self._deliver(connection, session, session.inbox, stream)
                stream.finish()
        finally:
            if stream.drop():
                self._queue.drop(session, spawn)
        if stray is not None:
            # Only the stream breaks: opened again, it goes on (4.37.2, 4.44.1, 5.20.1).
            await self._break(connection, repr(stray), session_not_found=False)

    async def private(self, job: Job, connection: Connection, spawn: Spawn) -> None:
        """One job, from its place in the queue to its end."""
        await connection.head(200, HEADERS)
        try:
            self._queue.join(job, spawn)
        except QueueFull:
            await connection.chunk(self._messages.frame({"msg": "queue_full"}))
            await connection.end()
            return
        stream = Stream(self._seen, job.session.hash)
        try:
            async with connection.present():
                await self._deliver_one(connection, job)
                stream.finish()
                await connection.end()
        finally:
            if stream.drop():
                self._queue.abandon(job, spawn)

    async def socket(self, job: Job, socket: Socket, spawn: Spawn) -> None:
        """One job over a WebSocket, which also brings its arguments."""
        stream = Stream(self._seen, job.session.hash)
        try:
            self._queue.join(job, spawn)
        except QueueFull:
            await socket.send({"msg": "queue_full"})
            return
        try:
            while message := await job.inbox.take():
                await socket.send(message)
                if message["msg"] == "send_data":
                    job.post([bare(value) for value in (await socket.receive())["data"]])
                if message["msg"] == "process_completed":
                    stream.finish()
                    return
        finally:
            if stream.drop():
                self._queue.abandon(job, spawn)

    async def heartbeat(self, connection: Connection) -> None:
        await connection.head(200, HEADERS)
        await connection.chunk(ALIVE)
        await connection.gone()

    async def _deliver(
        self, connection: Connection, session: Session, inbox: Inbox, stream: Stream
    ) -> str | None:
        """Send messages until none is expected, or until the id of a stray completion comes."""
        while message := await inbox.take():
            await connection.chunk(self._messages.frame(message))
            if message["msg"] != "process_completed":
                continue
            if message["event_id"] not in session.pending and self._manners.late_completion_breaks:
                return str(message["event_id"])
            session.pending.discard(message["event_id"])
            if not session.pending:
                stream.finish()
                await self._close(connection)
                return None
        stream.finish()
        await self._not_found(connection)
        return None

    async def _deliver_one(self, connection: Connection, job: Job) -> None:
        while message := await job.inbox.take():
            await connection.chunk(self._messages.frame(message))
            if message["msg"] == "process_completed":
                break

    async def _close(self, connection: Connection) -> None:
        if self._manners.closes_streams:
            await connection.chunk(self._messages.frame(self._messages.close_stream()))
        await connection.end()

    async def _not_found(self, connection: Connection) -> None:
        text = "404: Not Found" if self._manners.since(5, 38) else "404: Session not found."
        await self._break(connection, text, session_not_found=True)

    async def _break(self, connection: Connection, text: str, *, session_not_found: bool) -> None:
        if not self._manners.mute_without_session:
            error = self._messages.unexpected_error(text, session_not_found=session_not_found)
            await connection.chunk(self._messages.frame(error))
        await connection.cut()

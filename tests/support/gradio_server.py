"""A Gradio server in a test's hands: any version from 4.0 on, 3.x where it is called directly.

`FakeGradio("4.44.1")` is a handler for `loopback` and `threaded`. What a version does comes from
`fake/behaviour.py`, what the app does from `fake/functions.py`. A test holds jobs (`fake.holds`),
delays replies (`fake.reply_gates`), answers a route itself (`fake.instead`), restarts the app.
The fake is checked against recorded bytes in `test_gradio_server.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from tests.support.fake.behaviour import Behaviour
from tests.support.fake.documents import App
from tests.support.fake.files import bare, uploaded
from tests.support.fake.functions import ALL_FUNCTIONS, AppCrashes, AppFails, Call, Function, Hold
from tests.support.fake.login import Login, Reply
from tests.support.fake.queue import Job, Queue, QueueFull, Session, Spawn
from tests.support.fake.streams import Streams
from tests.support.latch import Gate, Ledger
from tests.support.loopback import Connection, Handler, Headers, Request

UNKNOWN = Reply(status=404, value={"detail": "Not Found"})
BROKEN = Reply(status=500, value={"detail": "Internal Server Error"})
INVALID = Reply(status=422, value={"detail": [{"type": "missing", "loc": ["body"]}]})


def answering(status: int, value: Any = None, headers: Headers = ()) -> Handler:
    """A handler that gives one answer, for `FakeGradio.instead`."""

    async def answer(_: Request, connection: Connection) -> None:
        await connection.reply_json(status, value, headers)

    return answer


class FakeGradio:
    """The handler, and the controls of the app behind it.

    `auth` maps users to passwords; without it nobody needs to log in.  `max_size` bounds the jobs
    that wait, `max_file_size` the bytes of an upload.  `show_error` sends the text of exceptions.
    `queue` is what 3.x leaves to the app; its default is off there.
    """

    def __init__(
        self,
        version: str = "6.31.0",
        functions: Sequence[Function] = ALL_FUNCTIONS,
        *,
        auth: dict[str, str] | None = None,
        max_size: int | None = None,
        max_file_size: int | None = None,
        show_error: bool = True,
        queue: bool | None = None,
    ) -> None:
        self.behaviour = Behaviour(version)
        self.files: dict[str, bytes] = {}
        "uploads and outputs, by the path they have on the server"
        self.holds: Ledger[Hold] = Ledger("jobs held")
        self.seen: Ledger[tuple[str, Request]] = Ledger("requests")
        "every request with its route: its path without the prefix and the slashes around it"
        self.streams: Ledger[tuple[str, str]] = Ledger("streams")
        "('opened' | 'finished' | 'dropped', session hash) in the order in which it happened"
        self.reply_gates: dict[str, Gate] = {}
        "by route: the work is done, its reply waits for the test"
        self._auth = auth
        self._max_size = max_size
        self._max_file_size = max_file_size
        self._show_error = show_error
        self._has_queue = self.behaviour.since(4) if queue is None else queue
        self._scripts: defaultdict[str, deque[Handler]] = defaultdict(deque)
        self._events = 0
        self._starts = 0
        self.restart(functions)

    def restart(self, functions: Sequence[Function]) -> None:
        """Start the app anew, as a deploy does: no session, no login, another `app_id`."""
        self._starts += 1
        self.functions = tuple(functions)
        self._app = App(
            behaviour=self.behaviour,
            functions=self.functions,
            app_id=1000 + self._starts,
            max_file_size=self._max_file_size,
            queue=self._has_queue,
            show_error=self._show_error,
        )
        self._login = Login(self.behaviour, self._auth, self._starts)
        self._queue = Queue(self.behaviour, max_size=self._max_size, show_error=self._show_error)
        self._streams = Streams(self.behaviour, self._queue, self.streams)

    def instead(self, route: str, handler: Handler, *, times: int = 1) -> None:
        """Let `handler` answer the next requests for a route, such as `queue/join`."""
        self._scripts[route].extend([handler] * times)

    @property
    def ended(self) -> Ledger[str]:
        """The events whose jobs came to an end, whoever heard of it."""
        return self._queue.ended

    def requests(self, route: str) -> list[Request]:
        """The requests that came for a route, in order."""
        return [request for seen, request in self.seen if seen == route]

    def beat(self) -> None:
        """Send a heartbeat on each shared stream, as real servers do every 15 s.

        Only in the loop of the server: from a thread, `server.soon(fake.beat)`.
        """
        for session in self._queue.sessions.values():
            if session.inbox:
                session.inbox.put(self._queue.messages.heartbeat())

    async def __call__(self, request: Request, connection: Connection) -> None:
        route = self._route(request.path)
        self.seen.append((route, request))
        if self._scripts[route]:
            await self._scripts[route].popleft()(request, connection)
        elif not self._login.admits(route, request):
            await _send(self._login.refusal(), connection)
        else:
            await self._dispatch(route, request, connection)

    async def _dispatch(self, route: str, request: Request, connection: Connection) -> None:
        private, spawn = self.behaviour.private_streams, connection.server.spawn
        match request.method, route.split("/"):
            case "GET", ["queue", "data"] if not private and "session_hash" in request.query:
                await self._streams.shared(request.query["session_hash"], connection, spawn)
            case "GET", ["queue", "join"] if private and self._index(request.query) is not None:
                await self._streams.private(self._private_job(request), connection, spawn)
            case "GET", ["queue", "join"] if self.behaviour.sockets:
                await self._socket(request, connection)
            case "GET", ["heartbeat", _] if self.behaviour.heartbeats:
                await self._streams.heartbeat(connection)
            case "GET" | "HEAD", [first, *_] if first.startswith("file="):
                await self._file(request, connection)
            case _:
                reply = await self._reply(route, request, spawn)
                if gate := self.reply_gates.get(route):
                    await gate.passed()
                await _send(reply, connection)

    async def _socket(self, request: Request, connection: Connection) -> None:
        """A job over a WebSocket (3.x); a server without a queue refuses it with 500."""
        if not self._has_queue or request.header("upgrade").lower() != "websocket":
            await _send(BROKEN, connection)
            return
        async with connection.upgraded(request) as socket:
            await socket.send({"msg": "send_hash"})
            asked: dict[str, Any] = await socket.receive()
            if self._index(asked) is not None:
                job = self._job(asked["fn_index"], asked["session_hash"], request)
                await self._streams.socket(job, socket, connection.server.spawn)

    async def _reply(self, route: str, request: Request, spawn: Spawn) -> Reply:
        match request.method, route.split("/"):
            case "GET", ["config"]:
                return Reply(value=self._app.config(_root(request), self._login.user(request)))
            case "GET", ["info"]:
                everything = request.query.get("all_endpoints") == "true"
                return Reply(value=self._app.info(everything=everything))
            case "GET", ["app_id"]:
                return Reply(value={"app_id": self._app.app_id})
            case "POST", ["login"]:
                return self._login.login(request)
            case "POST", ["upload"]:
                return self._upload(request)
            case "POST", ["run" | "api", name]:
                return await self._direct(name, request)
            case "POST", ["queue" | "cancel" | "reset", *_]:
                return self._queued(route, request, spawn)
            case "GET", ["queue", "data"] if self.behaviour.since(4, 9):
                return INVALID
            case _:
                return UNKNOWN

    def _queued(self, route: str, request: Request, spawn: Spawn) -> Reply:
        match route:
            case "queue/join" if not self.behaviour.private_streams:
                return self._join(request, spawn)
            case "queue/data" if self.behaviour.private_streams:
                return self._data(request.json())
            case "cancel" if self.behaviour.cancels:
                return self._cancel(request.json(), spawn)
            case "reset":
                if self.behaviour.resets:
                    self._queue.reset(request.json()["event_id"])
                return Reply(value={"success": True})
            case _:
                return UNKNOWN

    def _route(self, path: str) -> str:
        """The path within the API; what lacks the prefix is not found there."""
        asked = path.strip("/")
        if not self.behaviour.prefix or asked in ("", "config", "login"):
            return asked
        prefix = self.behaviour.prefix.strip("/") + "/"
        return asked.removeprefix(prefix) if asked.startswith(prefix) else f"?/{asked}"

    # Calls

    def _join(self, request: Request, spawn: Spawn) -> Reply:
        body = request.json()
        if "data" not in body:
            return INVALID
        if body.get("session_hash") is None:
            return Reply(status=400, value={"detail": "Session hash not found."})
        if (index := self._index(body)) is None:
            return BROKEN
        job = self._job(index, body["session_hash"], request)
        job.simple = body.get("simple_format", False)
        job.post(_bare(body))
        try:
            self._queue.join(job, spawn)
        except QueueFull as full:
            return Reply(status=self.behaviour.full_queue_status, value={"detail": str(full)})
        return Reply(value={"event_id": job.event_id})

    def _private_job(self, request: Request) -> Job:
        index = self._index(request.query)
        assert index is not None
        job = self._job(index, request.query["session_hash"], request)
        if data := request.query.get("data"):
            job.post(json.loads(data))
        return job

    def _data(self, body: dict[str, Any]) -> Reply:
        """The arguments of a job on a private stream."""
        if (job := self._queue.find(body["event_id"])) is None:
            return BROKEN
        job.post(_bare(body))
        return Reply()

    def _index(self, asked: dict[str, Any]) -> int | None:
        index = int(asked.get("fn_index", -1))
        return index if index in range(len(self.functions)) else None

    def _job(self, index: int, session_hash: str, request: Request) -> Job:
        session = self._queue.session(session_hash)
        return Job(
            index=index,
            function=self.functions[index],
            session=session,
            call=self._call(index, session, request),
            inbox=self._queue.inbox(session),
        )

    def _call(self, index: int, session: Session, request: Request) -> Call:
        self._events += 1
        return Call(
            name=self.functions[index].name,
            event_id=f"{self._events:032x}",
            state=session.state,
            request=request,
            session_hash=session.hash,
            username=self._login.user(request),
            files=self.files,
            holds=self.holds,
        )

    async def _direct(self, name: str, request: Request) -> Reply:
        body = request.json()
        names = [function.name for function in self.functions]
        index = names.index(name) if name in names else self._index(body)
        if index is None:
            return BROKEN
        call = self._call(index, self._queue.session(body.get("session_hash") or ""), request)
        call.data = _bare(body)
        try:
            return Reply(value=await self._queue.once(self.functions[index], call))
        except (AppFails, AppCrashes) as error:
            return Reply(status=500, value=self._queue.failure(error, late=False))

    def _cancel(self, body: dict[str, Any], spawn: Spawn) -> Reply:
        if not {"session_hash", "fn_index", "event_id"} <= body.keys():
            return INVALID
        self._queue.cancel(body["session_hash"], body["fn_index"], body["event_id"], spawn)
        return Reply(value={"success": True})

    # Files

    def _upload(self, request: Request) -> Reply:
        parts = uploaded(request)
        if parts is None:
            return Reply(status=400, value={"detail": "Invalid content-type header."})
        limit = self._max_file_size
        if limit is not None and any(len(content) > limit for _, content in parts):
            return Reply(status=413, value=f"Maximum part size of {limit} bytes exceeded.")
        paths = [f"/tmp/gradio/{_digest(content)}/{name}" for name, content in parts]
        self.files |= {path: content for path, (_, content) in zip(paths, parts, strict=True)}
        return Reply(value=paths)

    async def _file(self, request: Request, connection: Connection) -> None:
        path = request.path.partition("file=")[2]
        if path not in self.files:
            await connection.reply_json(403, {"detail": "File not allowed."})
            return
        headers = [("content-type", "application/octet-stream")]
        await connection.reply(200, self.files[path], headers)


async def _send(reply: Reply, connection: Connection) -> None:
    await connection.reply_json(reply.status, reply.value, reply.headers)


def _bare(body: dict[str, Any]) -> list[Any]:
    return [bare(value) for value in body["data"]]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _root(request: Request) -> str:
    return f"http://{request.header('host')}"

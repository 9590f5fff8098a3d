"""Conversations with a fake server, and what of them can be compared with recorded ones."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import httpx

from tests.support import transcripts
from tests.support.fake.behaviour import Behaviour
from tests.support.fake.messages import Message
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.loopback import Loopback, threaded

QUEUED = [version for version in transcripts.versions() if Behaviour(version).since(4)]
SHARED = [version for version in QUEUED if not Behaviour(version).private_streams]
CANCELLING = [version for version in QUEUED if Behaviour(version).cancels]
LOSING = [version for version in SHARED if not Behaviour(version).resumable]
TIMES = (
    "duration",
    "average_duration",
    "eta",
    "rank_eta",
    "queue_eta",
    "avg_time",
    "cache_duration",
    "avg_event_process_time",
    "avg_event_concurrent_process_time",
)


class Visitor:
    """The recorder's conversations, held with a fake."""

    def __init__(self, fake: FakeGradio, server: Loopback, http: httpx.Client) -> None:
        self.fake = fake
        self.server = server
        self.http = http
        self.base = server.url.rstrip("/") + fake.behaviour.prefix

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(f"{self.base}{path}", json=body)

    def join(self, name: str, data: list[Any], session: str) -> str:
        return str(self.post("/queue/join", self.call(name, data, session)).json()["event_id"])

    def call(self, name: str, data: list[Any], session: str) -> dict[str, Any]:
        names = [function.name for function in self.fake.functions]
        return {"data": data, "fn_index": names.index(name), "session_hash": session}

    def cancel(self, name: str, session: str, event_id: str) -> httpx.Response:
        return self.post("/cancel", {**self.call(name, [], session), "event_id": event_id})

    def job(self, name: str, data: list[Any], session: str = "s") -> tuple[list[Message], str]:
        """All messages of one call, and how its stream ended."""
        if self.fake.behaviour.private_streams:
            return self._private_job(name, data, session)
        self.join(name, data, session)
        return self.stream(session)

    def stream(self, session: str) -> tuple[list[Message], str]:
        with self.listening(session) as stream:
            return stream.rest()

    @contextmanager
    def listening(self, session: str) -> Generator[Stream, None, None]:
        params = {"session_hash": session}
        with self.http.stream("GET", f"{self.base}/queue/data", params=params) as response:
            yield Stream(response)

    def _private_job(self, name: str, data: list[Any], session: str) -> tuple[list[Message], str]:
        call = self.call(name, data, session)
        with self.http.stream("GET", f"{self.base}/queue/join", params=without_data(call)) as reply:
            stream = Stream(reply)
            seen = stream.until("send_data")
            self.post("/queue/data", {**call, "event_id": seen[-1]["event_id"]})
            rest, ending = stream.rest()
            return seen + rest, ending


class Stream:
    """An open stream, read message by message."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.iter_raw()

    def until(self, name: str) -> list[Message]:
        seen: list[Message] = []
        while not seen or seen[-1]["msg"] != name:
            seen += parsed(next(self._chunks))
        return seen

    def rest(self) -> tuple[list[Message], str]:
        seen: list[Message] = []
        try:
            for chunk in self._chunks:
                seen += parsed(chunk)
        except httpx.RemoteProtocolError:
            return seen, "closed"
        return seen, "complete"


@contextmanager
def visiting(fake: FakeGradio) -> Generator[Visitor, None, None]:
    with threaded(fake) as server, httpx.Client(timeout=PATIENCE) as http:
        yield Visitor(fake, server, http)


def parsed(data: bytes) -> list[Message]:
    return [json.loads(line[6:]) for line in data.split(b"\n") if line.startswith(b"data: ")]


def without_data(call: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in call.items() if key != "data"}


def compared(messages: list[Message]) -> list[Any]:
    """Messages without what differs from run to run, and without their number of progress steps."""
    ids: dict[Any, int] = {}
    plain = [anonymous(message, ids) for message in messages]
    return [message for n, message in enumerate(plain) if not repeats(plain, n)]


def repeats(messages: list[Any], n: int) -> bool:
    """Progress comes as often as the server finds time for it."""
    return n > 0 and messages[n]["msg"] == messages[n - 1]["msg"] == "progress"


def anonymous(value: Any, ids: dict[Any, int]) -> Any:
    if type(value) is dict:
        return {key: known(key, item, ids) for key, item in cast("Message", value).items()}
    if type(value) is list:
        return [anonymous(item, ids) for item in cast("list[object]", value)]
    return value


def known(key: str, value: Any, ids: dict[Any, int]) -> Any:
    if key == "event_id" and value is not None:
        return ids.setdefault(value, len(ids))
    return "a time" if key in TIMES else anonymous(value, ids)


def shape(value: Any) -> Any:
    """The keys of a message and of its output, in their order."""
    return [(message["msg"], list(message), list(message.get("output", {}))) for message in value]


def told(messages: list[Message]) -> list[str]:
    """What was said, but for the estimations: when those come depends on who is faster."""
    return [message["msg"] for message in messages if message["msg"] != "estimation"]

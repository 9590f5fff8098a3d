"""`gradio-client doctor`: what an app is, how it answers, and what this client does there.

The report is safe to paste into an issue: it contains no header, cookie, token, user name, or query
of an address.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from logging import Handler, LogRecord, getLogger
from statistics import median
from typing import Any

from gradio_protocol import GradioError, Head, InvalidArguments

from .._version import __version__
from ..cancel_handle import CancelHandle
from ..client import Client
from .connect import Settings, all_endpoints, connected_as
from .failures import exit_code, explain
from .listing import is_listed, plain
from .values import read_json

_PINGS = 5
_PACKAGES = ("gradio-protocol", "httpx", "huggingface_hub")
_QUEUE = "queue/status"


class Probe(Client):
    """A client that tells how it speaks to the app, and sends single requests."""

    def describe_protocol(self) -> Iterator[tuple[str, str]]:
        """Yield what this client does with a server of this version."""
        dialect = self._shared.runner.protocol.app.dialect
        yield "calls", _say(dialect.delivery)
        yield "outputs", _say(dialect.edits)
        yield "cancelling", _say(dialect.cancelling)
        yield "files", _say(dialect.files)

    def get(self, path: str) -> tuple[Head, bytes]:
        """Return the head and the body of the reply to a GET of the API. Raises TransportFailed."""
        request = self._shared.runner.protocol.app.access.get(path)
        connections = self._shared.runner.connections
        with connections.exchange(request, (), None, CancelHandle()) as (head, chunks):
            return head, b"".join(chunks)


class RequestTimes:
    """Times requests, by the hooks that httpx calls."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._started: dict[int, float] = {}

    @property
    def hooks(self) -> dict[str, list[Any]]:
        """The `event_hooks` of an `httpx.Client`."""
        return {"request": [self._sent], "response": [self._answered]}

    def _sent(self, request: Any) -> None:
        self._started[id(request)] = time.monotonic()

    def _answered(self, response: Any) -> None:
        request = response.request
        took = time.monotonic() - self._started.pop(id(request))
        # The path alone: a query can hold a session's hash.
        self.lines.append(
            f"{request.method} {request.url.path} {response.status_code}, {_milliseconds(took)}"
        )


def examine(src: str, settings: Settings) -> Generator[tuple[str, str], None, int]:
    """Yield the lines of the report, each a title and a text; return the exit code."""
    yield "client", f"gradio-client-httpx {__version__}, {', '.join(_versions())}"
    yield "system", f"Python {platform.python_version()}, {platform.platform()}"
    times, notes = RequestTimes(), list[str]()
    try:
        with (
            _notes_into(notes),
            connected_as(Probe, src, settings, httpx_kwargs={"event_hooks": times.hooks}) as client,
        ):
            yield "app", client.src
            yield from _describe_app(client)
            connecting = [*times.lines]
            yield from _measure(client)
    except GradioError as error:
        yield from (("request", line) for line in times.lines)
        yield "failed", explain(error)
        return exit_code(error)
    yield from (("request", line) for line in connecting)
    yield from (("note", plain(note)) for note in notes)
    return 0


def _versions() -> Iterator[str]:
    for name in _PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} is missing"


def _describe_app(client: Probe) -> Iterator[tuple[str, str]]:
    if client.space_id:
        yield "space", plain(client.space_id)
    yield "gradio", plain(f"{client.app_version}, protocol {client.protocol}")
    yield "login", _describe_login(client)
    everything = all_endpoints(client)
    listed = sum(map(is_listed, everything))
    yield "endpoints", f"{listed} listed, {len(everything) - listed} more can be called"
    yield from client.describe_protocol()


def _say(member: Enum) -> str:
    return f"{member.name}: {member.value}"


def _describe_login(client: Probe) -> str:
    if client.config.get("username"):
        return "with this user and password"
    return "with a cookie" if client.cookies else "not required"


def _measure(client: Probe) -> Iterator[tuple[str, str]]:
    taken: list[float] = []
    head, body = Head(status=0), b""
    for _ in range(_PINGS):
        started = time.monotonic()
        head, body = client.get(_QUEUE)
        taken.append(time.monotonic() - started)
    yield "latency", f"{_milliseconds(median(taken))}, the median of {_PINGS} requests"
    yield "queue", _describe_queue(head, body)


def _describe_queue(head: Head, body: bytes) -> str:
    match head:
        case Head(status=200):
            try:
                found: Any = read_json(body.decode("utf-8", "replace"))
            except InvalidArguments:
                return f"unknown: the answer to {_QUEUE} is not JSON"
        case _:
            return f"unknown: the app answers {head.status} to {_QUEUE}"
    match found:
        case {"queue_size": int(size), **more}:
            eta = more.get("queue_eta")
            wait = f", about {eta:.0f} s to wait" if isinstance(eta, int | float) else ""
            return f"{size} jobs wait{wait}"
        case _:
            return "unknown: the app's answer has no queue_size"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


@contextmanager
def _notes_into(notes: list[str]) -> Generator[None]:
    """Collect what the client logs as warnings, such as what it had to guess."""

    class Collector(Handler):
        def emit(self, record: LogRecord) -> None:
            notes.append(record.getMessage())

    collector, logger = Collector("WARNING"), getLogger("gradio_client_httpx")
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)

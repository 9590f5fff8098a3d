"""Reads every capture under a folder with the core's parsers, and counts what it could read.

`python -m scripts.checks.captures FOLDER` wants `FOLDER/VERSION/PROBE/*.http`: a line of JSON
(`kind`, `req_len`, `resp_len`, `closed_by`), the bytes of a request, a newline, the bytes of what
came back. It prints a table of versions and kinds, then each failure, and ends with 1 if there was
one.

Every exchange over HTTP must be read: as what its route and its status say that it is. A refusal
must become a typed error, a stream its messages, none of them unknown. Sockets are only counted.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from gradio_protocol.app.config import Config, inline_config, read_config
from gradio_protocol.app.dialect import Delivery, Dialect, Edits
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.app.schema import python_type
from gradio_protocol.flows.attempt import join_error
from gradio_protocol.jobs.event_stream import StreamReader
from gradio_protocol.jobs.failures import failure
from gradio_protocol.jobs.history import History, HistoryCursor
from gradio_protocol.jobs.messages import Completed, EventMessage, Generated, Heartbeat, Ignored
from gradio_protocol.jobs.orders import StreamKind
from gradio_protocol.wire.cookies import Jar
from gradio_protocol.wire.document import LIST, check_kind, need, read, read_object, write
from gradio_protocol.wire.exchange import Headers, Request, Response
from gradio_protocol.wire.redirect import follow_redirect
from gradio_protocol.wire.sse import EventParser
from gradio_protocol.wire.status import error_from_response

HERE = "http://127.0.0.1/"


class Unread(Exception):
    """The core read a capture, and not as what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One exchange."""

    path: Path
    version: str
    method: str
    route: str
    "Below the prefix of the API, without a query."
    sent: bytes
    "The body of the request."
    status: int
    headers: Headers
    body: bytes
    closed_by: str
    note: str
    "What was special about it."

    @property
    def reply(self) -> Response:
        """What came back, as the core is told of it."""
        return Response(status=self.status, headers=self.headers, body=self.body, url=HERE)

    @property
    def media(self) -> str:
        """The type of the body."""
        return (self.reply.header("content-type") or "").partition(";")[0]


Reading: TypeAlias = Callable[[Capture], None]


def main(arguments: list[str]) -> int:
    """Read all and print the table."""
    if len(arguments) != 1:
        print("usage: python -m scripts.checks.captures FOLDER", file=sys.stderr)
        return 2
    counts: Counter[tuple[str, str]] = Counter()
    failures: list[str] = []
    for path in sorted(Path(arguments[0]).glob("*/*/*.http")):
        version = path.parts[-3]
        capture = load(path)
        kind = "socket (later)" if capture is None else kind_of(capture)
        counts[version, kind] += 1
        if capture is not None:
            try:
                READINGS[kind](capture)
                Jar().store(HERE, capture.headers)
            except Exception as error:  # noqa: BLE001 - each is a failure, and has to be shown
                failures.append(f"{path}: {kind}: {type(error).__name__}: {error}")
    for line in table(counts):
        print(line)
    print(f"\n{sum(counts.values())} captures, {len(failures)} failures")
    for failed in failures:
        print(failed)
    return 1 if failures or not counts else 0


def load(path: Path) -> Capture | None:
    """One capture; None for a socket."""
    first, _, rest = path.read_bytes().partition(b"\n")
    meta = json.loads(first)
    if meta["kind"] == "ws":
        return None
    request, response = rest[: meta["req_len"]], rest[meta["req_len"] + 1 :]
    method, target, _ = request.split(b" ", 2)
    head, _, body = response.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    pairs = [field.partition(":") for field in fields]
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    chunked = ("transfer-encoding", "chunked") in headers
    return Capture(
        path=path,
        version=path.parts[-3],
        method=method.decode(),
        route=target.partition(b"?")[0].decode("latin-1").strip("/"),
        sent=request.partition(b"\r\n\r\n")[2],
        status=int(line.split(" ")[1]) if line else 0,
        headers=headers,
        body=b"".join(chunks(body)) if chunked else body,
        closed_by=meta["closed_by"],
        note=meta.get("note") or "",
    )


def chunks(body: bytes) -> Iterator[bytes]:
    """The chunks of a chunked body, as far as it came."""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0] or b"0", 16)
        if length == 0:
            return
        yield rest[:length]
        body = rest[length + 2 :]


def kind_of(capture: Capture) -> str:
    """What a capture is of, by its route, its status and the type of its body."""
    if capture.status == 0:
        return "no answer"
    if "mcp" in capture.route.split("/"):
        return "mcp"
    if capture.media == "text/event-stream":
        return stream_kind(capture.route)
    if capture.status >= 300:
        return "redirect" if capture.status < 400 else "refusal"
    parts = capture.route.split("/")
    if parts[-1] == "config" and capture.media == "application/json":
        return "config"
    if capture.media == "text/html":
        return "page"
    if parts[-1] in ("info", "openapi.json") and capture.media == "application/json":
        return parts[-1].removesuffix(".json")
    if capture.method == "POST":
        return posted(parts)
    return "document" if capture.media == "application/json" else "file"


def stream_kind(route: str) -> str:
    """Which stream: of messages, of a heartbeat, or of another protocol."""
    for name in ("heartbeat", "upload_progress", "mcp", "call"):
        if name in route.split("/"):
            return {"upload_progress": "progress", "mcp": "mcp", "call": "call"}.get(name, name)
    return "stream"


def posted(parts: list[str]) -> str:
    """Which answer to a POST."""
    match parts[-2:]:
        case ["queue", "join"]:
            return "join"
        case [_, "upload"] | ["upload"]:
            return "upload"
        case ["run" | "api", _]:
            return "run"
        case _:
            return "document"


@cache
def dialect_of(folder: Path) -> Dialect:
    """The dialect that the config in a folder names."""
    return config_of(folder).dialect


@cache
def config_of(folder: Path) -> Config:
    """The first config that was captured in a probe, or else of the version."""
    places = (folder, folder.parent / "main", folder.parent / "extra")
    for place in places:
        for path in sorted(place.glob("*config*.http")):
            capture = load(path)
            if capture is not None and kind_of(capture) == "config":
                config = read_config(capture.body)
                if not config.auth_required:
                    return config
    raise Unread(f"no config near {folder}")


def read_configuration(capture: Capture) -> None:
    config = read_config(capture.body)
    if config.version != capture.version:
        raise Unread(f"version is {config.version!r}")
    read_endpoints(config, None)


def read_page(capture: Capture) -> None:
    if b"window.gradio_config" in capture.body:
        read_endpoints(inline_config(capture.body), None)


def read_info(capture: Capture) -> None:
    info = read_object(capture.body, where="info")
    listed = read_endpoints(config_of(capture.path.parent), info)
    if not listed and info.get("named_endpoints"):
        raise Unread("no endpoint was found")


def read_openapi(capture: Capture) -> None:
    python_type(read(capture.body, where="openapi"))


def read_document(capture: Capture) -> None:
    read(capture.body, where="document")


def read_join(capture: Capture) -> None:
    said = read_object(capture.body, where="join")
    need(said, "event_id", str, where="join")


def read_upload(capture: Capture) -> None:
    paths = check_kind(read(capture.body, where="upload"), LIST, "upload")
    if not all(isinstance(path, str) for path in paths):
        raise Unread("not all are paths")


def read_run(capture: Capture) -> None:
    need(read_object(capture.body, where="result"), "data", LIST, where="run")


def read_redirect(capture: Capture) -> None:
    if capture.method == "POST":  # of a login: its cookies are taken, its address is not visited
        return
    request = Request(method=capture.method, url=HERE)
    if follow_redirect(request, capture.reply) is None and "127.0.0.1" in str(capture.headers):
        raise Unread(f"a redirect to {capture.reply.header('location')} is not followed")


def read_refusal(capture: Capture) -> None:
    errors = (error_from_response(capture.reply, doing="trying"), join_error(capture.reply))
    if str(capture.status) not in str(errors[0]) or not str(errors[1]):
        raise Unread("the refusal says nothing")
    if capture.status == 500 and capture.media == "application/json":
        said = read(capture.body, where="failure")
        failure(said, dialect_of(capture.path.parent))


def read_stream(capture: Capture) -> None:
    deliveries = list(delivered(capture))
    unknown = [d.message.name for d in deliveries if isinstance(d.message, Ignored)]
    if unknown:
        raise Unread(f"unknown messages {unknown}")
    known_ends = capture.closed_by.startswith("client (response complete")
    if not deliveries and known_ends:
        raise Unread("no message was read")
    by_event: dict[str | None, list[EventMessage]] = {}
    for delivery in deliveries:
        by_event.setdefault(delivery.event_id, []).append(delivery)
    for event in by_event.values():
        read_outputs(capture, event)


def delivered(capture: Capture) -> Iterator[EventMessage]:
    """The messages of a stream that came in small pieces."""
    dialect = dialect_of(capture.path.parent)
    private = dialect.delivery is Delivery.PRIVATE
    reader = StreamReader(StreamKind.PRIVATE if private else StreamKind.SHARED, dialect)
    for at in range(0, len(capture.body), 1000):
        yield from reader.feed(capture.body[at : at + 1000])


def read_outputs(capture: Capture, event: list[EventMessage]) -> None:
    """Assemble what a generator gave; its last message says whether that is right."""
    messages = [delivery.message for delivery in event]
    outputs = [message for message in messages if isinstance(message, Generated)]
    dialect = dialect_of(capture.path.parent)
    # The core never asks for this; from 4.20 on values come whole then.
    simple = "simple_format" in capture.note and dialect.version >= (4, 20, 0)
    history = History(Edits.NONE if simple else dialect.edits)
    for output in outputs:
        history.add(output)
    cursor, value = HistoryCursor(history), None
    while cursor.advance():
        value = cursor.value()
        if not cursor.is_exact:
            raise Unread("the edits do not fit")
    finals = [m.data for m in messages if isinstance(m, Completed) and m.data is not None]
    # Of two streams of one session each has a part; the last value of an input that goes on comes
    # with the last message only (5.0 and later).
    partial = "on one session" in capture.note or any(output.streamed for output in outputs)
    if outputs and finals and not partial and write(value) != write(finals[-1]):
        raise Unread(f"the edits lead to {value}, the server says {finals[-1]}")


def read_heartbeat(capture: Capture) -> None:
    dialect = dialect_of(capture.path.parent)
    beats = StreamReader(StreamKind.HEARTBEAT, dialect).feed(capture.body)
    if not all(isinstance(beat.message, Heartbeat) for beat in beats):
        raise Unread("not a heartbeat")


def read_foreign(capture: Capture) -> None:
    """Events of other protocols: only that they are events."""
    EventParser().feed(capture.body)


def read_nothing(_: Capture) -> None:
    """A file is bytes."""


READINGS: dict[str, Reading] = {
    "config": read_configuration,
    "page": read_page,
    "info": read_info,
    "openapi": read_openapi,
    "join": read_join,
    "stream": read_stream,
    "heartbeat": read_heartbeat,
    "run": read_run,
    "upload": read_upload,
    "document": read_document,
    "redirect": read_redirect,
    "refusal": read_refusal,
    "file": read_nothing,
    "no answer": read_nothing,
    "call": read_foreign,
    "progress": read_foreign,
    "mcp": read_foreign,
}
"""Each kind, and how it is read."""


def table(counts: Counter[tuple[str, str]]) -> Iterator[str]:
    """A row for each version, a column for each kind."""
    found = {kind for _, kind in counts}
    kinds = [kind for kind in (*READINGS, "socket (later)") if kind in found]
    versions = sorted({version for version, _ in counts}, key=numbers)
    yield " ".join(["version ", *(f"{kind:>9}" for kind in kinds)])
    for version in versions:
        cells = [f"{counts[version, kind] or '·':>{max(9, len(kind))}}" for kind in kinds]
        yield " ".join([f"{version:<8}", *cells])
    totals = [sum(counts[version, kind] for version in versions) for kind in kinds]
    cells = [f"{n:>{max(9, len(kind))}}" for n, kind in zip(totals, kinds, strict=True)]
    yield " ".join(["all     ", *cells])


def numbers(version: str) -> list[int]:
    """For sorting."""
    return [int(part) for part in version.split(".")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

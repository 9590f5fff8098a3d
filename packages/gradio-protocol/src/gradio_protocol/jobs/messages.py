"""Parses the messages of a stream into frozen types.

1. `message` accepts any JSON object, and never raises.
2. An unknown name, or a message without its essential keys, becomes `Ignored`: a newer server must
   not break an older client.
3. A `process_completed` always ends its job. If its content is not valid, it becomes `Failed`.
4. Any other value of the wrong type counts as absent.
5. The dialect repairs the texts of errors.

Sources: the bytes of Gradio 3.36 to 6.31, for each name and each set of keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ..app.dialect import Dialect
from ..app.files import RemoteFile
from ..dataclass import dataclass
from ..errors import GradioError, RemoteError, ServerStopped, SessionNotFound
from ..wire.document import JSON, LIST, OBJECT, Object, check_kind, need, read_object
from .edits import Change
from .failures import failure
from .fields import count, duration, flag, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUnit:
    """One progress bar of an app."""

    index: float | None = None
    "Units that are done."
    length: float | None = None
    "Units in all."
    unit: str = "steps"
    progress: float | None = None
    "The part that is done, from 0 to 1, if the app reports that instead of a count."
    desc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """`estimation`: the event waits in the queue. Sent several times, once, or not at all."""

    rank: int | None = None
    "Events before it."
    size: int | None = None
    "Events that wait."
    eta: float | None = None
    "Estimated seconds until it ends."


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequested:
    """`send_data`: a private stream asks for the arguments, within 5 s (4.0 to 4.8)."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """`process_starts`: the server calls the app's function."""

    eta: float | None = None
    "Estimated duration, in seconds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """`progress`: the current state of all bars, outermost first."""

    steps: tuple[ProgressUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """`log`: a text from `gr.Info`, `gr.Warning` and the like."""

    text: str
    level: str = "info"
    title: str | None = None
    "None before 5.2."
    duration: float | None = 10
    "Seconds for which to show it; None: until the user closes it."
    visible: bool = True


# A tuple, unlike the other messages: streams send hundreds of thousands of these.
class Generated(NamedTuple):
    """`process_generating`, `process_streaming`: an output, whole or as edits."""

    data: tuple[JSON, ...]
    "One item for each output component, state included."
    streamed: bool = False
    "`process_streaming`: the values are whole, even if the dialect has edits."
    has_path: bool = True
    "False: it has no key `path`, so it contains no file."


class Output(NamedTuple):
    """A `Generated` with its edits decoded and its files found."""

    changes: tuple[Change, ...]
    "One for each output component."
    files: tuple[RemoteFile, ...] = ()
    "Files to download before the output is shown; empty if the caller wants none."
    ends_input: bool = False
    "The first output of a streamed event; the client then ends the input."


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A successful `process_completed`."""

    data: tuple[JSON, ...] | None
    "The values, whole; None: the event was cancelled with `/cancel`."
    rendering: Object | None = None
    "Components and dependencies that `@gr.render` made for this session (4.37 and later)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A `process_completed` with an error, or with content that is not valid."""

    error: GradioError
    shown: bool = False
    "The job has shown an output before, so it must not be run again."


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFull:
    """`queue_full`: the queue did not accept the event (4.0 to 4.8; later joins fail with 503)."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """`heartbeat`: the server is alive and has nothing else to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosing:
    """`close_stream`: the server ends the stream, and the session stays usable (4.22 and later)."""

    is_complete: bool = True
    "False: it breaks off, and the next stream continues there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """`unexpected_error`, `server_stopped`: the stream and all events on it fail."""

    message: str
    session_not_found: bool = False

    @property
    def error(self) -> RemoteError:
        """The error for the jobs of this stream."""
        if self.session_not_found:
            return SessionNotFound(self.message)
        return (ServerStopped if self.message == _STOPPED else RemoteError)(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A message that changes nothing."""

    name: str
    "The name in the message; empty if it is not a text."


LastMessage: TypeAlias = Completed | Failed | QueueFull
"Ends an event."

Report: TypeAlias = Queued | DataRequested | Started | Progressed | Logged | LastMessage

JobMessage: TypeAlias = Report | Generated | Ignored
"What a mailbox can contain."

FlowMessage: TypeAlias = Output | DataRequested | LastMessage
"What the flow of a job has to act on; other messages go straight to the job's state."

Message: TypeAlias = JobMessage | Heartbeat | StreamClosing | Broken


class EventMessage(NamedTuple):
    """A message, with the id of its event."""

    event_id: str | None
    "None: it concerns the whole stream, or the stream is private."
    message: Message


def read_message(data: bytes, dialect: Dialect) -> EventMessage:
    """Parse the data of one server-sent event.

    Raises RemoteError if it is not a JSON object.
    """
    # Searching the bytes is faster than the parsed values. Escapes may hide a key, so they count.
    has_path = b'"path"' in data or b"\\u" in data
    return message(read_object(data, where="stream"), dialect, has_path=has_path)


def message(document: Object, dialect: Dialect, *, has_path: bool = True) -> EventMessage:
    """Turn a JSON object into a message; never raises. `has_path`: see `Generated`."""
    name = text(document, "msg") or ""
    parsed: Message | None
    if name in _GENERATING:
        parsed = _read_generated(document, has_path=has_path)
    elif name == "process_completed":
        parsed = _read_completed(document, dialect)
    else:
        read_fields = _READERS.get(name)
        parsed = read_fields(document) if read_fields else None
    return EventMessage(text(document, "event_id"), parsed or Ignored(name=name))


_STOPPED = "Server stopped unexpectedly."
"The text of a server that is shutting down, in both messages that can contain it."

_TWICE = "'[0-9a-f]{32}'"
"""The whole text of an `unexpected_error` for an event that was completed twice: a KeyError.

That happens when a `/cancel` crosses the end of its event. The stream breaks off, but the session
is intact, and the next stream continues there (4.37.2 to 5.20.1)."""

_OUTPUT = "process_completed: output"
_GENERATING = ("process_generating", "process_streaming")


def _read_queued(document: Object) -> Queued:
    return Queued(
        rank=count(document, "rank"),
        size=count(document, "queue_size"),
        eta=number(document, "rank_eta"),
    )


def _read_data_requested(document: Object) -> DataRequested | None:
    event_id = text(document, "event_id")
    return None if event_id is None else DataRequested(event_id=event_id)


def _read_progressed(document: Object) -> Progressed | None:
    steps = document.get("progress_data")
    if not isinstance(steps, list):
        return None
    return Progressed(steps=tuple(_read_step(step) for step in steps if isinstance(step, dict)))


def _read_step(step: Object) -> ProgressUnit:
    return ProgressUnit(
        index=number(step, "index"),
        length=number(step, "length"),
        unit=text(step, "unit") or "steps",
        progress=number(step, "progress"),
        desc=text(step, "desc"),
    )


def _read_logged(document: Object) -> Logged | None:
    line = text(document, "log")
    if line is None:
        return None
    return Logged(
        text=line,
        level=text(document, "level") or "info",
        title=text(document, "title"),
        duration=duration(document),
        visible=flag(document, "visible", default=True),
    )


def _read_generated(document: Object, *, has_path: bool) -> Generated | None:
    output = document.get("output")
    data = output.get("data") if isinstance(output, dict) else None
    if not isinstance(data, list):
        return None
    # 5.0 and later send streamed events whole, and edits for all others.
    streamed = document["msg"] == "process_streaming"
    return Generated(tuple(data), streamed, has_path)


def _read_completed(document: Object, dialect: Dialect) -> Completed | Failed:
    output = document.get("output")
    fields = output if isinstance(output, dict) else {}
    if "error" in fields or not flag(document, "success", default=True):
        # From 5.2 on the message has a title, which is null for a failure inside a generator.
        return Failed(error=failure({"title": document.get("title"), **fields}, dialect))
    # After a `/cancel` the output is an empty object, with success (4.31 and later).
    if output == {}:
        return Completed(data=None)
    try:
        data = need(check_kind(output, OBJECT, _OUTPUT), "data", LIST, where=_OUTPUT)
    except RemoteError as error:
        return Failed(error=error)
    rendering = fields.get("render_config")
    return Completed(
        data=tuple(data),
        # A wrong type loses the rendered endpoints, not the result.
        rendering=rendering if isinstance(rendering, dict) else None,
    )


def _read_broken(document: Object) -> Broken | StreamClosing:
    reason = text(document, "message") or _STOPPED
    if re.fullmatch(_TWICE, reason):
        # Not `Broken`: one cancelled event must not fail the other jobs of its session.
        return StreamClosing(is_complete=False)
    # The flag exists from 5.38 on. Before, only the text tells: "404: Session not found."
    not_found = flag(document, "session_not_found", default=reason.startswith("404:"))
    return Broken(message=reason, session_not_found=not_found)


_READERS: dict[str, Callable[[Object], Message | None]] = {
    "estimation": _read_queued,
    "send_data": _read_data_requested,
    "process_starts": lambda document: Started(eta=number(document, "eta")),
    "progress": _read_progressed,
    "log": _read_logged,
    "queue_full": lambda _: QueueFull(message="The app's queue is full."),
    "heartbeat": lambda _: Heartbeat(),
    "close_stream": lambda _: StreamClosing(),
    "unexpected_error": _read_broken,
    "server_stopped": _read_broken,
}

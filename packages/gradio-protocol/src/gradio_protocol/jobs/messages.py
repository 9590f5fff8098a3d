"""The stream's messages, as closed, frozen types.

1. `message` makes one of them out of any JSON object, and never raises.
2. A name that is not known, or a message that lacks what makes it one, is `Absorbed`: a newer
   server must not break an older client.
3. A `process_completed` always ends its job: what cannot be used of it is a `Failed`.
4. Anything else of a wrong type is read as if it were absent.
5. The dialect mends the texts of errors.

Sources: the bytes of Gradio 3.36 to 6.31, for each name and each set of keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ..app.dialect import Dialect
from ..app.files import RemoteFile
from ..errors import GradioError, RemoteError, ServerStopped, SessionNotFound
from ..wire.document import JSON, Object, as_object, need, read_object
from .edits import Change
from .failures import failure
from .fields import count, duration, flag, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUnit:
    """One progress bar of an app."""

    index: float | None = None
    "How many units are done."
    length: float | None = None
    "How many there are."
    unit: str = "steps"
    progress: float | None = None
    "The done part, from 0 to 1, where the app says that instead of a count."
    desc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """`estimation`: the event waits; it may come several times, or not at all."""

    rank: int | None = None
    "How many are before it."
    size: int | None = None
    "How many wait."
    eta: float | None = None
    "Seconds until it ends, as the server guesses."


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequested:
    """`send_data`: a private stream asks for the arguments, within 5 s (4.0 to 4.8)."""

    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """`process_starts`: the app's function is called now."""

    eta: float | None = None
    "Seconds that it may take, as the server guesses."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """`progress`: the newest state of all bars, outermost first."""

    steps: tuple[ProgressUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """`log`: the app calls `gr.Info`, `gr.Warning` or the like."""

    text: str
    level: str = "info"
    title: str | None = None
    "None before 5.2."
    duration: float | None = 10
    "Seconds for which to show it; None: until it is closed."
    visible: bool = True


class Generated(NamedTuple):  # they come by the hundred thousand; no other message is a tuple
    """`process_generating`, `process_streaming`: an output, or the edits that lead to it."""

    data: tuple[JSON, ...]
    "One item for each output component, state included."
    streamed: bool = False
    "`process_streaming`: the values are whole whatever the dialect says."
    time_limit: float | None = None
    "Seconds that a streamed event has left."
    has_path: bool = True
    "False: no key in it is `path`, so it names no file."


class Output(NamedTuple):
    """A `Generated` with its edits decoded and its files found."""

    changes: tuple[Change, ...]
    "One for each output component."
    files: tuple[RemoteFile, ...] = ()
    "Those that have to be here before the output is shown; none where its caller wants none."
    ends_input: bool = False
    "The first output of a streamed event: the server has to be told that no more input comes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A successful `process_completed`."""

    data: tuple[JSON, ...] | None
    "Whole values; None: the event was cancelled with `/cancel`."
    rendering: Object | None = None
    "What `@gr.render` made: components and dependencies of this session (4.37 and later)."
    used_cache: str | None = None
    "`full` or `partial` where `gr.cache` answered (6.12 and later)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A `process_completed` that failed, or one that cannot be used."""

    error: GradioError
    shown: bool = False
    "The job has shown an output before."


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFull:
    """`queue_full`: the event was not accepted (private streams; a shared one answers 503)."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """`heartbeat`: the stream is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosing:
    """`close_stream`: the server ends the stream, whose session is whole (4.22 and later)."""

    is_complete: bool = True
    "False: it breaks off, and another stream goes on where it was."


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """`unexpected_error`, `server_stopped`: the stream, with all its events, is at its end."""

    message: str
    session_not_found: bool = False

    @property
    def error(self) -> RemoteError:
        """What the jobs of this stream fail with."""
        if self.session_not_found:
            return SessionNotFound(self.message)
        return (ServerStopped if self.message == _STOPPED else RemoteError)(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A message that changes nothing."""

    name: str
    "As it came; empty where it was not a text."


JobMessage: TypeAlias = (
    Queued
    | DataRequested
    | Started
    | Progressed
    | Logged
    | Generated
    | Completed
    | Failed
    | QueueFull
    | Ignored
)
"What may wait in a job's mailbox; `Completed`, `Failed` and `Refused` are last messages."

FlowMessage: TypeAlias = Output | DataRequested | Completed | Failed | QueueFull
"What the flow of a job has to act on; all else goes straight to the job's state."

Message: TypeAlias = JobMessage | Heartbeat | StreamClosing | Broken


class EventMessage(NamedTuple):
    """A message and the event that it is for."""

    event_id: str | None
    "None: it concerns the stream, or the stream is private to one event."
    message: Message


def read_message(data: bytes, dialect: Dialect) -> EventMessage:
    """The message in the data of one server-sent event.

    Raises RemoteError where that is not a JSON object.
    """
    # A key may be written with escapes: then nothing is known.
    has_path = b'"path"' in data or b"\\u" in data
    return message(read_object(data, where="stream"), dialect, has_path=has_path)


def message(document: Object, dialect: Dialect, *, has_path: bool = True) -> EventMessage:
    """The message that a JSON object is; never raises. `has_path`: see `Generated`."""
    name = text(document, "msg") or ""
    made: Message | None
    if name in _GENERATING:
        made = _read_generated(document, has_path=has_path)
    elif name == "process_completed":
        made = _read_completed(document, dialect)
    else:
        make = _READERS.get(name)
        made = make(document) if make else None
    return EventMessage(text(document, "event_id"), made or Ignored(name=name))


_STOPPED = "Server stopped unexpectedly."
"What a server says that is being shut down, in both messages that can say it."

_TWICE = re.compile("'[0-9a-f]{32}'")
"""The id of an event, which was completed twice: a `/cancel` has crossed its end. The stream breaks
off, but its session is whole, and another stream goes on where it was (4.37.2 to 5.20.1)."""

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


def _read_started(document: Object) -> Started:
    return Started(eta=number(document, "eta"))


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
    said = text(document, "log")
    if said is None:
        return None
    return Logged(
        text=said,
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
    streamed = document["msg"] == "process_streaming"
    return Generated(tuple(data), streamed, number(document, "time_limit"), has_path)


def _read_completed(document: Object, dialect: Dialect) -> Completed | Failed:
    output = document.get("output")
    said = output if isinstance(output, dict) else {}
    if "error" in said or not flag(document, "success", default=True):
        # The title of a failure inside a generator is null in the message (5.2 and later).
        return Failed(error=failure({"title": document.get("title"), **said}, dialect))
    if output == {}:
        return Completed(data=None)
    try:
        data = need(as_object(output, where=_OUTPUT), "data", list, where=_OUTPUT)
    except RemoteError as error:
        return Failed(error=error)
    rendering = said.get("render_config")
    return Completed(
        data=tuple(data),
        rendering=rendering if isinstance(rendering, dict) else None,
        used_cache=text(document, "used_cache"),
    )


def _read_broken(document: Object) -> Broken | StreamClosing:
    said = text(document, "message") or _STOPPED
    if _TWICE.fullmatch(said):
        return StreamClosing(is_complete=False)
    # The flag exists from 5.38 on; before, only the text says it: "404: Session not found."
    lost = flag(document, "session_not_found", default=said.startswith("404:"))
    return Broken(message=said, session_not_found=lost)


_READERS: dict[str, Callable[[Object], Message | None]] = {
    "estimation": _read_queued,
    "send_data": _read_data_requested,
    "process_starts": _read_started,
    "progress": _read_progressed,
    "log": _read_logged,
    "queue_full": lambda _: QueueFull(message="The app's queue is full."),
    "heartbeat": lambda _: Heartbeat(),
    "close_stream": lambda _: StreamClosing(),
    "unexpected_error": _read_broken,
    "server_stopped": _read_broken,
}

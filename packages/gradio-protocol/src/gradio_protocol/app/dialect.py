"""What differs between generations of Gradio servers, as one frozen value.

`dialect(protocol, version)` is the only place that compares versions; all other code reads the
value that it returns. Both arguments are needed: `protocol` has not changed since 4.22, but the
behaviour of servers has.
"""

from __future__ import annotations

import re
from enum import Enum

from ..dataclass import dataclass
from ..errors import RemoteError

Version = tuple[int, int, int]


class Delivery(Enum):
    """How a call reaches the app, and how its messages come back."""

    DIRECT = "one request to /run or /api is the call; its reply is the result"
    SOCKET = "a WebSocket for each job carries its arguments and its messages (3.2 to 3.50)"
    PRIVATE = "the reply to the join is the stream of this one job (4.0 to 4.8)"
    SHARED = "one stream carries all jobs of the session (4.9 and later)"


class Edits(Enum):
    """How a generator's outputs after the first are sent, and how to read deletions in edits."""

    NONE = "every output is complete"
    UNSHIFTED = "edits; positions of deletions are those before any deletion (4.17.0 to 5.29.0)"
    SHIFTED = "edits; deletions in nested lists are shifted too often (5.29.1 and later)"


class Cancelling(Enum):
    """How to tell the server that a job is no longer wanted."""

    CLOSE = "close the job's own stream or socket (3.2 to 4.8)"
    NOTHING = "no request stops one job; a stream of its own can be closed (4.9 to 4.30)"
    RESET = "as NOTHING, but /reset ends a job's own stream (4.19.2 to 4.23)"
    FUNCTION = "/cancel stops the running jobs of a function, but no queued ones (4.31 to 6.13)"
    EXACT = "as FUNCTION, and /cancel removes exactly one queued job (6.14 and later)"


class FileShape(Enum):
    """How the arguments of a call represent a file."""

    DATA_URL = "base64 inside the arguments (before 3.19, which has no /upload)"
    NAME = "an object with the server's path under `name` (3.19 to 3.50)"
    PATH = "an object with the server's path under `path` (4.0 to 4.20)"
    META = "as PATH, marked as gradio.FileData (4.21 and later; required from 5.5)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Everything in which one generation of servers differs from another."""

    # Each field names the behaviour, not a version, so that code which reads it says why.

    version: Version
    delivery: Delivery
    edits: Edits
    cancelling: Cancelling
    files: FileShape
    announces_close: bool
    "`close_stream` comes before the end of a shared stream (sse_v3)."
    can_clear_dead_events: bool
    "`/cancel` with fn_index -1 removes a dead event from the session (4.31 and later)."
    heartbeat: bool
    "`/heartbeat/{session_hash}` exists (4.25 and later)."
    info: bool
    "`/info` exists (3.26 and later)."
    info_of_undocumented: bool
    "`/info?all_endpoints=true` describes undocumented endpoints too (4.31.4 and later)."
    upload: bool
    "`/upload` exists (3.19 and later)."
    run: str
    "The route of a direct call: `run` (3.9 and later) or `api`."
    simple_call: str
    "The route of a call in two requests: `call` (4.20), `call/v2` by name (6.13), or empty."
    batch_direct: bool
    "A queued call of a batch function kills the server's queue (4.0 to 4.10): call it directly."
    steps_direct: bool
    "A direct call of a generator is continued by calling it again (3.x)."
    marks_generators: bool
    "The config says which functions are generators (3.23 and later)."
    quoted_errors: bool
    "The text of `gr.Error` comes in quotes, as its repr (before 5.2)."
    timed_errors: bool
    "`gr.Error`, and no other failure, comes with a `duration` (4.37 and later)."
    checks_choices: bool
    "A value that is not among a component's choices is an error (5.0 and later)."
    none_errors: bool
    "A hidden error in a generator comes as the text `None` (3.50 to 4.28)."

    @property
    def has_queue(self) -> bool:
        """Whether every app has a queue; on 3.x its developer turns it on (`enable_queue`)."""
        return self.delivery in (Delivery.PRIVATE, Delivery.SHARED)

    @property
    def joins_by_stream(self) -> bool:
        """Whether opening a job's own stream is the join, so that no reply to it is awaited."""
        return self.delivery in (Delivery.SOCKET, Delivery.PRIVATE)


# The first version of each protocol, assumed if the config names no version.
_PROTOCOLS: dict[str, Version] = {
    "ws": (3, 0, 0),
    "sse": (4, 0, 0),
    "sse_v1": (4, 9, 0),
    "sse_v2": (4, 17, 0),
    "sse_v2.1": (4, 21, 0),
    "sse_v3": (4, 22, 0),
}
_DELIVERIES = {"ws": Delivery.SOCKET, "sse": Delivery.PRIVATE}


def dialect(protocol: str, version: str) -> Dialect:
    """Return the dialect of a server, from `protocol` and `version` of its config.

    An unknown `sse_v…` counts as the latest known one, since new servers have kept old clients
    working. Raises RemoteError for a protocol of another family.
    """
    if protocol not in _PROTOCOLS and not protocol.startswith("sse_v"):
        known = ", ".join(_PROTOCOLS)
        raise RemoteError(f"config: 'protocol': expected one of {known}, got {protocol!r}")
    # A version that cannot be parsed must not stop the client: the protocol still tells a range.
    v = parse_version(version) or _PROTOCOLS.get(protocol, (6, 31, 0))
    return Dialect(
        version=v,
        # 3.0 has a queue to poll, and 3.1.7 accepts a socket and then says nothing.
        delivery=Delivery.DIRECT if v < (3, 2, 0) else _DELIVERIES.get(protocol, Delivery.SHARED),
        edits=_choose_edits(protocol, v),
        cancelling=_choose_cancelling(protocol, v),
        files=_choose_file_shape(v),
        announces_close=protocol not in ("ws", "sse", "sse_v1", "sse_v2", "sse_v2.1"),
        can_clear_dead_events=v >= (4, 31, 0),
        heartbeat=v >= (4, 25, 0),
        info=v >= (3, 26, 0),
        info_of_undocumented=v >= (4, 31, 4),
        upload=v >= (3, 19, 0),
        run="run" if v >= (3, 9, 0) else "api",
        simple_call="call/v2" if v >= (6, 13, 0) else "call" if v >= (4, 20, 0) else "",
        batch_direct=(4, 0, 0) <= v < (4, 11, 0),
        steps_direct=v < (4, 0, 0),
        marks_generators=v >= (3, 23, 0),
        quoted_errors=v < (5, 2, 0),
        timed_errors=v >= (4, 37, 0),
        checks_choices=v >= (5, 0, 0),
        none_errors=(3, 50, 0) <= v < (4, 29, 0),
    )


def parse_version(text: str) -> Version | None:
    """Return major, minor and patch of a version, or None."""
    # Up to 3.36.1 the version ends with a newline; pre-releases end with `b1` or the like.
    match = re.match(r"\s*v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?", text, re.ASCII)
    if match is None:
        return None
    major, minor, patch = (int(part or 0) for part in match.groups())
    return major, minor, patch


def _choose_edits(protocol: str, version: Version) -> Edits:
    if protocol in ("ws", "sse", "sse_v1"):
        return Edits.NONE
    # 5.29.1 changed how the server computes edits of nested lists, without a new protocol name.
    return Edits.UNSHIFTED if version < (5, 29, 1) else Edits.SHIFTED


def _choose_cancelling(protocol: str, version: Version) -> Cancelling:
    if protocol in ("ws", "sse"):
        return Cancelling.CLOSE
    # `/cancel` came with 4.31. Until 6.14 it ignored events that still waited in the queue.
    if version >= (6, 14, 0):
        return Cancelling.EXACT
    if version >= (4, 31, 0):
        return Cancelling.FUNCTION
    # `/reset` ends a job's own stream in these versions only.
    if (4, 19, 2) <= version < (4, 24, 0):
        return Cancelling.RESET
    return Cancelling.NOTHING


def _choose_file_shape(version: Version) -> FileShape:
    if version >= (4, 21, 0):
        return FileShape.META
    if version >= (4, 0, 0):
        return FileShape.PATH
    return FileShape.NAME if version >= (3, 19, 0) else FileShape.DATA_URL

"""Hugging Face Spaces: their names, their addresses, and whether they are running.

The Hub's public API answers both questions: `/api/spaces/{name}/host` with the address of the app,
`/api/spaces/{name}/runtime` with its stage. HF_ENDPOINT may name another Hub, so `hub` is an
argument. The address must belong to the Hub or to Hugging Face: any other one could receive the
user's token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlsplit

from ..dataclass import dataclass, field
from ..errors import InvalidArguments, RemoteError
from ..wire.document import need, read_object
from ..wire.exchange import Origin, is_address, origin, redact_url

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_PAGE = rf"/spaces/({_NAME})(?:/.*)?"
# People copy the address of a Space's page from any of these, whichever Hub HF_ENDPOINT names.
_HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")


@dataclass(frozen=True, slots=True)
class SpaceCopy:
    """The properties of a copy of a Space."""

    name: str | None = None
    "The copy's name; a user in it is ignored. None: the original's name."
    private: bool = True
    hardware: str | None = None
    "None: the original's hardware."
    secrets: Mapping[str, str] | None = field(default=None, repr=False)
    "Set in a new copy only, never in one that exists."
    sleep_minutes: int = 5
    "Minutes without use after which upgraded hardware sleeps."


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedSpace:
    """The copy, with messages for its owner."""

    name: str
    summary: str
    "Says whether the copy was created or existed."
    note: str = ""
    "Warns of costs; empty if there are none."
    warning: str = ""
    "Says which part of the request was not carried out; empty if none."

    def messages(self, verbose: bool) -> list[str]:
        """Return what to print: the note always, the rest if `verbose`."""
        return [text for text in (self.summary * verbose, self.note) if text]


class Readiness(Enum):
    """What a stage means for a client that wants to call the app."""

    READY = "call it"
    SOON = "wait: it will be ready without intervention"
    STUCK = "its owner has to act first"


_READY, _SOON, _STUCK = Readiness


class SpaceStage(Enum):
    """The stage of a Space, as the Hub reports it; the texts complete "it …" in errors."""

    RUNNING = _READY, "is running"
    RUNNING_BUILDING = _READY, "is running while its next version is built"
    RUNNING_APP_STARTING = _READY, "is running while its next version starts"
    BUILDING = _SOON, "is being built"
    APP_STARTING = _SOON, "is starting"
    SLEEPING = _SOON, "is asleep until somebody visits it"
    STOPPED = _STUCK, "is stopped; its owner can start it on its page"
    PAUSED = _STUCK, "is paused; its owner can restart it, and anyone else can duplicate it"
    NO_APP_FILE = _STUCK, "has no app file; its owner has to add one"
    CONFIG_ERROR = (
        _STUCK,
        "is misconfigured; its owner has to fix the metadata at the top of its README",
    )
    BUILD_ERROR = _STUCK, "could not be built; its page shows the log"
    RUNTIME_ERROR = _STUCK, "has crashed; its page shows the log, and its owner can restart it"
    DELETING = _STUCK, "is being deleted"
    OTHER = _SOON, "is in a stage that this client does not know"

    def __init__(self, readiness: Readiness, text: str) -> None:
        self.readiness = readiness
        self.text = text


def space_name(src: str, hub: Origin, hub_path: str = "") -> str | None:
    """Return the name `user/name` of a Space, from its name or the address of its page.

    Returns None if `src` is the address of an app, such as `https://user-name.hf.space`. Raises
    InvalidArguments if it is neither.
    """
    if not is_address(src):
        if re.fullmatch(_NAME, src):
            return src
        raise InvalidArguments(
            f"src {redact_url(src)!r}: expected http://…, https://… or a Space's name, user/name"
        )
    where, path = origin(src), urlsplit(src).path
    match = re.fullmatch(_PAGE, path.removeprefix(hub_path) if where == hub else path)
    return match[1] if match and (where == hub or where.host in _HUB_HOSTS) else None


def host_path(space: str) -> str:
    """Return the path on the Hub that answers with a Space's address."""
    return f"api/spaces/{space}/host"


def runtime_path(space: str) -> str:
    """Return the path on the Hub that answers with a Space's stage."""
    return f"api/spaces/{space}/runtime"


def read_host(body: bytes, hub: Origin) -> str:
    """Return the address of the app, from the reply to `host_path`.

    Raises RemoteError unless it is `https://….hf.space`, or on the Hub's own domain with a scheme
    that is not weaker than the Hub's.
    """
    where = "host of the Space"
    url = need(read_object(body, where=where), "host", str, where=where)
    try:
        found = origin(url)
    except InvalidArguments as error:
        raise RemoteError(f"{where}: {error}") from error
    # A private Hub may serve Spaces on its own domain, and in a test it may use http.
    spaces = found.scheme == "https" and found.host.endswith(".hf.space")
    own = found.scheme in ("https", hub.scheme) and f".{found.host}".endswith(f".{hub.host}")
    if not (spaces or own):
        raise RemoteError(f"{where}: {redact_url(url)} is neither on hf.space nor on {hub}")
    return url


def read_stage(body: bytes) -> SpaceStage:
    """Return the stage, from the reply to `runtime_path`; raises RemoteError if it is malformed."""
    where = "runtime of the Space"
    stage = need(read_object(body, where=where), "stage", str, where=where)
    # The Hub may add stages; most of them pass, so an unknown one is not an error.
    return SpaceStage.__members__.get(stage, SpaceStage.OTHER)

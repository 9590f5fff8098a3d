"""Spaces of Hugging Face: their names, where they live, and whether they can be called yet.

Source: the Hub's public API, two GETs: `/api/spaces/{name}/host` says the address of the app,
`/api/spaces/{name}/runtime` its stage. Both may be those of another Hub (HF_ENDPOINT), so `hub`
is an argument. What a Hub says is not believed blindly: a host that is not on its own ground
could have the token sent to a stranger.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import assert_never
from urllib.parse import urlsplit

from ..errors import InvalidArguments, RemoteError
from ..wire.document import need, read_object
from ..wire.exchange import Origin, is_address, origin, redact_url

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_PAGE = re.compile(rf"/spaces/({_NAME.pattern})(?:/.*)?")
_HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")


class SpaceStage(Enum):
    """What the Hub says that a Space is doing."""

    RUNNING = "runs"
    RUNNING_BUILDING = "runs, while its next version is built"
    RUNNING_APP_STARTING = "runs, while its next version starts"
    BUILDING = "is being built"
    APP_STARTING = "is starting"
    SLEEPING = "sleeps until somebody visits it"
    STOPPED = "is stopped; its owner can start it on its page"
    PAUSED = "is paused; its owner can restart it, anybody else can duplicate it"
    NO_APP_FILE = "has no app file; its owner has to add one"
    CONFIG_ERROR = "is misconfigured; its owner has to fix the metadata at the top of its README"
    BUILD_ERROR = "could not be built; its page shows the log"
    RUNTIME_ERROR = "has crashed; its page shows the log, and its owner can restart it"
    DELETING = "is being deleted"
    OTHER = "does what only a newer client knows"


class Outlook(Enum):
    """What a stage means for somebody who wants to call the app."""

    READY = "call it"
    WAIT = "it will be ready by itself"
    HOPELESS = "somebody has to do something first"


def outlook(stage: SpaceStage) -> Outlook:
    """What to do about a Space at this stage; a stage we do not know is waited out."""
    match stage:
        case SpaceStage.RUNNING | SpaceStage.RUNNING_BUILDING | SpaceStage.RUNNING_APP_STARTING:
            return Outlook.READY
        case SpaceStage.BUILDING | SpaceStage.APP_STARTING | SpaceStage.SLEEPING | SpaceStage.OTHER:
            return Outlook.WAIT
        case (
            SpaceStage.STOPPED
            | SpaceStage.PAUSED
            | SpaceStage.NO_APP_FILE
            | SpaceStage.CONFIG_ERROR
            | SpaceStage.BUILD_ERROR
            | SpaceStage.RUNTIME_ERROR
            | SpaceStage.DELETING
        ):
            return Outlook.HOPELESS
        case _:
            assert_never(stage)


def space_name(src: str, hub: Origin) -> str | None:
    """The name `user/name` of the Space that `src` means, by name or by the address of its page.

    None: `src` is the address of an app, as `https://user-name.hf.space` is. Raises
    InvalidArguments for what is neither.
    """
    if not is_address(src):
        if _NAME.fullmatch(src):
            return src
        raise InvalidArguments(
            f"src {redact_url(src)!r}: expected http://…, https://… or the name of a Space, user/name"
        )
    where = origin(src)
    match = _PAGE.fullmatch(urlsplit(src).path)
    return match[1] if match and (where == hub or where.host in _HUB_HOSTS) else None


def host_path(space: str) -> str:
    """Where a Hub says at which address a Space lives, below the Hub's own address."""
    return f"api/spaces/{space}/host"


def runtime_path(space: str) -> str:
    """Where a Hub says at which stage a Space is, below the Hub's own address."""
    return f"api/spaces/{space}/runtime"


def read_host(body: bytes, hub: Origin) -> str:
    """The address of the app, from the reply to `host_path`.

    Raises RemoteError unless it is `https://….hf.space` or on the Hub's own domain, over https
    where the Hub is.
    """
    where = "host of the Space"
    url = need(read_object(body, where=where), "host", str, where=where)
    try:
        found = origin(url)
    except InvalidArguments as error:
        raise RemoteError(f"{where}: {error}") from error
    spaces = found.scheme == "https" and found.host.endswith(".hf.space")
    own = found.scheme in ("https", hub.scheme) and f".{found.host}".endswith(f".{hub.host}")
    if not (spaces or own):
        raise RemoteError(f"{where}: {redact_url(url)} is neither on hf.space nor on {hub}")
    return url


def read_stage(body: bytes) -> SpaceStage:
    """The stage, from the reply to `runtime_path`; raises RemoteError for no such document."""
    where = "runtime of the Space"
    said = need(read_object(body, where=where), "stage", str, where=where)
    return SpaceStage.__members__.get(said, SpaceStage.OTHER)

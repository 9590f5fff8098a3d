"""Duplicating a Space at the Hub, over its HTTP API.

1. The copy is the caller's own Space of the same name, or of the name that he asks for. One that is
   there already is used as it is, but for its hardware.
2. The hardware is what the caller says, or the original's. The Hub bills for anything better than
   the basic one, so `CopiedSpace.note` says so.
3. Every request may be sent again: the Hub answers 409 if the copy has been made meanwhile.

Source: huggingface_hub 2.4; tests compare the requests with those that it sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..app.access import Access
from ..app.space import runtime_path
from ..errors import InvalidArguments, SpaceDuplicationError
from ..wire.document import need, read_object, write
from ..wire.exchange import Headers, Response, redact_url
from ..wire.status import error_from_response
from .actions import Steps
from .connect import Target
from .redirects import send_following_redirects

_BASIC: Final = "cpu-basic"
_JSON: Headers = (("content-type", "application/json"),)


@dataclass(frozen=True, slots=True)
class SpaceCopy:
    """What a copy of a Space is to be like."""

    name: str | None = None
    "Without a user, or with one that is ignored; None: the original's."
    private: bool = True
    hardware: str | None = None
    "None: the original's."
    secrets: Mapping[str, str] | None = field(default=None, repr=False)
    "Set in a new copy only."
    sleep_minutes: int = 5
    "How long upgraded hardware may idle before it sleeps."


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedSpace:
    """The copy, and what its owner should know."""

    name: str
    said: str
    "Whether it was made or found."
    note: str = ""
    "What may cost money; empty: nothing."
    warning: str = ""
    "What was asked for and not done; empty: nothing."

    def messages(self, verbose: bool) -> list[str]:
        """What to print: the note in any case, all else if `verbose`."""
        return [text for text in (self.said * verbose, self.note) if text]


def duplicate_space(target: Target, copy: SpaceCopy) -> Steps[CopiedSpace]:
    """Make a copy of the Space that `target` names, or find the one that is there.

    Raises InvalidArguments where there is no such Space, SpaceDuplicationError where the Hub
    refuses, TransportFailed.
    """
    space = target.space
    if space is None:
        raise InvalidArguments(
            f"{redact_url(target.src)!r}: expected the name of a Space, user/name"
        )
    hub = _Hub(target, space)
    original = yield from hub.hardware(space)
    if original is None:
        raise InvalidArguments(f"Space {space!r} not found; is it private?")
    reply = yield from hub.ask("api/whoami-v2")
    user = need(read_object(reply.body, where="whoami"), "name", str, where="whoami")
    name = f"{user}/{_check_name((copy.name or space).rpartition('/')[2])}"
    said, warning, note = f"Using your existing Space: {name}", "", ""
    current = yield from hub.hardware(name)
    if current is None:
        said = f"Creating a duplicate of {space} for your own use: {name}"
        current = yield from _create(hub, name, copy)
    elif copy.secrets is not None:
        warning = "the Space exists: its secrets are left as they are"
    wanted = copy.hardware or original
    if wanted != current:
        yield from hub.change(name, "hardware", {"flavor": wanted})
        note = f"NOTE: this Space uses upgraded hardware: {wanted}, which may be billed to you"
    if wanted != _BASIC:
        yield from hub.change(name, "sleeptime", {"seconds": copy.sleep_minutes * 60}, note)
    return CopiedSpace(name=name, said=said, note=note, warning=warning)


def _check_name(name: str) -> str:
    """Return the name, which becomes part of addresses. Raises InvalidArguments for a bad one."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return name
    raise InvalidArguments(
        f"to_id: expected a name of letters, digits, '-', '_' and '.', got {name!r}"
    )


def _create(hub: _Hub, name: str, copy: SpaceCopy) -> Steps[str]:
    """Make the copy; returns its hardware."""
    made = {"repository": name, "visibility": "private" if copy.private else "public"}
    yield from hub.ask(f"api/spaces/{hub.space}/duplicate", made, 409)
    for key, value in (copy.secrets or {}).items():
        yield from hub.change(name, "secrets", {"key": key, "value": value})
    return (yield from hub.hardware(name)) or _BASIC


class _Hub:
    """Asks the Hub, as the caller."""

    def __init__(self, target: Target, space: str) -> None:
        self.space = space
        self._policy = target.policy
        self._access = Access(src=f"{target.hub}/", identity=target.identity(None))

    def ask(self, path: str, document: object = None, *accepted: int) -> Steps[Response]:
        """The reply to a GET, or to a POST of a document: a 2xx, or an accepted status."""
        url = self._access.page(path)
        if document is None:
            request = self._access.request("GET", url)
        else:
            request = self._access.request("POST", url, body=(write(document),), own=_JSON)
        _, reply = yield from send_following_redirects(self._access, request, self._policy)
        if reply.status // 100 != 2 and reply.status not in accepted:
            error = error_from_response(reply, doing=f"duplicating the Space {self.space}")
            raise SpaceDuplicationError(str(error)) from error
        return reply

    def change(self, space: str, what: str, document: object, note: str = "") -> Steps[None]:
        """Change something of the copy. The error says that the copy exists, and the note."""
        try:
            yield from self.ask(f"api/spaces/{space}/{what}", document)
        except SpaceDuplicationError as error:
            error.add_note(f"The copy {space} exists, but its {what} could not be set. {note}")
            raise

    def hardware(self, space: str) -> Steps[str | None]:
        """The hardware of a Space; None where the caller may see no such Space."""
        # Without a token, the Hub does not tell what is private from what is not there.
        absent = (404,) if self._access.identity.token else (401, 404)
        reply = yield from self.ask(runtime_path(space), None, *absent)
        if reply.status in absent:
            return None
        match read_object(reply.body, where="runtime of the Space"):
            case {"hardware": {"current": str(current)}}:
                return current
            case _:
                return _BASIC

"""Duplicates a Space with the Hub's HTTP API.

1. The copy is a Space of the caller, with the original's name or another one. If it exists already,
   it is used as it is, except for its hardware.
2. The hardware is what the caller asks for, or the original's. The Hub bills for all but the basic
   one, so `CopiedSpace.note` says so.
3. Every request may be sent again. The Hub replies 409 if the copy exists by then.

Source: huggingface_hub 2.4; tests compare the requests with those that it sends.
"""

from __future__ import annotations

import re
from typing import Final

from ..app.space import CopiedSpace, SpaceCopy, runtime_path
from ..errors import InvalidArguments, SpaceDuplicationError
from ..wire.document import need, read_object, write
from ..wire.exchange import Headers, Response, redact_url
from ..wire.status import error_from_response
from .actions import Steps
from .connect import Target, hub_requester

_BASIC: Final = "cpu-basic"
_JSON: Headers = (("content-type", "application/json"),)


def duplicate_space(target: Target, copy: SpaceCopy) -> Steps[CopiedSpace]:
    """Create a copy of the Space that `target` names, or find the one that exists.

    Raises InvalidArguments if there is no such Space, SpaceDuplicationError if the Hub refuses,
    and TransportFailed.
    """
    space = target.space
    if space is None:
        raise InvalidArguments(
            f"from_id: expected the name of a Space, user/name, got {redact_url(target.src)!r}"
        )
    hub = _Hub(target, space)
    original = yield from hub.hardware(space)
    if original is None:
        raise InvalidArguments(f"Space {space!r} not found; a private one needs token=…")
    reply = yield from hub.ask("api/whoami-v2")
    user = need(read_object(reply.body, where="whoami"), "name", str, where="whoami")
    # As huggingface_hub does: the copy always belongs to the caller.
    name = f"{user}/{_check_name((copy.name or space).rpartition('/')[2])}"
    summary, warning, note = f"Using your existing Space: {name}", "", ""
    current = yield from hub.hardware(name)
    if current is None:
        summary = f"Creating a duplicate of {space} for your own use: {name}"
        current = yield from _create(hub, name, copy)
    elif copy.secrets is not None:
        warning = "the Space already exists, so its secrets were not changed"
    hardware = copy.hardware or original
    if hardware != current:
        yield from hub.change(name, "hardware", {"flavor": hardware})
        note = f"NOTE: this Space uses upgraded hardware: {hardware}, which may be billed to you"
    if hardware != _BASIC:
        yield from hub.change(name, "sleeptime", {"seconds": copy.sleep_minutes * 60}, note)
    return CopiedSpace(name=name, summary=summary, note=note, warning=warning)


def _check_name(name: str) -> str:
    """Return the name, which becomes part of addresses. Raises InvalidArguments for a bad one."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return name
    raise InvalidArguments(
        f"to_id: expected a name of letters, digits, '-', '_' and '.', got {name!r}"
    )


def _create(hub: _Hub, name: str, copy: SpaceCopy) -> Steps[str]:
    """Create the copy; return its hardware."""
    body = {"repository": name, "visibility": "private" if copy.private else "public"}
    yield from hub.ask(f"api/spaces/{hub.space}/duplicate", body, 409)
    for key, value in (copy.secrets or {}).items():
        yield from hub.change(name, "secrets", {"key": key, "value": value})
    return (yield from hub.hardware(name)) or _BASIC


class _Hub:
    """Sends requests to the Hub, with the caller's token."""

    def __init__(self, target: Target, space: str) -> None:
        self.space = space
        self._web = hub_requester(target)
        self._access = self._web.access

    def ask(self, path: str, document: object = None, *accepted: int) -> Steps[Response]:
        """GET a path, or POST a document to it; return a reply with a 2xx or accepted status."""
        url = self._access.page(path)
        if document is None:
            request = self._access.request("GET", url)
        else:
            request = self._access.request("POST", url, body=(write(document),), own=_JSON)
        reply = yield from self._web.send(request)
        if reply.status // 100 != 2 and reply.status not in accepted:
            # The type that the official client's users catch, with the status as its cause.
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
        """Return the hardware of a Space, or None if the caller can see no such Space."""
        # Without a token, the Hub replies 401 for a private Space as for one that does not exist.
        absent = (404,) if self._access.identity.token else (401, 404)
        reply = yield from self.ask(runtime_path(space), None, *absent)
        if reply.status in absent:
            return None
        match read_object(reply.body, where="runtime of the Space"):
            # A Space that is paused or starts has only what it was promised.
            case {"hardware": {"current": str(name)} | {"requested": str(name)}}:
                return name
            case _:
                return _BASIC

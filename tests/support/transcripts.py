"""Recorded exchanges with real servers: `tests/transcripts/`, by `scripts/record/transcripts.py`.

A file holds one exchange: a line of JSON (`version`, `note`, `request` and `response` as lengths in
bytes, `arrivals` as `[milliseconds, offset]` pairs, `ending`), then the bytes of the request, a
newline, and the bytes of the response, exactly as they were received.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "transcripts"


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """One request and all that came back."""

    version: str
    name: str
    request: bytes
    response: bytes
    note: str
    "what was special about the exchange"
    ending: str
    "'complete', 'closed' by the server in the middle of the body, or 'left' by the client"
    arrivals: tuple[tuple[float, int], ...]
    "when the recorder received what: milliseconds after the request, offset in the response"

    @property
    def method(self) -> str:
        return self.request.split(b" ", 1)[0].decode()

    @property
    def target(self) -> str:
        return self.request.split(b" ", 2)[1].decode()

    @property
    def sent(self) -> bytes:
        """The body of the request."""
        return self.request.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.response.split(b" ", 2)[1])

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The response's headers, names in lower case."""
        head = self.response.partition(b"\r\n\r\n")[0].decode("latin-1")
        fields = [line.partition(":") for line in head.split("\r\n")[1:]]
        return tuple((name.lower(), value.strip()) for name, _, value in fields)

    @cached_property
    def chunks(self) -> tuple[bytes, ...]:
        """The body as the server cut it into chunks; a body with a length is one."""
        body = self.response.partition(b"\r\n\r\n")[2]
        if ("transfer-encoding", "chunked") not in self.headers:
            return (body,)
        return tuple(_chunks(body))

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The events of a stream, as the JSON in their data."""
        lines = self.body.split(b"\n")
        return [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]

    def json(self) -> Any:
        return json.loads(self.body)


def load(version: str, name: str) -> Transcript:
    """The exchange of this name with a server of this version."""
    head, _, rest = (FOLDER / version / f"{name}.http").read_bytes().partition(b"\n")
    meta = json.loads(head)
    return Transcript(
        version=version,
        name=name,
        request=rest[: meta["request"]],
        response=rest[meta["request"] + 1 :],
        note=meta["note"],
        ending=meta["ending"],
        arrivals=tuple((at, offset) for at, offset in meta["arrivals"]),
    )


def versions() -> list[str]:
    """The versions that were recorded, oldest first."""
    # A cache of Python's may lie there, too.
    names = [folder.name for folder in FOLDER.iterdir() if folder.name[0].isdigit()]
    return sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def names(version: str) -> list[str]:
    """The exchanges that were recorded with this version."""
    return sorted(path.stem for path in (FOLDER / version).glob("*.http"))


def everything() -> list[Transcript]:
    return [load(version, name) for version in versions() for name in names(version)]


def _chunks(body: bytes) -> list[bytes]:
    """The chunks of a chunked body, as far as it came."""
    found: list[bytes] = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0 or len(rest) < length:
            break
        found.append(rest[:length])
        body = rest[length + 2 :]
    return found

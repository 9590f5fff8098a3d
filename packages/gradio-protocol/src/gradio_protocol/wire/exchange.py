"""Requests and responses as values, and the joining of addresses.

A `Request` is complete: a driver sends it as it is, follows nothing, and delivers the `Response`
whatever its status. What HTTP/1.1 itself demands is in `target` and `encoded`. Addresses are
text; `origin` is what decides which secrets may travel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias
from urllib.parse import quote, urlsplit

from ..errors import FileFailed, InvalidArguments

Headers: TypeAlias = "tuple[tuple[str, str], ...]"

_PORTS = {"http": 80, "https": 443}
_IN_PATH = "/%:@!$&'()*+,;=~[]"
"What stands in the path of a request line as it is, besides letters, digits, `-`, `.`, `_`, `~`."
_SAFE = rf"[A-Za-z0-9._~{re.escape(_IN_PATH)}-]"
_PLAIN = re.compile(
    rf"(https?)://([a-z0-9.-]+)(?::([0-5]?[0-9]{{1,4}}))?(/{_SAFE}*(?:\?{_SAFE}+)?)?"
)
"Scheme, host, port and target of an address where they stand as they are: no parser is needed."


class Stat(Protocol):
    """What the operating system says of a file, as `os.stat` and `os.fstat` do."""

    @property
    def st_size(self) -> int:
        """Bytes."""
        ...

    @property
    def st_mtime_ns(self) -> int:
        """Nanoseconds since the epoch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSlice:
    """The whole of a local file, as it was when it was looked at.

    The driver streams it from the disk, and has `check` see to it that it still is that file.
    """

    path: str
    size: int
    "Bytes."
    mtime_ns: int
    "Nanoseconds since the epoch, as the file system says."

    def check(self, now: Stat) -> None:
        """Raises FileFailed if the file, which is so by now, is not what it was."""
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise FileFailed(f"file {self.path!r} has changed since it was looked at")


Body: TypeAlias = "tuple[bytes | FileSlice, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request."""

    method: str
    url: str
    "Absolute, percent-encoded, without a fragment and without user information."
    headers: Headers = ()
    body: Body = ()

    @property
    def size(self) -> int:
        """Bytes of the body: its Content-Length."""
        return sum([part.size if isinstance(part, FileSlice) else len(part) for part in self.body])

    @property
    def target(self) -> str:
        """What a request line asks for: path and query, encoded also where a caller did not."""
        if plain := _PLAIN.fullmatch(self.url):
            return plain[4] or "/"
        parts = urlsplit(self.url)
        path = quote(parts.path.encode("utf-8", "replace") or b"/", safe=_IN_PATH)
        query = quote(parts.query.encode("utf-8", "replace"), safe=_IN_PATH + "?")
        return f"{path}?{query}" if query else path

    @property
    def encoded(self) -> list[tuple[bytes, bytes]]:
        """The headers as HTTP/1.1 wants them: with `host`, and with the length of a body.

        Only a GET or HEAD without a body says nothing of one. A `host` of the caller's stays.
        Raises InvalidArguments for a host whose name no header can carry.
        """
        headers: list[tuple[bytes, bytes]] = []
        if first_header(self.headers, "host") is None:
            headers.append((b"host", _encode_authority(origin(self.url))))
        if self.body or self.method not in ("GET", "HEAD"):
            headers.append((b"content-length", b"%d" % self.size))
        headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in self.headers]
        return headers

    def __repr__(self) -> str:
        # Header values may be secrets, and a query may be a signed one.
        return f"Request({self.method} {self.url.partition('?')[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of a reply: all of it but the body."""

    status: int
    headers: Headers = ()
    url: str = ""
    "The address that was asked."
    proxy: str = ""
    "Through which proxy of the environment, if any: its address, without credentials."

    @classmethod
    def of(
        cls,
        request: Request,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        proxy: str = "",
    ) -> Head:
        """What the server began to reply to a request, from the bytes that came."""
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        return cls(status=status, headers=tuple(pairs), url=request.url, proxy=proxy)

    def with_body(self, body: bytes) -> Response:
        """The reply, when its body has come."""
        return Response(
            status=self.status, headers=self.headers, body=body, url=self.url, proxy=self.proxy
        )

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case of letters."""
        return first_header(self.headers, name)

    @property
    def length(self) -> int | None:
        """Bytes of the body, if the server says how many."""
        said = self.header("content-length") or ""
        return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else None

    def __repr__(self) -> str:
        return f"Head({self.status} {self.url.partition('?')[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One whole reply."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    url: str = ""
    "The address that was asked."
    proxy: str = ""
    "Through which proxy of the environment, if any: its address, without credentials."

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case of letters."""
        return first_header(self.headers, name)

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not is replaced."""
        return self.body.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"Response({self.status} {self.url.partition('?')[0]}, {len(self.body)} bytes)"


def first_header(headers: Headers, name: str) -> str | None:
    """The value of the first header of this name, in any case of letters."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


class Origin(NamedTuple):
    """Scheme, host and port: what two addresses must share to share a secret (RFC 6454)."""

    scheme: str
    host: str
    "Lower case, without brackets."
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def origin(url: str) -> Origin:
    """The origin of an absolute http or https address.

    Raises InvalidArguments for anything else.
    """
    if plain := _PLAIN.fullmatch(url):
        scheme, host, port, _ = plain.groups()
        return Origin(scheme, host, int(port) if port else _PORTS[scheme])
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidArguments(f"address {redact_url(url)}: {error}") from error
    if parts.scheme not in _PORTS or not host:
        raise InvalidArguments(f"address {redact_url(url)}: expected http://… or https://…")
    return Origin(parts.scheme, host, port if port is not None else _PORTS[parts.scheme])


@lru_cache(256)
def _encode_authority(where: Origin) -> bytes:
    """What a Host header says."""
    try:
        host = where.host if where.host.isascii() else where.host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InvalidArguments(f"address {where}: {error}") from error
    return str(Origin(where.scheme, host, where.port)).partition("://")[2].encode("ascii")


def is_address(text: str) -> bool:
    """Whether `text` is an absolute http or https address, by its beginning."""
    return text.lower().startswith(("http://", "https://"))


def join(base: str, path: str) -> str:
    """`path`, already percent-encoded, below `base`: the path of `base` is kept, never resolved."""
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def quoted(path: str) -> str:
    """A server's file path, percent-encoded for an address; slashes stay.

    Lone surrogates, which JSON can carry, become `%3F`.
    """
    return quote(path.encode("utf-8", "replace"), safe="/")


def redact_url(url: str) -> str:
    """An address as it may stand in an error or a log: no user information, query or fragment."""
    bare = url.partition("#")[0].partition("?")[0]
    start = bare.find("://") + 3 if "://" in bare else 0
    authority, slash, path = bare[start:].partition("/")
    return f"{bare[:start]}{authority.rpartition('@')[2]}{slash}{path}"

"""HTTP requests and responses as values, and helpers for addresses.

A `Request` is complete: a driver sends it unchanged, follows no redirect, and delivers the
`Response` whatever its status. `target` and `encoded` give a driver what HTTP/1.1 itself needs.
Addresses are text; their `origin` decides which secrets a request may carry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias
from urllib.parse import quote, urlsplit

from ..dataclass import dataclass
from ..errors import FileFailed, InvalidArguments

Headers: TypeAlias = "tuple[tuple[str, str], ...]"

_PORTS = {"http": 80, "https": 443}
_HEARTBEAT = r"^(.*heartbeat/)[^/]+"
"""The path of a heartbeat ends with a session hash, which opens the session's streams (4.25 on)."""
_AUTHORITY = r"([^/?#]*@)?([^/?#@:]+|\[[^/?#@\]]*\])(:[0-9]*)?(?=[/?#]|$)"
# Characters that a path keeps unencoded, besides letters, digits, `-`, `.`, `_` and `~`.
_IN_PATH = "/%:@!$&'()*+,;=~[]"
_SAFE = rf"[A-Za-z0-9._~{re.escape(_IN_PATH)}-]"
# Scheme, host, port and target of an address that needs no encoding. Nearly all are such, and
# matching is much faster than `urlsplit`.
_PLAIN = re.compile(
    rf"(https?)://([a-z0-9.-]+)(?::([0-5]?[0-9]{{1,4}}))?(/{_SAFE}*(?:\?{_SAFE}+)?)?"
)


class Stat(Protocol):
    """The two fields of `os.stat_result` that the core uses."""

    @property
    def st_size(self) -> int:
        """Size in bytes."""
        ...

    @property
    def st_mtime_ns(self) -> int:
        """Time of the last change, in nanoseconds since the epoch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSlice:
    """A local file as part of a request body, with its size and mtime when it was inspected.

    The driver streams the file from the disk and calls `check`, so that the body always has the
    length that its headers announce.
    """

    path: str
    size: int
    "Bytes."
    mtime_ns: int
    "Nanoseconds since the epoch."

    def check(self, now: Stat) -> None:
        """Raise FileFailed if the file's size or mtime changed since it was inspected."""
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise FileFailed(f"file {self.path!r} changed while it was being uploaded")


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
        """Bytes of the body, for its Content-Length."""
        return sum([part.size if isinstance(part, FileSlice) else len(part) for part in self.body])

    @property
    def target(self) -> str:
        """Path and query for the request line; percent-encodes what the caller did not."""
        if plain := _PLAIN.fullmatch(self.url):
            return plain[4] or "/"
        parts = urlsplit(self.url)
        path = quote(parts.path.encode("utf-8", "replace") or b"/", safe=_IN_PATH)
        query = quote(parts.query.encode("utf-8", "replace"), safe=_IN_PATH + "?")
        return f"{path}?{query}" if query else path

    @property
    def encoded(self) -> list[tuple[bytes, bytes]]:
        """The headers as HTTP/1.1 needs them: with `host`, and with `content-length`.

        A GET or HEAD without a body has no `content-length`. A `host` header of the caller is kept.
        Raises InvalidArguments for a host name that cannot be encoded.
        """
        headers: list[tuple[bytes, bytes]] = []
        # A caller may reach an app behind a proxy by another name.
        if first_header(self.headers, "host") is None:
            headers.append((b"host", _encode_authority(origin(self.url))))
        if self.body or self.method not in ("GET", "HEAD"):
            headers.append((b"content-length", b"%d" % self.size))
        # Starlette decodes values as Latin-1; `as_headers` has checked that they are.
        headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in self.headers]
        return headers

    def __repr__(self) -> str:
        # Header values may be secrets, and a query may be a signed one.
        return f"Request({self.method} {redact_url(self.url)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Status and headers of a reply, before its body."""

    status: int
    headers: Headers = ()
    url: str = ""
    "The address of the request."
    proxy: str = ""
    "Address of the proxy, taken from the environment, that the request used; no credentials."

    @classmethod
    def of(
        cls,
        request: Request,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        proxy: str = "",
    ) -> Head:
        """Make the head of the reply to `request` from its status and raw headers."""
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        return cls(status=status, headers=tuple(pairs), url=request.url, proxy=proxy)

    def with_body(self, body: bytes) -> Response:
        """Return the complete reply."""
        return Response(
            status=self.status, headers=self.headers, body=body, url=self.url, proxy=self.proxy
        )

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case of letters."""
        return first_header(self.headers, name)

    @property
    def is_upgrade(self) -> bool:
        """Whether HTTP ends here: what follows are the frames of a WebSocket."""
        return self.status == 101

    @property
    def length(self) -> int | None:
        """The body's length in bytes, if `content-length` states it."""
        value = self.header("content-length") or ""
        # `int` alone would accept signs, blanks and other digits, and thousands of them.
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None

    def __repr__(self) -> str:
        return f"Head({self.status} {redact_url(self.url)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Head):
    """A complete HTTP reply."""

    body: bytes = b""

    @property
    def text(self) -> str:
        """The body decoded as UTF-8, with replacement characters for invalid bytes."""
        return self.body.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"Response({self.status} {redact_url(self.url)}, {len(self.body)} bytes)"


def first_header(headers: Headers, name: str) -> str | None:
    """Return the value of the first header of this name; case does not matter."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


class Origin(NamedTuple):
    """Scheme, host and port (RFC 6454). Two addresses share secrets only if all three are equal."""

    scheme: str
    host: str
    "Lower case, without brackets."
    port: int

    @property
    def host_port(self) -> str:
        """Host and port, as CONNECT names them (RFC 9112, 3.2.3): IPv6 addresses in brackets."""
        return f"{self._bracketed}:{self.port}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self._bracketed}{port}"


def origin(url: str) -> Origin:
    """Return the origin of an absolute http or https address.

    Raises InvalidArguments for anything else.
    """
    if plain := _PLAIN.fullmatch(url):
        scheme, host, port, _ = plain.groups()
        return Origin(scheme, host, int(port) if port else _PORTS[scheme])
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        # The reason may quote a password: that of `https://ada:se/cret@host` is an invalid port.
        reason = "percent-encode the user and the password" if "@" in url else error
        raise InvalidArguments(f"address {redact_url(url)}: {reason}") from None
    if parts.scheme not in _PORTS or not host:
        raise InvalidArguments(f"address {redact_url(url)}: expected http://… or https://…")
    return Origin(parts.scheme, host, port if port is not None else _PORTS[parts.scheme])


@lru_cache(256)
def _encode_authority(where: Origin) -> bytes:
    """Return the value of the Host header."""
    # Plain ASCII skips the `idna` codec, which Python imports only when it is used.
    try:
        host = where.host if where.host.isascii() else where.host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InvalidArguments(f"address {where}: {error}") from error
    return str(Origin(where.scheme, host, where.port)).partition("://")[2].encode("ascii")


def find_proxy(
    proxies: Mapping[str, str], target: Origin, bypasses: Callable[[str, Mapping[str, str]], bool]
) -> str:
    """Return the address of the environment's proxy for `target`; empty for a direct connection.

    `proxies` are those of `urllib.request.getproxies`, and `bypasses` is its
    `proxy_bypass_environment`, which reads NO_PROXY. The address may hold credentials.
    """
    # urllib takes a star for everything only if it stands alone; httpx takes it in a list too.
    is_direct = "*" in proxies.get("no", "").replace(" ", "").split(",")
    # The host without a port too: NO_PROXY may have an IPv6 address without its brackets.
    if is_direct or any(bypasses(name, proxies) for name in (target.host_port, target.host)):
        return ""
    return proxies.get(target.scheme) or proxies.get("all") or ""


def is_address(text: str) -> bool:
    """Whether `text` begins like an absolute http or https address."""
    return text.lower().startswith(("http://", "https://"))


def join(base: str, path: str) -> str:
    """Append `path`, already percent-encoded, to `base`.

    Unlike `urljoin`, this never drops a part of the path of `base`: an app may live below a prefix.
    """
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def quote_path(path: str) -> str:
    """Percent-encode a server's file path for an address; slashes stay.

    Lone surrogates, which JSON can carry, become `%3F`.
    """
    return quote(path.encode("utf-8", "replace"), safe="/")


def redact_url(url: str) -> str:
    """Remove user information, query, fragment and the hash of a heartbeat, for a log."""
    # By hand, since `urlsplit` raises for some addresses, and this text is for errors about them.
    start = url.find("://") + 3 if "://" in url else 0
    rest = url[start:]
    if not (start and re.match(_AUTHORITY, rest)):
        rest = rest.rpartition("@")[2]  # a password may have a slash or a question mark in it
    authority, slash, path = rest.partition("#")[0].partition("?")[0].partition("/")
    path = re.sub(_HEARTBEAT, r"\1…", path)
    return f"{url[:start]}{authority.rpartition('@')[2]}{slash}{path}"

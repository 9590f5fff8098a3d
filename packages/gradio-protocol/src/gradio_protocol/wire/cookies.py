"""A cookie jar for one app.

1. A cookie is sent only to the host that set it, whatever its `Domain` says. A `Domain` that does
   not cover that host makes the cookie invalid.
2. `Path` and its default follow RFC 6265, sections 5.1.4 and 5.2.4.
3. The jar accepts and sends `Secure` cookies over https only. At login Gradio sets two cookies
   (3.19 and later), one of them `Secure`; over plain http the other one remains.
4. The jar has no clock. It deletes a cookie when the server says so: `Max-Age` is zero or less, or
   `Expires` is not later than the reply's own `Date` or the first release of Gradio. It keeps every
   other cookie; a server that no longer accepts one answers 401.
5. The jar ignores malformed cookies without an error, and limits how many it keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ..dataclass import dataclass, field
from ..errors import InvalidArguments
from .exchange import Headers, first_header, origin
from .status import http_date

_MAX_COOKIES = 100
_MAX_BYTES = 4096  # of a name and its value together, as in RFC 6265, section 6.1
_MAX_ATTRIBUTE = 1024

# Lists the allowed characters: a class of the excluded ones takes 5 ms to compile.
_PAIR = r"[\x20-:<>-~\x80-\xff]+=[\x20-:<-~\x80-\xff]*"
_FIRST_GRADIO = 1_546_300_800  # 2019-01-01, in seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie in the jar."""

    name: str
    value: str = field(repr=False)
    host: str
    path: str = "/"
    secure: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies the cookie; a new cookie replaces an old one with the same key."""
        return self.name, self.host, self.path


@dataclass(frozen=True, slots=True)
class Jar:
    """The cookies of one app, oldest first. Immutable: its methods return a new jar."""

    cookies: tuple[Cookie, ...] = ()

    def store(self, url: str, headers: Headers) -> Jar:
        """Return the jar after a reply from `url` with these headers."""
        kept = {cookie.key: cookie for cookie in self.cookies}
        # A reply without a usable `Date` still deletes: servers use `Expires` in 1970 for that.
        now = max(_FIRST_GRADIO, http_date(first_header(headers, "date") or "") or 0)
        for name, value in headers:
            if name.lower() == "set-cookie":
                _apply(kept, url, value, now)
        return Jar(tuple(kept.values())[-_MAX_COOKIES:])

    def with_cookies(self, url: str, cookies: Iterable[tuple[str, str]]) -> Jar:
        """Return the jar with the caller's own cookies, for every path on the host of `url`.

        Raises InvalidArguments for a cookie that cannot be sent. The error names the cookie and
        never shows its value.
        """
        kept = {cookie.key: cookie for cookie in self.cookies}
        host = origin(url).host
        for name, value in cookies:
            if "=" in name or not re.fullmatch(_PAIR, f"{name}={value}"):
                problem = "its name or value contains a character that is not allowed in a cookie"
                raise InvalidArguments(f"cookies: {name!r}: {problem}")
            cookie = Cookie(name=name, value=value, host=host)
            kept[cookie.key] = cookie
        return Jar(tuple(kept.values()))

    def header(self, url: str) -> str | None:
        """Return the `Cookie` header of a request to `url`: longer paths first, then older."""
        target, path = origin(url), urlsplit(url).path or "/"
        sent = [
            cookie
            for cookie in self.cookies
            if cookie.host == target.host
            and (target.scheme == "https" or not cookie.secure)
            and _is_path_match(cookie.path, path)
        ]
        sent.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent) or None


def _apply(kept: dict[tuple[str, str, str], Cookie], url: str, text: str, now: int) -> None:
    """Apply one `Set-Cookie` header to `kept`: add, replace or delete the cookie."""
    pair, *rest = text.split(";")
    name, mark, value = (part.strip(" \t") for part in pair.partition("="))
    target, attributes = origin(url), _parse_attributes(rest)
    domain = attributes.get("domain", "").removeprefix(".").lower()
    secure = "secure" in attributes
    if not re.fullmatch(_PAIR, name + mark + value) or len(name) + len(value) > _MAX_BYTES:
        return
    # `Domain=hf.space` passes here. It needs no list of public suffixes to be safe, since `header`
    # sends the cookie to this host only.
    is_elsewhere = domain and not f".{target.host}".endswith(f".{domain}")
    if is_elsewhere or (secure and target.scheme != "https"):
        return
    path = attributes.get("path", "")
    if not path.startswith("/"):
        path = urlsplit(url).path.rpartition("/")[0] or "/"
    cookie = Cookie(name=name, value=value, host=target.host, path=path, secure=secure)
    if _is_deleted(attributes, now):
        kept.pop(cookie.key, None)
    else:
        kept[cookie.key] = cookie


def _parse_attributes(parts: list[str]) -> dict[str, str]:
    """Return the attributes by name. The last of two wins; an oversized one is ignored."""
    pairs = (part.partition("=") for part in parts if len(part) <= _MAX_ATTRIBUTE)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_deleted(attributes: dict[str, str], now: int) -> bool:
    # `Max-Age` wins over `Expires`, as in RFC 6265, section 5.3.
    age = attributes.get("max-age", "")
    if re.fullmatch(r"-?[0-9]+", age):
        return age.startswith("-") or not age.strip("0")
    # Older servers write the date with dashes: `01-Jan-1970`.
    expires = http_date(attributes.get("expires", "").replace("-", " "))
    return expires is not None and expires <= now


def _is_path_match(cookie_path: str, path: str) -> bool:
    """Match paths as in RFC 6265, section 5.1.4: equal, or a prefix that ends at a slash."""
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")

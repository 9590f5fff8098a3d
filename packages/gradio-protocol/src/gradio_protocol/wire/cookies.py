"""The cookies of one app.

1. A cookie goes back to the very host that set it and to no other, whatever `Domain` says; a
   `Domain` that does not cover that host makes the cookie void.
2. `Path` and its default are those of RFC 6265, sections 5.1.4 and 5.2.4.
3. `Secure` ones are taken from https only and given to https only. Gradio sets two cookies at
   login (3.19 and later), one of them Secure, so that one is left on http.
4. There is no clock here. A cookie is deleted when its server says so: `Max-Age` of zero or less,
   or an `Expires` not later than the reply's own `Date`, or than the first Gradio. Any other one
   is kept; a server that no longer takes it will say 401.
5. What is malformed is ignored, never an error, and what is kept is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import InvalidArguments
from .exchange import Headers, first_header, origin
from .status import http_date

_MAX_COOKIES = 100
_MAX_BYTES = 4096  # of a name and its value, as in RFC 6265 6.1
_MAX_ATTRIBUTE = 1024

# What is not excluded: a class of all that is excluded takes 5 ms to compile.
_PAIR = re.compile(r"[\x20-:<>-~\x80-\xff]+=[\x20-:<-~\x80-\xff]*")
_FIRST_GRADIO = 1_546_300_800  # 2019-01-01, in seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie, as it is kept."""

    name: str
    value: str = field(repr=False)
    host: str
    path: str = "/"
    secure: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Two cookies with one key are one cookie."""
        return self.name, self.host, self.path


@dataclass(frozen=True, slots=True)
class Jar:
    """The cookies of one app, oldest first. A value: storing gives another jar."""

    cookies: tuple[Cookie, ...] = ()

    def store(self, url: str, headers: Headers) -> Jar:
        """The jar after a reply from `url` with these headers."""
        kept = {cookie.key: cookie for cookie in self.cookies}
        now = max(_FIRST_GRADIO, http_date(first_header(headers, "date") or "") or 0)
        for name, value in headers:
            if name.lower() == "set-cookie":
                _apply(kept, url, value, now)
        return Jar(tuple(kept.values())[-_MAX_COOKIES:])

    def give(self, url: str, cookies: Iterable[tuple[str, str]]) -> Jar:
        """The jar with the caller's own cookies, for every path on the host of `url`.

        Raises InvalidArguments, which names the cookie and never shows its value.
        """
        kept = {cookie.key: cookie for cookie in self.cookies}
        host = origin(url).host
        for name, value in cookies:
            if "=" in name or not _PAIR.fullmatch(f"{name}={value}"):
                raise InvalidArguments(f"cookies: {name!r} cannot be sent as a cookie")
            cookie = Cookie(name=name, value=value, host=host)
            kept[cookie.key] = cookie
        return Jar(tuple(kept.values()))

    def header(self, url: str) -> str | None:
        """The `Cookie` header of a request to `url`: longer paths first, then older cookies."""
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
    """Put what one `Set-Cookie` says into `kept`, or take out what it deletes."""
    pair, *rest = text.split(";")
    name, mark, value = (part.strip(" \t") for part in pair.partition("="))
    target, attributes = origin(url), _parse_attributes(rest)
    domain = attributes.get("domain", "").removeprefix(".").lower()
    secure = "secure" in attributes
    if not _PAIR.fullmatch(name + mark + value) or len(name) + len(value) > _MAX_BYTES:
        return
    if (secure and target.scheme != "https") or (domain and not _is_within(target.host, domain)):
        return
    path = attributes.get("path", "")
    cookie = Cookie(
        name=name,
        value=value,
        host=target.host,
        path=path if path.startswith("/") else _default_path(url),
        secure=secure,
    )
    if _is_deleted(attributes, now):
        kept.pop(cookie.key, None)
    else:
        kept[cookie.key] = cookie


def _parse_attributes(parts: list[str]) -> dict[str, str]:
    """The attributes by name; of two with one name the last counts, and a huge one does not."""
    pairs = (part.partition("=") for part in parts if len(part) <= _MAX_ATTRIBUTE)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_deleted(attributes: dict[str, str], now: int) -> bool:
    age = attributes.get("max-age", "")
    if re.fullmatch(r"-?[0-9]+", age):
        return age.startswith("-") or not age.strip("0")
    # Older servers put dashes into the date.
    expires = http_date(attributes.get("expires", "").replace("-", " "))
    return expires is not None and expires <= now


def _default_path(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[0] or "/"


def _is_within(host: str, domain: str) -> bool:
    return f".{host}".endswith(f".{domain}")


def _is_path_match(cookie_path: str, path: str) -> bool:
    """Path-match: equal, or a prefix that ends at a slash."""
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")

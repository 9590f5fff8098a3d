"""Which redirects are followed, and what goes along.

1. On the same origin the same request goes to the other address.
2. Another origin gets what a stranger would send: no secret, no header of the caller's, no body.
3. A body is sent again for 307 and 308 only, and only to the same origin.
4. https never leads to http.
5. While connecting, and only then, a redirect to https on the same host moves the app itself:
   `moves` says so, and the caller composes its request anew.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from .exchange import Origin, Request, Response, origin
from .headers import HARMLESS

_KEEPS_METHOD = (307, 308)
_REDIRECTS = (301, 302, 303, *_KEEPS_METHOD)


def follow_redirect(request: Request, response: Response) -> Request | None:
    """The request that this reply asks for, or None where it asks for none or must not be obeyed.

    Cookies that the reply set are the caller's to add, and how many redirects are followed is
    the caller's to bound.
    """
    location = response.header("location")
    bodiless = request.method in ("GET", "HEAD")
    if response.status not in (_REDIRECTS if bodiless else _KEEPS_METHOD) or not location:
        return None
    try:
        url = _resolve(request.url, location)
        here, there = origin(request.url), origin(url)
    except ValueError:
        return None
    if here == there:
        return replace(request, url=url)
    if not bodiless or there.scheme == "http" != here.scheme:
        return None
    kept = tuple(header for header in request.headers if header[0].lower() in HARMLESS)
    return Request(method=request.method, url=url, headers=kept)


def changes_origin(old: Origin, new: Origin) -> bool:
    """Whether the app's origin may move so: from http to https on the same host.

    Only to the port of https or the same port, for another port is another server.
    """
    upgrade = (old.scheme, new.scheme) == ("http", "https") and old.host == new.host
    return upgrade and new.port in (443, old.port)


def _resolve(base: str, location: str) -> str:
    """`location` as an address that a `Request` takes: no user information, no fragment.

    Raises ValueError where it is none, or has characters that no driver makes of bytes.
    """
    raw = location.strip().encode("latin-1")
    parts = urlsplit(urljoin(base, quote(raw, safe="!#$%&'()*+,/:;=?@[]~")))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))

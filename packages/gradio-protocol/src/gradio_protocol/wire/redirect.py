"""Decides which redirects to follow, and what the next request carries.

1. On the same origin, the same request goes to the new address.
2. Another origin gets an anonymous request: no secret, no header of the caller, no body.
3. A body is sent again for 307 and 308 only, and only to the same origin.
4. A redirect from https to http is never followed.
5. While connecting, a redirect from http to https on the same host moves the app itself:
   `changes_origin` tells so, and the caller composes its request again.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from .exchange import Origin, Request, Response, origin
from .headers import HARMLESS

# After 301, 302 and 303 browsers turn a POST into a GET, which would lose the call.
_KEEPS_METHOD = (307, 308)
_REDIRECTS = (301, 302, 303, *_KEEPS_METHOD)


def follow_redirect(request: Request, response: Response) -> Request | None:
    """Return the request that a redirect leads to, or None if there is none to follow.

    The caller adds the cookies that the reply set, and limits the number of redirects.
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
    # A body may hold a password or the user's data; plain http would show the request to others.
    if not bodiless or there.scheme == "http" != here.scheme:
        return None
    # A list of harmless headers, not of secret ones: a caller's header may be called anything.
    kept = tuple(header for header in request.headers if header[0].lower() in HARMLESS)
    return Request(method=request.method, url=url, headers=kept)


def changes_origin(old: Origin, new: Origin) -> bool:
    """Whether a redirect may move the app's origin: from http to https on the same host.

    The new port must be 443 or the old one, since another port is another server.
    """
    # Not to another host: the caller's secrets would go there.
    upgrade = (old.scheme, new.scheme) == ("http", "https") and old.host == new.host
    return upgrade and new.port in (443, old.port)


def _resolve(base: str, location: str) -> str:
    """Return `location` as an absolute address without user information and fragment.

    Raises ValueError if it is not an address, or has characters outside Latin-1.
    """
    # Headers are Latin-1 text, so this gives the bytes that came; if they are UTF-8, encoding each
    # of them is what browsers do.
    raw = location.strip().encode("latin-1")
    parts = urlsplit(urljoin(base, quote(raw, safe="!#$%&'()*+,/:;=?@[]~")))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))

"""Requests a document of an app and follows redirects.

1. A redirect is followed within one origin, and from http to https on the same host, which moves
   the app. Any other redirect is an error, since it leads to another server.
2. The cookies of every reply are stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from ..app.access import Access
from ..errors import RemoteError
from ..wire.exchange import Request, Response, origin, redact_url
from ..wire.redirect import changes_origin, follow_redirect
from ..wire.status import error_from_response
from .actions import Send, Steps
from .retry import Repeat, RetryPolicy, send_with_retries

MAX_DOCUMENT: Final = 2**26
"Largest config, `/info` or page in bytes."
_MAX_HOPS: Final = 5


def send_following_redirects(
    access: Access, request: Request, policy: RetryPolicy
) -> Steps[tuple[Access, Response]]:
    """Return the reply after redirects, and the access with new cookies or a new origin."""
    for _ in range(_MAX_HOPS + 1):
        # Also a login: to repeat one does no harm.
        send = Send(request=request, limit=MAX_DOCUMENT)
        reply = yield from send_with_retries(send, policy, Repeat.HARMLESS)
        access = replace(access, jar=access.jar.store(request.url, reply.headers))
        following = follow_redirect(request, reply)
        if following is None:
            return access, reply
        access = _follow_redirect(access, request, reply, following.url)
        # Compose the request again: cookies came, and the new origin may see other secrets.
        own = tuple(header for header in following.headers if header[0] == "content-type")
        method, body = following.method, following.body
        request = access.request(method, following.url, body=body, own=own)
    raise RemoteError(f"connecting: {redact_url(request.url)}: more than {_MAX_HOPS} redirects")


def _follow_redirect(access: Access, request: Request, reply: Response, url: str) -> Access:
    """Return the access after a redirect to `url`; raise the reply's error if it is forbidden."""
    old, new = origin(request.url), origin(url)
    if old == new:
        return access
    if not changes_origin(old, new):
        raise error_from_response(reply, doing="connecting")
    identity = replace(access.identity, app=new)
    return replace(access, src=f"{new}{urlsplit(access.src).path}", identity=identity)

"""A request for a document of an app, and the redirects that its reply may be.

1. Redirects are followed here and nowhere else, within one origin, and to https on the same host,
   which moves the app. Any other one is refused: who answers there is not who was asked.
2. Every reply's cookies are kept.
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
"Bytes that a config, an info or a page may have."
_MAX_HOPS: Final = 5


def send_following_redirects(
    access: Access, request: Request, policy: RetryPolicy
) -> Steps[tuple[Access, Response]]:
    """The reply after redirects, and the access that it leaves us with: cookies, a new origin."""
    for _ in range(_MAX_HOPS + 1):
        send = Send(request=request, limit=MAX_DOCUMENT)
        reply = yield from send_with_retries(send, policy, Repeat.HARMLESS)
        access = replace(access, jar=access.jar.store(request.url, reply.headers))
        following = follow_redirect(request, reply)
        if following is None:
            return access, reply
        access = _follow_redirect(access, request, reply, following.url)
        # Composed anew, for the cookies that came and the secrets that the new origin may see.
        own = tuple(header for header in following.headers if header[0] == "content-type")
        method, body = following.method, following.body
        request = access.request(method, following.url, body=body, own=own)
    raise RemoteError(f"connecting: {redact_url(request.url)}: more than {_MAX_HOPS} redirects")


def _follow_redirect(access: Access, request: Request, reply: Response, url: str) -> Access:
    """The access after a redirect to `url`; raises what the reply means if we do not go there."""
    old, new = origin(request.url), origin(url)
    if old == new:
        return access
    if not changes_origin(old, new):
        raise error_from_response(reply, doing="connecting")
    identity = replace(access.identity, app=new)
    return replace(access, src=f"{new}{urlsplit(access.src).path}", identity=identity)

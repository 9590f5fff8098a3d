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


class Requester:
    """Requests documents, such as those of one app. See the module."""

    def __init__(self, access: Access, policy: RetryPolicy) -> None:
        self.access: Access = access
        "Changes with each reply: it gets new cookies, or a new origin."
        self._policy = policy

    def get(self, url: str) -> Steps[Response]:
        """GET an address; return the reply after redirects."""
        return self.send(self.access.request("GET", url))

    def send(self, request: Request) -> Steps[Response]:
        """Send a request; return the reply after redirects."""
        for _ in range(_MAX_HOPS + 1):
            # Also a login: to repeat one does no harm.
            send = Send(request=request, limit=MAX_DOCUMENT)
            reply = yield from send_with_retries(send, self._policy, Repeat.HARMLESS)
            jar = self.access.jar.store(request.url, reply.headers)
            self.access = replace(self.access, jar=jar)
            following = follow_redirect(request, reply)
            if following is None:
                return reply
            self._move_origin(request, reply, following.url)
            # Compose the request again: cookies came, and the new origin may see other secrets.
            own = tuple(header for header in following.headers if header[0] == "content-type")
            method, url, body = following.method, following.url, following.body
            request = self.access.request(method, url, body=body, own=own)
        raise RemoteError(f"connecting: {redact_url(request.url)}: more than {_MAX_HOPS} redirects")

    def _move_origin(self, request: Request, reply: Response, url: str) -> None:
        """Follow a redirect to `url`; raise the reply's error if it is forbidden."""
        old, new = origin(request.url), origin(url)
        if old == new:
            return
        if not changes_origin(old, new):
            raise error_from_response(reply, doing="connecting")
        identity = replace(self.access.identity, app=new)
        src = f"{new}{urlsplit(self.access.src).path}"
        self.access = replace(self.access, src=src, identity=identity)

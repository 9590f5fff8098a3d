"""Composes the headers of a request, and decides which origin may see which secret.

1. At any time exactly one origin may see secrets. Once the app's origin is known, it is that
   origin (scheme, host and port): no other Space, not the Hub, no other port. While a Space is
   being looked up, it is the Hub, and the Hub gets the token only.
2. A saved token goes to Hugging Face's hosts over https and nowhere else. A token that the caller
   passed goes to the origin it was passed for, also over http, since the caller chose that.
3. Later layers override earlier ones, and header names ignore case: our defaults, the token, the
   client's headers, the call's headers, what the request itself needs.
4. Header values are Latin-1, as in a browser's `fetch` and as Starlette reads them; drivers encode
   them so. Other characters raise an error before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from .._version import __version__
from ..dataclass import dataclass, field
from ..errors import InvalidArguments
from .exchange import Headers, Origin, origin

HUB: Final = Origin("https", "huggingface.co", 443)

HARMLESS: Final = frozenset(("accept", "accept-encoding", "user-agent"))
"Headers without secrets, which any origin may see."

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = {
    "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding",
    "upgrade",
}  # fmt: skip
_LOGGABLE = {
    "accept", "accept-encoding", "content-length", "content-type", "date", "host", "retry-after",
    "server", "user-agent", "x-gradio-user",
}  # fmt: skip
_VISITOR = "x-ip-token"


class TokenSource(Enum):
    """Where a token comes from, which decides which origins may see it."""

    PASSED = "passed by the caller, for this app"
    SAVED = "found on this machine, saved for Hugging Face"


class Secret(Enum):
    """A part of a request that not every origin may see."""

    HEADERS = "the headers that the caller gave, to the client or to one call"
    COOKIES = "the app's cookies"
    TOKEN = "the Hugging Face token"
    VISITOR = "x-ip-token: whose ZeroGPU quota pays for the call; only Hugging Face can read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The caller's credentials and the app that they are for. Cookies, which change, are in `Jar`.

    Raises InvalidArguments for a header or a token that cannot be sent.
    """

    app: Origin | None
    "The app's origin; None while a Space is being looked up at the Hub."
    headers: Headers = field(default=(), repr=False)
    "The client's headers, sent with every request to the app."
    token: str | None = field(default=None, repr=False)
    source: TokenSource = TokenSource.SAVED
    hub: Origin = HUB
    "The origin of the Hub, which HF_ENDPOINT may change."
    user_agent: str = f"gradio-protocol/{__version__}"

    def __post_init__(self) -> None:
        as_headers(self.headers)
        as_headers((("user-agent", self.user_agent), ("token", self.token or "")))


def is_hosted(place: Origin, hub: Origin) -> bool:
    """Whether this host belongs to Hugging Face; the scheme does not matter."""
    return place in (hub, HUB) or place.host.endswith(".hf.space")


def visible_secrets(identity: Identity, target: Origin) -> frozenset[Secret]:
    """Return the secrets that a request to `target` may carry."""
    trusted = is_hosted(target, identity.hub) and target.scheme == "https"
    # While a Space is being looked up, the Hub may see the token: a private Space needs it.
    if identity.app is None:
        hub = trusted and target in (identity.hub, HUB)
        return frozenset((Secret.TOKEN,)) if hub else frozenset()
    # Not even another host of Hugging Face: Spaces belong to different people.
    if target != identity.app:
        return frozenset()
    visible = {Secret.HEADERS, Secret.COOKIES}
    # `x-ip-token` names the user whose ZeroGPU quota pays; only Hugging Face can read it.
    if trusted:
        visible.add(Secret.VISITOR)
    # A token that the caller passed is for this app, even over http or on another host. One that
    # was found on this machine was saved for Hugging Face.
    if trusted or identity.source is TokenSource.PASSED:
        visible.add(Secret.TOKEN)
    return frozenset(visible)


def compose(
    identity: Identity,
    method: str,
    url: str,
    *,
    cookie: str | None = None,
    call: Headers = (),
    own: Headers = (),
) -> Headers:
    """Return the headers of one request, names in lower case.

    `cookie` is the `Cookie` header that the app's jar has for `url`. `call` are the headers of
    this call only, such as `x-ip-token`. `own` are the headers that the request itself needs
    (`content-type`, `accept`), names in lower case. Raises InvalidArguments for a header in `call`
    that cannot be sent.
    """
    target = origin(url)
    visible = visible_secrets(identity, target)
    # Later entries replace earlier ones of the same name: see rule 3.
    merged = {"user-agent": identity.user_agent, "accept": "*/*"}
    if method == "POST":
        # The official client marks its calls with this header; apps can read it.
        merged["x-gradio-user"] = "api"
    if Secret.HEADERS in visible:
        merged |= as_headers(identity.headers) + as_headers(call)
    if Secret.VISITOR not in visible:
        merged.pop(_VISITOR, None)
    if Secret.TOKEN in visible and identity.token:
        name = _choose_token_header(target, is_taken="authorization" in merged)
        merged.setdefault(name, f"Bearer {identity.token}")
    if cookie and Secret.COOKIES in visible:
        # The jar's cookies come last: Starlette takes the last of two cookies of one name.
        merged["cookie"] = "; ".join(filter(None, (merged.get("cookie"), cookie)))
    merged |= own
    # This overrides the caller's value: drivers do not decompress, and the Brotli middleware of
    # 5.36 and later holds events back until it has enough to compress.
    merged["accept-encoding"] = "identity"
    return tuple(merged.items())


def _choose_token_header(target: Origin, *, is_taken: bool) -> str:
    # The proxy in front of Spaces reads `x-hf-authorization`, which leaves `authorization` to the
    # app behind it; the official client uses it from 1.11.1 on, for all hosts. A caller who sends
    # an `authorization` of their own needs the second header as well.
    is_space = target.host.endswith(".hf.space")
    return "x-hf-authorization" if is_space or is_taken else "authorization"


def as_headers(given: Iterable[tuple[object, object]]) -> Headers:
    """Check the headers that a caller passed, and lower the case of their names.

    Raises InvalidArguments for a header that cannot be sent. The error names the header and never
    shows its value.
    """
    return tuple(_check_header(name, value) for name, value in given)


def drop_framing(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those that belong to one request, such as `content-length`."""
    return {name: value for name, value in headers.items() if name.lower() not in _FRAMING}


def _check_header(given_name: object, given_value: object) -> tuple[str, str]:
    name, value = _decode_text(given_name), _decode_text(given_value)
    if name is None or not _NAME.fullmatch(name):
        hint = "use letters, digits and hyphens, as in 'X-Key'"
        raise InvalidArguments(f"headers: {given_name!r} is not a valid header name; {hint}")
    # A second length or encoding could make a server see two requests in one.
    if name.lower() in _FRAMING:
        raise InvalidArguments(f"headers: leave out {name!r}, which the client sets itself")
    if value is None:
        got = f"a value of type {type(given_value).__name__}"
        raise InvalidArguments(f"headers: {name!r}: expected text, got {got}")
    if not _VALUE.fullmatch(value):
        problem = "its value contains a character that is not allowed in a header"
        raise InvalidArguments(f"headers: {name!r}: {problem}")
    return name.lower(), value.strip(" \t")


def _decode_text(given: object) -> str | None:
    if isinstance(given, bytes):
        return given.decode("latin-1")
    return given if isinstance(given, str) else None


def redact(headers: Headers) -> Headers:
    """Hide the values of all headers but a harmless few, so that they may appear in a log."""
    return tuple((name, value if name.lower() in _LOGGABLE else "…") for name, value in headers)

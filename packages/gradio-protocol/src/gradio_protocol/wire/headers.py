"""Composing the headers of one request, and which origin may see a secret.

1. At any time one place may see secrets. Once the app's origin is known it is that origin,
   exactly (scheme, host and port): no other Space, not the Hub, no port beside it. Before, while
   a Space is being looked up, it is the Hub, and only for the token.
2. A saved token goes to Hugging Face's hosts over https and nowhere else. A token that was passed
   goes to the origin it was passed for, also over http, for the caller chose that.
3. A later layer wins over an earlier one, whatever the case of letters: our defaults, the token,
   the client's headers, the call's headers, what the request itself needs.
4. Values are the characters of Latin-1, as in a browser's fetch and as Starlette reads them; a
   driver encodes them so. Anything else is refused before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from .._version import __version__
from ..errors import InvalidArguments
from .exchange import Headers, Origin, origin

HUB: Final = Origin("https", "huggingface.co", 443)

HARMLESS: Final = frozenset(("accept", "accept-encoding", "user-agent"))
"The headers that any stranger may see."

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = re.compile(
    r"connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade",
    re.IGNORECASE,
)
_LOGGABLE = re.compile(
    r"accept|accept-encoding|content-(length|type)|date|host|retry-after|server|user-agent"
    r"|x-gradio-user",
    re.IGNORECASE,
)
_VISITOR = "x-ip-token"


class TokenSource(Enum):
    """Where a token comes from, which decides how far it may go."""

    PASSED = "passed by the caller, for the app that was named with it"
    SAVED = "found on this machine, saved for Hugging Face"


class Secret(Enum):
    """What not every origin may see."""

    HEADERS = "the headers that the caller gave, to the client or to one call"
    COOKIES = "the app's cookies"
    TOKEN = "the Hugging Face token"
    VISITOR = "x-ip-token: on whose ZeroGPU quota the call goes; only Hugging Face can read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is speaking, and to whom; all but the cookies, which change.

    Raises InvalidArguments for a header or a token that cannot be sent.
    """

    app: Origin | None
    "None while a Space is looked up at the Hub."
    headers: Headers = field(default=(), repr=False)
    "The client's own, sent with every request to the app."
    token: str | None = field(default=None, repr=False)
    source: TokenSource = TokenSource.SAVED
    hub: Origin = HUB
    "Another one where HF_ENDPOINT says so."
    user_agent: str = f"gradio-protocol/{__version__}"

    def __post_init__(self) -> None:
        as_headers(self.headers)
        as_headers((("user-agent", self.user_agent), ("token", self.token or "")))


def is_hosted(place: Origin, hub: Origin) -> bool:
    """Whether this is a host of Hugging Face's, by whatever scheme."""
    return place in (hub, HUB) or place.host.endswith(".hf.space")


def visible_secrets(identity: Identity, target: Origin) -> frozenset[Secret]:
    """Which secrets a request to `target` may carry."""
    trusted = is_hosted(target, identity.hub) and target.scheme == "https"
    if identity.app is None:
        hub = trusted and target in (identity.hub, HUB)
        return frozenset((Secret.TOKEN,)) if hub else frozenset()
    if target != identity.app:
        return frozenset()
    seen = {Secret.HEADERS, Secret.COOKIES}
    if trusted:
        seen.add(Secret.VISITOR)
    if trusted or identity.source is TokenSource.PASSED:
        seen.add(Secret.TOKEN)
    return frozenset(seen)


def compose(
    identity: Identity,
    method: str,
    url: str,
    *,
    cookie: str | None = None,
    call: Headers = (),
    own: Headers = (),
) -> Headers:
    """The headers of one request, names in lower case.

    `cookie` is what the app's jar has for `url`; `call` are the headers of this call only, among
    them `x-ip-token`; `own` is what the request needs (`content-type`, `accept`), in lower case.
    Raises InvalidArguments for a header in `call` that cannot be sent.
    """
    target = origin(url)
    seen = visible_secrets(identity, target)
    merged = {"user-agent": identity.user_agent, "accept": "*/*"}
    if method == "POST":
        merged["x-gradio-user"] = "api"
    if Secret.HEADERS in seen:
        merged |= as_headers(identity.headers) + as_headers(call)
    if Secret.VISITOR not in seen:
        merged.pop(_VISITOR, None)
    if Secret.TOKEN in seen and identity.token:
        name = _choose_token_header(target, is_taken="authorization" in merged)
        merged.setdefault(name, f"Bearer {identity.token}")
    if cookie and Secret.COOKIES in seen:
        # The jar's come last: Starlette takes the last of two cookies with one name.
        merged["cookie"] = "; ".join(filter(None, (merged.get("cookie"), cookie)))
    merged |= own
    # Nobody decompresses in a driver, and a compressed event stream would be held back.
    merged["accept-encoding"] = "identity"
    return tuple(merged.items())


def _choose_token_header(target: Origin, *, is_taken: bool) -> str:
    # Spaces' proxy reads this one, so that `authorization` is left to the app behind it (the
    # official client does so from 1.11.1 on, and for all hosts); so does a caller who has taken it.
    is_space = target.host.endswith(".hf.space")
    return "x-hf-authorization" if is_space or is_taken else "authorization"


def as_headers(given: Iterable[tuple[object, object]]) -> Headers:
    """What a caller gave as headers, checked, with names in lower case.

    Raises InvalidArguments, which names the header and never shows its value.
    """
    return tuple(_check_header(name, value) for name, value in given)


def _check_header(given_name: object, given_value: object) -> tuple[str, str]:
    name, value = _decode_text(given_name), _decode_text(given_value)
    if name is None or not _NAME.fullmatch(name):
        raise InvalidArguments(f"headers: {given_name!r} is not the name of a header")
    if _FRAMING.fullmatch(name):
        raise InvalidArguments(f"headers: {name!r} is set by the connection itself")
    if value is None:
        raise InvalidArguments(f"headers: {name!r} is {type(given_value).__name__}, not str")
    if not _VALUE.fullmatch(value):
        raise InvalidArguments(f"headers: {name!r} has a character that no header can carry")
    return name.lower(), value.strip(" \t")


def _decode_text(given: object) -> str | None:
    if isinstance(given, bytes):
        return given.decode("latin-1")
    return given if isinstance(given, str) else None


def redact(headers: Headers) -> Headers:
    """The headers as they may stand in a log: the values of all but a harmless few are hidden."""
    return tuple((name, value if _LOGGABLE.fullmatch(name) else "…") for name, value in headers)

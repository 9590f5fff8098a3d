"""How to speak to one app: its addresses, its identity, its requests.

Everything is built from the address that the caller gave and the prefix of the API, never from
`config.root` (wrong behind proxies in half the versions) nor from the `url` of a file (not
percent-encoded before 6.27). `/config`, `/login` and the page live at the address itself, all
else under the prefix (`/gradio_api`, 5.0 and later).
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote_plus, unquote, urlsplit

from ..wire.cookies import Jar
from ..wire.document import write
from ..wire.exchange import Body, Headers, Request, join, origin, quoted
from ..wire.headers import Identity, compose
from .config import Config
from .dialect import Dialect
from .endpoint import Endpoint

_JSON: Headers = (("content-type", "application/json"),)
_EVENTS: Headers = (("accept", "text/event-stream"), ("cache-control", "no-store"))
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for second in _DIGITS for first in _DIGITS]
_PLACES: list[int] = [36**place for place in range(0, 20, 2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where an app is, and as whom we speak to it."""

    src: str
    "The app's address as the caller gave it, with a slash at its end."
    identity: Identity
    jar: Jar = field(default=Jar(), repr=False)
    prefix: str = ""
    "`/gradio_api` from 5.0 on."
    _posts: Headers = field(init=False, repr=False, compare=False)
    "Of each `post` where neither a cookie nor the call has a say: the same for every job."
    _events: Headers = field(init=False, repr=False, compare=False)
    "Of each `get` of events, likewise."

    def __post_init__(self) -> None:
        object.__setattr__(self, "_posts", compose(self.identity, "POST", self.src, own=_JSON))
        object.__setattr__(self, "_events", compose(self.identity, "GET", self.src, own=_EVENTS))

    def request(
        self, method: str, url: str, *, body: Body = (), own: Headers = (), call: Headers = ()
    ) -> Request:
        """A request to any address, with the headers that its origin may see."""
        cookie = self.jar.header(url)
        headers = compose(self.identity, method, url, cookie=cookie, call=call, own=own)
        return Request(method=method, url=url, headers=headers, body=body)

    @property
    def headers(self) -> dict[str, str]:
        """What each request to the app carries, secrets included; cookies are not among them."""
        carried = compose(self.identity, "GET", self.src)
        return {name: value for name, value in carried if name != "cookie"}

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that the app gets."""
        said = self.jar.header(self.src) or ""
        pairs = [pair.partition("=") for pair in said.split("; ") if pair]
        return {name: value for name, _, value in pairs}

    def page(self, path: str) -> str:
        """An address beside the app's page."""
        return join(self.src, path)

    def api(self, path: str, **query: str) -> str:
        """An address of the API."""
        url = join(join(self.src, self.prefix), path)
        asked = "&".join([f"{key}={quote_plus(value)}" for key, value in query.items()])
        return f"{url}?{asked}" if query else url

    def post(self, path: str, document: object, *, call: Headers = ()) -> Request:
        """A POST of JSON to the API. Raises InvalidArguments for what JSON cannot say."""
        url, body = self.api(path), (write(document),)
        if call or self.jar.cookies:
            return self.request("POST", url, body=body, own=_JSON, call=call)
        return Request(method="POST", url=url, headers=self._posts, body=body)

    def get(self, path: str, *, events: bool = False, call: Headers = (), **query: str) -> Request:
        """A GET of the API, for a document or for a stream of events."""
        url, own = self.api(path, **query), _EVENTS if events else ()
        if call or self.jar.cookies or not events:
            return self.request("GET", url, own=own, call=call)
        return Request(method="GET", url=url, headers=self._events)

    def file_address(self, path: str) -> str:
        """Where a file of the server is to be had, by its path there."""
        return self.api(f"file={quoted(path)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One app, as it was when it was last asked about itself."""

    access: Access
    config: Config
    endpoints: tuple[Endpoint, ...]
    notes: tuple[str, ...] = ()
    "What its user should be told once: what had to be guessed, and why."

    @property
    def dialect(self) -> Dialect:
        """What is particular to its generation of servers."""
        return self.config.dialect

    @property
    def stateful(self) -> bool:
        """Whether the server keeps something for a session that a new hash would lose."""
        return any(endpoint.stateful for endpoint in self.endpoints)


def split_src(src: str) -> tuple[str, Headers]:
    """The address of an app, with a slash at its end, and the headers that its text asks for.

    User information becomes an `authorization`; query and fragment are dropped. Raises
    InvalidArguments for what is no http or https address.
    """
    where = origin(src)
    parts = urlsplit(src)
    path = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    user = parts.netloc.rpartition("@")[0]
    basic = b64encode(unquote(user).encode()).decode("ascii")
    url = f"{where}{path}"
    return url, (("authorization", f"Basic {basic}"),) if user else ()


def session_hash(entropy: bytes, generation: int = 0) -> str:
    """A session hash: 20 digits of base 36, as hard to guess as `entropy` is."""
    digest = sha256(entropy + generation.to_bytes(8, "big")).digest()
    number = int.from_bytes(digest, "big") % 36**20
    return "".join([_PAIRS[number // place % 36**2] for place in _PLACES])

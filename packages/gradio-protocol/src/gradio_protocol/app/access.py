"""Builds the addresses and the requests of one app.

Every address is built from the one that the caller gave and the prefix of the API. `config.root`
is not used, since half the versions get it wrong behind proxies, nor is the `url` of a file, which
is not percent-encoded before 6.27. `/config`, `/login` and the page are below the caller's
address, everything else below the prefix (`/gradio_api`, 5.0 and later).
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote_plus, unquote, urlsplit

from ..dataclass import dataclass, field
from ..wire.cookies import Jar
from ..wire.document import write
from ..wire.exchange import Body, Headers, Request, join, origin, quote_path
from ..wire.headers import Identity, compose
from ..wire.websocket import upgrade_headers
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
    """An app's address, and the identity and cookies that its requests carry."""

    src: str
    "The app's address as the caller gave it, with a trailing slash."
    identity: Identity
    jar: Jar = field(default=Jar(), repr=False)
    prefix: str = ""
    "The path before most routes: `/gradio_api` in 5.0 and later, else empty."
    _posts: Headers = field(init=False, repr=False, compare=False)
    "Headers of a `post` without cookies and headers of its call: composed once for all jobs."
    _events: Headers = field(init=False, repr=False, compare=False)
    "Headers of a `get` of events, likewise."

    def __post_init__(self) -> None:
        # The class is frozen; these two depend on its other fields only.
        object.__setattr__(self, "_posts", compose(self.identity, "POST", self.src, own=_JSON))
        object.__setattr__(self, "_events", compose(self.identity, "GET", self.src, own=_EVENTS))

    def request(
        self, method: str, url: str, *, body: Body = (), own: Headers = (), call: Headers = ()
    ) -> Request:
        """Return a request to any address, with the headers that its origin may see."""
        cookie = self.jar.header(url)
        headers = compose(self.identity, method, url, cookie=cookie, call=call, own=own)
        return Request(method=method, url=url, headers=headers, body=body)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that each request to the app carries, with secrets but without cookies."""
        carried = compose(self.identity, "GET", self.src)
        return {name: value for name, value in carried if name != "cookie"}

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that each request to the app carries."""
        header = self.jar.header(self.src) or ""
        pairs = [pair.partition("=") for pair in header.split("; ") if pair]
        return {name: value for name, _, value in pairs}

    def page(self, path: str) -> str:
        """Return an address below the app's page."""
        return join(self.src, path)

    def api(self, path: str, **query: str) -> str:
        """Return an address of the API."""
        url = join(join(self.src, self.prefix), path)
        encoded = "&".join([f"{key}={quote_plus(value)}" for key, value in query.items()])
        return f"{url}?{encoded}" if query else url

    def post(self, path: str, document: object, *, call: Headers = ()) -> Request:
        """Return a POST of JSON to the API.

        Raises InvalidArguments for a value that JSON cannot express.
        """
        # Cookies change while a client lives, and `call` may have a secret of its own.
        url, body = self.api(path), (write(document),)
        if call or self.jar.cookies:
            return self.request("POST", url, body=body, own=_JSON, call=call)
        return Request(method="POST", url=url, headers=self._posts, body=body)

    def get(self, path: str, *, events: bool = False, call: Headers = (), **query: str) -> Request:
        """Return a GET of the API, for a document or for a stream of events."""
        url, own = self.api(path, **query), _EVENTS if events else ()
        if call or self.jar.cookies or not events:
            return self.request("GET", url, own=own, call=call)
        return Request(method="GET", url=url, headers=self._events)

    def socket(self, path: str, entropy: bytes, *, call: Headers = ()) -> Request:
        """Return a GET of the API that asks for a WebSocket; `entropy` makes its key."""
        return self.request("GET", self.api(path), own=upgrade_headers(entropy), call=call)

    def file_address(self, path: str) -> str:
        """Return the address of a file, given its path on the server."""
        # Not the file's own `url`: behind a proxy it is wrong in half the versions.
        return self.api(f"file={quote_path(path)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One app, as it described itself when it was last asked."""

    access: Access
    config: Config
    endpoints: tuple[Endpoint, ...]
    notes: tuple[str, ...] = ()
    "Sentences for the user about what had to be guessed, and why."

    @property
    def dialect(self) -> Dialect:
        """How the protocol of this server's version differs from others."""
        return self.config.dialect

    @property
    def stateful(self) -> bool:
        """Whether the server keeps state for a session, which a new session hash would lose."""
        return any(endpoint.stateful for endpoint in self.endpoints)


def split_src(src: str) -> tuple[str, Headers]:
    """Split `src` into the app's address, with a trailing slash, and headers.

    User information becomes an `authorization` header; query and fragment are dropped. Raises
    InvalidArguments unless `src` is an http or https address.
    """
    where = origin(src)
    # With and without the trailing slash it is the same app, so that `src` must be the same too.
    parts = urlsplit(src)
    path = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    user = parts.netloc.rpartition("@")[0]
    basic = b64encode(unquote(user).encode()).decode("ascii")
    url = f"{where}{path}"
    return url, (("authorization", f"Basic {basic}"),) if user else ()


def session_hash(entropy: bytes, generation: int = 0) -> str:
    """Return a session hash: 20 digits of base 36, as hard to guess as `entropy`."""
    # Anyone who knows the hash can open the session's stream, so it must be hard to guess.
    digest = sha256(entropy + generation.to_bytes(8, "big")).digest()
    number = int.from_bytes(digest, "big") % 36**20
    return "".join([_PAIRS[number // place % 36**2] for place in _PLACES])

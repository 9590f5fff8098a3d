"""What the caller passed, made into values: options, bytes, open files, environment.

Where an option can be given twice, the order is: our own parameter (`ssl_verify` unless it is
True, `timeout`, `headers`), then `httpx_kwargs` (`mounts` before `proxy` before `proxies`), then
the environment; a header of a call wins over the client's. `http_client` makes all entries of
`httpx_kwargs` pointless but `headers`, `cookies`, `auth` and `timeout`. `httpx_kwargs` is never
changed. Of its entries `headers`, `cookies`, `auth` and `follow_redirects` do not reach httpx,
which would send them to any host: the core decides who may see them, and what is followed.
"""

from __future__ import annotations

import functools
import os
import secrets
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar
from typing import Any, cast

from gradio_protocol import ClientConfig, InvalidArguments, Target

_OWN_ARGUMENTS = ("headers", "cookies", "auth", "follow_redirects", "timeout", "verify")
_UNUSED_ARGUMENTS = ("base_url", "params", "default_encoding")
"Entries that would change requests which the core has made complete."
_NO_TIMEOUT = (None, None, None, None)
"What httpx takes for no timeout at all; None stands for ours."


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HttpxConfig(ClientConfig):
    """The arguments of `Client`, as they were passed."""

    httpx_kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    http_client: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportConfig:
    """How one client speaks HTTP, and where its files go."""

    folder: str
    "Where downloads go."
    verify: bool | str | ssl.SSLContext
    timeout: Any
    "What httpx takes as such; None: our own."
    httpx_kwargs: Mapping[str, Any] = field(repr=False)
    "What goes to httpx.Client as it is, and the old `proxies`."
    http_client: Any
    "The caller's own, for everything, and never closed by us."
    auth: Any = field(repr=False)
    "What httpx takes as such, for the app's own origin; user and password are a header by then."


def resolve_transport(given: HttpxConfig) -> TransportConfig:
    """The settings that these parameters of a client amount to. Raises InvalidArguments."""
    more = given.httpx_kwargs
    kept = {
        key: value
        for key, value in more.items()
        if key not in (*_OWN_ARGUMENTS, *_UNUSED_ARGUMENTS)
    }
    return TransportConfig(
        folder=_choose_folder(given),
        verify=_fspath(more.get("verify", True) if given.ssl_verify is True else given.ssl_verify),
        timeout=_choose_timeout(more) if given.timeout is None else given.timeout,
        httpx_kwargs=kept,
        http_client=given.http_client,
        auth=None if encode_basic(more.get("auth")) else more.get("auth"),
    )


def _fspath(verify: Any) -> Any:
    is_path = isinstance(verify, os.PathLike)
    return os.fspath(cast("os.PathLike[str]", verify)) if is_path else verify


def _choose_timeout(more: Mapping[str, Any]) -> Any:
    return _NO_TIMEOUT if more.get("timeout", 0) is None else more.get("timeout")


def _choose_folder(given: HttpxConfig) -> str:
    folder: str = os.path.abspath(given.download_folder(os.environ, tempfile.gettempdir()))
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InvalidArguments(f"download_files: {folder!r} is not a folder")
    return folder


def to_pairs(given: object) -> tuple[tuple[str, Any], ...]:
    """Headers or cookies, however a caller may write them down, as pairs."""
    # An httpx.Cookies has a jar, an httpx.Headers keeps names that come twice.
    given = getattr(given, "jar", given)
    multi_items: Callable[[], Iterable[tuple[str, Any]]] | None
    multi_items = getattr(given, "multi_items", None)
    match given:
        case None:
            return ()
        case CookieJar():
            return tuple((cookie.name, cookie.value or "") for cookie in given)
        case _ if multi_items is not None:
            return tuple(multi_items())
        case Mapping():
            return tuple(cast("Mapping[str, Any]", given).items())
        case _:
            return tuple(cast("Iterable[tuple[str, Any]]", given))


def resolve_target(given: HttpxConfig) -> Target:
    """Where to connect, and as whom."""
    made = given.connect_target(os.environ, secrets.token_bytes(16))
    return replace(made, saved_token=load_saved_token()) if made.wants_saved_token else made


@functools.lru_cache(maxsize=1)
def load_saved_token() -> str | None:
    """The token that the user has saved for Hugging Face."""
    from huggingface_hub import get_token  # here, for importing it costs 300 ms

    return get_token()


def encode_basic(auth: object) -> tuple[tuple[str, str], ...]:
    """User and password, as httpx takes them, as a header."""
    match auth:
        case (str() | bytes() as user, str() | bytes() as password):
            both = b":".join(p if isinstance(p, bytes) else p.encode() for p in (user, password))
            return (("authorization", f"Basic {b64encode(both).decode('ascii')}"),)
        case _:
            return ()

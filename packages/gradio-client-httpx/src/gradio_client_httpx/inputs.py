"""Turns the arguments of `Client` into a `TransportConfig` and a `Target`.

If an option is given twice, the first of these wins:

1. a parameter of `Client`: `ssl_verify` unless it is True, `timeout`, `headers`
2. `httpx_kwargs`: `mounts` before `proxy` before `proxies`
3. the environment

A header of one call wins over a header of the client. With `http_client`, only `headers`,
`cookies`, `auth` and `timeout` of `httpx_kwargs` have an effect. `headers`, `cookies`, `auth` and
`follow_redirects` are not passed to httpx, which would send secrets to any host and follow any
redirect: the core decides both.
"""

from __future__ import annotations

import functools
import logging
import os
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar
from typing import Any, cast

from gradio_protocol import InvalidArguments, Target
from gradio_protocol.clients import ClientConfig

_OWN_ARGUMENTS = ("headers", "cookies", "auth", "follow_redirects", "timeout", "verify")
_UNUSED_ARGUMENTS = ("base_url", "params", "default_encoding")
"Entries that would change requests of the core, which are complete."
_NO_TIMEOUT = (None, None, None, None)
"No timeout at all, for httpx; None means the default timeouts."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class HttpxConfig(ClientConfig):
    """The arguments of `Client`, as they were passed."""

    httpx_kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    http_client: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransportConfig:
    """How one client uses httpx, and where it saves files."""

    folder: str
    "The folder for downloads."
    verify: bool | str | ssl.SSLContext
    timeout: Any
    "In seconds, or anything that `httpx.Timeout` accepts; None: the defaults."
    httpx_kwargs: Mapping[str, Any] = field(repr=False)
    "Arguments that go to `httpx.Client` unchanged, and `proxies` of older versions."
    http_client: Any
    "The client of the caller, used for all requests; the caller closes it."
    auth: Any = field(repr=False)
    "An `httpx.Auth` or the like, for the app's origin only; a user and password are a header."


def resolve_transport(config: HttpxConfig) -> TransportConfig:
    """Return the transport configuration of a client. Raises InvalidArguments."""
    raw = config.httpx_kwargs
    kept = {
        key: value for key, value in raw.items() if key not in (*_OWN_ARGUMENTS, *_UNUSED_ARGUMENTS)
    }
    verify: Any = raw.get("verify", True) if config.ssl_verify is True else config.ssl_verify
    if isinstance(verify, os.PathLike):
        verify = os.fspath(cast("os.PathLike[str]", verify))
    timeout = _NO_TIMEOUT if raw.get("timeout", 0) is None else raw.get("timeout")
    return TransportConfig(
        folder=_choose_folder(config),
        verify=verify,
        timeout=timeout if config.timeout is None else config.timeout,
        httpx_kwargs=kept,
        http_client=config.http_client,
        auth=None if to_basic(raw.get("auth")) else raw.get("auth"),
    )


def _choose_folder(config: HttpxConfig) -> str:
    folder: str = os.path.abspath(config.download_folder(os.environ, tempfile.gettempdir()))
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InvalidArguments(f"download_files: expected a folder, but {folder!r} is a file")
    return folder


def to_pairs(values: object) -> tuple[tuple[str, Any], ...]:
    """Return headers or cookies, in any form that httpx accepts, as pairs.

    Raises InvalidArguments for anything else.
    """
    # An `httpx.Cookies` has a jar; an `httpx.Headers` may have a name twice.
    values = getattr(values, "jar", values)
    if values is None:
        return ()
    if isinstance(values, CookieJar):
        return tuple((cookie.name, cookie.value or "") for cookie in values)
    items: Any = getattr(values, "items", lambda: values)
    pairs = getattr(values, "multi_items", items)()
    try:
        return tuple([(name, value) for name, value in pairs])
    except (TypeError, ValueError):
        got = f"got a value of type {type(values).__name__}"
        text = "headers and cookies: expected a mapping, or (name, value) pairs"
        raise InvalidArguments(f"{text}, {got}") from None


def resolve_target(config: HttpxConfig) -> Target:
    """Return where to connect, and with which credentials. May read the saved token."""
    target = config.connect_target(os.environ, os.urandom(16))
    return replace(target, saved_token=load_saved_token()) if target.wants_saved_token else target


@functools.lru_cache(maxsize=1)
def load_saved_token() -> str | None:
    """Return the token of Hugging Face that the user has saved, or None."""
    try:
        from huggingface_hub import get_token  # here, because importing it takes 300 ms
    except ImportError:
        text = "huggingface_hub is not installed, so no saved token is used"
        logging.getLogger("gradio_client_httpx").warning(text)
        return None
    return get_token()


def to_basic(auth: object) -> tuple[tuple[str, str], ...]:
    """Return a user and password as a header; no header for any other `auth` of httpx."""
    match auth:
        case (str() | bytes() as user, str() | bytes() as password):
            both = b":".join(p if isinstance(p, bytes) else p.encode() for p in (user, password))
            return (("authorization", f"Basic {b64encode(both).decode('ascii')}"),)
        case _:
            return ()

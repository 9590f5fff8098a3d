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
import pickle
import secrets
import ssl
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Literal, cast

from gradio_protocol import (
    HUB,
    Inline,
    InvalidArguments,
    Options,
    Origin,
    RetryPolicy,
    Target,
    origin,
    walk,
)

_OWN_ARGUMENTS = ("headers", "cookies", "auth", "follow_redirects", "timeout", "verify")
_UNUSED_ARGUMENTS = ("base_url", "params", "default_encoding")
"Entries that would change requests which the core has made complete."
_NO_TIMEOUT = (None, None, None, None)
"What httpx takes for no timeout at all; None stands for ours."


class _DefaultFolder:
    """Where downloads go unless the caller says; the environment is asked when a client is made."""

    def __fspath__(self) -> str:
        return os.environ.get("GRADIO_TEMP_DIR") or str(Path(tempfile.gettempdir(), "gradio"))

    def __repr__(self) -> str:
        return "<GRADIO_TEMP_DIR or gradio in the temp dir>"


DEFAULT_FOLDER = _DefaultFolder()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientConfig:
    """What a client was made with, as it was given: see `Client`."""

    src: str
    token: str | Literal[False] | None
    max_workers: int
    auth: tuple[str, str] | None
    httpx_kwargs: Mapping[str, Any]
    headers: Mapping[str, str] | None
    download_files: str | os.PathLike[str] | bool
    ssl_verify: bool | str | os.PathLike[str] | ssl.SSLContext
    oauth_token: str | None
    timeout: Any
    stream_idle_timeout: float | None
    max_retries: int
    max_download_size: int | None
    resubmit_lost: bool
    http_client: Any
    whole: bool

    def check_pickles(self) -> None:
        """Raises InvalidArguments, naming it, if something here cannot be pickled."""
        for each in fields(self):
            try:
                pickle.dumps(getattr(self, each.name))
            except Exception as error:
                raise InvalidArguments(f"pickling a client: {each.name}: {error}") from error


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


def transport_config(given: ClientConfig) -> TransportConfig:
    """The settings that these parameters of a client amount to. Raises InvalidArguments."""
    if given.max_workers < 1:
        raise InvalidArguments(f"max_workers: expected at least 1, got {given.max_workers}")
    more = given.httpx_kwargs
    kept = {
        key: value
        for key, value in more.items()
        if key not in (*_OWN_ARGUMENTS, *_UNUSED_ARGUMENTS)
    }
    return TransportConfig(
        folder=_folder(given.download_files),
        verify=_verify(more.get("verify", True) if given.ssl_verify is True else given.ssl_verify),
        timeout=_timeout(more) if given.timeout is None else given.timeout,
        httpx_kwargs=kept,
        http_client=given.http_client,
        auth=None if _basic(more.get("auth")) else more.get("auth"),
    )


def _verify(verify: Any) -> Any:
    is_path = isinstance(verify, os.PathLike)
    return os.fspath(cast("os.PathLike[str]", verify)) if is_path else verify


def _timeout(more: Mapping[str, Any]) -> Any:
    return _NO_TIMEOUT if more.get("timeout", 0) is None else more.get("timeout")


def _folder(download_files: str | os.PathLike[str] | bool) -> str:
    place = DEFAULT_FOLDER if isinstance(download_files, bool) else download_files
    folder = os.path.abspath(place)
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InvalidArguments(f"download_files: {folder!r} is not a folder")
    return folder


def pairs(given: object) -> tuple[tuple[str, Any], ...]:
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


def hub() -> Origin:
    """Where Spaces are looked up: HF_ENDPOINT, or Hugging Face."""
    endpoint = os.environ.get("HF_ENDPOINT")
    return origin(endpoint) if endpoint else HUB


def argument_values(args: object) -> Any:
    """A copy of the arguments in which each open file is what it still holds.

    It is read now, in the caller's thread. Raises InvalidArguments for one that is open as text.
    """
    root = [args]
    for holder, key in walk(root):
        # A DataFrame with such a column has a `read`, too, but nothing to call.
        if callable(getattr(holder[key], "read", None)):
            holder[key] = _read(holder[key])
    return root[0]


def _read(file: Any) -> Inline:
    data: object = file.read()
    name = getattr(file, "name", "file")
    if not isinstance(data, bytes):
        raise InvalidArguments(f"file {name!r}: expected it open in binary mode")
    return Inline(Path(name).name if isinstance(name, str) else "file", data)


def target(given: ClientConfig) -> Target:
    """Where to connect, and as whom."""
    more = given.httpx_kwargs
    made = Target(
        src=given.src,
        headers=(*pairs(more.get("headers")), *_basic(more.get("auth")), *pairs(given.headers)),
        token=given.token,
        hub=hub(),
        auth=given.auth,
        cookies=pairs(more.get("cookies")),
        policy=RetryPolicy(max_retries=given.max_retries, entropy=secrets.token_bytes(16)),
        stream_idle_timeout=given.stream_idle_timeout,
    )
    return replace(made, saved_token=saved_token()) if made.wants_saved_token else made


@functools.lru_cache(maxsize=1)
def saved_token() -> str | None:
    """The token that the user has saved for Hugging Face."""
    from huggingface_hub import get_token  # here, for importing it costs 300 ms

    return get_token()


def options(given: ClientConfig) -> Options:
    """What holds for each call, as far as the constructor says it."""
    return Options(
        oauth_token=given.oauth_token,
        max_retries=given.max_retries,
        max_download_size=given.max_download_size,
        resubmit_lost=given.resubmit_lost,
        download=given.download_files is not False,
        whole=given.whole,
    )


def _basic(auth: object) -> tuple[tuple[str, str], ...]:
    """User and password, as httpx takes them, as a header."""
    match auth:
        case (str() | bytes() as user, str() | bytes() as password):
            both = b":".join(p if isinstance(p, bytes) else p.encode() for p in (user, password))
            return (("authorization", f"Basic {b64encode(both).decode('ascii')}"),)
        case _:
            return ()


def visitor_headers() -> dict[str, str]:
    """On whose ZeroGPU quota a call goes: the visitor of the Gradio app that this thread serves.

    Read from the event that is being handled here and now. Gradio is not loaded for it.
    """
    context: Any = sys.modules.get("gradio.context")
    if context is None:
        return {}
    request: Any = context.LocalContext.request.get(None)
    headers: Any = getattr(request, "headers", None) or {}
    token: str | None = headers.get("x-ip-token")
    return {"x-ip-token": token} if token else {}

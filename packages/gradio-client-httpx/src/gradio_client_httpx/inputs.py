"""What the caller passed, made into values: options, bytes, open files, environment.

Where an option can be given twice, the order is: our own parameter, then `httpx_kwargs`, then
the environment. `httpx_kwargs` is never changed. Of its entries `headers`, `cookies`, `auth` and
`follow_redirects` do not reach httpx, which would send them to any host: the core decides who
may see them, and what is followed.
"""

from __future__ import annotations

import functools
import os
import secrets
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, cast

from gradio_protocol import (
    HUB,
    Inline,
    InvalidArguments,
    LocalFile,
    Origin,
    RetryPolicy,
    Target,
    TokenSource,
    adopted,
    is_address,
    origin,
)

_LIFTED = ("headers", "cookies", "auth", "follow_redirects", "timeout", "verify")
_POINTLESS = ("base_url", "params", "default_encoding")
"Entries that would change requests which the core has made complete."


def default_folder() -> str:
    """Where downloads go: GRADIO_TEMP_DIR, or a folder in the system's one for such files."""
    return os.environ.get("GRADIO_TEMP_DIR") or str(Path(tempfile.gettempdir(), "gradio"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
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


def settings(
    *,
    httpx_kwargs: Mapping[str, Any] | None,
    download_files: object,
    ssl_verify: bool | str | ssl.SSLContext,
    timeout: object,
    http_client: object,
) -> Settings:
    """The settings that these parameters of a client amount to."""
    given = dict(httpx_kwargs or {})
    kept = {key: value for key, value in given.items() if key not in (*_LIFTED, *_POINTLESS)}
    return Settings(
        folder=_folder(download_files),
        verify=given.get("verify", True) if ssl_verify is True else ssl_verify,
        timeout=given.get("timeout") if timeout is None else timeout,
        httpx_kwargs=kept,
        http_client=http_client,
    )


def _folder(download_files: object) -> str:
    match download_files:
        case str() | os.PathLike():
            return os.path.abspath(os.fspath(cast("str | os.PathLike[str]", download_files)))
        case _:
            return default_folder()


def pairs(given: object) -> tuple[tuple[str, Any], ...]:
    """Headers or cookies, however a caller may write them down, as pairs."""
    if given is None:
        return ()
    # An httpx.Cookies has a jar, an httpx.Headers keeps names that come twice.
    given = getattr(given, "jar", given)
    if isinstance(given, CookieJar):
        return tuple((cookie.name, cookie.value or "") for cookie in given)
    if hasattr(given, "multi_items"):
        given = given.multi_items()
    if isinstance(given, Mapping):
        return tuple(cast("Mapping[str, Any]", given).items())
    return tuple(cast("Iterable[tuple[str, Any]]", given))


def hub() -> Origin:
    """Where Spaces are looked up: HF_ENDPOINT, or Hugging Face."""
    endpoint = os.environ.get("HF_ENDPOINT")
    return origin(endpoint) if endpoint else HUB


@functools.lru_cache(maxsize=1)
def _saved_token() -> str | None:
    # Importing huggingface_hub costs 300 ms.
    from huggingface_hub import get_token

    return get_token()


def _token(passed: str | None, *, wanted: bool) -> tuple[str | None, TokenSource]:
    """The token to use: the one passed, or the saved one where it is `wanted`."""
    if passed:
        return passed, TokenSource.PASSED
    return (_saved_token() if wanted else None), TokenSource.SAVED


def _is_hosted(src: str, hub: Origin) -> bool:
    """Whether `src` is at Hugging Face, so that the saved token may be of use there."""
    if not is_address(src):
        return True
    where = origin(src)
    return where in (hub, HUB) or where.host.endswith(".hf.space")


def values(args: object) -> Any:
    """A copy of the arguments in which all that stands for a file is a value of the core.

    Paths, bytes and open binary files are found wherever they are nested; an open file is read
    now, in the caller's thread, from where it stands.
    """
    return adopted(_filed(args))


def _filed(value: object) -> object:
    match value:
        case list() | tuple():
            items = [_filed(item) for item in cast("Iterable[object]", value)]
            return items if isinstance(value, list) else tuple(items)
        case dict():
            return {key: _filed(item) for key, item in cast("dict[str, object]", value).items()}
        case os.PathLike():
            return LocalFile(os.fspath(cast("os.PathLike[str]", value)))
        case bytes() | bytearray() | memoryview():
            return Inline("file", bytes(cast("bytes", value)))
        case _:
            return _read(value) if hasattr(value, "read") else value


def _read(file: Any) -> Inline:
    data: object = file.read()
    name = getattr(file, "name", "file")
    if not isinstance(data, bytes):
        raise InvalidArguments(f"file {name!r}: expected it open in binary mode")
    return Inline(Path(name).name if isinstance(name, str) else "file", data)


def target(
    src: str,
    *,
    token: str | None,
    auth: tuple[str, str] | None,
    headers: Mapping[str, str] | None,
    httpx_kwargs: Mapping[str, Any],
    max_retries: int,
) -> Target:
    """Where to connect, and as whom."""
    given = pairs(httpx_kwargs.get("headers"))
    match httpx_kwargs.get("auth"):
        case (str() as user, str() as password):
            basic = b64encode(f"{user}:{password}".encode()).decode("ascii")
            given = (*given, ("authorization", f"Basic {basic}"))
        case _:
            pass
    own = hub()
    secret, source = _token(token, wanted=_is_hosted(src, own))
    return Target(
        src=src,
        headers=(*given, *pairs(headers)),
        token=secret,
        source=source,
        hub=own,
        auth=auth,
        cookies=pairs(httpx_kwargs.get("cookies")),
        policy=RetryPolicy(max_retries=max_retries, entropy=secrets.token_bytes(16)),
    )

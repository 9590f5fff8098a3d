"""What the caller passed, made into values: options, bytes, open files, environment.

Where an option can come from two places, our own parameter goes before the environment.
"""

from __future__ import annotations

import functools
import os
import pickle
import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

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

from .http import Http, Timeout
from .proxy import Verify


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
    headers: Mapping[str, str] | None
    download_files: str | os.PathLike[str] | bool
    ssl_verify: Verify | os.PathLike[str]
    oauth_token: str | None
    timeout: float | Timeout | None
    stream_idle_timeout: float | None
    max_retries: int
    max_download_size: int | None
    resubmit_lost: bool
    proxy: str | None
    trust_env: bool

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
    verify: Verify
    timeout: Timeout
    proxy: str | None = field(repr=False)
    "Its address, which may hold a password; None: the environment's, if that is trusted."
    trust_env: bool

    def http(self) -> Http:
        """The connections of one client. Raises InvalidArguments for a proxy of no use."""
        return Http(
            verify=self.verify, timeout=self.timeout, proxy=self.proxy, trust_env=self.trust_env
        )


def transport_config(given: ClientConfig) -> TransportConfig:
    """The settings that these parameters of a client amount to.

    Raises InvalidArguments for a number of workers that could do no work.
    """
    if given.max_workers < 1:
        raise InvalidArguments(f"max_workers: expected 1 or more, got {given.max_workers}")
    return TransportConfig(
        folder=_folder(given.download_files),
        verify=_verify(given.ssl_verify),
        timeout=_timeouts(given.timeout),
        proxy=given.proxy,
        trust_env=given.trust_env,
    )


def _verify(verify: Verify | os.PathLike[str]) -> Verify:
    return os.fspath(verify) if isinstance(verify, os.PathLike) else verify


def _timeouts(timeout: float | Timeout | None) -> Timeout:
    match timeout:
        case None:
            return Timeout()
        case Timeout():
            return timeout
        case _:
            return Timeout(connect=timeout, read=timeout, write=timeout)


def _folder(download_files: str | os.PathLike[str] | bool) -> str:
    place = DEFAULT_FOLDER if isinstance(download_files, bool) else download_files
    folder = os.path.abspath(place)
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InvalidArguments(f"download_files: {folder!r} is not a folder")
    return folder


def hub() -> Origin:
    """Where Spaces are looked up: HF_ENDPOINT, or Hugging Face."""
    endpoint = os.environ.get("HF_ENDPOINT")
    return origin(endpoint) if endpoint else HUB


def argument_values(args: object) -> Any:
    """A copy of the arguments in which each open file is what it still holds.

    It is read now. Raises InvalidArguments for one that is open as text.
    """
    root = [args]
    for holder, key in walk(root):
        # A DataFrame with such a column has a `read`, too, but nothing to call.
        if callable(getattr(holder[key], "read", None)):
            holder[key] = _read(holder[key])
    return root[0]


def _read(file: Any) -> Inline:
    file = getattr(file, "wrapped", file)  # what trio.open_file gives
    data: object = file.read()
    name = getattr(file, "name", "file")
    if not isinstance(data, bytes):
        raise InvalidArguments(f"file {name!r}: expected it open in binary mode")
    return Inline(Path(name).name if isinstance(name, str) else "file", data)


def target(given: ClientConfig) -> Target:
    """Where to connect, and as whom, but for a saved token."""
    return Target(
        src=given.src,
        headers=tuple((given.headers or {}).items()),
        token=given.token,
        hub=hub(),
        auth=given.auth,
        policy=RetryPolicy(max_retries=given.max_retries, entropy=secrets.token_bytes(16)),
        stream_idle_timeout=given.stream_idle_timeout,
    )


@functools.lru_cache(maxsize=1)
def saved_token() -> str | None:
    """The token that the user has saved for Hugging Face; slow, for it is read from the disk."""
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
    )


def visitor_headers() -> dict[str, str]:
    """On whose ZeroGPU quota a call goes: the visitor of the Gradio app that this task serves.

    Read from the event that is being handled here and now. Gradio is not loaded for it.
    """
    context: Any = sys.modules.get("gradio.context")
    if context is None:
        return {}
    request: Any = context.LocalContext.request.get(None)
    headers: Any = getattr(request, "headers", None) or {}
    token: str | None = headers.get("x-ip-token")
    return {"x-ip-token": token} if token else {}

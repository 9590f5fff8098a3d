"""What the caller passed, made into values: options, bytes, open files, environment.

Where an option can come from two places, our own parameter goes before the environment.
"""

from __future__ import annotations

import functools
import os
import secrets
import tempfile
from dataclasses import dataclass, field, replace

import trio

from gradio_protocol import ClientConfig, InvalidArguments, Target

from .http import Http, Timeout
from .proxy import Verify


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrioConfig(ClientConfig):
    """The arguments of `Client`, as they were passed."""

    proxy: str | None = None
    trust_env: bool = True


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

    def make_http(self) -> Http:
        """The connections of one client. Raises InvalidArguments for a proxy of no use."""
        return Http(
            verify=self.verify, timeout=self.timeout, proxy=self.proxy, trust_env=self.trust_env
        )


def resolve_transport(given: TrioConfig) -> TransportConfig:
    """The settings that these parameters of a client amount to. Raises InvalidArguments."""
    return TransportConfig(
        folder=_choose_folder(given),
        verify=_fspath(given.ssl_verify),
        timeout=_choose_timeout(given.timeout),
        proxy=given.proxy,
        trust_env=given.trust_env,
    )


def _fspath(verify: Verify | os.PathLike[str]) -> Verify:
    return os.fspath(verify) if isinstance(verify, os.PathLike) else verify


def _choose_timeout(timeout: float | Timeout | None) -> Timeout:
    match timeout:
        case None:
            return Timeout()
        case Timeout():
            return timeout
        case _:
            return Timeout(connect=timeout, read=timeout, write=timeout)


def _choose_folder(given: TrioConfig) -> str:
    folder: str = os.path.abspath(given.download_folder(os.environ, tempfile.gettempdir()))
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InvalidArguments(f"download_files: {folder!r} is not a folder")
    return folder


async def resolve_target(given: TrioConfig) -> Target:
    """Where to connect, and as whom."""
    made = given.connect_target(os.environ, secrets.token_bytes(16))
    if not made.wants_saved_token:
        return made
    return replace(made, saved_token=await trio.to_thread.run_sync(load_saved_token))


@functools.lru_cache(maxsize=1)
def load_saved_token() -> str | None:
    """The token that the user has saved for Hugging Face; slow, for it is read from the disk."""
    from huggingface_hub import get_token  # here, for importing it costs 300 ms

    return get_token()

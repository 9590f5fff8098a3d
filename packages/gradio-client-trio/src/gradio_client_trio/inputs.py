"""Turns the arguments of `Client` into a `TransportConfig` and a `Target`.

A parameter of `Client` wins over the environment.
"""

from __future__ import annotations

import functools
import logging
import os
import tempfile
from dataclasses import dataclass, field, replace

import trio

from gradio_protocol import InvalidArguments, Target
from gradio_protocol.clients import ClientConfig

from .http import Http, Timeout
from .proxy import Verify


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class TrioConfig(ClientConfig):
    """The arguments of `Client`, as they were passed."""

    proxy: str | None = None
    trust_env: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransportConfig:
    """How one client makes connections, and where it saves files."""

    folder: str
    "The folder for downloads."
    verify: Verify
    timeout: Timeout
    proxy: str | None = field(repr=False)
    "Its address, which may hold a password. None: with `trust_env`, that of the environment."
    trust_env: bool

    def make_http(self) -> Http:
        """Make the connections of one client. Raises InvalidArguments for an invalid `proxy`."""
        return Http(
            verify=self.verify, timeout=self.timeout, proxy=self.proxy, trust_env=self.trust_env
        )


def resolve_transport(config: TrioConfig) -> TransportConfig:
    """Return the transport configuration of a client. Raises InvalidArguments."""
    return TransportConfig(
        folder=_choose_folder(config),
        verify=_choose_verify(config.ssl_verify),
        timeout=_choose_timeout(config.timeout),
        proxy=config.proxy,
        trust_env=config.trust_env,
    )


def _choose_verify(verify: Verify | os.PathLike[str]) -> Verify:
    if not isinstance(verify, str | os.PathLike):
        return verify
    path = os.fspath(verify)
    # Now, although its content is read at the first TLS connection.
    if not os.path.exists(path):
        reason = "No such file or directory"
        raise InvalidArguments(f"ssl_verify: cannot read CA certificates from {path!r}: {reason}")
    return path


def _choose_timeout(timeout: float | Timeout | None) -> Timeout:
    match timeout:
        case None:
            return Timeout()
        case Timeout():
            return timeout
        case int() | float() if timeout > 0:
            return Timeout(connect=timeout, read=timeout, write=timeout)
        case _:
            raise InvalidArguments(
                f"timeout: expected a number of seconds above 0, got {timeout!r}"
            )


def _choose_folder(config: TrioConfig) -> str:
    folder: str = os.path.abspath(config.download_folder(os.environ, tempfile.gettempdir()))
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InvalidArguments(f"download_files: expected a folder, but {folder!r} is a file")
    return folder


async def resolve_target(config: TrioConfig) -> Target:
    """Return where to connect, and with which credentials. May read the saved token."""
    target = config.connect_target(os.environ, os.urandom(16))
    if not target.wants_saved_token:
        return target
    # In a thread: it imports huggingface_hub, and reads the disk.
    return replace(target, saved_token=await trio.to_thread.run_sync(load_saved_token))


@functools.lru_cache(maxsize=1)
def load_saved_token() -> str | None:
    """Return the token of Hugging Face that the user has saved, or None; reads the disk."""
    try:
        from huggingface_hub import get_token  # here, because importing it takes 300 ms
    except ImportError:
        text = "huggingface_hub is not installed, so no saved token is used"
        logging.getLogger("gradio_client_trio").warning(text)
        return None
    return get_token()

"""Connects to an app, as the options and the environment say, and finds an endpoint."""

from __future__ import annotations

import getpass
import logging
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gradio_protocol import Endpoint, InvalidArguments
from gradio_protocol.clients import DEFAULT_FOLDER

from ..client import Client
from .credentials import Sources, read_auth, read_headers, read_token
from .listing import is_listed
from .values import RESERVED

GRACE = 2.0
"Seconds to wait at the end until the server knows that jobs are cancelled."


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options that every command has."""

    auth: str | None = None
    password: str | None = None
    token: str | None = None
    header: tuple[str, ...] = ()
    timeout: float | None = None
    insecure: bool = False
    verbose: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


C = TypeVar("C", bound=Client)


def connected(
    src: str, settings: Settings, *, download_files: Any = DEFAULT_FOLDER
) -> AbstractContextManager[Client]:
    """Connect to an app, and tell the server at the end what is cancelled.

    Raises what the constructor of `Client` raises.
    """
    return connected_as(Client, src, settings, download_files=download_files)


@contextmanager
def connected_as(
    kind: type[C],
    src: str,
    settings: Settings,
    *,
    download_files: Any = DEFAULT_FOLDER,
    httpx_kwargs: dict[str, Any] | None = None,
) -> Generator[C]:
    """Connect with a client of this class; see `connected`."""
    sources = Sources(environ=settings.environ, prompt=_prompt, read_fd=_read_fd)
    with _logged_requests() if settings.verbose else nullcontext():
        client = kind(
            src,
            verbose=False,
            auth=read_auth(settings.auth, settings.password, sources),
            token=read_token(settings.token, sources),
            headers=read_headers(settings.header, settings.environ),
            timeout=settings.timeout,
            ssl_verify=not settings.insecure,
            download_files=download_files,
            httpx_kwargs=httpx_kwargs,
        )
        try:
            yield client
        finally:
            client.close(grace=GRACE)


def _prompt(title: str) -> str:
    try:
        return getpass.getpass(f"{title}: ")
    except EOFError:
        text = f"{title.lower()}: cannot prompt, since the input has ended"
        raise InvalidArguments(text) from None


def _read_fd(number: int) -> str:
    with open(number, encoding="utf-8", closefd=False) as file:
        return file.read()


@contextmanager
def _logged_requests() -> Generator[None]:
    """Log requests on standard error; the client redacts what it logs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("gradio_client_httpx")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def all_endpoints(client: Client) -> list[Endpoint]:
    """Return the endpoints that can be called, in the order of the app."""
    return [client.endpoints[index].endpoint for index in client.endpoints]


def listed_endpoints(client: Client) -> list[Endpoint]:
    """Return the endpoints that the app's developer lists."""
    return [endpoint for endpoint in all_endpoints(client) if is_listed(endpoint)]


def choose_endpoint(client: Client, name: str | None) -> Endpoint:
    """Return the endpoint of a name or an index, or the only one. Raises InvalidArguments."""
    if name is None:
        listed = listed_endpoints(client)
        if len(listed) == 1:
            return listed[0]
        titles = ", ".join(endpoint.title for endpoint in listed) or "none"
        raise InvalidArguments(f"name the endpoint to call; the app has {titles}")
    try:
        return client.endpoints[name].endpoint
    except KeyError as error:
        index = int(name) if name.isascii() and name.isdigit() else None
        if index is not None and index in client.endpoints:
            return client.endpoints[index].endpoint
        raise InvalidArguments(str(error.args[0])) from None


def split_reserved(
    endpoint: Endpoint, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Move arguments whose names `submit` takes itself, and those before them, to positions."""
    names = [parameter.name for parameter in endpoint.parameters]
    last = max((names.index(name) for name in RESERVED if name in kwargs), default=-1)
    args, kwargs = [*args], {**kwargs}
    for parameter in endpoint.parameters[len(args) : last + 1]:
        if parameter.name not in kwargs and not parameter.has_default:
            raise InvalidArguments(f"{endpoint.title}: missing {parameter.name!r}")
        args.append(kwargs.pop(parameter.name, parameter.default))
    return args, kwargs

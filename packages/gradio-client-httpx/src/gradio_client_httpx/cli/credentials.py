"""Reads secrets from the environment, a prompt or a file descriptor.

Secrets never come from the command line, which all users of a machine can read, and which shells
save. A secret that is given there anyway is refused without being shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from gradio_protocol import InvalidArguments

_HOW = "expected prompt, env:NAME or fd:NUMBER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The places that secrets come from, as functions, so that tests can replace them."""

    environ: Mapping[str, str]
    prompt: Callable[[str], str]
    "Asks for a text without showing it."
    read_fd: Callable[[int], str]
    "Returns all that can be read from a file descriptor."


def read_token(source: str | None, sources: Sources) -> str | Literal[False] | None:
    """Return the token, None for the saved one, or False for none at all."""
    if source == "none":
        return False
    if source is None:
        return sources.environ.get("GRADIO_CLIENT_TOKEN") or None
    return read_secret(source, "--token", "Token", sources)


def read_auth(
    user: str | None, password_source: str | None, sources: Sources
) -> tuple[str, str] | None:
    """Return user and password, or None. `GRADIO_CLIENT_AUTH` is `user` or `user:password`."""
    known: str | None = None
    if user is None:
        user, found, rest = sources.environ.get("GRADIO_CLIENT_AUTH", "").partition(":")
        known = rest if found else None
    elif ":" in user:
        raise InvalidArguments(
            "--auth: expected the user alone; the password comes from GRADIO_CLIENT_PASSWORD, "
            "--password or a prompt"
        )
    if not user:
        return None
    if password_source is not None:
        return user, read_secret(password_source, "--password", "Password", sources)
    known = sources.environ.get("GRADIO_CLIENT_PASSWORD", known)
    return user, sources.prompt("Password") if known is None else known


def read_secret(source: str, option: str, title: str, sources: Sources) -> str:
    """Return a secret from where `source` says. Raises InvalidArguments."""
    kind, _, name = source.partition(":")
    match kind:
        case "prompt" if not name:
            return sources.prompt(title)
        case "env" if name:
            if not (value := sources.environ.get(name)):
                raise InvalidArguments(f"{option}: the environment variable {name} is not set")
            return value
        case "fd" if name.isascii() and name.isdigit():
            try:
                return sources.read_fd(int(name)).rstrip("\r\n")
            except OSError as error:
                raise InvalidArguments(f"{option}: {source}: {error.strerror}") from error
        case _:
            raise InvalidArguments(f"{option}: {_HOW}, not the secret itself")


def read_headers(given: tuple[str, ...], environ: Mapping[str, str]) -> dict[str, str]:
    """Return headers from `Name: value` texts; GRADIO_CLIENT_HEADER has one on each line.

    Raises InvalidArguments, which does not show a value.
    """
    lines = [line for line in environ.get("GRADIO_CLIENT_HEADER", "").splitlines() if line.strip()]
    headers: dict[str, str] = {}
    for number, line in enumerate([*lines, *given], 1):
        name, found, value = line.partition(":")
        if not found:
            raise InvalidArguments(
                f"--header: expected 'Name: value', but header {number} has no colon"
            )
        headers[name.strip()] = value.strip()
    return headers

"""A Space of one's own, copied from another: what `Client.duplicate` does at the Hub.

huggingface_hub does it. Its names differ: `duplicate_space` until 1.x, `duplicate_repo` from 2.0
on; hardware and stages are compared as texts.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gradio_protocol import GradioError, InvalidArguments

_BASIC = "cpu-basic"


class SpaceDuplicationError(GradioError):
    """The Hub did not do all that was asked of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a copy of a Space is to be like."""

    private: bool
    hardware: str | None
    "None: as the original."
    secrets: Mapping[str, str] | None = field(repr=False)
    minutes: int
    "Of idleness, after which upgraded hardware sleeps."


def duplicate_space(
    from_id: str,
    to_id: str | None,
    copy: Copy,
    *,
    token: str | Literal[False] | None,
    verbose: bool,
) -> str:
    """The name of the caller's own Space, which is made if there is none.

    Raises InvalidArguments where there is no `from_id`, and
    SpaceDuplicationError where the Hub refuses.
    """
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    hub: Any = huggingface_hub
    try:
        original = hub.get_space_runtime(from_id, token=token)
    except RepositoryNotFoundError as error:
        raise InvalidArguments(f"Space {from_id!r} not found; is it private?") from error
    name: str = hub.get_full_repo_name((to_id or from_id).rpartition("/")[2], token=token)
    try:
        current = hub.get_space_runtime(name, token=token)
        _say(verbose, f"Using your existing Space: {name}")
        if copy.secrets is not None:
            warnings.warn("the Space exists: its secrets are left as they are", stacklevel=3)
    except RepositoryNotFoundError:
        _say(verbose, f"Creating a duplicate of {from_id} for your own use: {name}")
        _duplicate(hub, from_id, name, copy, token)
        current = hub.get_space_runtime(name, token=token)
    wanted = _text(copy.hardware or original.hardware)
    if wanted != _text(current.hardware):
        hub.request_space_hardware(name, wanted, token=token)
        print(f"NOTE: this Space uses upgraded hardware: {wanted}, which may be billed to you")
    if wanted != _BASIC:
        hub.set_space_sleep_time(name, copy.minutes * 60, token=token)
    return name


def _duplicate(
    hub: Any, from_id: str, to_id: str, copy: Copy, token: str | Literal[False] | None
) -> None:
    options: dict[str, Any] = {"token": token, "exist_ok": True, "private": copy.private}
    try:
        if hasattr(hub, "duplicate_repo"):
            hub.duplicate_repo(from_id=from_id, to_id=to_id, repo_type="space", **options)
        else:
            hub.duplicate_space(from_id=from_id, to_id=to_id, **options)
        for key, value in (copy.secrets or {}).items():
            hub.add_space_secret(to_id, key, value, token=token)
    except hub.errors.HfHubHTTPError as error:
        raise SpaceDuplicationError(f"Space {from_id!r} could not be duplicated") from error


def _text(hardware: object) -> str:
    return str(getattr(hardware, "value", hardware) or _BASIC)


def _say(verbose: bool, text: str) -> None:
    if verbose:
        print(text)

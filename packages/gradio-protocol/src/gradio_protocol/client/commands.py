"""What a client asks its driver to do, one after the other. See `client.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..flows.actions import AnyIO
from ..wire.exchange import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAction:
    """Run this action; report what came of it under this id."""

    action_id: int
    action: AnyIO


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortAction:
    """Stop this action, if it has not ended: its reply is ignored from now on."""

    action_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStream:
    """Send this request after a delay, and report what comes under this id."""

    stream_id: int
    request: Request
    idle_timeout: float
    "Seconds without a byte after which, and then each time again, the stream is silent."
    delay: float
    "Seconds."


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStream:
    """Close this stream, also if it is not open yet; report nothing more of it."""

    stream_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyJob:
    """There is news of this job: wake whoever waits for it."""

    job_id: int


Command: TypeAlias = RunAction | AbortAction | OpenStream | CloseStream | NotifyJob

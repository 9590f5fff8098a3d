"""The commands of a `ClientProtocol` to its driver. See `client.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..flows.actions import AnyIO
from ..jobs.orders import CloseStream, StartStream
from ..wire.exchange import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAction:
    """Run this action; report its reply or its error under this id."""

    action_id: int
    action: AnyIO


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortAction:
    """Stop this action, if it has not ended. Any report about it is ignored from now on."""

    action_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStream:
    """Send this request after a delay, and report the stream under this id."""

    stream_id: int
    request: Request
    idle_timeout: float
    "Seconds without a byte after which to report `stream_silent`; again after each further one."
    delay: float
    "Seconds to wait before sending; `CloseStream` ends the wait."

    @classmethod
    def of(cls, order: StartStream) -> OpenStream:
        """Return the command that carries out a session's order."""
        return cls(
            stream_id=order.stream_id,
            request=order.request,
            idle_timeout=order.idle_timeout,
            delay=order.delay,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyJob:
    """The state of this job has changed: wake whoever waits for it."""

    job_id: int


Command: TypeAlias = RunAction | AbortAction | OpenStream | CloseStream | NotifyJob

"""The commands of a `ClientProtocol` to its driver. See `client.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..flows.actions import AnyIO
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
    is_socket: bool = False
    """The request asks for a WebSocket (3.2 to 3.50). If it is granted, with 101, pass each whole
    message to `receive_data`, and `b""` for a ping; then send what `take_answers` returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStream:
    """Close this stream, even if it is not open yet; report nothing more about it."""

    stream_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyJob:
    """The state of this job has changed: wake whoever waits for it."""

    job_id: int


Command: TypeAlias = RunAction | AbortAction | OpenStream | CloseStream | NotifyJob

"""The commands of a `ClientProtocol` to its driver. See `client.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..flows.actions import AnyIO
from ..jobs.orders import CloseStream, OpenStream


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
class NotifyJob:
    """The state of this job has changed: wake whoever waits for it."""

    job_id: int


Command: TypeAlias = RunAction | AbortAction | OpenStream | CloseStream | NotifyJob

"""The commands of a `ClientProtocol` to its driver. See `client.protocol`."""

from __future__ import annotations

from math import inf
from typing import TypeAlias

from ..dataclass import dataclass
from ..flows.actions import IOAction, Send
from ..jobs.orders import CloseStream, OpenStream


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAction:
    """Run this action; report its reply or its error under this id."""

    action_id: int
    action: IOAction

    @property
    def is_brief_request(self) -> bool:
        """Whether this is a request with a limited time; a direct call takes as long as its job.

        Run about a dozen of these at once. Gradio 6.31 sends each change of its queue to all
        waiting events: if 400 jobs join at once, it sends ten times the messages and finishes half
        the jobs per second.
        """
        return isinstance(self.action, Send) and self.action.total_timeout != inf


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortAction:
    """Stop this action, if it has not ended. Any report about it is ignored from now on."""

    action_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyJob:
    """The state of this job has changed: wake whoever waits for it."""

    job_id: int


Command: TypeAlias = RunAction | AbortAction | OpenStream | CloseStream | NotifyJob

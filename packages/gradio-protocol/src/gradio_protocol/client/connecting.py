"""Connects a client whose driver is async, in the task of its caller: there is no runner yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..app.space import SpaceCopy
from ..errors import GradioError
from ..flows.actions import IOAction, OnTransfer
from .commands import RunAction
from .protocol import ClientProtocol


class ActionPerformer(Protocol):
    """The half of an async driver that carries out actions."""

    async def perform(self, action: IOAction, on_transfer: OnTransfer) -> object:
        """Return the reply to an action, or raise a GradioError."""
        ...


async def connect_client(
    protocol: ClientProtocol,
    performer: ActionPerformer,
    now: Callable[[], float],
    copy: SpaceCopy | None = None,
) -> None:
    """Connect; with `copy`, only duplicate the target, a Space.

    `now` returns monotonic time, in seconds. Raises what `ClientProtocol.is_connected` raises.
    """
    protocol.connect(copy)
    while isinstance(command := protocol.next_command(now()), RunAction):
        try:
            reply = await performer.perform(command.action, lambda _: None)
        except GradioError as error:
            protocol.action_failed(command.action_id, error)
        else:
            protocol.action_succeeded(command.action_id, reply)
    protocol.is_connected()

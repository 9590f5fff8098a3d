"""The flows that are under way, and the actions that the driver runs for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import JobCancelled
from ..flows.actions import AnyAction, AnyIO, Done, Flow, Publish, Send
from ..jobs.job_state import JobUpdate
from ..jobs.orders import AnyQuestion, Question
from .commands import AbortAction, Command, RunAction

Step: TypeAlias = "Callable[[Any], AnyAction | Done[object]]"


@dataclass(eq=False, slots=True, kw_only=True)
class Conversation:
    """A flow that is under way, and what is done with what it says."""

    flow: Flow[object]
    finish: Callable[[object, BaseException | None], None]
    "Is given what the flow has returned, or raised."
    tell: Callable[[JobUpdate], object] | None = None
    ask: Callable[[AnyQuestion], None] | None = None
    "Hands a question to a session; None, as for news: this flow belongs to no job."
    is_wanted: Callable[[], bool] = lambda: True
    "False: start no further action."
    running: RunAction | None = None
    "The action whose reply it waits for."


class Conversations:
    """See the module. Commands are added to those of the client."""

    def __init__(self, ids: Iterator[int], commands: deque[Command]) -> None:
        self._ids = ids
        self._commands = commands
        self._steps = deque[tuple[Conversation, Step, object]]()
        self._running: dict[int, Conversation] = {}

    def start(self, conversation: Conversation) -> None:
        """Begin with a conversation."""
        self.resume(conversation, None)

    def resume(self, conversation: Conversation, reply: object) -> None:
        """Go on with a conversation that has asked for this."""
        self._steps.append((conversation, conversation.flow.resume, reply))

    def fail(self, conversation: Conversation, error: Exception) -> None:
        """Go on with a conversation whose action has failed, or will not be run."""
        self._steps.append((conversation, conversation.flow.fail, error))

    def end_action(self, action_id: int) -> Conversation | None:
        """An action is over; returns the conversation that waits for it, None if none does."""
        conversation = self._running.pop(action_id, None)
        if conversation is not None:
            conversation.running = None
        return conversation

    def of_action(self, action_id: int) -> Conversation | None:
        """The conversation that waits for an action."""
        return self._running.get(action_id)

    def stop(self, conversation: Conversation, error: Exception) -> None:
        """Abort what it waits for, and let it end with this error; not if that is a join."""
        running = conversation.running
        if running is not None and is_abortable(running.action):
            self.drop(conversation)
            self.fail(conversation, error)

    def drop(self, conversation: Conversation) -> None:
        """Abort what it waits for; nothing depends on it any more."""
        running = conversation.running
        if running is not None:
            self.end_action(running.action_id)
            self._commands.append(AbortAction(action_id=running.action_id))

    def advance(self) -> bool:
        """Take one conversation as far as it goes without I/O; False if none can go on."""
        if not self._steps:
            return False
        conversation, step, given = self._steps.popleft()
        try:
            action = step(given)
            while isinstance(action, Publish):
                assert conversation.tell is not None, "only jobs have news"
                conversation.tell(action.update)
                action = conversation.flow.resume(None)
        except Exception as error:  # noqa: BLE001 - a bug, too, must not leave its job waiting
            conversation.finish(None, error)
            return True
        match action:
            case Done():
                conversation.finish(action.value, None)
            case Question():
                assert conversation.ask is not None, "only jobs have a session"
                conversation.ask(action)
            case _:
                self._run(conversation, action)
        return True

    def _run(self, conversation: Conversation, action: AnyIO) -> None:
        if not conversation.is_wanted():
            # Also a join that is not on its way yet.
            self.fail(conversation, JobCancelled("the job was cancelled"))
            return
        running = conversation.running = RunAction(action_id=next(self._ids), action=action)
        self._running[running.action_id] = conversation
        self._commands.append(running)


def is_abortable(action: AnyIO) -> bool:
    """False for a join: the server runs the job whether anybody waits for its reply or not."""
    return not (isinstance(action, Send) and action.is_join)

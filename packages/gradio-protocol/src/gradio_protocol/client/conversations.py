"""Runs the flows of a client: passes actions to the driver, and questions to the sessions.

A conversation is a flow that has not ended. It waits for one action or question at a time. Flows
advance only in `advance`, which the driver's calls reach through `next_command`. A report merely
queues the next step, so that a flow never runs while a session or another flow is in mid-change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from ..dataclass import dataclass
from ..errors import JobCancelled
from ..flows.actions import AnyAction, Done, Flow, IOAction, Publish, Send
from ..jobs.job_state import JobUpdate
from ..jobs.orders import AnyQuestion, Question
from .commands import AbortAction, Command, RunAction

Step: TypeAlias = "Callable[[Any], AnyAction | Done[object]]"


@dataclass(eq=False, slots=True, kw_only=True)
class Conversation:
    """A flow that has not ended, with the callbacks for its results and questions."""

    flow: Flow[object]
    finish: Callable[[object, BaseException | None], None]
    "Called once, with what the flow returned or raised."
    tell: Callable[[JobUpdate], object] | None = None
    "Takes updates of the job's state; None: the flow belongs to no job."
    ask: Callable[[AnyQuestion], None] | None = None
    "Passes a question to the session; None: the flow belongs to no job."
    is_wanted: Callable[[], bool] = lambda: True
    "False once the job is over: no further action is started."
    running: RunAction | None = None
    "The action that it waits for."


class Conversations:
    """The conversations of one client. Adds commands to its queue. See the module."""

    def __init__(self, ids: Iterator[int], commands: deque[Command]) -> None:
        self._ids = ids
        self._commands = commands
        self._steps = deque[tuple[Conversation, Step, object]]()
        self._running: dict[int, Conversation] = {}

    def start(self, conversation: Conversation) -> None:
        """Start a conversation."""
        self.resume(conversation, None)

    def resume(self, conversation: Conversation, reply: object) -> None:
        """Continue a conversation with the reply that it waits for."""
        self._steps.append((conversation, conversation.flow.resume, reply))

    def fail(self, conversation: Conversation, error: Exception) -> None:
        """Continue a conversation with the error of an action that failed or is not run."""
        self._steps.append((conversation, conversation.flow.fail, error))

    def end_action(self, action_id: int) -> Conversation | None:
        """Record the end of an action; return the conversation that waits for it, or None."""
        # None after an abort: the driver may have reported before it saw the command.
        conversation = self._running.pop(action_id, None)
        if conversation is not None:
            conversation.running = None
        return conversation

    def of_action(self, action_id: int) -> Conversation | None:
        """Return the conversation that waits for an action, or None."""
        return self._running.get(action_id)

    def stop(self, conversation: Conversation, error: Exception) -> None:
        """Abort the action of a conversation with this error, unless the action is a join."""
        match conversation.running:
            # The server runs the job even if its join is aborted, and only the reply to the join
            # names the event, which then has to be cancelled (4.37.2 to 6.31). None: the flow waits
            # for an answer, which its session gives when it stops the job.
            case None | RunAction(action=Send(is_join=True)):
                pass
            case _:
                self.drop(conversation)
                self.fail(conversation, error)

    def drop(self, conversation: Conversation) -> None:
        """Abort the action of a conversation, and ignore its outcome."""
        running = conversation.running
        if running is not None:
            self.end_action(running.action_id)
            self._commands.append(AbortAction(action_id=running.action_id))

    def advance(self) -> bool:
        """Run one conversation up to its next action; return False if all of them wait."""
        if not self._steps:
            return False
        # One per call, so that the commands of each leave before the next one runs.
        conversation, step, value = self._steps.popleft()
        try:
            action = step(value)
            # Publishing needs no driver, so the flow goes on at once.
            while isinstance(action, Publish):
                assert conversation.tell is not None, "only jobs have a state"
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

    def _run(self, conversation: Conversation, action: IOAction) -> None:
        if not conversation.is_wanted():
            # This also stops a join that was not sent yet.
            self.fail(conversation, JobCancelled("the job was cancelled"))
            return
        running = conversation.running = RunAction(action_id=next(self._ids), action=action)
        self._running[running.action_id] = conversation
        self._commands.append(running)

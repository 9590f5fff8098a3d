"""Drives one flow by hand, without any I/O: a function answers its actions, all are recorded.

An answer that is a GradioError is the driver's failure to do what was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from gradio_protocol.errors import GradioError
from gradio_protocol.flows.actions import AnyAction, Done, Flow, Send, Sleep, Steps
from gradio_protocol.wire.document import write
from gradio_protocol.wire.exchange import Headers, Request, Response

T = TypeVar("T")

Answer: TypeAlias = Response | GradioError

_MOST_ACTIONS = 1000


@dataclass
class Driver:
    """What a driver is to one flow or several."""

    answer: Callable[[AnyAction], object]
    actions: list[AnyAction] = field(default_factory=list[AnyAction])

    def run(self, steps: Steps[T]) -> T:
        """What the flow returns; what it raises comes through."""
        flow = Flow(steps)
        step = flow.resume(None)
        while not isinstance(step, Done):
            self.actions.append(step)
            assert len(self.actions) <= _MOST_ACTIONS, "the flow does not come to an end"
            reply = self.answer(step)
            step = flow.fail(reply) if isinstance(reply, GradioError) else flow.resume(reply)
        return step.value

    @property
    def sends(self) -> list[Send]:
        return [action for action in self.actions if isinstance(action, Send)]

    @property
    def requests(self) -> list[Request]:
        return [send.request for send in self.sends]

    @property
    def asked(self) -> list[str]:
        """Method and address of each request, without its query."""
        return [f"{r.method} {r.url.partition('?')[0]}" for r in self.requests]

    @property
    def slept(self) -> list[float]:
        """Seconds of each Sleep."""
        return [action.seconds for action in self.actions if isinstance(action, Sleep)]


def web(routes: Mapping[str, Answer | Sequence[Answer]]) -> Driver:
    """A driver whose server is this table: `GET http://here/config` → the reply.

    Of several replies each is given once, the last one for ever. What is not in the table is a
    404. Queries do not count.
    """
    left = {
        route: [answers] if isinstance(answers, (Response, GradioError)) else list(answers)
        for route, answers in routes.items()
    }

    def answer(action: AnyAction) -> object:
        if isinstance(action, Sleep):
            return None
        assert isinstance(action, Send), f"nobody answers {action}"
        request = action.request
        answers = left.get(
            f"{request.method} {request.url.partition('?')[0]}", [Response(status=404)]
        )
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return replace(found, url=request.url) if isinstance(found, Response) else found

    return Driver(answer)


def reply(document: Any = None, status: int = 200, headers: Headers = ()) -> Response:
    """A reply with a JSON body."""
    return Response(status=status, headers=headers, body=write(document))


def redirect(location: str, status: int = 307, headers: Headers = ()) -> Response:
    """A reply that sends somewhere else."""
    return Response(status=status, headers=(("location", location), *headers))


def header(request: Request, name: str) -> str | None:
    """The value of a header of a request."""
    return dict(request.headers).get(name)

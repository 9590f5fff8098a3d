"""What one call needs: an app made from a few words, and a driver with a session of its own.

The session is as simple as one can be: it gives leave, lets the job's state receive the messages
that it was given, hands out those that the flow has to act on, and remembers what was asked.
Requests are answered from a table, as in `scripted.web`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Any, TypeVar

from gradio_protocol.app.access import Access, App
from gradio_protocol.app.config import read_config
from gradio_protocol.app.endpoint import Endpoint
from gradio_protocol.app.info import read_endpoints
from gradio_protocol.errors import GradioError
from gradio_protocol.flows.actions import (
    AnyAction,
    Download,
    FileFacts,
    InspectFile,
    Publish,
    ReadFile,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    Steps,
)
from gradio_protocol.flows.connect import Target
from gradio_protocol.flows.options import Call, Options
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.jobs.file_search import FileSearch
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import JobState, JobUpdate
from gradio_protocol.jobs.messages import FlowMessage, JobMessage, Output
from gradio_protocol.jobs.orders import (
    AnyQuestion,
    AppRefreshed,
    JobStopped,
    JoinAccepted,
    JoinFailed,
    JoinGranted,
    LookUpUploads,
    NextMessage,
    RecordUploads,
    RefreshApp,
    RefreshNeeded,
    RequestJoin,
    RequestTurn,
)
from gradio_protocol.wire.document import write
from gradio_protocol.wire.exchange import FileSlice, Request, Response, origin
from gradio_protocol.wire.headers import Identity

from .scripted import Answer, Driver

T = TypeVar("T")
Routes = Mapping[str, Answer | Sequence[Answer]]

SRC = "http://here:7860/"
TARGET = Target(src=SRC)
POLICY = RetryPolicy(entropy=bytes(16))
HASH = "visitor"

_PROTOCOLS = {"3.16.2": "ws", "3.50.2": "ws", "4.7.1": "sse", "4.9.0": "sse_v1", "4.14.0": "sse_v1"}


def function(index: int = 0, name: str | None = "echo", **more: Any) -> dict[str, Any]:
    """A dependency of a text to a text."""
    return {"id": index, "api_name": name, "inputs": [1], "outputs": [1], **more}


def config(version: str = "6.31.0", *dependencies: Any, **more: Any) -> dict[str, Any]:
    """The configuration of a small app with a text, an image, a file and a state."""
    kinds = {1: "textbox", 2: "image", 3: "file", 4: "state"}
    components = [
        {"id": key, "type": kind, "props": {"label": kind}, "skip_api": kind == "state"}
        for key, kind in kinds.items()
    ]
    return {
        "version": version,
        "protocol": _PROTOCOLS.get(version, "sse_v3"),
        "app_id": 1,
        "components": components,
        "dependencies": list(dependencies) or [function()],
        **more,
    }


def app(version: str = "6.31.0", *dependencies: Any, info: Any = None, **more: Any) -> App:
    """That app."""
    read = read_config(write(config(version, *dependencies, **more)))
    access = Access(src=SRC, identity=Identity(app=origin(SRC)))
    return App(access=access, config=read, endpoints=read_endpoints(read, info))


def call_of(known: App, *data: object, endpoint: Endpoint | None = None, **more: Any) -> Call:
    """A call of its first endpoint, or of this one."""
    own = {field.name for field in fields(Call)}
    options = Options(**{key: value for key, value in more.items() if key not in own})
    made: dict[str, Any] = {"target": TARGET, "policy": POLICY}
    made |= {key: value for key, value in more.items() if key in own}
    endpoint = endpoint or known.endpoints[0]
    return Call(app=known, endpoint=endpoint, data=[*data], options=options, **made)


@dataclass
class CallHarness:
    """What a call finds: the server, the session, the disk."""

    app: App
    routes: Routes = field(default_factory=dict[str, Answer])
    messages: list[JobMessage | JobStopped] = field(default_factory=list[JobMessage | JobStopped])
    gone: dict[type[Any], GradioError] = field(default_factory=dict[type[Any], GradioError])
    "Questions that are answered with `Gone`."
    doubtful: list[bool] = field(default_factory=list[bool])
    "For each `Enter` in turn; then False."
    renewals: list[RefreshNeeded | App | JobStopped] = field(
        default_factory=list[RefreshNeeded | App | JobStopped]
    )
    "For each `RefreshApp` in turn; then `RefreshNeeded`."
    files: dict[str, bytes | GradioError] = field(default_factory=dict[str, bytes | GradioError])
    memory: dict[str, str] = field(default_factory=dict[str, str])
    questions: list[AnyQuestion] = field(default_factory=list[AnyQuestion])
    update: list[JobUpdate] = field(default_factory=list[JobUpdate])
    "Outputs as they came."
    saved: list[SaveBytes | Download] = field(default_factory=list[SaveBytes | Download])

    def __post_init__(self) -> None:
        self.driver = Driver(self._answer)
        endpoint, history = self.app.endpoints[0], History(self.app.dialect.edits)
        self.state = JobState(endpoint, history, FileSearch(self.app.dialect, endpoint))
        self._left = {
            route: [answers] if isinstance(answers, (Response, GradioError)) else list(answers)
            for route, answers in self.routes.items()
        }

    def run(self, steps: Steps[T]) -> T:
        """What the flow returns."""
        return self.driver.run(steps)

    def requests(self, path: str) -> list[Request]:
        """The requests to an address of the app."""
        return [r for r in self.driver.requests if r.url.partition("?")[0] == SRC + path]

    def _answer(self, action: AnyAction) -> object:
        match action:
            case Send():
                return self._replied(action.request)
            case InspectFile():
                return self._facts(action)
            case ReadFile():
                return self.files[action.path]
            case SaveBytes():
                self.saved.append(action)
                return Saved(path=f"/saved/{action.name}")
            case Download():
                return self._downloaded(action)
            case Publish(update=Output() as output):
                self.state.apply(output)
                self.update.append(self._came)
                return None
            case Publish():
                self.update.append(action.update)
                return None
            case Sleep():
                return None
            case _:
                self.questions.append(action)
                error = self.gone.get(type(action))
                return JobStopped(error=error) if error else self._told(action)

    def _told(self, question: AnyQuestion) -> object:
        match question:
            case RequestJoin():
                doubtful = self.doubtful.pop(0) if self.doubtful else False
                return JoinGranted(session_hash=HASH, app=self.app, app_is_stale=doubtful)
            case RequestTurn():
                return HASH
            case JoinAccepted() | JoinFailed():
                return None
            case NextMessage():
                return self._next()
            case RefreshApp():
                return self.renewals.pop(0) if self.renewals else RefreshNeeded()
            case AppRefreshed():
                self.app = question.app or self.app
                return self.app
            case LookUpUploads():
                return tuple(self.memory.get(digest) for digest in question.digests)
            case RecordUploads():
                self.memory.update(question.paths)
                return None

    def _next(self) -> FlowMessage | JobStopped:
        """The next message that the flow has to act on."""
        while not isinstance(message := self.messages.pop(0), JobStopped):
            self._came = message
            if (rest := self.state.receive(message)) is not None:
                return rest
            self.update.append(message)
        return message

    def _replied(self, request: Request) -> Response | GradioError:
        path = request.url.partition("?")[0].removeprefix(SRC)
        answers = self._left.get(f"{request.method} {path}", [Response(status=404)])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return replace(found, url=request.url) if isinstance(found, Response) else found

    def _facts(self, action: InspectFile) -> FileFacts | GradioError:
        data = self.files[action.path]
        if isinstance(data, GradioError):
            return data
        return FileFacts(size=len(data), mtime_ns=1, digest=sha256(data).hexdigest())

    def _downloaded(self, action: Download) -> Saved | Response | GradioError:
        reply = self._replied(action.request)
        if isinstance(reply, Response) and reply.status == 200:
            self.saved.append(action)
            return Saved(path=f"/saved/{action.name}")
        return reply


def sent(request: Request) -> bytes:
    """The body of a request, files as their paths."""
    parts = [
        f"<{part.path}>".encode() if isinstance(part, FileSlice) else part for part in request.body
    ]
    return b"".join(parts)

"""One attempt at a prediction: what the caller wants, and the app that it is wanted from.

A call is attempted again where another app has taken the place of the one that it was bound to;
then all but the `Call` is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..app.access import App
from ..app.endpoint import Endpoint
from ..errors import AppChanged, AppError, GradioError, InvalidArguments, RemoteError
from ..jobs.failures import HIDDEN, validation
from ..jobs.messages import Completed, Generated, Output
from ..jobs.orders import JobStopped, JoinGranted
from ..wire.document import JSON, Object, read
from ..wire.exchange import Headers, Request, Response, redact_url
from ..wire.status import error_from_response
from .actions import Publish, Steps
from .connect import Target, is_same_app
from .download import Downloads
from .retry import RetryPolicy

_ENTROPY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One prediction, bound and ready to be made.

    Raises InvalidArguments if the policy has less than 16 bytes of entropy.
    """

    job_id: int
    app: App
    endpoint: Endpoint
    "Of this app."
    data: list[object]
    "What `Endpoint.bind` made of the arguments."
    target: Target
    "What the client was made with, should the app have to be asked about itself again."
    policy: RetryPolicy
    "Its entropy, which no other call has, is also the boundary of what is uploaded."
    headers: Headers = field(default=(), repr=False)
    "Of this call only."
    oauth_token: str | None = field(default=None, repr=False)
    "Sent where the endpoint takes one (6.21 and later)."
    event_data: object = None
    "What the function is told of the event that made somebody call, such as a click."
    download: bool = True
    "False: files stay the server's file objects."
    max_download_size: int | None = None
    "Bytes of one file; None: no limit."
    resubmit_lost: bool = False
    "A job that was lost before its first output is made again."

    def __post_init__(self) -> None:
        if len(self.policy.entropy) < _ENTROPY:
            came = len(self.policy.entropy)
            raise InvalidArguments(f"call: expected {_ENTROPY} bytes of entropy, got {came}")


class Attempt(NamedTuple):
    """A call on its way to one app."""

    call: Call
    app: App
    endpoint: Endpoint
    "Of this app."
    data: list[object]
    "As it travels: each file is what this app wants for it."
    session_hash: str
    downloads: Downloads | None
    "None: the caller wants none."

    @property
    def saved(self) -> dict[str, str]:
        """The files that were downloaded: path on the server → path on this machine."""
        return self.downloads.saved if self.downloads else {}

    def post(self, path: str, **more: object) -> Request:
        """A request that carries the arguments. Raises InvalidArguments for what JSON has not."""
        body: dict[str, object] = {
            "data": self.data,
            "event_data": self.call.event_data,
            "session_hash": self.session_hash,
            **more,
        }
        if self.endpoint.oauth and self.call.oauth_token:
            body["oauth_token"] = self.call.oauth_token
        return self.app.access.post(path, body, call=self.call.headers)


class RetryCall(Exception):
    """The call has to be attempted again; `error` is what to raise where that cannot help."""

    def __init__(self, error: GradioError, *, anyway: bool, later: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.even_if_same_app = anyway
        "Also if it turns out that the app is still the same one."
        self.after_pause = later
        "After a pause: it surely was not accepted."


def check_same_app(attempt: Attempt) -> Steps[None]:
    """Raises Again if another app answers by now, where the index is another function's."""
    if (yield from is_same_app(attempt.app)) is False:
        raise RetryCall(AppChanged("the app was restarted while it was called"), anyway=True)


def publish_output(attempt: Attempt, message: Output | Generated | Completed) -> Steps[None]:
    """Fetch the files of an output, then show it."""
    if attempt.downloads is not None:
        yield from attempt.downloads.fetch(message)
    yield Publish(update=message)


def require_grant(answer: JoinGranted | JobStopped) -> JoinGranted:
    """The session's leave, unless the job need not go on."""
    if isinstance(answer, JobStopped):
        raise answer.error
    return answer


def name_endpoint(attempt: Attempt, error: GradioError) -> GradioError:
    """The error, which says where it comes from if it is the app's.

    What the app says itself stays as it is, for people compare it; a note has the rest.
    """
    if not isinstance(error, AppError):
        return error
    title = attempt.endpoint.title
    if error.message == HIDDEN:
        silent = f"{title} failed without saying why"
        if attempt.app.config.raw.get("show_error") is not True:
            silent += "; the app shows its errors if it is launched with show_error=True"
        error = AppError(
            f"{silent}.", duration=error.duration, visible=error.visible, title=error.title
        )
    error.api_name = attempt.endpoint.name
    error.add_note(f"{title} of {redact_url(attempt.app.access.src)} failed")
    return error


def join_error(reply: Response) -> GradioError:
    """Why a call was not accepted.

    422 comes from the app's validators (5.45 and later) or, with another `detail`, from the
    server, which then was sent what it does not understand.
    """
    said = error_body(reply)
    detail = said.get("detail")
    if reply.status != 422 or not isinstance(detail, list):
        return error_from_response(reply, doing="calling the app")
    error = validation(detail)
    if any(isinstance(item, dict) and item.get("__type__") == "validate" for item in detail):
        return error
    return RemoteError(f"calling the app: the server did not understand: {error}", status=422)


def error_body(reply: Response) -> Object:
    """The JSON object that a refusal carries; empty where it is anything else."""
    try:
        document: JSON = read(reply.body, where="refusal")
    except RemoteError:
        return {}
    return document if isinstance(document, dict) else {}

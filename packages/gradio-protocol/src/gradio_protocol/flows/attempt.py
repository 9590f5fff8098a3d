"""One attempt to make a prediction, with one app.

If the app was replaced, the call is attempted again with the new one: its files are uploaded again,
and it may have another index and session hash. A copy of the `Call` names the new app.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import AppChanged, AppError, GradioError, RemoteError
from ..jobs.failures import HIDDEN, validation
from ..jobs.messages import Completed, Generated, Output
from ..wire.document import JSON, Object, read
from ..wire.exchange import Request, Response, redact_url
from ..wire.status import error_from_response
from .actions import Publish, Steps
from .connect import is_same_app
from .download import Downloads
from .options import Call


class Attempt(NamedTuple):
    """One attempt at a call, with one app."""

    call: Call
    "With this app, its endpoint, and the uploaded files among the arguments."
    session_hash: str
    downloads: Downloads | None
    "None: the caller wants no downloads."

    @property
    def saved(self) -> dict[str, str]:
        """The downloaded files: path on the server → path on this machine."""
        return self.downloads.saved if self.downloads else {}

    def post(self, path: str, **more: object) -> Request:
        """Return a request with the arguments. Raises InvalidArguments if they are not JSON."""
        call, options = self.call, self.call.options
        body: dict[str, object] = {
            "data": call.data,
            "event_data": options.event_data,
            "session_hash": self.session_hash,
            **more,
        }
        # Only to an endpoint that declares it: the token acts on behalf of the caller.
        if call.endpoint.oauth and options.oauth_token:
            body["oauth_token"] = options.oauth_token
        return call.app.access.post(path, body, call=call.headers)


class RetryCall(Exception):
    """The call has to be attempted again; `error` is raised if that cannot help."""

    def __init__(
        self, error: GradioError, *, even_if_same_app: bool, after_pause: bool = False
    ) -> None:
        super().__init__(error)
        self.error = error
        self.even_if_same_app = even_if_same_app
        "Attempt again even if the app is still the same one."
        self.after_pause = after_pause
        "Wait first, as the server was busy or absent, and has surely not accepted the call."


def check_same_app(attempt: Attempt) -> Steps[None]:
    """Raise RetryCall if another app replies, whose function has another index."""
    if (yield from is_same_app(attempt.call.app)) is False:
        changed = AppChanged("the app was restarted while it was called")
        raise RetryCall(changed, even_if_same_app=True)


def publish_output(attempt: Attempt, message: Output | Generated | Completed) -> Steps[None]:
    """Download the files of an output, then publish it."""
    if attempt.downloads is not None:
        yield from attempt.downloads.fetch(message)
    yield Publish(update=message)


def name_endpoint(attempt: Attempt, error: GradioError) -> GradioError:
    """Return the error; one of the app gets the endpoint's name, as attribute and as a note.

    The app's own text does not change, since programs compare it.
    """
    if not isinstance(error, AppError):
        return error
    title = attempt.call.endpoint.title
    # Without show_error the app sends no text, so say where it failed and how to see more.
    if error.message == HIDDEN:
        silent = f"{title} failed without saying why"
        if attempt.call.app.config.raw.get("show_error") is not True:
            silent += "; the app shows its errors if it is launched with show_error=True"
        error = AppError(
            f"{silent}.", duration=error.duration, visible=error.visible, title=error.title
        )
    error.api_name = attempt.call.endpoint.name
    error.add_note(f"{title} of {redact_url(attempt.call.app.access.src)} failed")
    return error


def join_error(reply: Response) -> GradioError:
    """Return the error for a refused call.

    A 422 comes from the app's validators (5.45 and later), or from the server if it does not
    understand the request; `detail` tells which.
    """
    body = error_body(reply)
    detail = body.get("detail")
    if reply.status != 422 or not isinstance(detail, list):
        return error_from_response(reply, doing="calling the app")
    error = validation(detail)
    # Validators mark their entries. All other entries are the server's own (FastAPI's).
    if any(isinstance(item, dict) and item.get("__type__") == "validate" for item in detail):
        return error
    return RemoteError(f"calling the app: the server did not understand: {error}", status=422)


def error_body(reply: Response) -> Object:
    """Return the JSON object in the body of a refusal, or an empty one if there is none."""
    try:
        document: JSON = read(reply.body, where="refusal")
    except RemoteError:
        return {}
    return document if isinstance(document, dict) else {}

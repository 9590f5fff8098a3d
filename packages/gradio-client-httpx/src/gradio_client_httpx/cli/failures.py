"""Exit codes, and what the command says when it fails.

0 done; 1 the app failed; 2 wrong usage or arguments; 3 the network or the server failed;
4 refused, because of a login, a quota or a full queue; 130 interrupted.
"""

from __future__ import annotations

from concurrent.futures import CancelledError

from gradio_protocol import (
    AppError,
    AuthenticationError,
    FileFailed,
    GradioError,
    InvalidArguments,
    QueueError,
    RemoteError,
    SpaceUnavailable,
    TooManyRequestsError,
    ValidationError,
)

from .listing import plain

APP_FAILED = 1
WRONG_USAGE = 2
NETWORK_FAILED = 3
REFUSED = 4
INTERRUPTED = 130


def exit_code(error: BaseException) -> int:
    """Return the exit code for an error."""
    match error:
        case KeyboardInterrupt():
            return INTERRUPTED
        case InvalidArguments() | ValidationError() | FileFailed() | OSError() if not isinstance(
            error, TimeoutError
        ):
            return WRONG_USAGE
        case AuthenticationError() | TooManyRequestsError() | QueueError() | SpaceUnavailable():
            return REFUSED
        case RemoteError(status=403):
            return REFUSED
        case AppError(title=str(title)) if "quota" in title.lower():
            # ZeroGPU raises a `gr.Error` with this title when a user's quota is used up.
            return REFUSED
        case AppError() | CancelledError():
            return APP_FAILED
        case _:
            return NETWORK_FAILED


def explain(error: BaseException) -> str:
    """Return what to tell the user, on one line; errors of the client contain no secret."""
    match error:
        case CancelledError():
            return "the server cancelled the job"
        case AppError(title=title, api_name=name):
            about = "" if title == "Error" else f"{title}: "
            return plain(f"{name or 'the app'} failed: {about}{error}")
        case GradioError() | TimeoutError():
            return plain(str(error))
        case OSError(filename=str(filename), strerror=str(words)):
            return plain(f"{filename}: {words}")
        case _:
            return plain(f"{type(error).__name__}: {error}")

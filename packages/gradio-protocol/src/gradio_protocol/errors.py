"""What can go wrong, and whose fault it is.

The class says who has to act: the caller (`InvalidArguments`), the server (`RemoteError` and its
kinds), the app (`AppError`, `ValidationError`), the network (`TransportFailed`) or this machine's
disk (`FileFailed`). The text says what was expected, what came, and where. No error carries a
header, a cookie or a token.
"""

from __future__ import annotations


class GradioError(Exception):
    """The root: everything that this project raises on purpose."""


class InvalidArguments(GradioError, ValueError, TypeError):
    """The caller passed something that cannot be sent; nothing has been sent.

    Both a `ValueError` and a `TypeError`, since the official client raises one or the other.
    """


class RemoteError(GradioError):
    """The server broke its word: malformed, wrong status, closed early."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        "The HTTP status that came, where one came."


class AuthenticationError(RemoteError, ValueError):
    """The app wants a login, or refused this one (401; 400 of `/login` in every version)."""


class TooManyRequestsError(RemoteError):
    """The host answers 429; Gradio itself never does, Hugging Face's proxy does."""

    def __init__(
        self, message: str, *, status: int | None = 429, retry_after: float | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after
        "Seconds that the host asked to wait, if it said so."


class SpaceUnavailable(RemoteError, ValueError):
    """The Space cannot be called: it is paused, stopped or broken, or takes too long to start."""

    def __init__(self, message: str, *, status: int | None = None, stage: str = "") -> None:
        super().__init__(message, status=status)
        self.stage = stage
        "What the Hub says that it does, such as `PAUSED`."


class QueueError(RemoteError):
    """The app's queue is full or stopped; the job was not accepted."""


class SessionNotFound(RemoteError):
    """The server no longer knows this session: its stream was dropped, or it restarted."""


class StreamLost(RemoteError):
    """The stream that carried the job was cut or fell silent; the job's fate is unknown."""


class ServerStopped(RemoteError):
    """The server said that it is shutting down."""


class AppChanged(RemoteError):
    """Another app answers at this address now: it was restarted since the job began."""


class AppError(GradioError, ValueError):
    """The app ran and failed: an exception in its function, or `gr.Error`.

    The attributes are those of the official client's class of this name.
    """

    def __init__(
        self,
        message: str = "Error raised.",
        duration: float | None = 10,
        visible: bool = True,
        title: str = "Error",
        print_exception: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.duration = duration
        "Seconds for which a user interface should show it; None: until it is closed."
        self.visible = visible
        self.title = title
        self.print_exception = print_exception


class ValidationError(GradioError, ValueError):
    """The app's own validator refused an input (422, Gradio 5.45 and later)."""


class TransportFailed(GradioError):
    """The network did not deliver; `__cause__` is the HTTP library's exception."""

    def __init__(self, message: str, *, connected: bool = True, late: bool = False) -> None:
        super().__init__(message)
        self.connected = connected
        "False: no connection was made, so that nothing can have been sent."
        self.late = late
        "A deadline passed; whatever it was for may still come."


class FileFailed(GradioError):
    """A local file could not be read or written, or changed while it was sent.

    `__cause__` is the `OSError`, where there was one.
    """


class JobCancelled(GradioError):
    """The job was cancelled by the caller."""

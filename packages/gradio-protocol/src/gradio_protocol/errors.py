"""The exceptions of this project.

The class tells where the cause lies: with the caller (`InvalidArguments`), the server
(`RemoteError` and its subclasses), the app (`AppError`, `ValidationError`), the network
(`TransportFailed`), this machine's disk (`FileFailed`) or its worker processes (`ExecutorFailed`).
The text says what was expected, what came, and where. No error contains the value of a header or
cookie, a token, or the content of a file: base64 content is shortened.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager

# Base64 content, in groups for the part to show and the part to drop. Other text has a blank, a
# dot or a dash within so many characters.
_ENCODED = r"(;base64,[A-Za-z0-9+/]{0,16}|[A-Za-z0-9+/]{40})([A-Za-z0-9+/]{200,}={0,2})"


class GradioError(Exception):
    """The base class of everything that this project raises on purpose."""

    def __init__(self, *args: object) -> None:
        # An error may quote a value that contains a whole file in base64; logs must not.
        super().__init__(*(shorten(arg) if isinstance(arg, str) else arg for arg in args))


# Base classes such as ValueError keep `except` clauses working that were written for the official
# client.
class InvalidArguments(GradioError, ValueError, TypeError):
    """The caller passed something that cannot be sent; nothing has been sent.

    It is both a `ValueError` and a `TypeError`, since the official client raises one or the other.
    """


class RemoteError(GradioError):
    """The server sent an invalid response: malformed, unexpected status, or truncated."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        "The HTTP status of the response, or None."


class AuthenticationError(RemoteError, ValueError):
    """The app needs a login, or rejected this one (401; `/login` answers 400 in every version)."""


class TooManyRequestsError(RemoteError):
    """The host answered 429. Hugging Face's proxy does so; Gradio itself never does."""

    def __init__(
        self, message: str, *, status: int | None = 429, retry_after: float | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after
        "Seconds that the host asked to wait, or None."


class SpaceUnavailable(RemoteError, ValueError):
    """The Space cannot be called: it is paused, stopped or broken, or takes too long to start."""

    def __init__(self, message: str, *, status: int | None = None, stage: str = "") -> None:
        super().__init__(message, status=status)
        self.stage = stage
        "The Space's stage as the Hub reports it, such as `PAUSED`."


class SpaceDuplicationError(RemoteError):
    """The Hub refused a request that duplicating a Space requires."""


class QueueError(RemoteError):
    """The app's queue is full or stopped; the job was not accepted."""


class SessionNotFound(RemoteError):
    """The server no longer knows this session: it dropped the stream, or it restarted."""


class StreamLost(RemoteError):
    """The stream that carried the job's messages broke or fell silent; the job may still run."""


class ServerStopped(RemoteError):
    """The server said that it is shutting down."""


class AppChanged(RemoteError):
    """Another app answers at this address: the app was restarted since the job began."""


class AppError(GradioError, ValueError):
    """The app's function raised an exception, or a `gr.Error`.

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
        self.message: str = shorten(message)
        self.api_name: str | None = None
        "The name of the endpoint that failed, or None."
        self.duration = duration
        "Seconds for which a user interface should show the error; None: until the user closes it."
        self.visible = visible
        self.title = title
        self.print_exception = print_exception


class ValidationError(GradioError, ValueError):
    """The app's own validator rejected an input (422, Gradio 5.45 and later)."""


_SSL_VERIFY = (
    "; for a certificate of your own, `ssl_verify` takes the path of a file or folder of CA "
    "certificates, or an ssl.SSLContext; False turns verification off"
)


class TransportFailed(GradioError):
    """The network failed; `__cause__` is the HTTP library's exception.

    `proxy` is the address of the proxy that the environment names, without credentials. The text
    mentions it if no connection was made.
    """

    def __init__(
        self,
        message: str,
        *,
        connected: bool = True,
        late: bool = False,
        untrusted: bool = False,
        refused: bool = False,
        proxy: str = "",
    ) -> None:
        if untrusted:
            message += _SSL_VERIFY
        super().__init__(message + (proxy_hint(proxy) if proxy and not connected else ""))
        self.untrusted = untrusted
        "The server's certificate is not trusted; a retry cannot help."
        self.refused = refused
        "The connection was refused: nobody listens there."
        self.connected = connected
        "False: no connection was made, so nothing was sent."
        self.late = late
        "A timeout expired; the reply may still come."


class FileFailed(GradioError):
    """A local file could not be read or written, or changed while it was being sent.

    `__cause__` is the `OSError`, if there was one.
    """


class ExecutorFailed(GradioError):
    """The executor of a `map` lost inputs again and again, or takes no more work.

    `__cause__` is the executor's exception.
    """


class JobCancelled(GradioError):
    """The job was cancelled: by the caller, by the server, or by closing its session or client."""


def shorten(text: str) -> str:
    """Replace base64 content in a text by its beginning and its length."""
    return re.sub(_ENCODED, lambda found: f"{found[1]}… ({len(found[0])} characters)", text)


def proxy_hint(proxy: str) -> str:
    """Return the hint for an error that the environment's proxy may have caused."""
    return (
        f"; this went through the proxy {proxy}, which the environment names: NO_PROXY or "
        "trust_env=False avoids it"
    )


def proxy_address(given: str) -> str:
    """Return the address of a proxy without credentials. The scheme is optional."""
    # The variables are written by people: `host:port` without a scheme is common.
    scheme, found, rest = given.partition("://")
    if not (found and scheme.isalnum()):
        scheme, rest = "http", given
    return f"{scheme}://{rest.rpartition('@')[2].partition('/')[0]}"


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its cause, the cause of that, and so on."""
    # HTTP libraries wrap the system's errors, sometimes without `from`.
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


@contextmanager
def file_errors(name: str, kind: str = "file") -> Generator[None]:
    """Raise what the operating system says in this block as the FileFailed of one file."""
    try:
        yield
    except OSError as error:
        raise FileFailed(f"{kind} {name!r}: {error.strerror or error}") from error

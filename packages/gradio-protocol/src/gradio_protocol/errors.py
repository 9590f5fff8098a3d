"""What can go wrong, and whose fault it is.

The class says who has to act: the caller (`InvalidArguments`), the server (`RemoteError` and its
kinds), the app (`AppError`, `ValidationError`), the network (`TransportFailed`) or this machine's
disk (`FileFailed`). The text says what was expected, what came, and where. No error carries a
header, a cookie or a token, and none the content of a file: encoded content is cut short.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager

_ENCODED = re.compile(r"(;base64,[A-Za-z0-9+/]{0,16}|[A-Za-z0-9+/]{40})([A-Za-z0-9+/]{200,}={0,2})")
"""Content in base64, and what of it is shown. Nothing else has no blank, dot or dash in so many
characters."""


class GradioError(Exception):
    """The root: everything that this project raises on purpose."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(shorten(arg) if isinstance(arg, str) else arg for arg in args))


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


class SpaceDuplicationError(RemoteError):
    """The Hub did not do all that was asked of it to duplicate a Space."""


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
        self.message = shorten(message)
        self.api_name: str | None = None
        "The endpoint that failed, where it has a name and is known."
        self.duration = duration
        "Seconds for which a user interface should show it; None: until it is closed."
        self.visible = visible
        self.title = title
        self.print_exception = print_exception


class ValidationError(GradioError, ValueError):
    """The app's own validator refused an input (422, Gradio 5.45 and later)."""


_SSL_VERIFY = (
    "; for a certificate of your own, `ssl_verify` takes the path of a file or folder of CA "
    "certificates, or an ssl.SSLContext; False turns verification off"
)


class TransportFailed(GradioError):
    """The network did not deliver; `__cause__` is the HTTP library's exception.

    `proxy` is the address of one that the environment names, without credentials: where no
    connection was made, the text says so.
    """

    def __init__(
        self,
        message: str,
        *,
        connected: bool = True,
        late: bool = False,
        untrusted: bool = False,
        proxy: str = "",
    ) -> None:
        if untrusted:
            message += _SSL_VERIFY
        super().__init__(message + (proxy_hint(proxy) if proxy and not connected else ""))
        self.untrusted = untrusted
        "The server's certificate was not trusted; it will not be at another attempt."
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


def shorten(text: str) -> str:
    """A text in which encoded content has only its beginning, and its length."""
    return _ENCODED.sub(lambda found: f"{found[1]}… ({len(found[0])} characters)", text)


def proxy_hint(proxy: str) -> str:
    """What to try where a proxy of the environment may be why something failed."""
    return (
        f"; this went through the proxy {proxy}, which the environment names: NO_PROXY or "
        "trust_env=False avoids it"
    )


def proxy_address(given: str) -> str:
    """The address of a proxy without the credentials that it may carry, however it is written."""
    scheme, found, rest = given.partition("://")
    if not (found and scheme.isalnum()):
        scheme, rest = "http", given
    return f"{scheme}://{rest.rpartition('@')[2].partition('/')[0]}"


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and all that led to it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


@contextmanager
def file_errors(name: str, kind: str = "file") -> Generator[None]:
    """Raise what the operating system says in this block as the FileFailed of one file."""
    try:
        yield
    except OSError as error:
        raise FileFailed(f"{kind} {name!r}: {error.strerror or error}") from error

"""Says in words what failed on the network, from the errors of an HTTP library or the system.

Each text is one sentence: which address, what happened, and what to try. The core may import
neither `socket` nor `ssl`, so it knows the errors of these two by their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import TransportFailed, causes
from .exchange import Origin

_UNKNOWN_HOST = "gaierror"
_UNTRUSTED = "SSLCertVerificationError"


def transport_error(
    target: Origin,
    error: Exception,
    *,
    reason: str = "",
    connected: bool = True,
    late: bool = False,
    proxy: str = "",
) -> TransportFailed:
    """Return the error for an exchange with `target` that failed; raise it from `error`.

    A traceback then shows of `error` its text only: not its frames, nor the errors behind it, which
    remain reachable as `__context__`. `reason`: a better text than that of `error`. `connected`:
    False if no connection was made. `late`: a timeout expired. `proxy`: the environment's.
    """
    found = list(_iter_errors(error))
    names = {type(each).__name__ for each in found}
    # Without a number, it is an answer of a proxy that refuses a tunnel.
    refused = not connected and any(
        isinstance(each, ConnectionRefusedError) and each.errno is not None for each in found
    )
    reason = reason or str(error) or str(error.__cause__ or type(error).__name__)
    if _UNTRUSTED in names:
        text = f"The certificate of {target} is not trusted ({reason})"
    elif connected and late:
        text = f"{target} did not answer in time. Pass a larger `timeout` to wait longer."
    elif connected:
        text = f"The connection to {target} broke ({reason}). Is the app still running?"
    elif proxy:
        text = f"Cannot connect to {target} ({reason})"
    elif refused:
        text = f"Nothing answers at {target} (connection refused). Is the app running?"
    elif _UNKNOWN_HOST in names:
        text = f"There is no host for {target} ({reason}). Is the address right?"
    elif late:
        text = f"Nothing answers at {target} (no connection in time). Is the address right?"
    else:
        text = f"Cannot connect to {target} ({reason}). Is the address right?"
    _shorten_traceback(error)
    return TransportFailed(
        text,
        connected=connected,
        late=late,
        untrusted=_UNTRUSTED in names,
        refused=refused,
        proxy=proxy,
    )


def _iter_errors(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that caused it, also the members of groups."""
    # A host with several addresses fails with a group, of one error for each.
    for cause in causes(error):
        yield cause
        members: tuple[BaseException, ...] = getattr(cause, "exceptions", ())
        for member in members:
            yield from _iter_errors(member)


def _shorten_traceback(error: BaseException) -> None:
    behind = error.__cause__ or error.__context__
    error.__cause__ = None  # a traceback then leaves out the context, too
    error.__context__ = behind
    error.__traceback__ = None

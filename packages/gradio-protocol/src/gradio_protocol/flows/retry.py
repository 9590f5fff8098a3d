"""Decides which failed requests to send again, and after how many seconds.

1. A request without side effects is sent again if no reply came, or if a proxy replied.
2. A join is sent again only if the server did not accept it: no connection was made, or the server
   is busy (429, 503). A 502 is a trade-off: a proxy sends it if it could not connect, but also if
   it lost the reply, in which case the job runs twice. Joins are never sent again after a 504,
   since the server is at work then, nor after a reply that broke off.
3. An untrusted certificate is not retried, nor is a refused connection while a client connects
   for the first time, so that a user who mistyped the port learns of it at once.
4. `Retry-After` is honoured up to 60 s. Beyond that there is no retry, and the error has
   `retry_after` set.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from hashlib import sha256
from typing import TypeVar

from ..dataclass import dataclass, field
from ..errors import TransportFailed
from ..wire.exchange import Response
from ..wire.status import retry_after
from .actions import Action, Sleep, Steps, ask

R = TypeVar("R")

# Longest pause before the first retry, in seconds; it doubles with each further one.
_FIRST_PAUSE = 0.5
_MAX_PAUSE = 8.0
_MAX_RETRY_AFTER = 60.0  # longest `Retry-After` that is honoured, in seconds


class Repeat(Enum):
    """What happens if a request that the server has received is sent again."""

    HARMLESS = "nothing: a GET, a login, an upload"
    UNACCEPTED = "a second job, unless the first one was not accepted"


# No 500: it comes from the app, which would fail again. No 504 for joins: see rule 2.
_REPEATABLE = {Repeat.HARMLESS: (429, 502, 503, 504), Repeat.UNACCEPTED: (429, 502, 503)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to retry, and the entropy for the pauses."""

    max_retries: int = 2
    "Retries after the first attempt; zero: none."
    retries_refused: bool = field(default=True, repr=False)
    "Whether to retry where nobody listens, which may be an app that restarts."
    entropy: bytes = field(default=b"", repr=False)
    "For the jitter. If each conversation has its own, their retries do not happen all at once."


def pause(
    policy: RetryPolicy, attempt: int, outcome: Response | TransportFailed, repeat: Repeat
) -> float | None:
    """Return the seconds to wait before the next attempt, or None: accept this outcome.

    `attempt` is the number of the attempt that failed; the first one is 0.
    """
    is_refused = isinstance(outcome, TransportFailed) and outcome.refused
    if not _is_repeatable(outcome, repeat) or (is_refused and not policy.retries_refused):
        return None
    requested = retry_after(outcome) if isinstance(outcome, Response) else None
    return backoff(policy, attempt, requested)


def backoff(policy: RetryPolicy, attempt: int, requested: float | None) -> float | None:
    """Return the seconds to wait after a failure that may be retried, or None: give up.

    `requested` is the number of seconds that the server asked the client to wait, or None.
    """
    if attempt >= policy.max_retries:
        return None
    # The core has no random numbers: a digest of the caller's entropy gives a factor of 0.5 to 1.
    digest = sha256(policy.entropy + attempt.to_bytes(8, "big")).digest()
    jitter = 0.5 + digest[0] / 512
    # 2.0 to a large power would overflow, so the exponent has a limit as well.
    seconds = min(_FIRST_PAUSE * 2.0 ** min(attempt, 10), _MAX_PAUSE) * jitter
    if requested is None:
        return seconds
    return max(requested, seconds) if requested <= _MAX_RETRY_AFTER else None


def send_with_retries(
    action: Action[R],
    policy: RetryPolicy,
    repeat: Repeat,
    recheck: Callable[[], Steps[None]] | None = None,
) -> Steps[R]:
    """Ask until a reply comes that is not retried; return it, whatever its status.

    `recheck` runs before each retry, since the app may have changed during the pause. Raises what
    `recheck` raises, and the last TransportFailed if no reply came.
    """
    attempt = 0
    while True:
        try:
            reply = yield from ask(action)
        except TransportFailed as error:
            seconds = pause(policy, attempt, error, repeat)
            if seconds is None:
                raise
        else:
            seconds = pause(policy, attempt, reply, repeat) if isinstance(reply, Response) else None
            if seconds is None:
                return reply
        yield from ask(Sleep(seconds=seconds))
        if recheck is not None:
            yield from recheck()
        attempt += 1


def _is_repeatable(outcome: Response | TransportFailed, repeat: Repeat) -> bool:
    if isinstance(outcome, TransportFailed):
        # `connected` is False only if no byte was sent, so that no job can be running.
        return not outcome.untrusted and (repeat is Repeat.HARMLESS or not outcome.connected)
    return outcome.status in _REPEATABLE[repeat]

"""Which failure may be tried again, and after how long.

1. What changes nothing may be sent again whenever a reply did not come, or came from a proxy.
2. A join may be sent again only where it surely was not accepted: no connection was made, or the
   server is busy (429, 503). A 502 is a trade: a proxy that found nobody says so, and so does one
   that lost the reply, in which case the job runs twice. Never after a 504, which says that the
   server is at work, and never after a reply that broke off.
3. A certificate that is not trusted will not be trusted at another attempt.
4. Whoever says how long to wait is obeyed; whoever asks for more than we would wait is not asked
   again, and the caller learns for how long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import TypeVar

from ..errors import TransportFailed
from ..wire.exchange import Response
from ..wire.status import retry_after
from .actions import Action, Sleep, Steps, ask

R = TypeVar("R")

_FIRST_PAUSE = 0.5
"Seconds before the first repetition, at most; each further one may take twice as long."
_MAX_PAUSE = 8.0
_MAX_RETRY_AFTER = 60.0
"Seconds that a `Retry-After` may ask for."


class Repeat(Enum):
    """What happens if a request that arrived is sent once more."""

    HARMLESS = "nothing: a GET, a login, an upload"
    UNACCEPTED = "a second job, unless the first one was not accepted"


_REPEATABLE = {Repeat.HARMLESS: (429, 502, 503, 504), Repeat.UNACCEPTED: (429, 502, 503)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try again, and what makes the pauses differ."""

    max_retries: int = 2
    "Attempts after the first one; zero: none."
    entropy: bytes = field(default=b"", repr=False)
    "For the jitter: other bytes for each conversation keep many of them from going in step."


def pause(
    policy: RetryPolicy, attempt: int, outcome: Response | TransportFailed, repeat: Repeat
) -> float | None:
    """Seconds to wait before attempt number `attempt + 1`, or None: leave it at this outcome.

    The first attempt is number 0.
    """
    if not _is_repeatable(outcome, repeat):
        return None
    asked = retry_after(outcome) if isinstance(outcome, Response) else None
    return backoff(policy, attempt, asked)


def backoff(policy: RetryPolicy, attempt: int, asked: float | None) -> float | None:
    """The same, of what may be tried again; `asked` are the seconds that the server asked for."""
    if attempt >= policy.max_retries:
        return None
    digest = sha256(policy.entropy + attempt.to_bytes(8, "big")).digest()
    jitter = 0.5 + digest[0] / 512
    seconds = min(_FIRST_PAUSE * 2.0 ** min(attempt, 10), _MAX_PAUSE) * jitter
    if asked is None:
        return seconds
    return max(asked, seconds) if asked <= _MAX_RETRY_AFTER else None


def send_with_retries(
    action: Action[R],
    policy: RetryPolicy,
    repeat: Repeat,
    recheck: Callable[[], Steps[None]] | None = None,
) -> Steps[R]:
    """Ask until a reply comes that is worth no other attempt; returns it, whatever its status.

    `recheck` is gone through before each further attempt, for what a pause may have changed.
    Raises what it raises, and the last TransportFailed where no reply came.
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
        return not outcome.untrusted and (repeat is Repeat.HARMLESS or not outcome.connected)
    return outcome.status in _REPEATABLE[repeat]

"""Finding out whether the app behind a silent stream is still there.

A silence has many reasons: a proxy that buffers, a function that takes its time, a machine that
has gone. Only the last one is a loss, and the app itself can tell it from the others.
"""

from __future__ import annotations

from ..errors import AppChanged, GradioError, RemoteError
from ..jobs.orders import CheckApp
from ..wire.exchange import redact_url
from .actions import Sleep, Steps, ask
from .connect import is_same_app
from .retry import RetryPolicy, backoff

_TOTAL_TIMEOUT = 15.0
"Seconds for one answer, whatever the client's timeouts are: an app that never answers is gone."
_RETRIES = RetryPolicy(max_retries=3)
"One lost answer must not lose the jobs of a stream."


def check_app(order: CheckApp) -> Steps[GradioError | None]:
    """Ask the app whether it is still there and the same; returns None if so, else the reason.

    Raises nothing.
    """
    where = redact_url(order.app.access.src)
    attempt = 0
    while (same := (yield from is_same_app(order.app, _TOTAL_TIMEOUT))) is None:
        seconds = backoff(_RETRIES, attempt, None)
        if seconds is None:
            return RemoteError(f"{where} did not answer {attempt + 1} requests for its id")
        yield from ask(Sleep(seconds=seconds))
        attempt += 1
    return None if same else AppChanged(f"another app answers at {where}")

"""Checks whether the app behind a silent stream still runs.

A stream may be silent because a proxy buffers, because a function is slow, or because the machine
is gone. Only the last is a failure, and a request to the app distinguishes it from the others.
"""

from __future__ import annotations

from ..errors import AppChanged, GradioError, RemoteError
from ..jobs.orders import CheckApp
from ..wire.exchange import redact_url
from .actions import Sleep, Steps, ask
from .connect import is_same_app
from .retry import RetryPolicy, backoff

# Seconds for one reply. The client's timeouts do not apply: they may be infinite.
_TOTAL_TIMEOUT = 15.0
_RETRIES = RetryPolicy(max_retries=3)  # A single lost reply must not fail all jobs of a stream


def check_app(order: CheckApp) -> Steps[GradioError | None]:
    """Ask whether the app still runs and is the same; return None if so, else the reason.

    Raises nothing.
    """
    where = redact_url(order.app.access.src)
    # Four attempts of 15 s: a machine under load answers late, and giving up loses jobs.
    attempt = 0
    while (same := (yield from is_same_app(order.app, _TOTAL_TIMEOUT))) is None:
        seconds = backoff(_RETRIES, attempt, None)
        if seconds is None:
            silent = f"did not answer {attempt + 1} requests for its id"
            return RemoteError(f"{where} sent nothing, and {silent}")
        yield from ask(Sleep(seconds=seconds))
        attempt += 1
    return None if same else AppChanged(f"another app now answers at {where}")

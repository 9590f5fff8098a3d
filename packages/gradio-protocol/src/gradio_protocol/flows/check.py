"""Finding out whether the app behind a silent stream is still there.

A silence has many reasons: a proxy that buffers, a function that takes its time, a machine that
has gone. Only the last one is a loss, and the app itself can tell it from the others.
"""

from __future__ import annotations

from ..errors import AppChanged, GradioError, RemoteError
from ..jobs.orders import CheckApp
from ..wire.exchange import shown
from .actions import Sleep, Steps, ask
from .connect import same_app
from .retry import RetryPolicy, backoff

_PATIENCE = 15.0
"Seconds for one answer, whatever the client's timeouts are: an app that never answers is gone."
_POLICY = RetryPolicy(max_retries=3)
"One lost answer must not lose the jobs of a stream."


def check_app(order: CheckApp) -> Steps[GradioError | None]:
    """Ask the app whether it is still there and the same; returns None if so, else the reason.

    Raises nothing.
    """
    where = shown(order.app.access.src)
    attempt = 0
    while (same := (yield from same_app(order.app, _PATIENCE))) is None:
        seconds = backoff(_POLICY, attempt, None)
        if seconds is None:
            return RemoteError(f"{where} did not answer {attempt + 1} requests for its id")
        yield from ask(Sleep(seconds=seconds))
        attempt += 1
    return None if same else AppChanged(f"another app answers at {where}")

"""Tells the server to cancel an event.

Nothing depends on the answer: if the server does not cancel, it runs the job to its end, and the
session discards the messages.
"""

from __future__ import annotations

from contextlib import suppress

from ..errors import GradioError
from ..jobs.orders import CancelEvent
from ..wire.document import Object
from .actions import Send, Steps, ask

# Seconds. Joins of the same function wait for the cancellation, so it has to be short.
_TOTAL_TIMEOUT = 5.0


def cancel_event(order: CancelEvent) -> Steps[None]:
    """Send one request to cancel the event; ignore the reply, and raise nothing."""
    # `/cancel` exists from 4.31 on and needs all of its fields. `/reset` takes an `event_id` from
    # 4.0 on.
    body: Object = {"event_id": order.event_id}
    if not order.reset:
        body |= {"session_hash": order.session_hash, "fn_index": order.fn_index}
    request = order.app.access.post("reset" if order.reset else "cancel", body)
    # After a failure the job runs to its end on the server, and nobody waits for it.
    with suppress(GradioError):
        yield from ask(Send(request=request, total_timeout=_TOTAL_TIMEOUT))

"""Telling the server that an event is not wanted.

Nothing depends on the answer: a server that cannot be told, or does not listen, runs the job to
its end, and the session absorbs its messages.
"""

from __future__ import annotations

from ..errors import GradioError
from ..jobs.orders import CancelEvent
from .actions import Send, Steps, ask

_TOTAL_TIMEOUT = 5.0
"Seconds: joins of the same function wait for this."
_MAX_REPLY = 2**20


def cancel_event(order: CancelEvent) -> Steps[None]:
    """Obey the order, once; whatever comes back is ignored, and nothing is raised.

    `/cancel` since 4.31, all of its fields required; `/reset` with `event_id` since 4.0.
    """
    access = order.app.access
    if order.reset:
        request = access.post("reset", {"event_id": order.event_id})
    else:
        request = access.post(
            "cancel",
            {
                "session_hash": order.session_hash,
                "fn_index": order.fn_index,
                "event_id": order.event_id,
            },
        )
    try:
        yield from ask(Send(request=request, limit=_MAX_REPLY, patience=_TOTAL_TIMEOUT))
    except GradioError:
        return

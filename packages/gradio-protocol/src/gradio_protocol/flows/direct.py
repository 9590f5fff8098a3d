"""Calling a function directly, past the queue: 3.x, and batch functions of 4.0 to 4.10.

1. The function is named by its name where it has one, which another start of the app does not
   make another function's. Only by its index, the server answers whoever has that index now.
2. A generator of 3.x gives one output a request. The server keeps it by session and index: called
   by name it would begin anew each time, for ever (3.16 to 3.50).
3. So two jobs of one session would share one generator, and what a cancelled job has left behind
   would go on in the next one: each call has a session of its own. Where the function needs the
   session's state, the server is told to forget what was left.
"""

from __future__ import annotations

from functools import partial
from math import inf

from ..app.access import App
from ..app.dialect import Delivery
from ..app.endpoint import Endpoint
from ..errors import GradioError, RemoteError
from ..jobs.failures import failure
from ..jobs.messages import Completed, Generated, Started
from ..jobs.orders import RequestJoin
from ..wire.document import JSON, Object, need, read_object
from ..wire.exchange import Response, quoted, redact_url
from .actions import Publish, Send, Steps, ask
from .attempt import (
    Attempt,
    RetryCall,
    check_same_app,
    error_body,
    join_error,
    name_endpoint,
    publish_output,
    require_grant,
)
from .retry import Repeat, send_with_retries

_MAX_RESULT = 2**30
"Bytes that a result may have."
_MAX_REPLY = 2**20
_NOT_CALLED = (401, 404)
"Statuses that say that nothing was called; another app may be the reason."


def is_called_by_index(app: App, endpoint: Endpoint) -> bool:
    """Whether a direct call of this endpoint names it by its index."""
    return endpoint.name is None or _is_stepwise(app, endpoint)


def run_direct(attempt: Attempt) -> Steps[tuple[JSON, ...]]:
    """Call the function, a generator until it has no more to say; returns its last output.

    Raises Again if another app may have refused the call, else what `call` raises.
    """
    yield from ask(Publish(update=Started()))
    if not _is_stepwise(attempt.app, attempt.endpoint):
        data = _read_data((yield from _post_call(attempt)))
    else:
        data = yield from _run_generator((yield from _isolate_generator(attempt)))
    yield from publish_output(attempt, Completed(data=data))
    return data


def _is_stepwise(app: App, endpoint: Endpoint) -> bool:
    """Whether it may be a generator; any other function ends with its first step."""
    unsure = not app.dialect.marks_generators
    return app.dialect.steps_direct and (endpoint.generator or unsure)


def _run_generator(attempt: Attempt) -> Steps[tuple[JSON, ...]]:
    """The last output of a generator, after all have been shown."""
    output = yield from _post_call(attempt)
    last = data = _read_data(output)
    enter = RequestJoin(job_id=attempt.call.job_id, fn_index=attempt.endpoint.index, direct=True)
    while output.get("is_generating") is True:
        last = data
        yield from publish_output(attempt, Generated(data=data))
        # Who cancels a direct call tells only the session.
        require_grant((yield from ask(enter)))
        try:
            output = yield from _post_call(attempt)
        except RetryCall as again:
            # Outputs were shown: it is too late to begin again.
            raise again.error from None
        data = _read_data(output)
    # After a generator's last output come nulls.
    return last


def _isolate_generator(attempt: Attempt) -> Steps[Attempt]:
    """The attempt with no other call's generator in its way."""
    session_hash, index = attempt.session_hash, attempt.endpoint.index
    if not attempt.endpoint.stateful:
        return attempt._replace(session_hash=f"{session_hash}{attempt.call.job_id}")
    body = {"session_hash": session_hash, "fn_index": index}
    reset = Send(request=attempt.app.access.post("reset", body), limit=_MAX_REPLY)
    yield from send_with_retries(reset, attempt.call.policy, Repeat.HARMLESS)
    return attempt


def _post_call(attempt: Attempt) -> Steps[Object]:
    """One request, and the output that its reply is."""
    app, endpoint = attempt.app, attempt.endpoint
    more: dict[str, object] = {}
    recheck = None
    if is_called_by_index(app, endpoint):
        more["fn_index"] = endpoint.index
        recheck = partial(check_same_app, attempt)
    path = f"{app.dialect.run}{quoted(endpoint.name or '/predict')}"
    send = Send(request=attempt.post(path, **more), limit=_MAX_RESULT, patience=inf)
    reply = yield from send_with_retries(send, attempt.call.policy, Repeat.UNACCEPTED, recheck)
    if reply.status == 200:
        return read_object(reply.body, where="result")
    said = error_body(reply)
    if reply.status == 500 and "error" in said:
        raise name_endpoint(attempt, failure(said, app.dialect))
    error: GradioError = _queue_only_error(attempt, reply) or join_error(reply)
    raise RetryCall(error, anyway=False) if reply.status in _NOT_CALLED else error


def _queue_only_error(attempt: Attempt, reply: Response) -> RemoteError | None:
    """What to say of an app of 3.x that was made with `api_open=False`.

    What is queued is refused then: with 401 and a sentence up to 3.41, since then with 404.
    """
    index, status = attempt.endpoint.index, reply.status
    queued = any(d.queue for d in attempt.app.config.dependencies if d.index == index)
    refuses = status == 404 or (status == 401 and "skip the queue" in reply.text)
    if not (refuses and queued and attempt.app.dialect.delivery is Delivery.DIRECT):
        return None
    why = (
        "the app takes jobs through the queue of Gradio 3.x only, which this client does not speak"
    )
    return RemoteError(
        f"calling the app: {redact_url(reply.url)} answered {status}: {why}", status=status
    )


def _read_data(output: Object) -> tuple[JSON, ...]:
    return tuple(need(output, "data", list, where="result"))

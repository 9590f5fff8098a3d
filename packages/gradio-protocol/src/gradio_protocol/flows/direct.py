"""Calls a function directly, without the queue: on 3.x, and batch functions of 4.0 to 4.10.

1. The call uses the function's name if it has one: after a restart of the app, a name still means
   the same function, while an index may mean another one.
2. A generator on 3.x gives one output per request. The server keeps the generator by session and
   index, and a call by name would start it again each time (3.16 to 3.50). So generators are
   called by index.
3. Two jobs of one session would therefore share a generator, and a job would continue where a
   cancelled one stopped. So each call has its own session or, if the function needs the session's
   state, waits for its turn and resets the generator first (see `call`).
"""

from __future__ import annotations

from functools import partial
from math import inf

from ..app.access import session_hash
from ..app.dialect import Delivery
from ..errors import GradioError, RemoteError
from ..jobs.failures import failure
from ..jobs.messages import Completed, Generated, Started
from ..jobs.orders import RequestJoin
from ..wire.document import JSON, LIST, Object, need, read_object
from ..wire.exchange import Response, quote_path, redact_url
from .actions import Publish, Send, Steps, ask
from .attempt import (
    Attempt,
    RetryCall,
    check_same_app,
    error_body,
    join_error,
    name_endpoint,
    publish_output,
)
from .options import Call
from .retry import Repeat, send_with_retries

_MAX_RESULT = 2**30  # largest result in bytes
# Statuses which tell that the function was not called, perhaps because another app answers.
_NOT_CALLED = (401, 404)


def is_called_by_index(call: Call) -> bool:
    """Whether a direct call of its endpoint uses the index."""
    return call.endpoint.name is None or may_be_generator(call)


def run_direct(attempt: Attempt) -> Steps[tuple[JSON, ...]]:
    """Call the function, a generator until it ends, and return its last output.

    Raises RetryCall if another app may have rejected the call, else what a call raises.
    """
    yield from ask(Publish(update=Started()))
    if not may_be_generator(attempt.call):
        data = _read_data((yield from _post_call(attempt)))
    else:
        data = yield from _run_generator(_isolate_generator(attempt))
    yield from publish_output(attempt, Completed(data=data))
    return data


def may_be_generator(call: Call) -> bool:
    """Whether an endpoint of 3.x may be a generator, which the server keeps by session and index.

    Called directly, other functions simply end with the first step.
    """
    # Before 3.23 the config does not tell, so every function is called as if it were one.
    unsure = not call.app.dialect.marks_generators
    return call.app.dialect.steps_direct and (call.endpoint.generator or unsure)


def _run_generator(attempt: Attempt) -> Steps[tuple[JSON, ...]]:
    """Publish all outputs of a generator and return the last one."""
    output = yield from _post_call(attempt)
    last = data = _read_data(output)
    enter = RequestJoin(fn_index=attempt.call.endpoint.index, direct=True)
    while output.get("is_generating") is True:
        last = data
        yield from publish_output(attempt, Generated(data=data))
        # Before each step, ask the session whether the job was cancelled: there is no request to
        # the server that would end it.
        yield from ask(enter)
        try:
            output = yield from _post_call(attempt)
        except RetryCall as again:
            # The user has seen outputs, so the call cannot start again.
            raise again.error from None
        data = _read_data(output)
    # The reply that ends a generator has nulls in place of an output.
    return last


def _isolate_generator(attempt: Attempt) -> Attempt:
    """Return the attempt in a session where no other call's generator is left."""
    if attempt.call.endpoint.stateful:
        return attempt
    return attempt._replace(session_hash=session_hash(attempt.call.policy.entropy))


def reset_generator(call: Call, session_hash: str) -> Steps[None]:
    """Make a generator that is kept for the session begin anew (3.6 and later)."""
    body = {"session_hash": session_hash, "fn_index": call.endpoint.index}
    reset = Send(request=call.app.access.post("reset", body))
    yield from send_with_retries(reset, call.policy, Repeat.HARMLESS)


def _post_call(attempt: Attempt) -> Steps[Object]:
    """Send one request and return the output in its reply."""
    app, endpoint = attempt.call.app, attempt.call.endpoint
    more: dict[str, object] = {}
    recheck = None
    if is_called_by_index(attempt.call):
        more["fn_index"] = endpoint.index
        # A restart during a pause may have given the index to another function.
        recheck = partial(check_same_app, attempt)
    path = f"{app.dialect.run}{quote_path(endpoint.name or '/predict')}"
    send = Send(request=attempt.post(path, **more), limit=_MAX_RESULT, total_timeout=inf)
    reply = yield from send_with_retries(send, attempt.call.policy, Repeat.UNACCEPTED, recheck)
    if reply.status == 200:
        return read_object(reply.body, where="result")
    body = error_body(reply)
    # A failure of the function has an `error`; a 500 for an unknown function is plain text.
    if reply.status == 500 and "error" in body:
        raise name_endpoint(attempt, failure(body, app.dialect))
    error: GradioError = _queue_only_error(attempt, reply) or join_error(reply)
    raise RetryCall(error, even_if_same_app=False) if reply.status in _NOT_CALLED else error


def _queue_only_error(attempt: Attempt, reply: Response) -> RemoteError | None:
    """Return the error for an app of 3.x with `api_open=False`, which takes no direct calls.

    It answers 401 with a sentence up to 3.41, and 404 from then on. It is called directly only if
    the WebSocket of its queue was refused.
    """
    index, status = attempt.call.endpoint.index, reply.status
    queued = any(d.queue for d in attempt.call.app.config.dependencies if d.index == index)
    refuses = status == 404 or (status == 401 and "skip the queue" in reply.text)
    if not (refuses and queued and attempt.call.app.dialect.delivery is Delivery.SOCKET):
        return None
    why = "the app takes jobs through its queue only, and the WebSocket of the queue was refused"
    return RemoteError(
        f"calling the app: {redact_url(reply.url)} answered {status}: {why}", status=status
    )


def _read_data(output: Object) -> tuple[JSON, ...]:
    return tuple(need(output, "data", LIST, where="result"))

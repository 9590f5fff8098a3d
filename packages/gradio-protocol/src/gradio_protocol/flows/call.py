"""Makes one prediction: uploads files, joins the queue, follows the event, downloads files.

1. The files of the arguments are uploaded first, since that may take long, and the check of step 2
   must not grow old meanwhile.
2. The flow asks its session for permission to join. After a restart a function's index can mean
   another function, which the server then runs without an error. So if the app was not seen for a
   second, its id is checked before the join.
3. The join is sent. If it is refused because another app is there, the call starts again with that
   app, at most `_MAX_RESTARTS` times.
4. Messages of the event go straight to the job's state. The flow waits for those that it has to act
   on, up to the last one. An output is shown after its files were downloaded.

An accepted join is never sent again, since the function would run twice, unless the caller wants
lost jobs resubmitted. On servers without a queue, steps 3 and 4 are one request: see `direct`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import assert_never

from ..app.access import App
from ..app.dialect import Delivery
from ..app.files import localize_files
from ..errors import (
    AppChanged,
    AppError,
    GradioError,
    JobCancelled,
    QueueError,
    RemoteError,
    SessionNotFound,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
)
from ..jobs.job_state import Joining, Rebound
from ..jobs.messages import Completed, DataRequested, Failed, Output, QueueFull
from ..jobs.orders import (
    AppRefreshed,
    JoinAccepted,
    JoinFailed,
    NextMessage,
    RefreshApp,
    RefreshNeeded,
    RequestJoin,
    RequestTurn,
)
from ..wire.document import JSON, need, read_object, write
from ..wire.exchange import Response
from .actions import Publish, Send, Sleep, Steps, ask
from .attempt import Attempt, RetryCall, check_same_app, join_error, name_endpoint, publish_output
from .connect import is_same_app, rebind, refresh_app
from .direct import is_called_by_index, may_be_generator, reset_generator, run_direct
from .download import Downloads
from .options import Call
from .retry import Repeat, backoff, send_with_retries
from .upload import upload_files

_MAX_RESTARTS = 2
"An app that reloads all the time ends its jobs with an error, not with endless attempts."
_SUSPECT_STATUSES = (401, 404, 500)
"Statuses of a join that may come from another app, which lacks our login or the function."
_NO_SOCKET = (400, 403, 404, 405, 426, 500, 501)
"""Statuses without a socket: the queue is off (500 on 3.16 to 3.50), a login is missing (403), a
proxy knows no sockets (404, or 400, 405, 426), or the driver knows none (501)."""
_NO_EVENT = (
    "The function takes event data, such as gr.SelectData, and this call passed none;"
    " with_options(event_data={…}) passes it."
)
_LOST = (StreamLost, SessionNotFound)
"Errors after which nobody knows whether the job ended."


def call(spec: Call) -> Steps[object]:
    """Make the prediction; return its result.

    Raises AppError and ValidationError if the app fails or rejects the arguments, RemoteError and
    TransportFailed if the server or the network fails, InvalidArguments and FileFailed if the
    arguments cannot be sent, AppChanged if a restarted app no longer has the function, and
    JobCancelled if the job was cancelled, here or on the server.
    """
    restarts = pauses = 0
    while True:
        try:
            attempt = yield from _prepare(spec)
            outputs = yield from (run_direct if _is_direct(spec) else _run_queued)(attempt)
            share = spec.options.share_outputs
            localized = localize_files(outputs, attempt.saved, share=share)
            return spec.endpoint.visible_outputs(localized)
        except RetryCall as retry:
            reason = retry
        except AppError as error:
            if spec.endpoint.event and spec.options.event_data is None:
                error.add_note(_NO_EVENT)
            raise
        if reason.after_pause:
            yield from _pause(spec, reason.error, pauses)
            pauses += 1
        elif restarts == _MAX_RESTARTS:
            raise reason.error
        else:
            restarts += 1
        # Each reason for another attempt can be a restart, after which the index and the login
        # change.
        fresh = yield from _refresh(spec)
        if fresh is not spec.app:
            spec = replace(spec, app=fresh, endpoint=rebind(spec.endpoint, fresh))
            yield from ask(Publish(update=Rebound(fresh.dialect, spec.endpoint)))
        elif not reason.even_if_same_app:
            raise reason.error


def _prepare(spec: Call) -> Steps[Attempt]:
    """Upload the files, and get permission to join. Raises RetryCall if the app has changed."""
    data = yield from upload_files(spec)
    spec = replace(spec, data=data)
    session_hash = yield from _request_join(spec)
    downloads = Downloads(spec) if spec.options.download else None
    return Attempt(spec, session_hash, downloads)


def _is_direct(spec: Call) -> bool:
    """Whether a call is one request, instead of an event in the queue."""
    dialect = spec.app.dialect
    # As the app's own page calls it. On 3.x, `queued` is False too if the app has no queue.
    if dialect.delivery is Delivery.SOCKET:
        return not spec.endpoint.queued
    return dialect.delivery is Delivery.DIRECT or (spec.endpoint.batch and dialect.batch_direct)


def _request_join(spec: Call) -> Steps[str]:
    """Return the session hash for the join. Raises RetryCall if the app has changed."""
    app, direct = spec.app, _is_direct(spec)
    if may_be_generator(spec) and spec.endpoint.stateful:
        yield from _take_turn(spec)
    # These calls have no join, or the session sends it by opening the stream: check the app now.
    at_once = is_called_by_index(spec) if direct else app.dialect.joins_by_stream
    if at_once and (yield from is_same_app(app)) is False:
        raise _make_app_changed()
    question = RequestJoin(fn_index=spec.endpoint.index, direct=direct, headers=spec.headers)
    if not direct and app.dialect.delivery is Delivery.SOCKET:
        body = write({"data": spec.data, "event_data": spec.options.event_data}).decode()
        own_hash = may_be_generator(spec) and not spec.endpoint.stateful
        question = replace(question, body=body, own_hash=own_hash)
    grant = yield from ask(question)
    # The session may know of a restart that this job has not seen: its files are not on that
    # server.
    if grant.app is app and not (grant.app_is_stale and (yield from is_same_app(app)) is False):
        return grant.session_hash
    yield from ask(JoinFailed())
    raise _make_app_changed()


def _take_turn(spec: Call) -> Steps[None]:
    """Wait until no other job of a generator of 3.x runs in the session, and reset it."""
    session_hash = yield from ask(RequestTurn(fn_index=spec.endpoint.index))
    # A job that was cancelled has left its generator behind, where this one would continue (3.16,
    # 3.23).
    yield from reset_generator(spec, session_hash)


def _make_app_changed() -> RetryCall:
    error = AppChanged("the app was replaced during each attempt to call it; try again later")
    return RetryCall(error, even_if_same_app=True)


def _refresh(spec: Call) -> Steps[App]:
    """Return the current app, which one job of the client fetches for all."""
    answer = yield from ask(RefreshApp(app=spec.app))
    if not isinstance(answer, RefreshNeeded):
        return answer
    try:
        fresh = yield from refresh_app(spec.app, spec.target)
    except GradioError:
        # In any case, since other jobs wait for this one.
        yield from ask(AppRefreshed(app=None))
        raise
    return (yield from ask(AppRefreshed(app=fresh)))


def _join(attempt: Attempt) -> Steps[str]:
    """Send the join; return the event id, which is empty if the stream is the join."""
    yield from ask(Publish(update=Joining()))
    if attempt.call.app.dialect.joins_by_stream:
        # The session opens the stream, which is the join (3.2 to 4.8).
        return ""
    try:
        index = attempt.call.endpoint.index
        request = attempt.post("queue/join", fn_index=index, trigger_id=None)
        send = Send(request=request, is_join=True)
        # A refused join is often due to a restart, so the app is checked before each retry: the
        # index may mean another function.
        recheck = partial(check_same_app, attempt)
        policy = attempt.call.policy
        reply = yield from send_with_retries(send, policy, Repeat.UNACCEPTED, recheck)
        event_id = _read_event_id(reply)
    except (GradioError, RetryCall):
        yield from ask(JoinFailed())
        raise
    # Raises if the job was cancelled while the join was in flight.
    yield from ask(JoinAccepted(event_id=event_id))
    return event_id


def _read_event_id(reply: Response) -> str:
    """Return the event id. Raises RetryCall if the refusal may come from another app."""
    # Checked only after a refusal: asking before each join would double the cost of a call.
    if reply.status in _SUSPECT_STATUSES:
        raise RetryCall(join_error(reply), even_if_same_app=False)
    if reply.status != 200:
        raise join_error(reply)
    where = "reply to the join"
    return need(read_object(reply.body, where=where), "event_id", str, where=where)


def _run_queued(attempt: Attempt) -> Steps[tuple[JSON, ...]]:
    """Join, and act on messages up to the last one; return its data."""
    event_id = yield from _join(attempt)
    while True:
        message = yield from ask(NextMessage())
        match message:
            case Output():
                yield from publish_output(attempt, message)
                if message.ends_input:
                    yield from _end_input(attempt, event_id)
            case Completed():
                # The official client, or the app's own `cancels`, can cancel a job of this session
                # as well.
                if message.data is None:
                    raise JobCancelled("the job was cancelled on the server")
                yield from publish_output(attempt, message)
                return message.data
            case Failed() if _lacks_queue(attempt, message):
                return (yield from run_direct(attempt))
            case Failed():
                failure = name_endpoint(attempt, message.error)
                raise (yield from _explain(attempt, failure, shown=message.shown))
            case QueueFull():
                yield from ask(Publish(update=message))
                raise QueueError(f"calling the app: {message.message}; try again later")
            case DataRequested():
                yield from ask(Publish(update=message))
                yield from _send_data(attempt, message.event_id)
            case _:
                assert_never(message)


def _explain(attempt: Attempt, error: GradioError, *, shown: bool) -> Steps[Exception]:
    """Return what to raise for a failed job; if it was lost, check whether the app restarted."""
    if not shown and _was_not_accepted(attempt, error):
        return RetryCall(error, even_if_same_app=True, after_pause=True)
    if not isinstance(error, _LOST):
        return error
    # Only if the caller agrees, since the lost job may have had its effects already.
    if attempt.call.options.resubmit_lost and not shown:
        return RetryCall(error, even_if_same_app=True)
    if (yield from is_same_app(attempt.call.app)) is False:
        return AppChanged(f"the app was restarted while the job ran ({error})")
    return error


def _was_not_accepted(attempt: Attempt, error: GradioError) -> bool:
    """Whether a private stream, which is also the join, met no server or a busy one."""
    if not attempt.call.app.dialect.joins_by_stream:
        return False
    # Such a private stream has surely run nothing: no byte was sent, or the server refused it as
    # busy.
    why = error.__cause__
    unsent = isinstance(why, TransportFailed) and not (why.connected or why.untrusted)
    return unsent or (isinstance(error, RemoteError) and error.status in (429, 503))


def _lacks_queue(attempt: Attempt, message: Failed) -> bool:
    """Whether the socket was refused, by the server, a proxy or the driver; so nothing ran."""
    if attempt.call.app.dialect.delivery is not Delivery.SOCKET:
        return False
    why = (message.error, message.error.__cause__)
    return any(isinstance(error, RemoteError) and error.status in _NO_SOCKET for error in why)


def _pause(spec: Call, error: GradioError, attempt: int) -> Steps[None]:
    """Wait before another attempt. Raises the error if there is no other attempt."""
    requested = error.retry_after if isinstance(error, TooManyRequestsError) else None
    seconds = backoff(spec.policy, attempt, requested)
    if seconds is None:
        raise error
    yield from ask(Sleep(seconds=seconds))


def _send_data(attempt: Attempt, event_id: str) -> Steps[None]:
    """Send the arguments that a private stream asks for (4.0 to 4.8)."""
    request = attempt.post("queue/data", fn_index=attempt.call.endpoint.index, event_id=event_id)
    send = Send(request=request)
    # The server waits 5 s for this, then it ends the stream without an error (4.0 to 4.8).
    reply = yield from send_with_retries(send, attempt.call.policy, Repeat.UNACCEPTED)
    if reply.status != 200:
        raise join_error(reply)


def _end_input(attempt: Attempt, event_id: str) -> Steps[None]:
    """End the input of a streaming endpoint, for which a call is the first chunk (5.0 and later).

    Otherwise the server waits for more chunks until its time limit. A failure changes only that.
    """
    request = attempt.call.app.access.post(
        f"stream/{event_id}/close", {}, call=attempt.call.headers
    )
    with suppress(GradioError):
        yield from ask(Send(request=request))

"""The story of one prediction: upload, enter, join, follow, download.

1. The files of the arguments are sent first, since that may take long.
2. The session is asked for leave to join. What a function's index means is known only as long as
   the app is the same one: where that is in doubt, the app is asked for its id before the join.
3. The join is sent. If it was refused and another app is why, the story begins again with that
   one, as often as `_BEGINNINGS`.
4. The event's messages are awaited, and told to the job's life, until its last one; what files
   an output brings are there before it is shown.

An accepted join is never sent again, unless the caller wants lost jobs resubmitted. Where calls
do not go through a queue, 3 and 4 are one request: see `direct`.
"""

from __future__ import annotations

from functools import partial

from ..app.access import App
from ..app.dialect import Travel
from ..app.endpoint import Endpoint
from ..app.files import place
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
from ..jobs.messages import Completed, DataWanted, Failed, Generated, JobMessage, Refused
from ..jobs.orders import Await, Enter, Gone, Joined, Renew, Renewed, Stale, Unjoined
from ..jobs.stage import Joining
from ..wire.document import JSON, need, read_object
from ..wire.exchange import Response
from .actions import Send, Sleep, Steps, Tell, ask
from .attempt import Again, Attempt, Call, name_endpoint, present, refused, told, unchanged
from .connect import again, rebind, same_app
from .direct import by_index, run
from .download import Downloads
from .retry import Repeat, backoff, persist
from .upload import uploaded

_BEGINNINGS = 3
_REPLY = 2**20
"Bytes that the reply to a join may have."
_STRANGE = (401, 404, 500)
"Statuses of a join that another app may explain: a login or a function that it does not know."
_NO_EVENT = (
    "The function takes event data, such as gr.SelectData, and this call passed none;"
    " with_options(event_data={…}) passes it."
)
_LOSSES = (StreamLost, SessionNotFound)
"The errors that leave it open what became of the job."


def call(spec: Call) -> Steps[object]:
    """Make the prediction; returns what its caller gets.

    Raises AppError and ValidationError for what the app says, RemoteError and TransportFailed
    for what the server and the network do, InvalidArguments and FileFailed for what cannot be
    sent, JobCancelled when the job was cancelled, here or on the server.
    """
    app, endpoint = spec.app, spec.endpoint
    beginnings = 1
    while True:
        try:
            attempt = yield from _begun(spec, app, endpoint)
            outputs = yield from (run if _is_direct(app, endpoint) else _followed)(attempt)
            return endpoint.pick(place(outputs, attempt.saved))
        except Again as again:
            reason = again
        except AppError as error:
            if endpoint.event and spec.event_data is None:
                error.add_note(_NO_EVENT)
            raise
        if beginnings == _BEGINNINGS:
            raise reason.error
        if reason.later:
            yield from _paused(spec, reason.error, beginnings - 1)
        beginnings += 1
        fresh = yield from _renewed(spec, app)
        if fresh is not app:
            app, endpoint = fresh, rebind(endpoint, fresh)
        elif not reason.anyway:
            raise reason.error


def _begun(spec: Call, app: App, endpoint: Endpoint) -> Steps[Attempt]:
    """Send the files, and get leave to join. Raises Again if the app may be another one."""
    ticket, policy, limit = spec.ticket, spec.policy, spec.max_download_size
    steps = uploaded(app, endpoint, spec.data, ticket=ticket, policy=policy, limit=limit)
    data = yield from steps
    session_hash = yield from _entered(spec, app, endpoint)
    downloads = None
    if spec.download:
        downloads = Downloads(app, endpoint, policy=policy, limit=limit)
    return Attempt(spec, app, endpoint, data, session_hash, downloads)


def _is_direct(app: App, endpoint: Endpoint) -> bool:
    return app.dialect.travel is Travel.DIRECT or (endpoint.batch and app.dialect.batch_direct)


def _entered(spec: Call, app: App, endpoint: Endpoint) -> Steps[str]:
    """The session hash to join with. Raises Again where another app seems to be there by now."""
    direct = _is_direct(app, endpoint)
    # These are sent at once, so the session has no say in whether the app is in doubt.
    at_once = by_index(app, endpoint) if direct else app.dialect.travel is Travel.PRIVATE
    if at_once and (yield from same_app(app)) is False:
        raise _changed()
    question = Enter(
        ticket=spec.ticket, fn_index=endpoint.index, direct=direct, headers=spec.headers
    )
    entry = present((yield from ask(question)))
    if entry.app is app and not (entry.doubtful and (yield from same_app(app)) is False):
        return entry.session_hash
    yield from ask(Unjoined(ticket=spec.ticket))
    raise _changed()


def _changed() -> Again:
    error = AppChanged("the app does not stay the same long enough to be called")
    return Again(error, anyway=True)


def _renewed(spec: Call, app: App) -> Steps[App]:
    """The app as it is now; one job finds out for all."""
    answer = yield from ask(Renew(ticket=spec.ticket, app=app))
    if isinstance(answer, Gone):
        raise answer.error
    if not isinstance(answer, Stale):
        return answer
    try:
        fresh = yield from again(app, spec.target)
    except GradioError:
        yield from ask(Renewed(ticket=spec.ticket, app=None))
        raise
    return (yield from ask(Renewed(ticket=spec.ticket, app=fresh)))


def _joined(attempt: Attempt) -> Steps[str]:
    """Send the join; returns the event id that it was given, none where the stream is the join."""
    yield from ask(Tell(news=Joining()))
    if attempt.app.dialect.travel is Travel.PRIVATE:
        return ""
    spec = attempt.call
    try:
        index = attempt.endpoint.index
        request = attempt.post("queue/join", fn_index=index, trigger_id=None)
        send = Send(request=request, limit=_REPLY, is_join=True)
        recheck = partial(unchanged, attempt)
        reply = yield from persist(send, spec.policy, Repeat.UNACCEPTED, recheck)
        event_id = _event_id(reply)
    except (GradioError, Again):
        yield from ask(Unjoined(ticket=spec.ticket))
        raise
    answer = yield from ask(Joined(ticket=spec.ticket, event_id=event_id))
    if isinstance(answer, Gone):
        raise (yield from _explained(attempt, answer.error, shown=False))
    return event_id


def _event_id(reply: Response) -> str:
    """The event id in the reply to a join. Raises Again for a refusal that may be another app's."""
    if reply.status in _STRANGE:
        raise Again(refused(reply), anyway=False)
    if reply.status != 200:
        raise refused(reply)
    where = "reply to the join"
    return need(read_object(reply.body, where=where), "event_id", str, where=where)


def _followed(attempt: Attempt) -> Steps[tuple[JSON, ...]]:
    """Join, and await the messages of the event until its last one; returns the data of that."""
    event_id = yield from _joined(attempt)
    shown = False
    awaits, downloads = Await(ticket=attempt.call.ticket), attempt.downloads
    while True:
        # Without `ask` and `told`, since this is gone through for each message.
        message: JobMessage | Gone = yield awaits
        match message:
            case Generated():
                if downloads is not None:
                    yield from downloads.fetch(message)
                yield Tell(news=message)
                if message.streamed and not shown:
                    yield from _end_input(attempt, event_id)
                shown = True
            case Gone():
                raise message.error
            case Completed(data=None):
                raise JobCancelled("the job was cancelled on the server")
            case Completed(data=tuple() as data):
                yield from told(attempt, message)
                return data
            case Failed():
                failure = name_endpoint(attempt, message.error)
                raise (yield from _explained(attempt, failure, shown=shown))
            case Refused():
                yield from ask(Tell(news=message))
                raise QueueError(f"calling the app: {message.message}")
            case DataWanted():
                yield from ask(Tell(news=message))
                yield from _hand_in(attempt, message.event_id)
            case _:
                yield Tell(news=message)
        del message  # it would live on until the next one comes


def _explained(attempt: Attempt, error: GradioError, *, shown: bool) -> Steps[Exception]:
    """What to raise for a failed job: if it was lost, the app may have been restarted."""
    if not shown and _is_unaccepted(attempt, error):
        return Again(error, anyway=True, later=True)
    if not isinstance(error, _LOSSES):
        return error
    if attempt.call.resubmit_lost and not shown:
        return Again(error, anyway=True)
    if (yield from same_app(attempt.app)) is False:
        return AppChanged(f"the app was restarted while the job ran ({error})")
    return error


def _is_unaccepted(attempt: Attempt, error: GradioError) -> bool:
    """Whether a private stream, which is its join, has reached nobody, or somebody busy."""
    if attempt.app.dialect.travel is not Travel.PRIVATE:
        return False
    why = error.__cause__
    unsent = isinstance(why, TransportFailed) and not (why.connected or why.untrusted)
    return unsent or (isinstance(error, RemoteError) and error.status in (429, 503))


def _paused(spec: Call, error: GradioError, attempt: int) -> Steps[None]:
    """Wait before another attempt. Raises the error if there is to be none."""
    asked = error.retry_after if isinstance(error, TooManyRequestsError) else None
    seconds = backoff(spec.policy, attempt, asked)
    if seconds is None:
        raise error
    yield from ask(Sleep(seconds=seconds))


def _hand_in(attempt: Attempt, event_id: str) -> Steps[None]:
    """Give a private stream the arguments that it asks for (4.0 to 4.8)."""
    request = attempt.post("queue/data", fn_index=attempt.endpoint.index, event_id=event_id)
    send = Send(request=request, limit=_REPLY)
    reply = yield from persist(send, attempt.call.policy, Repeat.UNACCEPTED)
    if reply.status != 200:
        raise refused(reply)


def _end_input(attempt: Attempt, event_id: str) -> Steps[None]:
    """Say that no more input comes: a call of a streaming endpoint is its first chunk (5.0 on).

    Nothing depends on the answer: the server would wait for more until its own time limit.
    """
    request = attempt.app.access.post(f"stream/{event_id}/close", {}, call=attempt.call.headers)
    try:
        yield from ask(Send(request=request, limit=_REPLY))
    except GradioError:
        return

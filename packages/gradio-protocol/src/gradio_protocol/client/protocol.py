"""The client's side of the protocol, without I/O.

`ClientProtocol` holds everything that one client knows: the app, its sessions, its jobs and the
conversations that are under way. A driver does the I/O. After every input it takes commands until
there are none, and carries them out in order::

    command      what the driver does              what it reports
    RunAction    one exchange, file or pause       action_succeeded or action_failed
    AbortAction  stop it: its reply is not wanted  nothing
    OpenStream   after a delay, send and read      stream_opened, receive_data, stream_silent,
                                                   stream_closed
    CloseStream  close it, or do not open it       nothing
    NotifyJob    wake all that wait for the job    nothing

1. Nothing in here waits, reads a clock, takes a lock or calls user code. Time enters as `now`,
   randomness as `entropy`.
2. Each `RunAction` is answered once, unless it is aborted. Reports about an aborted action or a
   closed stream are ignored, so no race between a report and a command matters.
3. A join in flight is never aborted. The server runs the job anyway, and only the reply names the
   event that has to be cancelled (4.37.2 to 6.31).
4. Commands leave before anything else happens, then orders of sessions, then steps of flows. So a
   `/cancel` is sent before any join that its session permits afterwards, and a stream is closed
   before the next one of its session is opened.
5. Any failure of a conversation ends its job, even if it is a bug, so that no job waits forever.
6. Closing ends all jobs at once for their callers. `is_closed` then says when the connections may
   be closed. Earlier, the server would run jobs on: it does not notice the end of a stream that it
   has not opened yet, or of a connection that has sent a join (4.44.1, 5.50.0, 6.31).
7. On threads, one lock guards the object. Two things need no lock: `bind`, and parsing
   (`stream_reader(stream_id).feed(chunk)`, then `receive_messages`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import count
from typing import Any, assert_never, cast

from ..app.access import App
from ..app.endpoint import Endpoint, find_endpoint
from ..app.space import CopiedSpace, SpaceCopy
from ..dataclass import dataclass, field
from ..errors import GradioError, InvalidArguments, JobCancelled, RemoteError
from ..flows.actions import Flow, Steps
from ..flows.call import call
from ..flows.connect import Target, connect
from ..flows.options import Call, Options
from ..flows.retry import RetryPolicy
from ..jobs.app_tracker import AppTracker
from ..jobs.event_stream import StreamReader
from ..jobs.job_state import JobState, JobUpdate, Raised, Returned, Transferred
from ..jobs.messages import EventMessage, Failed, FlowMessage, JobMessage
from ..jobs.orders import CancelEvent, CheckApp, CloseStream, EndReason, OpenStream, Order, Resume
from ..jobs.session import Session
from ..wire.exchange import Head
from .commands import Command, NotifyJob
from .conversations import Conversation, Conversations
from .job_limiter import JobLimiter

MAX_JOBS = 40
"Default for how many jobs of one client are in flight at once."


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCall:
    """A call whose arguments match its endpoint, from `ClientProtocol.bind`."""

    session_id: int
    app: App
    endpoint: Endpoint
    data: list[object]
    options: Options


@dataclass(eq=False, slots=True, kw_only=True)
class _Job:
    """A job that waits for its turn or is in flight."""

    job_id: int
    session: Session
    state: JobState
    conversation: Conversation = field(init=False)


class ClientProtocol:
    """One client, without its I/O. See the module.

    `target` is the address of an app or the name of a Space; a `Target` says more. `entropy` is 16
    bytes or more, different for each client: everything random is derived from them. `max_jobs`
    limits how many jobs are in flight at once; the others wait in order.

    Call `connect` first, and wait until `is_connected` before any other call. Not thread-safe.
    """

    def __init__(self, target: str | Target, *, entropy: bytes, max_jobs: int = MAX_JOBS) -> None:
        self.target: Target = Target(src=target) if isinstance(target, str) else target
        self.options: Options = Options(max_retries=self.target.policy.max_retries)
        "Options of calls that have none of their own."
        self._entropy = entropy
        self._now = 0.0
        self._ids = count(1)
        "Ids of sessions, actions and streams: none belongs to two of them."
        self._tracker: AppTracker | None = None
        self._connecting: Conversation | None = None
        self._connect_error: BaseException | None = None
        self.copied: CopiedSpace | None = None
        self._closed = False
        self._sessions: dict[int, Session] = {}
        self._limiter = JobLimiter(max_jobs)
        self._jobs: dict[int, _Job] = {}
        "Jobs whose conversations have not ended, although some are over for their callers."
        self._cancellations = 0
        "Requests under way that cancel an event on the server."
        self._commands = deque[Command]()
        self._conversations = Conversations(self._ids, self._commands)
        self._streams: dict[int, Session] = {}
        "The sessions of the open streams, by stream id."
        self._checks: dict[int, Conversation] = {}
        "Checks whether the app still runs, by the id of the silent stream."
        self._orders = deque[tuple[Session, Order]]()
        self._notified: set[int] = set()
        "Jobs with a `NotifyJob` in the queue: one is enough, however many updates it stands for."

    # Connecting.

    def connect(self, copy: SpaceCopy | None = None) -> None:
        """Begin to connect, unless that is under way or done. May be called again after a failure.

        With `copy`, only duplicate the target, a Space; `copied` is the result.
        Raises InvalidArguments after `close`.
        """
        self._check_open()
        # Idempotent, so that each thread that needs a connection may call it.
        if self._tracker is None and self._connecting is None:
            self._connect_error = None
            flow = Flow[object](self._duplicate(copy) if copy else connect(self.target))
            self._connecting = Conversation(
                flow=flow, finish=self._finish_connecting, is_wanted=lambda: not self._closed
            )
            self._conversations.start(self._connecting)

    def _duplicate(self, copy: SpaceCopy) -> Steps[CopiedSpace]:
        from ..flows.duplicate import duplicate_space  # noqa: PLC0415 - few programs do

        return duplicate_space(self.target, copy)

    def is_connected(self) -> bool:
        """Whether the client is connected. Raises the error if connecting failed."""
        if self._connect_error is not None:
            raise self._connect_error.with_traceback(None)
        return self._tracker is not None

    @property
    def app(self) -> App:
        """The app as it was last fetched."""
        return self._connected_tracker.app

    def _finish_connecting(self, app: object, error: BaseException | None) -> None:
        if self._closed:
            app, error = None, InvalidArguments("the client was closed; create another one")
        self._connecting, self._connect_error = None, error
        if isinstance(app, App):
            timeout = self.target.stream_idle_timeout
            self._tracker = AppTracker(app, self._now, stream_idle_timeout=timeout, ids=self._ids)
        elif app is not None:
            self.copied = cast("CopiedSpace", app)

    @property
    def _connected_tracker(self) -> AppTracker:
        assert self._tracker is not None, "the driver must wait until it is connected"
        return self._tracker

    # Sessions.

    def open_session(self) -> int:
        """Open a session, with its own state in the app; return its id."""
        session_id = next(self._ids)
        self._sessions[session_id] = self._make_session()
        return session_id

    def reset_session(self, session_id: int) -> None:
        """Replace a session by a new one under the same id; jobs of the old one continue.

        Raises InvalidArguments if the session or the client is closed.
        """
        # Jobs of the old session are wanted still, so its stream stays open until they have ended.
        old = self._require_session(session_id)
        self._sessions[session_id] = self._make_session()
        self._obey_later(old, old.retire())

    def close_session(self, session_id: int) -> None:
        """End all jobs and streams of a session."""
        session = self._sessions.get(session_id)
        if session is not None and not session.closed:
            jobs = [job for job in self._jobs.values() if job.session is session]
            self._end_jobs(jobs, "the session")
            self._obey_later(session, session.close())

    def endpoints(self, session_id: int) -> tuple[Endpoint, ...]:
        """Return the endpoints of the app, and those rendered for this session."""
        return self._sessions[session_id].endpoints

    def session_hash(self, session_id: int) -> str:
        """Return the hash under which the server knows a session."""
        return self._sessions[session_id].hash

    def _require_session(self, session_id: int) -> Session:
        """Return a session that is not closed."""
        self._check_open()
        session = self._sessions[session_id]
        if session.closed:
            raise InvalidArguments("the session was closed")
        return session

    def _make_session(self, *, single: bool = False) -> Session:
        return Session(self._connected_tracker, entropy=self._derive("session"), single=single)

    def _derive(self, purpose: str) -> bytes:
        """Return entropy for one purpose, different at each call."""
        return sha256(self._entropy + f"{purpose} {next(self._ids)}".encode()).digest()

    def _check_open(self) -> None:
        if self._closed:
            raise InvalidArguments("the client was closed; create another one")

    # Jobs.

    def bind(
        self,
        session_id: int,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        *,
        api_name: str | None = None,
        fn_index: int | None = None,
        options: Options | None = None,
    ) -> BoundCall:
        """Find the endpoint and check the arguments against it, without changing anything.

        Raises InvalidArguments if they do not match, or if the session or the client is closed.
        """
        options = options or self.options
        endpoint = find_endpoint(self._require_session(session_id).endpoints, api_name, fn_index)
        endpoint, data = options.bind(endpoint, args, kwargs)
        return BoundCall(
            session_id=session_id, app=self.app, endpoint=endpoint, data=data, options=options
        )

    def submit(
        self,
        bound: BoundCall,
        headers: Mapping[str, str] | None = None,
        state: JobState | None = None,
    ) -> tuple[int, JobState]:
        """Call an endpoint; return the job's id and its state, which later inputs change.

        `headers` are sent with this call only. `state` is an unbound one that the caller has
        already, because the job was submitted before the client was connected. Raises
        InvalidArguments if the session or the client is closed.
        """
        session = self._require_session(bound.session_id)
        if bound.options.isolated:
            # A session of its own: it can be cancelled by closing its stream, which harms no other
            # job.
            session = self._make_session(single=True)
        job_id = session.add_job(lambda message: self._receive(job, message))
        job = _Job(job_id=job_id, session=session, state=state or JobState.unbound())
        download, share = bound.options.download, bound.options.share_outputs
        job.state.bind(bound.endpoint, bound.app.dialect, download=download, share=share)
        job.conversation = self._make_conversation(job, self._make_call(bound, headers or {}))
        self._jobs[job_id] = job
        if self._limiter.add(job_id):
            self._conversations.start(job.conversation)
        return job_id, job.state

    def _make_call(self, bound: BoundCall, headers: Mapping[str, str]) -> Call:
        # The app as it was bound: if it was replaced, the flow binds again to an endpoint of the
        # same shape.
        options = bound.options
        return Call(
            app=bound.app,
            endpoint=bound.endpoint,
            data=bound.data,
            options=options,
            target=self.target,
            policy=RetryPolicy(max_retries=options.max_retries, entropy=self._derive("job")),
            headers=(*options.headers, *headers.items()),
        )

    def _make_conversation(self, job: _Job, prediction: Call) -> Conversation:
        return Conversation(
            flow=Flow(call(prediction)),
            finish=lambda value, error: self._finish_job(job, value, error),
            tell=lambda update: self._publish(job, update),
            ask=lambda question: self._obey_later(
                job.session, job.session.ask(job.job_id, question, self._now)
            ),
            is_wanted=lambda: not job.state.snapshot.stage.is_final,
        )

    def cancel(self, job_id: int) -> bool:
        """Cancel a job; return False if it was over already."""
        job = self._jobs.get(job_id)
        # The state first: the job is over for its caller, whatever the server makes of the cancel.
        cancelled = Raised(error=JobCancelled("the job was cancelled"))
        if job is None or not self._publish(job, cancelled):
            return False
        self._obey_later(job.session, job.session.cancel(job_id))
        self._stop(job)
        return True

    def _publish(self, job: _Job, update: JobUpdate) -> bool:
        """Apply an update to a job's state; return whether the state changed."""
        changed = job.state.apply(update)
        if changed:
            self._notify(job)
        return changed

    def _receive(self, job: _Job, message: JobMessage) -> FlowMessage | None:
        """Apply a message to a job's state, or return it for the flow to act on first."""
        try:
            for_flow = job.state.receive(message)
        except Exception as error:  # noqa: BLE001 - a bug, too, must not leave its job waiting
            return Failed(error=RemoteError(repr(error)))
        if for_flow is None:
            self._notify(job)
        return for_flow

    def _notify(self, job: _Job) -> None:
        # A stream can bring a hundred messages in one chunk: wake its reader once for all of them.
        if job.job_id not in self._notified:
            self._notified.add(job.job_id)
            self._commands.append(NotifyJob(job_id=job.job_id))

    def _stop(self, job: _Job) -> None:
        """Abort what runs for a job that is over, except for a join in flight."""
        cancelled = JobCancelled("the job was cancelled")
        if self._limiter.withdraw(job.job_id):
            self._finish_job(job, None, cancelled)
        else:
            # Also if its join goes on: a slow server must not hold up the jobs that wait.
            self._make_room(job)
            self._conversations.stop(job.conversation, cancelled)

    def _finish_job(self, job: _Job, value: object, error: BaseException | None) -> None:
        """Record the result or the error of a conversation, and forget its job."""
        # This changes nothing for a cancelled job, since its stage is final.
        self._publish(job, Returned(value=value) if error is None else Raised(error=error))
        del self._jobs[job.job_id]
        self._obey_later(job.session, job.session.finish_job(job.job_id))
        self._make_room(job)

    def _make_room(self, job: _Job) -> None:
        """Start the next job in place of one that is over."""
        next_id = self._limiter.remove(job.job_id)
        if next_id is not None:
            self._conversations.start(self._jobs[next_id].conversation)

    # Closing.

    def close(self) -> None:
        """End all jobs and streams. Carry out commands until `is_closed`. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._connecting is not None:
            closed = InvalidArguments("the client was closed; create another one")
            self._conversations.stop(self._connecting, closed)
        # Also the sessions of isolated jobs, and those that were replaced by reset_session: only
        # their jobs know them.
        jobs = [*self._jobs.values()]
        sessions = {*self._sessions.values(), *(job.session for job in jobs)}
        # Jobs first: their states then say that the client was closed, not the session.
        self._end_jobs(jobs, "the client")
        for session in sessions:
            self._obey_later(session, session.close())
        if self._tracker is not None:
            self._tracker.close()  # its answers are superfluous: the sessions have stopped all jobs

    def is_closed(self) -> bool:
        """Whether the server knows all that it has to know after `close`.

        Until then a join is in flight, a stream is being opened, or an event is being cancelled.
        Bound the wait, since a server may never reply.
        """
        joining = any(job.session.is_joining(job.job_id) for job in self._jobs.values())
        connecting = any(session.streams.are_connecting for session in self._streams.values())
        return self._closed and not (joining or connecting or self._cancellations)

    def _end_jobs(self, jobs: Iterable[_Job], closed: str) -> None:
        for job in jobs:
            self._publish(job, Raised(error=JobCancelled(f"{closed} was closed")))
            self._stop(job)

    # Commands to the driver, and its reports.

    def next_command(self, now: float) -> Command | None:
        """Return the next command, or None if there is none until the next report.

        `now` is monotonic time, in seconds.
        """
        self._now = now
        while True:
            if self._commands:
                command = self._commands.popleft()
                # From now on, another update needs another notification.
                if isinstance(command, NotifyJob):
                    self._notified.discard(command.job_id)
                return command
            if self._orders:
                self._obey(*self._orders.popleft())
            elif not self._conversations.advance():
                return None

    def action_succeeded(self, action_id: int, reply: object) -> None:
        """Report the reply to an action."""
        conversation = self._conversations.end_action(action_id)
        if conversation is not None:
            self._conversations.resume(conversation, reply)

    def action_failed(self, action_id: int, error: Exception) -> None:
        """Report that an action failed. An OSError is a failure of the disk."""
        conversation = self._conversations.end_action(action_id)
        if conversation is not None:
            self._conversations.fail(conversation, error)

    def action_progress(self, action_id: int, moved: Transferred) -> None:
        """Report that bytes of a file were sent or received."""
        conversation = self._conversations.of_action(action_id)
        if conversation is not None and conversation.tell is not None:
            conversation.tell(moved)

    def stream_opened(self, stream_id: int, head: Head) -> None:
        """Report the head of a stream."""
        session = self._streams.get(stream_id)
        if session is not None:
            self._obey_later(session, session.stream_opened(stream_id, head))

    def receive_data(self, stream_id: int, chunk: bytes) -> None:
        """Report bytes of the body of a stream."""
        reader = self.stream_reader(stream_id)
        if reader is None:
            return
        try:
            messages = reader.feed(chunk)
        except Exception as error:  # noqa: BLE001 - a bug, too, must not leave jobs waiting
            self._break_stream(stream_id, error)
        else:
            self.receive_messages(stream_id, messages)

    def stream_reader(self, stream_id: int) -> StreamReader | None:
        """Return the parser of a stream, or None if it was closed. See `receive_messages`."""
        session = self._streams.get(stream_id)
        stream = session.streams.current(stream_id) if session else None
        return stream.reader if stream else None

    def receive_messages(self, stream_id: int, messages: Iterable[EventMessage]) -> None:
        """Report messages that `stream_reader` parsed, in order, instead of `receive_data`."""
        session, reader = self._streams.get(stream_id), self.stream_reader(stream_id)
        if session is None or reader is None:
            return
        self._obey_later(session, session.receive(stream_id, messages))
        if reader.error is not None:
            self._break_stream(stream_id, reader.error)

    def _break_stream(self, stream_id: int, error: Exception) -> None:
        """Close a stream that cannot be read; its jobs fail."""
        self.stream_closed(stream_id, error)
        self._commands.append(CloseStream(stream_id=stream_id))

    def take_answers(self, stream_id: int) -> list[str]:
        """Return the texts to send on a socket after a report of `receive_data`."""
        reader = self.stream_reader(stream_id)
        return [] if reader is None else reader.take_answers()

    def stream_silent(self, stream_id: int) -> None:
        """Report that a stream was silent for its idle timeout; keep reading it."""
        session = self._streams.get(stream_id)
        if session is not None:
            self._obey_later(session, session.stream_silent(stream_id))

    def stream_closed(self, stream_id: int, error: Exception | None = None) -> None:
        """Report that a stream has ended, or failed with this error, even before it opened."""
        session = self._forget_stream(stream_id)
        if session is None:
            return
        ending, cause = EndReason.FINISHED, None
        if error is not None:
            cause = error if isinstance(error, GradioError) else RemoteError(repr(error))
            # Any other exception is a bug of the driver, which fails the jobs as a broken stream
            # does.
            ending = EndReason.of(cause)
        self._obey_later(session, session.stream_ended(stream_id, ending, cause))

    def _forget_stream(self, stream_id: int) -> Session | None:
        """Forget a stream and the check of its app; return its session, unless it was closed."""
        check = self._checks.pop(stream_id, None)
        if check is not None:
            self._conversations.drop(check)
        return self._streams.pop(stream_id, None)

    # Orders of sessions.

    def _obey_later(self, session: Session, orders: Iterable[Order]) -> None:
        # Queued: an order can resume a flow, whose next question would change the session before
        # its other orders are carried out.
        self._orders += [(session, order) for order in orders]

    def _obey(self, session: Session, order: Order) -> None:
        match order:
            case Resume():
                conversation = self._jobs[order.job_id].conversation
                self._conversations.resume(conversation, order.reply)
            case OpenStream():
                self._streams[order.stream_id] = session
                self._commands.append(order)
            case CloseStream():
                if self._forget_stream(order.stream_id):
                    self._commands.append(order)
            case CancelEvent():
                self._cancel_on_server(session, order)
            case CheckApp():
                if order.stream_id in self._streams:
                    self._check_app(session, order)
            case _:
                assert_never(order)

    def _cancel_on_server(self, session: Session, order: CancelEvent) -> None:
        from ..flows.cancel import cancel_event  # noqa: PLC0415 - few jobs are cancelled

        def finish(*_: object) -> None:
            self._cancellations -= 1
            self._obey_later(session, session.cancel_finished(order.event_id))

        self._cancellations += 1
        self._conversations.start(Conversation(flow=Flow(cancel_event(order)), finish=finish))

    def _check_app(self, session: Session, order: CheckApp) -> None:
        from ..flows.check import check_app  # noqa: PLC0415 - few streams are silent

        def finish(why: Any, _: BaseException | None) -> None:
            self._checks.pop(order.stream_id, None)
            self._obey_later(session, session.app_checked(order.stream_id, why))

        # The check ends with its stream: its outcome matters to nobody else.
        check = Conversation(flow=Flow[object](check_app(order)), finish=finish)
        self._checks[order.stream_id] = check
        self._conversations.start(check)

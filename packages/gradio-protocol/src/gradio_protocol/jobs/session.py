"""One session: the jobs that share a session hash, their streams, and the cancels under way.

The server knows a visitor by the session hash. It keeps the state of the app and a set of pending
events under it, and sends all messages of the session on one stream, so jobs of one session can
harm each other. `Session` decides what to send, and when, but does no I/O. Its rules:

1. Flows ask questions with `ask`, and readers of streams report what they see. Each call returns
   orders for `ClientProtocol`. Each question is answered exactly once, now or later. Streams are
   started before answers, since a private stream is the join that the answer permits, and a
   `/cancel` is ordered before the answer that ends its flow.
2. The shared stream is opened after the first accepted join: before, the server has no session, and
   says so. It is opened only if messages are expected: otherwise it never ends (4.9 to 6.31). It
   is never closed while the hash may be used again: the next join travels on another connection,
   can overtake the close, and is then lost with it (in every trial with the close delayed by 50 ms,
   4.37.2 to 6.31).
3. A cancelled job ends at once for its caller. Its event stays known until the server is done with
   it: it may have to be cancelled later, and its messages must not be taken for early ones.
4. `/cancel` stops every running job of a session *and function*, but reports only one. It is sent
   when none of them is wanted, once for each. Joins of that function wait for the replies, since a
   join sent just before can be lost (6.0.2, 6.31). See `cancellation`.
5. The events of a lost stream stay on the server's books, and a later stream of the session would
   never end. From 4.31 on they are completed with `/cancel` after the next accepted join. Before,
   the session takes a new hash. It also does so if the server may still write to the lost stream,
   since it would divide the messages between both (4.44.1, 6.31). An app that keeps state for the
   session keeps its hash, as a new one would lose the visitor's `gr.State`.
6. A join in flight is lost with the stream. Its fate is unknown, and sending it again could run the
   job twice.
7. 3.x keeps a running generator by session and function, so two jobs of one generator harm each
   other: "generator already executing", or outputs of both in one. Those that need the state of the
   session run one after the other; the others have a session hash of their own.
8. A session that is closing keeps its stream until the server has opened it, and waits for joins
   in flight: otherwise the server does not notice, and the jobs run on (4.44.1, 5.50.0, 6.31).

Not thread-safe: it is used under one lock, or by one thread or task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from ..app.access import session_hash
from ..app.dialect import Cancelling, Delivery
from ..app.endpoint import Endpoint
from ..errors import GradioError, JobCancelled, SessionNotFound, StreamLost, TransportFailed
from ..wire.exchange import Head
from ..wire.status import error_from_response
from .app_tracker import AppTracker
from .cancellation import Cancellations, CancelMethod, choose_cancel_method
from .event_stream import (
    HEARTBEAT,
    SHARED,
    EventStream,
    EventStreams,
    StreamOutcome,
    StreamState,
    stream_request,
)
from .messages import Broken, Completed, EventMessage, Heartbeat, JobMessage, StreamClosing
from .orders import (
    AnyAppQuestion,
    AnyQuestion,
    CheckApp,
    CloseStream,
    EndReason,
    JobStopped,
    JoinAccepted,
    JoinFailed,
    JoinGranted,
    NextMessage,
    Order,
    RequestJoin,
    RequestTurn,
    Resume,
)
from .pending_job import JoinState, PendingJob, Receiver, leave_to_flow
from .registry import JobRegistry
from .rendered import RenderedEndpoints

_NOT_ASKED = "the WebSocket ended before the server asked for the arguments"
_LOST = "the job's stream ended before its result came, and the job may still run:"
_UNFINISHED = f"{_LOST} the server announced that it has sent everything"


class Session:
    """One session of a client. See the module.

    `entropy` is 16 bytes, from which its hashes are derived. A `single` session has one job, and
    closes when that job ends.
    """

    def __init__(self, tracker: AppTracker, *, entropy: bytes, single: bool = False) -> None:
        self._tracker = tracker
        self._single = self._retired = single
        self.closed: bool = False
        "`close` was called."
        self._entropy, self._generation = entropy, 0
        self.hash: str = session_hash(entropy)
        "The session hash of the next join."
        self._registry = JobRegistry()
        self.streams: EventStreams = EventStreams(tracker.stream_ids)
        self._cancellations = Cancellations()
        self._rendered: RenderedEndpoints | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of the app, and those rendered for this session."""
        app = self._tracker.app
        return self._rendered.endpoints(app) if self._rendered else app.endpoints

    def add_job(self, receive: Receiver = leave_to_flow) -> int:
        """Return the id of a new job, whose messages `receive` takes."""
        job_id = next(self._tracker.job_ids)
        # A job of a closed session has an id too: the answer to its first question stops it.
        if not self.closed:
            self._registry.add(job_id, receive)
        return job_id

    def cancel(self, job_id: int) -> list[Order]:
        """Cancel a job; its flow is told now if it waits, else at its next question."""
        job = self._registry.get(job_id)
        if job is None or job.stop_error is not None:
            return []
        cancelled = JobCancelled("the job was cancelled")
        # The request first: with the answer the flow may end, and its session close.
        return self._cancel_on_server(job) + self._stop_job(job, cancelled)

    def is_joining(self, job_id: int) -> bool:
        """Whether the join of a job is in flight; if it were aborted, the job would run anyway."""
        job = self._registry.get(job_id)
        return job is not None and job.join_state is JoinState.JOINING

    def finish_job(self, job_id: int) -> list[Order]:
        """Record that the flow of a job has ended, whether it returned or failed."""
        orders: list[Order] = []
        job = self._registry.get(job_id)
        if job is not None:
            self._stop_job(job, JobCancelled("the job has ended"))
            # A flow can fail while its event is running, for example if a file cannot be
            # downloaded. The event then runs on unless it is cancelled.
            job.end_flow()
            orders += self._cancel_on_server(job)
            self._forget_if_finished(job)
            if job.turn is not None:
                job.turn = None
                orders += [other.answer(self.hash) for other in self._registry.give_turns()]
        return [*orders, *self._close_if_retired(), *self._tracker.finish_job(job_id)]

    def retire(self) -> list[Order]:
        """Close the streams when the last flow has ended. The caller adds no more jobs."""
        self._retired = True
        return self._close_if_retired()

    def close(self) -> list[Order]:
        """Stop all jobs; close the streams as soon as the server can notice it.

        The server then drops queued jobs, and stops generators at their next `yield` (4.37.2 to
        6.31), so no `/cancel` is needed.
        """
        self.closed = self._retired = True
        error = JobCancelled("the session was closed")
        cancels = [order for job in self._registry for order in self._cancel_on_server(job)]
        answers = [order for job in self._registry for order in self._stop_job(job, error)]
        return [*cancels, *self._close_if_retired(), *answers]

    # Questions of flows.

    def ask(self, job_id: int, question: AnyQuestion, now: float) -> list[Order]:
        """Take a job's question; the orders include a `Resume` with the answer, or it comes later.

        `now` is monotonic time, in seconds.
        """
        if isinstance(question, AnyAppQuestion):
            return [*self._tracker.ask(job_id, question, now)]
        job = self._registry.get(job_id)
        if job is None:
            return [Resume(job_id, JobStopped(error=JobCancelled("the session was closed")))]
        match question:
            # A stopped job gets no message and no grant, but its reports of a join are still
            # needed: only they name the event to cancel.
            case NextMessage() if job.stop_error is None:
                job.awaits_message = True
                return job.hand_over_message()
            case RequestJoin() if job.stop_error is None:
                # This may be another attempt: messages of the first event must not reach it.
                self._registry.remove_event(job)
                job.start_join(question)
                return self._request_join(job, direct=question.direct, now=now)
            case RequestTurn() if job.stop_error is None:
                job.turn, job.join_state = question.fn_index, JoinState.WAITING
                return [other.answer(self.hash) for other in self._registry.give_turns()]
            case NextMessage() | RequestJoin() | RequestTurn():
                return [job.answer(None)]
            case JoinAccepted():
                # The app has just replied, so joins of the next second need no check.
                self._tracker.saw_app(now)
                return self._accept_join(job, question.event_id)
            case JoinFailed():
                self._registry.finish_joining(job, JoinState.NOT_JOINED)
                orders = self._cancel_stopped(job.fn_index) if job.stop_error else []
                # A private stream is open already, and joins an app that has been replaced.
                return [*orders, *self.streams.close(job.job_id), job.answer(None)]
            case _:
                assert_never(question)

    def _request_join(self, job: PendingJob, *, direct: bool, now: float) -> list[Order]:
        if direct:
            # A direct call has no event: no message to route, and no `/cancel` that could lose it.
            return [self._make_grant(job, JoinState.CALLING, app_is_stale=False)]
        if self._cancellations.blocks_join(job.fn_index):
            job.join_state = JoinState.BLOCKED
            return []
        return self._grant_join(job, app_is_stale=not self._tracker.is_fresh(now))

    def _grant_join(self, job: PendingJob, *, app_is_stale: bool) -> list[Order]:
        app = self._tracker.app
        # The app tracks when sessions end, and learns it from the end of this stream (4.25 and
        # later).
        needs_heartbeat = app.config.connect_heartbeat and not self._single
        orders = self._open_stream(HEARTBEAT) if needs_heartbeat else []
        if not app.dialect.joins_by_stream:
            # From here on, a message of an unknown event may be for this job.
            job.stream = SHARED
            self._registry.start_joining(job)
            return [*orders, self._make_grant(job, JoinState.JOINING, app_is_stale=app_is_stale)]
        # 3.2 to 4.8: opening the stream is the join, so there is no reply to wait for.
        job.stream = job.job_id
        grant = self._make_grant(job, JoinState.JOINED, app_is_stale=False)
        if app.dialect.delivery is Delivery.PRIVATE:
            return [*orders, *self._open_stream(job.stream), grant]
        idle = self._tracker.idle_timeout
        return [*self.streams.open_socket(app, job, idle), grant]

    def _make_grant(self, job: PendingJob, state: JoinState, *, app_is_stale: bool) -> Order:
        job.join_state = state
        # New for each attempt: where its socket broke, a generator would go on (3.16, 3.23).
        own = f"{self.hash}{next(self._tracker.stream_ids)}" if job.own_hash else ""
        job.session_hash = own or self.hash
        grant = JoinGranted(
            session_hash=job.session_hash, app=self._tracker.app, app_is_stale=app_is_stale
        )
        return Resume(job_id=job.job_id, reply=grant)

    def _accept_join(self, job: PendingJob, event_id: str) -> list[Order]:
        job.event_id = event_id
        job.stream_id = self.streams.current_id(SHARED)
        orders: list[Order] = []
        if not job.mailbox.sealed:
            # Otherwise the stream was lost during the join, and the event with it (rule 6).
            self._registry.add_event(job)
            orders += self._cancellations.clear_dead(self._tracker.app, self.hash)
        # Only now: this drops early messages, which add_event has taken if they are for this job.
        self._registry.finish_joining(job, JoinState.JOINED)
        if job.stop_error is not None:
            job.mailbox.clear()
            orders += self._cancel_stopped(job.fn_index)
        if job.needs_stream:
            # Also for a job that was cancelled meanwhile: its `/cancel` may have to wait until it
            # starts.
            orders += self._open_stream(SHARED)
        return [*orders, job.answer(None)]

    # Reports about streams.

    def stream_opened(self, stream_id: int, head: Head) -> list[Order]:
        """Report the head of a stream; the orders close it if it must not be read."""
        stream = self.streams.current(stream_id)
        if stream is None:
            return []
        if stream.receive_head(head):
            return self._close_if_retired()
        outcome = stream.open_refused(head, expected=self._registry.expects_messages(stream.key))
        error = error_from_response(head, doing="opening the stream")
        close = CloseStream(stream_id=stream_id)
        return [close, *self._follow_up(stream, outcome, error)]

    def receive(self, stream_id: int, deliveries: Iterable[EventMessage]) -> list[Order]:
        """Report messages of a stream, in order."""
        stream = self.streams.current(stream_id)
        if stream is None:
            return []
        stream.data_arrived()
        key = stream.key
        orders: list[Order] = []
        for event_id, message in deliveries:
            stream.message_arrived(message)
            match message:
                case Heartbeat() | StreamClosing(is_complete=False):
                    pass
                case StreamClosing():
                    unfinished = self._registry.unfinished_at_close(key, stream_id)
                    orders += self._fail_jobs(unfinished, StreamLost(_UNFINISHED))
                case Broken():
                    # The server ends this stream, so close it here as well: jobs that join from now
                    # on need another one.
                    orders += self.streams.close(key) + self._fail_stream(key, message.error)
                    break
                case _:
                    orders += self._deliver_message(key, event_id, message)
        # Requests before answers, although each message may have caused both (rule 1).
        return sorted(orders, key=lambda one: isinstance(one, Resume)) if orders[1:] else orders

    def stream_ended(
        self, stream_id: int, ending: EndReason, why: GradioError | None = None
    ) -> list[Order]:
        """Report the end of a stream, with the error that ended it, if there was one."""
        stream = self.streams.current(stream_id)
        if stream is None:
            return []
        error = StreamLost(f"{_LOST} {why or ending.value}")
        error.__cause__ = why
        if stream.has_run_nothing:
            # 3.23 gives a client 1 s to answer `send_hash`, 3.36 gives it 5 s.
            error.__cause__ = TransportFailed(_NOT_ASKED, connected=False)
        outcome = stream.ended(ending, expected=self._registry.expects_messages(stream.key))
        return self._follow_up(stream, outcome, error)

    def stream_silent(self, stream_id: int) -> list[Order]:
        """Report that no byte came for the idle timeout, once or again; the driver reads on."""
        stream = self.streams.current(stream_id)
        if stream is None:
            return []
        # Nothing more will arrive, so it does not matter whether the app still runs.
        if stream.state is StreamState.CLOSING:
            return self._give_up_stream(stream, None)
        return [CheckApp(app=stream.app, stream_id=stream_id)] if stream.needs_check() else []

    def app_checked(self, stream_id: int, why: GradioError | None) -> list[Order]:
        """Report the result of `check_app` for a silent stream: None if the same app replied."""
        stream = self.streams.current(stream_id)
        if stream is None or stream.check_finished(alive=why is None):
            return []
        return self._give_up_stream(stream, why)

    def _give_up_stream(self, stream: EventStream, why: GradioError | None) -> list[Order]:
        """Close a silent stream, and treat it as ended."""
        close = CloseStream(stream_id=stream.stream_id)
        return [close, *self.stream_ended(stream.stream_id, EndReason.SILENT, why)]

    def cancel_finished(self, event_id: str) -> list[Order]:
        """Report that a cancel request has ended, even if it failed: waiting joins may go on."""
        if not self._cancellations.finish(event_id):
            return []
        waiting = [job for job in self._registry if job.join_state is JoinState.BLOCKED]
        unblocked = [job for job in waiting if not self._cancellations.blocks_join(job.fn_index)]
        # The wait may have been long, so the app is checked before the join.
        return [order for job in unblocked for order in self._grant_join(job, app_is_stale=True)]

    def _deliver_message(self, key: int, event_id: str | None, message: JobMessage) -> list[Order]:
        # Also for a cancelled job: what its function rendered stays with the session.
        if isinstance(message, Completed) and message.rendering is not None:
            self._rendered = self._rendered or RenderedEndpoints(self._tracker.app)
            self._rendered.add(self._tracker.app, message.rendering)
        job = self._registry.route_message(key, event_id, message)
        if job is None:
            return []
        if job.stop_error is None:
            return job.hand_over_message()
        job.mailbox.clear()
        self._forget_if_finished(job)
        # A message shows whether the event is queued or running, for which a cancel may have
        # waited. A last message may be what a closing session has waited for.
        return [*self._cancel_on_server(job), *self._close_if_retired()]

    def _follow_up(
        self, stream: EventStream, outcome: StreamOutcome, error: GradioError
    ) -> list[Order]:
        """Act on the end of a stream: open it again, or fail the jobs that are lost with it."""
        if outcome is StreamOutcome.REOPEN:
            return self._open_stream(stream.key, delay=stream.pause)
        self.streams.close(stream.key)
        # Forgotten, so that the next stream counts its empty connections from zero.
        if outcome is StreamOutcome.ENDED:
            return self._close_if_retired()
        return [*self._fail_stream(stream.key, error, outcome), *self._close_if_retired()]

    def _fail_stream(
        self, key: int, error: GradioError, how: StreamOutcome = StreamOutcome.LOST
    ) -> list[Order]:
        """Fail the jobs that are lost with a stream, and make the session usable again."""
        affected = self._registry.jobs_on_stream(key)
        # The event of a join in flight has no known id, so it cannot be completed.
        dead = [job.event_id for job in affected if job.join_state is JoinState.JOINED]
        answers = self._fail_jobs(affected, error)
        if affected or how is StreamOutcome.LOST_HALF_OPEN:
            # A restart is a common reason for a loss: the next join checks the app.
            self._tracker.mark_stale()
            # A session that the server does not know has no events on its books.
            if key == SHARED and not isinstance(error, SessionNotFound):
                return self._recover(dead, how) + answers
        return answers

    def _fail_jobs(self, jobs: Iterable[PendingJob], error: GradioError) -> list[Order]:
        """Fail jobs whose events, or joins in flight, are lost."""
        answers: list[Order] = []
        for job in jobs:
            self._registry.remove_event(job)
            answers += job.fail(error)
            self._forget_if_finished(job)
        return answers

    def _recover(self, dead: list[str], how: StreamOutcome) -> list[Order]:
        """Make the session usable again after a loss: complete dead events, or take a new hash."""
        app = self._tracker.app
        # Completing dead events is no help if the server has not noticed the loss, since it then
        # divides messages between two streams (4.44.1, 6.31). It is still the best for a stateful
        # app.
        if app.dialect.can_clear_dead_events and (how is StreamOutcome.LOST or app.stateful):
            self._cancellations.add_dead(dead)
        elif not app.stateful:
            # Endpoints that were rendered, and the heartbeat, belong to the old hash.
            self._generation += 1
            self.hash = session_hash(self._entropy, self._generation)
            self._rendered = None
            return self.streams.close_all()
        return []

    def _stop_job(self, job: PendingJob, error: GradioError) -> list[Order]:
        # A job waits for its session or for a refresh of the app, never for both.
        waits = self._tracker.stop_waiting(job.job_id)
        answers = job.stop(error)
        return [*answers, job.answer(None)] if waits else answers

    def _cancel_on_server(self, job: PendingJob) -> list[Order]:
        """Cancel an event that is no longer wanted, as far as that harms no other job."""
        if not job.is_pending or job.cancel_settled:
            return []
        app, is_open = self._tracker.app, self.streams.is_open(job.stream)
        method = choose_cancel_method(
            job, self._registry, app.dialect, single=self._single, listening=is_open
        )
        if self.closed and method is not CancelMethod.RESET:
            return []  # closing the stream cancels the rest
        jobs = self._registry.cancelled_siblings(job) if method is CancelMethod.FUNCTION else [job]
        orders: list[Order] = [*self._cancellations.cancel(method, app, self.hash, jobs)]
        # No message can arrive without the stream, so the event counts as ended.
        if method in (CancelMethod.CLOSE_STREAM, CancelMethod.RESET):
            job.join_state = JoinState.NOT_JOINED
            orders += self.streams.close(job.stream)
        return orders

    def _cancel_stopped(self, fn_index: int) -> list[Order]:
        """Cancel the stopped jobs of a function: one that joined may have held up the others."""
        stopped = [job for job in self._registry if job.stop_error and job.fn_index == fn_index]
        return [order for job in stopped for order in self._cancel_on_server(job)]

    def _forget_if_finished(self, job: PendingJob) -> None:
        """Forget a job whose flow has ended and whose event is not pending."""
        if job.flow_ended and not job.is_pending:
            self._registry.remove(job)

    def _open_stream(self, key: int, delay: float = 0.0) -> list[Order]:
        if self.streams.current_id(key):
            return []
        app, job = self._tracker.app, self._registry.get(key)
        join = (job.fn_index, job.headers) if job else (-1, ())
        request = stream_request(app, self.hash, key, *join)
        return self.streams.open(key, app, request, self._tracker.idle_timeout, delay)

    def _close_if_retired(self) -> list[Order]:
        if not self._retired:
            return []
        # 4.19.2 to 4.23 do not notice that a stream is closed: `/reset` has to stop the job first.
        resets = self._single and self._tracker.app.dialect.cancelling is Cancelling.RESET
        noticed = self.streams.is_open(SHARED) and not resets
        if self._registry.blocks_close(noticed=noticed, closed=self.closed):
            return []
        self._registry.clear()
        return self.streams.close_all()

"""One session: what the server knows one visitor by, and everything that shares it.

The session holds the jobs that use its hash (each under a *ticket*), the streams that carry their
messages, and the cancels under way. Its rules:

1. Flows ask, with `ask`; readers report, with `opened`, `deliver`, `silent`, `ended`; each call
   returns orders for the driver, answers last. Each question is answered exactly once, now or
   later.
2. The shared stream is opened after the first accepted join, never with nothing expected, and is
   never closed by us while the hash may be used again: a join after it was lost (4.37.2 to 6.31).
3. A cancelled job is gone for its flow at once; its event stays known until the server is done
   with it, so that no other job is harmed.
4. `/cancel` stops every running job of a session *and function* and tells only one: it is sent
   when nobody wants any of them, once for each, and joins of that function wait for the replies.
5. Lost events stay in the server's books, and it never ends the stream: where that can be healed,
   it is, after the next join; elsewhere, and where the server may still write to the lost stream,
   a new hash is taken, unless the app keeps state.
6. A driver calls it under one lock, or from one thread or task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from ..app.access import session_hash
from ..app.dialect import Cancelling, Delivery
from ..app.endpoint import Endpoint
from ..errors import GradioError, JobCancelled, SessionNotFound, StreamLost
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
    stream_spec,
)
from .messages import Broken, Completed, EventMessage, Heartbeat, JobMessage, StreamClosing
from .orders import (
    AnyQuestion,
    AppQuestion,
    CheckApp,
    EndReason,
    EndStream,
    JobStopped,
    JoinAccepted,
    JoinFailed,
    JoinGranted,
    NextMessage,
    OpenResult,
    Order,
    RequestJoin,
    Resume,
)
from .pending_job import JoinState, PendingJob, Receiver, leave_to_flow
from .registry import JobRegistry
from .rendered import RenderedEndpoints

_UNFINISHED = "stream: the server has said all, and nothing of how this event has ended"


class Session:
    """One visitor. See the module. `entropy`, 16 bytes, makes its hash; `single`: for one job."""

    def __init__(self, tracker: AppTracker, *, entropy: bytes, single: bool = False) -> None:
        self._tracker = tracker
        self._single = self._retired = single
        self.closed = False
        "It was left for good."
        self._entropy, self._generation = entropy, 0
        self.hash = session_hash(entropy)
        "That of the next join."
        self._registry = JobRegistry()
        self._streams = EventStreams()
        self._cancellations = Cancellations()
        self._rendered: RenderedEndpoints | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What can be called from this session: the app's endpoints and those rendered for it."""
        app = self._tracker.app
        return self._rendered.endpoints(app) if self._rendered else app.endpoints

    def add_job(self, receive: Receiver = leave_to_flow) -> int:
        """A ticket for a new job, whose messages are received so."""
        job_id = self._tracker.new_job_id()
        if not self.closed:
            self._registry.add(job_id, receive)
        return job_id

    def cancel(self, job_id: int) -> list[Order]:
        """The caller no longer wants this job; its flow is told at its next question."""
        job = self._registry.get(job_id)
        if job is None or job.stop_error is not None:
            return []
        cancelled = JobCancelled("the job was cancelled")
        return self._cancel_on_server(job) + self._stop_job(job, cancelled)

    def is_joining(self, job_id: int) -> bool:
        """Whether the join of this job is in flight: given up now, it would run all the same."""
        job = self._registry.get(job_id)
        return job is not None and job.join_state is JoinState.JOINING

    def finish_job(self, job_id: int) -> list[Order]:
        """The flow of this job has ended, however it did; it asks nothing more."""
        orders: list[Order] = []
        job = self._registry.get(job_id)
        if job is not None:
            self._stop_job(job, JobCancelled("the job has ended"))
            job.end_flow()
            orders += self._cancel_on_server(job)
            self._forget_if_finished(job)
        return [*orders, *self._close_if_retired(), *self._tracker.finish_job(job_id)]

    def retire(self) -> list[Order]:
        """No more jobs will come: leave the server when the last flow has ended."""
        self._retired = True
        return self._close_if_retired()

    def close(self) -> list[Order]:
        """Leave for good, when the server can hear it: it drops what waits, stops generators."""
        self.closed = self._retired = True
        closed = JobCancelled("the session was closed")
        stops = [order for job in self._registry for order in self._cancel_on_server(job)]
        told = [order for job in self._registry for order in self._stop_job(job, closed)]
        return [*stops, *self._close_if_retired(), *told]

    # What flows ask.

    def ask(self, question: AnyQuestion, now: float) -> list[Order]:
        """Take a question; among the orders is a `Resume` with the answer, if there is one yet.

        `now` is any clock that only goes forward, in seconds.
        """
        if isinstance(question, AppQuestion):
            return [*self._tracker.ask(question, now)]
        job = self._registry.get(question.job_id)
        if job is None:
            closed = JobStopped(error=JobCancelled("the session was closed"))
            return [Resume(question.job_id, closed)]
        match question:
            case NextMessage() if job.stop_error is None:
                job.awaits_message = True
                return job.hand_over_message()
            case RequestJoin() if job.stop_error is None:
                self._registry.remove_event(job)
                job.start_join(question.fn_index, question.headers)
                return self._request_join(job, direct=question.direct, now=now)
            case NextMessage() | RequestJoin():
                return [job.answer(None)]
            case JoinAccepted():
                self._tracker.saw_app(now)
                return self._accept_join(job, question)
            case JoinFailed():
                return self._fail_join(job, question)
            case _:
                assert_never(question)

    def _request_join(self, job: PendingJob, *, direct: bool, now: float) -> list[Order]:
        if direct:
            return [self._join_grant(job, JoinState.CALLING, app_is_stale=False)]
        if self._cancellations.blocks_join(job.fn_index):
            job.join_state = JoinState.BLOCKED
            return []
        return self._grant_join(job, app_is_stale=not self._tracker.is_fresh(now))

    def _grant_join(self, job: PendingJob, *, app_is_stale: bool) -> list[Order]:
        app = self._tracker.app
        beats = app.config.connect_heartbeat and not self._single
        orders = self._open_stream(HEARTBEAT) if beats else []
        if app.dialect.delivery is not Delivery.PRIVATE:
            job.stream = SHARED
            self._registry.start_joining(job)
            return [*orders, self._join_grant(job, JoinState.JOINING, app_is_stale=app_is_stale)]
        # The stream is the join.
        job.stream = job.job_id
        grant = self._join_grant(job, JoinState.JOINED, app_is_stale=False)
        return [*orders, *self._open_stream(job.stream), grant]

    def _join_grant(self, job: PendingJob, state: JoinState, *, app_is_stale: bool) -> Order:
        job.join_state = state
        grant = JoinGranted(
            session_hash=self.hash, app=self._tracker.app, app_is_stale=app_is_stale
        )
        return Resume(job_id=job.job_id, reply=grant)

    def _accept_join(self, job: PendingJob, question: JoinAccepted) -> list[Order]:
        job.event_id = question.event_id
        job.epoch = self._streams.epoch(SHARED)
        orders: list[Order] = []
        if not job.mailbox.sealed:
            # Otherwise the stream was lost meanwhile, and with it the event.
            self._registry.add_event(job)
            orders += self._cancellations.clear_dead(self._tracker.app, self.hash)
        self._registry.finish_joining(job, JoinState.JOINED)
        if job.stop_error is not None:
            job.mailbox.clear()
            orders += self._cancel_on_server(job)
        if job.needs_stream:
            # Also for a job that has gone meanwhile: what stops it may have to wait for its start.
            orders += self._open_stream(SHARED)
        return [*orders, job.answer(question)]

    def _fail_join(self, job: PendingJob, question: JoinFailed) -> list[Order]:
        self._registry.finish_joining(job, JoinState.NOT_JOINED)
        # A private stream is a join that was made already, for an app that is another one now.
        return [*self._streams.close(job.job_id), job.answer(question)]

    # What readers report.

    def stream_opened(self, key: int, epoch: int, head: Head) -> OpenResult:
        """The head of a stream has come; whether to read on."""
        stream = self._streams.current(key, epoch)
        if stream is None or stream.accepts(head):
            return OpenResult(read=stream is not None, orders=self._close_if_retired())
        outcome = stream.open_refused(head, expected=self._registry.expects_messages(key))
        error = error_from_response(head, doing="opening the stream")
        return OpenResult(read=False, orders=self._follow_up(stream, outcome, error))

    def receive(self, key: int, epoch: int, deliveries: Iterable[EventMessage]) -> list[Order]:
        """Messages have come on a stream."""
        stream = self._streams.current(key, epoch)
        if stream is None:
            return []
        stream.data_arrived()
        orders: list[Order] = []
        for event_id, message in deliveries:
            match message:
                case Heartbeat():
                    stream.message_arrived(beat=True)
                case StreamClosing():
                    stream.close_announced()
                    if message.is_complete:
                        unfinished = self._registry.unfinished_at_close(key, epoch)
                        orders += self._fail_jobs(unfinished, StreamLost(_UNFINISHED))
                case Broken():
                    # The server ends the stream itself: what is joined from now on has another.
                    orders += self._streams.close(key) + self._fail_stream(key, message.error)
                    break
                case _:
                    stream.message_arrived()
                    orders += self._deliver_message(key, event_id, message)
        return sorted(orders, key=lambda one: isinstance(one, Resume)) if orders[1:] else orders

    def stream_ended(
        self, key: int, epoch: int, ending: EndReason, why: GradioError | None = None
    ) -> list[Order]:
        """A stream has ended; `why` says more, where the driver knows more."""
        stream = self._streams.current(key, epoch)
        if stream is None:
            return []
        error = StreamLost(f"stream: {ending.value}{f' ({why})' if why else ''}")
        error.__cause__ = why
        outcome = stream.ended(ending, expected=self._registry.expects_messages(key))
        return self._follow_up(stream, outcome, error)

    def stream_silent(self, key: int, epoch: int) -> list[Order]:
        """Nothing has come on a stream for its idle time, or again as long; it is still read."""
        stream = self._streams.current(key, epoch)
        if stream is None:
            return []
        if stream.state is StreamState.CLOSING:
            return self._give_up_stream(stream, None)
        return [CheckApp(app=stream.app, key=key, epoch=epoch)] if stream.needs_check() else []

    def app_checked(self, key: int, epoch: int, why: GradioError | None) -> list[Order]:
        """The app was asked because this stream is silent; `why` is what `check_app` returned."""
        stream = self._streams.current(key, epoch)
        if stream is None or stream.check_finished(alive=why is None):
            return []
        return self._give_up_stream(stream, why)

    def _give_up_stream(self, stream: EventStream, why: GradioError | None) -> list[Order]:
        """Give a silent stream up, which is still open."""
        end = EndStream(key=stream.key, epoch=stream.epoch)
        return [end, *self.stream_ended(end.key, end.epoch, EndReason.SILENT, why)]

    def cancel_finished(self, event_id: str) -> list[Order]:
        """The server has been told of an event, or could not be: joins that waited may go on."""
        if not self._cancellations.finish(event_id):
            return []
        waiting = [job for job in self._registry if job.join_state is JoinState.BLOCKED]
        free = [job for job in waiting if not self._cancellations.blocks_join(job.fn_index)]
        return [order for job in free for order in self._grant_join(job, app_is_stale=True)]

    def _deliver_message(self, key: int, event_id: str | None, message: JobMessage) -> list[Order]:
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
        return [*self._cancel_on_server(job), *self._close_if_retired()]

    def _follow_up(
        self, stream: EventStream, outcome: StreamOutcome, error: GradioError
    ) -> list[Order]:
        """After the end of a stream: listen again, or face what it means."""
        if outcome is StreamOutcome.REOPEN:
            return self._open_stream(stream.key, delay=stream.pause)
        self._streams.close(stream.key)
        if outcome is StreamOutcome.ENDED:
            return self._close_if_retired()
        return [*self._fail_stream(stream.key, error, outcome), *self._close_if_retired()]

    def _fail_stream(
        self, key: int, error: GradioError, how: StreamOutcome = StreamOutcome.LOST
    ) -> list[Order]:
        """Tell everybody who waits for this stream that there is nothing to wait for."""
        concerned = self._registry.jobs_on_stream(key)
        dead = [job.event_id for job in concerned if job.join_state is JoinState.JOINED]
        told = self._fail_jobs(concerned, error)
        if concerned or how is StreamOutcome.LOST_HALF_OPEN:
            self._tracker.mark_stale()
            if key == SHARED and not isinstance(error, SessionNotFound):
                return self._recover(dead, how) + told
        return told

    def _fail_jobs(self, jobs: Iterable[PendingJob], error: GradioError) -> list[Order]:
        """Nothing more comes of these events, or joins in flight."""
        told: list[Order] = []
        for job in jobs:
            self._registry.remove_event(job)
            told += job.fail(error)
            self._forget_if_finished(job)
        return told

    def _recover(self, dead: list[str], how: StreamOutcome) -> list[Order]:
        """Make the session usable again, of which these events, or joins in flight, were lost."""
        app = self._tracker.app
        if app.dialect.can_clear_dead_events and (how is StreamOutcome.LOST or app.stateful):
            self._cancellations.add_dead(dead)
        elif not app.stateful:
            self._generation += 1
            self.hash = session_hash(self._entropy, self._generation)
            self._rendered = None
            return self._streams.close_all()
        return []

    def _stop_job(self, job: PendingJob, error: GradioError) -> list[Order]:
        waits = self._tracker.stop_waiting(job.job_id)
        told = job.stop(error)
        return [*told, job.answer(None)] if waits else told

    def _cancel_on_server(self, job: PendingJob) -> list[Order]:
        """Do what can be done for an event that nobody wants any more."""
        if not job.is_pending or job.cancel_settled:
            return []
        app, is_open = self._tracker.app, self._streams.is_open(job.stream)
        stop = choose_cancel_method(
            job, self._registry, app.dialect, single=self._single, listening=is_open
        )
        if self.closed and stop is not CancelMethod.RESET:
            return []  # that is left to the end of the stream
        stopped = self._registry.cancelled_siblings(job) if stop is CancelMethod.FUNCTION else [job]
        orders: list[Order] = [*self._cancellations.cancel(stop, app, self.hash, stopped)]
        if stop in (CancelMethod.CLOSE_STREAM, CancelMethod.RESET):
            job.join_state = JoinState.NOT_JOINED
            orders += self._streams.close(job.stream)
        return orders

    def _forget_if_finished(self, job: PendingJob) -> None:
        """Forget a job whose flow has ended and of whose event nothing more will come."""
        if job.flow_ended and not job.is_pending:
            self._registry.remove(job)

    def _open_stream(self, key: int, delay: float = 0.0) -> list[Order]:
        if self._streams.epoch(key):
            return []
        app, job = self._tracker.app, self._registry.get(key)
        join = (job.fn_index, job.headers) if job else (-1, ())
        wanted = stream_spec(app, self.hash, key, *join, idle=self._tracker.idle_timeout)
        return self._streams.open(wanted, app.dialect, delay)

    def _close_if_retired(self) -> list[Order]:
        if not self._retired:
            return []
        # Where cut streams live on, a job alone is stopped by /reset, before its stream is left.
        resets = self._single and self._tracker.app.dialect.cancelling is Cancelling.RESET
        noticed = self._streams.is_open(SHARED) and not resets
        if self._registry.blocks_close(noticed=noticed, closed=self.closed):
            return []
        self._registry.clear()
        return self._streams.close_all()

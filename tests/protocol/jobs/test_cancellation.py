"""`jobs.cancellation`: how an event is stopped without harm to others, and who waits meanwhile."""

from __future__ import annotations

import pytest

from gradio_protocol.app.dialect import Cancelling
from gradio_protocol.errors import JobCancelled
from gradio_protocol.jobs.cancellation import Cancellations, CancelMethod, choose_cancel_method
from gradio_protocol.jobs.messages import Completed, Generated, Queued, Started
from gradio_protocol.jobs.orders import CancelEvent
from gradio_protocol.jobs.pending_job import JoinState, PendingJob
from tests.support.sample_apps import COUNT, ECHO, sample_app

VERSIONS = {
    Cancelling.CLOSE: "4.7.1",
    Cancelling.NOTHING: "4.29.0",
    Cancelling.RESET: "4.22.0",
    Cancelling.FUNCTION: "5.50.0",
    Cancelling.EXACT: "6.31.0",
}


def job(
    place: JoinState = JoinState.JOINED,
    *,
    fn_index: int = ECHO,
    started: bool = False,
    event: str = "e",
) -> PendingJob:
    made = PendingJob(1, join_state=place, fn_index=fn_index, event_id=event)
    made.mailbox.put(Started() if started else Queued())
    return made


def stop(
    version: str,
    *others: PendingJob,
    started: bool = False,
    yielded: bool = False,
    single: bool = False,
    listening: bool = True,
) -> CancelMethod:
    """How an event among these others is stopped."""
    one = job(started=started)
    if yielded:
        one.mailbox.put(Generated(data=("x",)))
    dialect = sample_app(version).dialect
    return choose_cancel_method(one, [one, *others], dialect, single=single, listening=listening)


# --- the policy ---------------------------------------------------------------------------------


def test_the_versions_here_have_all_ways_of_cancelling() -> None:
    assert {c: sample_app(v).dialect.cancelling for c, v in VERSIONS.items()} == {
        c: c for c in Cancelling
    }


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize("single", [True, False])
def test_a_private_stream_is_closed(started: bool, single: bool) -> None:
    assert stop("4.7.1", started=started, single=single) is CancelMethod.CLOSE_STREAM


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "4.22.0"])
@pytest.mark.parametrize("started", [True, False])
def test_before_4_31_nobody_is_told_where_the_session_is_shared(
    version: str, started: bool
) -> None:
    assert stop(version, started=started) is CancelMethod.NONE


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "5.50.0", "6.31.0"])
@pytest.mark.parametrize("started", [True, False])
def test_an_isolated_job_loses_its_stream(version: str, started: bool) -> None:
    assert stop(version, started=started, single=True) is CancelMethod.CLOSE_STREAM


def test_an_isolated_job_of_a_server_that_keeps_cut_streams_is_reset_after_its_first_output() -> (
    None
):
    assert stop("4.22.0", single=True, started=True) is CancelMethod.LATER
    assert stop("4.22.0", single=True, started=True, yielded=True) is CancelMethod.RESET


@pytest.mark.parametrize(
    ("version", "way"),
    [
        ("4.29.0", CancelMethod.LATER),
        ("5.50.0", CancelMethod.LATER),
        ("6.31.0", CancelMethod.EVENT),
    ],
)
def test_a_stream_that_is_not_open_yet_cannot_tell_the_server(
    version: str, way: CancelMethod
) -> None:
    assert stop(version, single=True, listening=False) is way


def test_a_queued_event_is_taken_out_exactly_from_6_14_on() -> None:
    assert stop("6.14.0") is CancelMethod.EVENT
    assert stop("6.14.0", job()) is CancelMethod.EVENT


def test_a_queued_event_of_4_31_to_6_13_is_stopped_when_it_starts() -> None:
    assert stop("4.31.0") is CancelMethod.LATER
    assert stop("6.13.0") is CancelMethod.LATER


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
def test_a_running_event_that_is_alone_of_its_function_is_stopped_with_it(version: str) -> None:
    finished = job()
    finished.mailbox.put(Completed(data=()))
    harmless = [finished, job(fn_index=COUNT), job(JoinState.BLOCKED), job(JoinState.CALLING)]
    assert stop(version, *harmless, started=True) is CancelMethod.FUNCTION


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
@pytest.mark.parametrize("place", [JoinState.JOINING, JoinState.JOINED])
def test_a_running_event_with_a_sibling_is_left_alone_as_long_as_that_lasts(
    version: str, place: JoinState
) -> None:
    assert stop(version, job(place), started=True) is CancelMethod.LATER


@pytest.mark.parametrize(
    ("place", "way"),
    [(JoinState.JOINING, CancelMethod.LATER), (JoinState.JOINED, CancelMethod.FUNCTION)],
)
def test_a_sibling_that_nobody_wants_needs_its_function_no_more_once_it_has_joined(
    place: JoinState, way: CancelMethod
) -> None:
    sibling = job(place)
    sibling.stop(JobCancelled("cancelled"))
    assert stop("6.31.0", sibling, started=True) is way


# --- what the server is told --------------------------------------------------------------------


def told(how: CancelMethod, cancellations: Cancellations | None = None) -> list[CancelEvent]:
    books = cancellations or Cancellations()
    return books.cancel(how, sample_app(), "hash", [job(fn_index=COUNT)])


@pytest.mark.parametrize("how", CancelMethod)
def test_only_an_event_that_has_to_wait_is_cancelled_again(how: CancelMethod) -> None:
    event = job(fn_index=COUNT)
    Cancellations().cancel(how, sample_app(), "hash", [event])
    assert event.cancel_settled == (how is not CancelMethod.LATER)


@pytest.mark.parametrize("how", [CancelMethod.NONE, CancelMethod.LATER, CancelMethod.CLOSE_STREAM])
def test_some_ways_to_stop_tell_the_server_nothing(how: CancelMethod) -> None:
    assert told(how) == []


@pytest.mark.parametrize(
    ("how", "fn_index", "reset"),
    [
        (CancelMethod.RESET, -1, True),
        (CancelMethod.EVENT, -1, False),
        (CancelMethod.FUNCTION, COUNT, False),
    ],
)
def test_the_real_index_is_sent_only_to_stop_a_function(
    how: CancelMethod, fn_index: int, reset: bool
) -> None:
    (order,) = told(how)
    assert (order.session_hash, order.event_id) == ("hash", "e")
    assert (order.fn_index, order.reset) == (fn_index, reset)


def test_joins_of_a_function_wait_while_it_is_being_stopped() -> None:
    cancellations = Cancellations()
    told(CancelMethod.FUNCTION, cancellations)
    assert cancellations.blocks_join(COUNT)
    assert not cancellations.blocks_join(ECHO)
    cancellations.finish("another")
    assert cancellations.blocks_join(COUNT)
    cancellations.finish("e")
    assert not cancellations.blocks_join(COUNT)


@pytest.mark.parametrize("how", [CancelMethod.EVENT, CancelMethod.RESET])
def test_nobody_waits_for_what_concerns_one_event_only(how: CancelMethod) -> None:
    cancellations = Cancellations()
    told(how, cancellations)
    assert not cancellations.blocks_join(COUNT)


def test_lost_events_are_dismissed_once_and_nobody_waits_for_it() -> None:
    cancellations = Cancellations()
    cancellations.add_dead(["b", "a"])
    orders = cancellations.clear_dead(sample_app(), "hash")
    assert [(o.event_id, o.fn_index, o.reset) for o in orders] == [
        ("b", -1, False),
        ("a", -1, False),
    ]
    assert not cancellations.blocks_join(ECHO)
    assert cancellations.clear_dead(sample_app(), "hash") == []


def test_a_lost_event_that_is_being_stopped_is_not_told_of_twice() -> None:
    cancellations = Cancellations()
    told(CancelMethod.FUNCTION, cancellations)
    cancellations.add_dead(["e", "f"])
    assert [order.event_id for order in cancellations.clear_dead(sample_app(), "hash")] == ["f"]
    assert cancellations.blocks_join(COUNT)

"""`jobs.dismissals`: how an event is stopped without harm to others, and who waits meanwhile."""

from __future__ import annotations

import pytest

from gradio_protocol.app.dialect import Cancelling
from gradio_protocol.errors import JobCancelled
from gradio_protocol.jobs.dismissals import Dismissals, Stop, how_to_stop
from gradio_protocol.jobs.messages import Completed, Generated, Queued, Started
from gradio_protocol.jobs.orders import Dismiss
from gradio_protocol.jobs.seat import Place, Seat
from tests.support.sample_apps import COUNT, ECHO, sample_app

VERSIONS = {
    Cancelling.CLOSE: "4.7.1",
    Cancelling.NOTHING: "4.29.0",
    Cancelling.RESET: "4.22.0",
    Cancelling.FUNCTION: "5.50.0",
    Cancelling.EXACT: "6.31.0",
}


def seat(
    place: Place = Place.JOINED, *, fn_index: int = ECHO, started: bool = False, event: str = "e"
) -> Seat:
    made = Seat(1, place=place, fn_index=fn_index, event_id=event)
    made.mailbox.put(Started() if started else Queued())
    return made


def stop(
    version: str,
    *others: Seat,
    started: bool = False,
    yielded: bool = False,
    single: bool = False,
    listening: bool = True,
) -> Stop:
    """How an event among these others is stopped."""
    one = seat(started=started)
    if yielded:
        one.mailbox.put(Generated(data=("x",)))
    dialect = sample_app(version).dialect
    return how_to_stop(one, [one, *others], dialect, single=single, listening=listening)


# --- the policy ---------------------------------------------------------------------------------


def test_the_versions_here_have_all_ways_of_cancelling() -> None:
    assert {c: sample_app(v).dialect.cancelling for c, v in VERSIONS.items()} == {
        c: c for c in Cancelling
    }


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize("single", [True, False])
def test_a_private_stream_is_closed(started: bool, single: bool) -> None:
    assert stop("4.7.1", started=started, single=single) is Stop.LEAVE


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "4.22.0"])
@pytest.mark.parametrize("started", [True, False])
def test_before_4_31_nobody_is_told_where_the_session_is_shared(
    version: str, started: bool
) -> None:
    assert stop(version, started=started) is Stop.NOT


@pytest.mark.parametrize("version", ["4.14.0", "4.29.0", "5.50.0", "6.31.0"])
@pytest.mark.parametrize("started", [True, False])
def test_an_isolated_job_loses_its_stream(version: str, started: bool) -> None:
    assert stop(version, started=started, single=True) is Stop.LEAVE


def test_an_isolated_job_of_a_server_that_keeps_cut_streams_is_reset_after_its_first_output() -> (
    None
):
    assert stop("4.22.0", single=True, started=True) is Stop.LATER
    assert stop("4.22.0", single=True, started=True, yielded=True) is Stop.RESET


@pytest.mark.parametrize(
    ("version", "way"),
    [("4.29.0", Stop.LATER), ("5.50.0", Stop.LATER), ("6.31.0", Stop.EXACT)],
)
def test_a_stream_that_is_not_open_yet_cannot_tell_the_server(version: str, way: Stop) -> None:
    assert stop(version, single=True, listening=False) is way


def test_a_queued_event_is_taken_out_exactly_from_6_14_on() -> None:
    assert stop("6.14.0") is Stop.EXACT
    assert stop("6.14.0", seat()) is Stop.EXACT


def test_a_queued_event_of_4_31_to_6_13_is_stopped_when_it_starts() -> None:
    assert stop("4.31.0") is Stop.LATER
    assert stop("6.13.0") is Stop.LATER


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
def test_a_running_event_that_is_alone_of_its_function_is_stopped_with_it(version: str) -> None:
    finished = seat()
    finished.mailbox.put(Completed(data=()))
    harmless = [finished, seat(fn_index=COUNT), seat(Place.WAITING), seat(Place.CALLING)]
    assert stop(version, *harmless, started=True) is Stop.FUNCTION


@pytest.mark.parametrize("version", ["5.50.0", "6.31.0"])
@pytest.mark.parametrize("place", [Place.JOINING, Place.JOINED])
def test_a_running_event_with_a_sibling_is_left_alone_as_long_as_that_lasts(
    version: str, place: Place
) -> None:
    assert stop(version, seat(place), started=True) is Stop.LATER


@pytest.mark.parametrize(
    ("place", "way"), [(Place.JOINING, Stop.LATER), (Place.JOINED, Stop.FUNCTION)]
)
def test_a_sibling_that_nobody_wants_needs_its_function_no_more_once_it_has_joined(
    place: Place, way: Stop
) -> None:
    sibling = seat(place)
    sibling.send_away(JobCancelled("cancelled"))
    assert stop("6.31.0", sibling, started=True) is way


# --- what the server is told --------------------------------------------------------------------


def told(how: Stop, dismissals: Dismissals | None = None) -> list[Dismiss]:
    books = dismissals or Dismissals()
    return books.stop(how, sample_app(), "hash", [seat(fn_index=COUNT)])


@pytest.mark.parametrize("how", [Stop.NOT, Stop.LATER, Stop.LEAVE])
def test_some_ways_to_stop_tell_the_server_nothing(how: Stop) -> None:
    assert told(how) == []


@pytest.mark.parametrize(
    ("how", "fn_index", "reset"),
    [(Stop.RESET, -1, True), (Stop.EXACT, -1, False), (Stop.FUNCTION, COUNT, False)],
)
def test_the_real_index_is_sent_only_to_stop_a_function(
    how: Stop, fn_index: int, reset: bool
) -> None:
    (order,) = told(how)
    assert (order.session_hash, order.event_id) == ("hash", "e")
    assert (order.fn_index, order.reset) == (fn_index, reset)


def test_joins_of_a_function_wait_while_it_is_being_stopped() -> None:
    dismissals = Dismissals()
    told(Stop.FUNCTION, dismissals)
    assert dismissals.hold_up(COUNT)
    assert not dismissals.hold_up(ECHO)
    dismissals.done("another")
    assert dismissals.hold_up(COUNT)
    dismissals.done("e")
    assert not dismissals.hold_up(COUNT)


@pytest.mark.parametrize("how", [Stop.EXACT, Stop.RESET])
def test_nobody_waits_for_what_concerns_one_event_only(how: Stop) -> None:
    dismissals = Dismissals()
    told(how, dismissals)
    assert not dismissals.hold_up(COUNT)


def test_lost_events_are_dismissed_once_and_nobody_waits_for_it() -> None:
    dismissals = Dismissals()
    dismissals.lose(["b", "a"])
    orders = dismissals.heal(sample_app(), "hash")
    assert [(o.event_id, o.fn_index, o.reset) for o in orders] == [
        ("b", -1, False),
        ("a", -1, False),
    ]
    assert not dismissals.hold_up(ECHO)
    assert dismissals.heal(sample_app(), "hash") == []


def test_a_lost_event_that_is_being_stopped_is_not_told_of_twice() -> None:
    dismissals = Dismissals()
    told(Stop.FUNCTION, dismissals)
    dismissals.lose(["e", "f"])
    assert [order.event_id for order in dismissals.heal(sample_app(), "hash")] == ["f"]
    assert dismissals.hold_up(COUNT)

"""`jobs.app_tracker`: who finds out what has become of the app, and what it keeps."""

from __future__ import annotations

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.jobs.app_tracker import APP_CHECK_AFTER, AppTracker
from gradio_protocol.jobs.orders import (
    AnyAppQuestion,
    AppRefreshed,
    JobStopped,
    LookUpUploads,
    RecordUploads,
    RefreshApp,
    RefreshNeeded,
    Resume,
)
from tests.support.sample_apps import sample_app

OLD = sample_app(app_id="1")


def tracker() -> AppTracker:
    return AppTracker(OLD, now=0.0)


def answers(
    to: AppTracker, job_id: int, question: AnyAppQuestion, now: float = 0.0
) -> dict[int, object]:
    """What is answered to whom."""
    return replies(to.ask(job_id, question, now))


def replies(orders: list[Resume]) -> dict[int, object]:
    found = {order.job_id: order.reply for order in orders}
    assert len(found) == len(orders)
    return found


def renew(app: App = OLD) -> RefreshApp:
    return RefreshApp(app=app)


def test_all_tickets_of_a_client_differ() -> None:
    one = tracker()
    assert len({next(one.job_ids) for _ in range(5)}) == 5


def test_a_stream_may_be_silent_for_six_heartbeats_or_as_long_as_the_caller_says() -> None:
    assert tracker().idle_timeout == 90
    assert AppTracker(OLD, now=0.0, stream_idle_timeout=7).idle_timeout == 7


# --- signs of life ------------------------------------------------------------------------------


def test_an_app_is_the_same_one_for_a_while_after_a_sign_of_life() -> None:
    one = tracker()
    assert one.is_fresh(APP_CHECK_AFTER)
    assert not one.is_fresh(APP_CHECK_AFTER + 0.1)
    one.saw_app(10)
    assert one.is_fresh(10 + APP_CHECK_AFTER)


def test_a_doubt_lasts_until_the_next_sign_of_life() -> None:
    one = tracker()
    one.mark_stale()
    assert not one.is_fresh(0)
    one.saw_app(0)
    assert one.is_fresh(0)


# --- renewals -----------------------------------------------------------------------------------


def test_one_job_finds_out_while_the_others_wait() -> None:
    one, new = tracker(), sample_app(app_id="2")
    assert answers(one, 1, renew()) == {1: RefreshNeeded()}
    assert answers(one, 2, renew()) == {}
    assert answers(one, 3, renew()) == {}
    assert answers(one, 1, AppRefreshed(app=new)) == {1: new, 2: new, 3: new}
    assert one.app is new


def test_who_comes_late_is_told_what_was_found_out() -> None:
    one, new = tracker(), sample_app(app_id="2")
    answers(one, 1, renew())
    answers(one, 1, AppRefreshed(app=new))
    assert answers(one, 2, renew(OLD)) == {2: new}
    assert answers(one, 2, renew(new)) == {2: RefreshNeeded()}


def test_when_nothing_was_found_out_the_next_one_tries() -> None:
    one = tracker()
    for job_id in (1, 2, 3):
        one.ask(job_id, renew(), 0)
    assert answers(one, 1, AppRefreshed(app=None)) == {1: OLD, 2: RefreshNeeded()}
    assert answers(one, 2, AppRefreshed(app=None)) == {2: OLD, 3: RefreshNeeded()}
    assert answers(one, 3, AppRefreshed(app=None)) == {3: OLD}
    assert answers(one, 4, renew()) == {4: RefreshNeeded()}


def test_what_was_found_out_is_a_sign_of_life() -> None:
    one = tracker()
    answers(one, 1, renew())
    answers(one, 1, AppRefreshed(app=None), now=10)
    assert not one.is_fresh(10)
    answers(one, 1, AppRefreshed(app=OLD), now=10)
    assert one.is_fresh(10)


def test_if_the_one_who_finds_out_ends_early_the_next_one_does() -> None:
    one = tracker()
    for job_id in (1, 2):
        one.ask(job_id, renew(), 0)
    assert replies(one.finish_job(1)) == {2: RefreshNeeded()}
    assert replies(one.finish_job(2)) == {}
    assert answers(one, 3, renew()) == {3: RefreshNeeded()}


def test_the_end_of_any_other_flow_changes_nothing() -> None:
    one = tracker()
    answers(one, 1, renew())
    assert replies(one.finish_job(5)) == {}
    assert answers(one, 2, renew()) == {}


def test_a_job_that_waits_can_withdraw() -> None:
    one, new = tracker(), sample_app(app_id="2")
    for job_id in (1, 2):
        one.ask(job_id, renew(), 0)
    assert one.stop_waiting(2)
    assert not one.stop_waiting(2)
    assert answers(one, 1, AppRefreshed(app=new)) == {1: new}


def test_the_late_report_of_one_who_was_given_up_makes_no_second_finder() -> None:
    one = tracker()
    for job_id in (1, 2, 3):
        one.ask(job_id, renew(), 0)
    one.finish_job(1)
    assert answers(one, 1, AppRefreshed(app=None)) == {1: OLD}
    assert answers(one, 2, AppRefreshed(app=None)) == {2: OLD, 3: RefreshNeeded()}


def test_at_the_end_of_the_client_those_who_wait_are_told() -> None:
    one = tracker()
    for job_id in (1, 2):
        one.ask(job_id, renew(), 0)
    (told,) = one.close()
    assert told.job_id == 2
    assert isinstance(told.reply, JobStopped)
    assert isinstance(answers(one, 3, renew())[3], JobStopped)


# --- uploads ------------------------------------------------------------------------------------


def test_what_the_app_keeps_is_remembered_by_content() -> None:
    one = tracker()
    assert answers(one, 1, LookUpUploads(digests=("d", "e"))) == {1: (None, None)}
    assert answers(one, 1, RecordUploads(paths=(("d", "/d"),))) == {1: None}
    assert answers(one, 2, LookUpUploads(digests=("e", "d"))) == {2: (None, "/d")}


@pytest.mark.parametrize(("app_id", "path"), [("1", "/d"), ("2", None)])
def test_another_start_of_the_app_may_have_forgotten_everything(
    app_id: str, path: str | None
) -> None:
    one = tracker()
    answers(one, 1, RecordUploads(paths=(("d", "/d"),)))
    answers(one, 1, AppRefreshed(app=sample_app(app_id=app_id)))
    assert answers(one, 2, LookUpUploads(digests=("d",))) == {2: (path,)}

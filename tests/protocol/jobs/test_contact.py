"""`jobs.contact`: who finds out what has become of the app, and what it keeps."""

from __future__ import annotations

import pytest

from gradio_protocol.app.access import App
from gradio_protocol.jobs.contact import FRESH, Contact
from gradio_protocol.jobs.orders import (
    AnyKnowledge,
    Gone,
    Recall,
    Remember,
    Renew,
    Renewed,
    Resume,
    Stale,
)
from tests.support.sample_apps import sample_app

OLD = sample_app(app_id="1")


def contact() -> Contact:
    return Contact(OLD, now=0.0)


def answers(to: Contact, question: AnyKnowledge, now: float = 0.0) -> dict[int, object]:
    """What is answered to whom."""
    return replies(to.ask(question, now))


def replies(orders: list[Resume]) -> dict[int, object]:
    found = {order.ticket: order.reply for order in orders}
    assert len(found) == len(orders)
    return found


def renew(ticket: int, app: App = OLD) -> Renew:
    return Renew(ticket=ticket, app=app)


def test_all_tickets_of_a_client_differ() -> None:
    one = contact()
    assert len({one.ticket() for _ in range(5)}) == 5


# --- signs of life ------------------------------------------------------------------------------


def test_an_app_is_the_same_one_for_a_while_after_a_sign_of_life() -> None:
    one = contact()
    assert one.is_fresh(FRESH)
    assert not one.is_fresh(FRESH + 0.1)
    one.heard(10)
    assert one.is_fresh(10 + FRESH)


def test_a_doubt_lasts_until_the_next_sign_of_life() -> None:
    one = contact()
    one.doubt()
    assert not one.is_fresh(0)
    one.heard(0)
    assert one.is_fresh(0)


# --- renewals -----------------------------------------------------------------------------------


def test_one_job_finds_out_while_the_others_wait() -> None:
    one, new = contact(), sample_app(app_id="2")
    assert answers(one, renew(1)) == {1: Stale()}
    assert answers(one, renew(2)) == {}
    assert answers(one, renew(3)) == {}
    assert answers(one, Renewed(ticket=1, app=new)) == {1: new, 2: new, 3: new}
    assert one.app is new


def test_who_comes_late_is_told_what_was_found_out() -> None:
    one, new = contact(), sample_app(app_id="2")
    answers(one, renew(1))
    answers(one, Renewed(ticket=1, app=new))
    assert answers(one, renew(2, OLD)) == {2: new}
    assert answers(one, renew(2, new)) == {2: Stale()}


def test_when_nothing_was_found_out_the_next_one_tries() -> None:
    one = contact()
    for ticket in (1, 2, 3):
        one.ask(renew(ticket), 0)
    assert answers(one, Renewed(ticket=1, app=None)) == {1: OLD, 2: Stale()}
    assert answers(one, Renewed(ticket=2, app=None)) == {2: OLD, 3: Stale()}
    assert answers(one, Renewed(ticket=3, app=None)) == {3: OLD}
    assert answers(one, renew(4)) == {4: Stale()}


def test_what_was_found_out_is_a_sign_of_life() -> None:
    one = contact()
    answers(one, renew(1))
    answers(one, Renewed(ticket=1, app=None), now=10)
    assert not one.is_fresh(10)
    answers(one, Renewed(ticket=1, app=OLD), now=10)
    assert one.is_fresh(10)


def test_if_the_one_who_finds_out_ends_early_the_next_one_does() -> None:
    one = contact()
    for ticket in (1, 2):
        one.ask(renew(ticket), 0)
    assert replies(one.release(1)) == {2: Stale()}
    assert replies(one.release(2)) == {}
    assert answers(one, renew(3)) == {3: Stale()}


def test_the_end_of_any_other_flow_changes_nothing() -> None:
    one = contact()
    answers(one, renew(1))
    assert replies(one.release(5)) == {}
    assert answers(one, renew(2)) == {}


def test_a_job_that_waits_can_withdraw() -> None:
    one, new = contact(), sample_app(app_id="2")
    for ticket in (1, 2):
        one.ask(renew(ticket), 0)
    assert one.withdraw(2)
    assert not one.withdraw(2)
    assert answers(one, Renewed(ticket=1, app=new)) == {1: new}


def test_the_late_report_of_one_who_was_given_up_makes_no_second_finder() -> None:
    one = contact()
    for ticket in (1, 2, 3):
        one.ask(renew(ticket), 0)
    one.release(1)
    assert answers(one, Renewed(ticket=1, app=None)) == {1: OLD}
    assert answers(one, Renewed(ticket=2, app=None)) == {2: OLD, 3: Stale()}


def test_at_the_end_of_the_client_those_who_wait_are_told() -> None:
    one = contact()
    for ticket in (1, 2):
        one.ask(renew(ticket), 0)
    (told,) = one.close()
    assert told.ticket == 2
    assert isinstance(told.reply, Gone)
    assert isinstance(answers(one, renew(3))[3], Gone)


# --- uploads ------------------------------------------------------------------------------------


def test_what_the_app_keeps_is_remembered_by_content() -> None:
    one = contact()
    assert answers(one, Recall(ticket=1, digests=("d", "e"))) == {1: (None, None)}
    assert answers(one, Remember(ticket=1, paths=(("d", "/d"),))) == {1: None}
    assert answers(one, Recall(ticket=2, digests=("e", "d"))) == {2: (None, "/d")}


@pytest.mark.parametrize(("app_id", "path"), [("1", "/d"), ("2", None)])
def test_another_start_of_the_app_may_have_forgotten_everything(
    app_id: str, path: str | None
) -> None:
    one = contact()
    answers(one, Remember(ticket=1, paths=(("d", "/d"),)))
    answers(one, Renewed(ticket=1, app=sample_app(app_id=app_id)))
    assert answers(one, Recall(ticket=2, digests=("d",))) == {2: (path,)}

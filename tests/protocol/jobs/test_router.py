"""`jobs.router`: mailboxes."""

from __future__ import annotations

import pytest

from gradio_protocol.errors import AppError
from gradio_protocol.jobs.messages import (
    Completed,
    Failed,
    Generated,
    JobMessage,
    Queued,
    Refused,
    Started,
)
from gradio_protocol.jobs.router import Mailbox, Router

DONE = Completed(data=("x",))


def contents(mailbox: Mailbox) -> list[JobMessage]:
    """All that can be taken out."""
    taken: list[JobMessage] = []
    while (message := mailbox.take()) is not None:
        taken.append(message)
    return taken


# --- mailboxes ----------------------------------------------------------------------------------


def test_messages_are_taken_in_the_order_in_which_they_came() -> None:
    mailbox = Mailbox(1)
    for message in (Queued(rank=1), Started(), Generated(data=(1,)), DONE):
        mailbox.put(message)
    assert contents(mailbox) == [Queued(rank=1), Started(), Generated(data=(1,)), DONE]
    assert mailbox.take() is None


@pytest.mark.parametrize("last", [DONE, Failed(error=AppError("no")), Refused(message="full")])
def test_the_last_message_seals_a_mailbox(last: JobMessage) -> None:
    mailbox = Mailbox(1)
    mailbox.put(Queued())
    before = mailbox.sealed
    mailbox.put(last)
    assert (before, mailbox.sealed) == (False, True)
    mailbox.put(Generated(data=("late",)))
    assert contents(mailbox) == [Queued(), last]


def test_a_mailbox_knows_whether_its_event_was_started() -> None:
    mailbox = Mailbox(1)
    mailbox.put(Queued())
    assert not mailbox.started
    mailbox.put(Started())
    mailbox.put(Generated(data=()))
    assert mailbox.started


def test_an_emptied_mailbox_keeps_what_it_knows() -> None:
    mailbox = Mailbox(1)
    for message in (Started(), DONE):
        mailbox.put(message)
    mailbox.empty()
    assert (mailbox.take(), mailbox.started, mailbox.sealed) == (None, True, True)


# --- routing ------------------------------------------------------------------------------------


def test_each_event_has_its_own_mailbox() -> None:
    router, one, two = Router(), Mailbox(1), Mailbox(2)
    router.open("a", one)
    router.open("b", two)
    assert router.route("b", Queued(rank=2)) == 2
    assert router.route("a", Queued(rank=1)) == 1
    assert (contents(one), contents(two)) == ([Queued(rank=1)], [Queued(rank=2)])


def test_a_message_of_an_unknown_event_belongs_to_nobody() -> None:
    assert Router().route("a", Queued()) is None


def test_messages_that_came_before_the_joins_reply_come_first() -> None:
    router, mailbox = Router(), Mailbox(1)
    router.keep("a", Queued(rank=3))
    router.keep("a", Started())
    router.settle(joining=True)
    router.open("a", mailbox)
    router.route("a", DONE)
    assert contents(mailbox) == [Queued(rank=3), Started(), DONE]


def test_messages_of_unknown_events_are_dropped_when_no_join_is_in_flight() -> None:
    router, mailbox = Router(), Mailbox(1)
    router.keep("a", Queued())
    router.settle(joining=False)
    router.open("a", mailbox)
    assert contents(mailbox) == []


def test_early_messages_are_given_once() -> None:
    router, first, second = Router(), Mailbox(1), Mailbox(2)
    router.keep("a", Queued())
    router.open("a", first)
    router.open("a", second)
    assert (contents(first), contents(second)) == ([Queued()], [])


def test_a_closed_event_is_unknown_and_closing_it_twice_changes_nothing() -> None:
    router, mailbox = Router(), Mailbox(1)
    router.open("a", mailbox)
    router.close("a")
    router.close("a")
    assert router.route("a", Queued()) is None
    assert contents(mailbox) == []

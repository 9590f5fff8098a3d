"""`jobs.session`: what a job costs does not depend on how many others there are.

Costs are counted in calls of Python functions, which no clock and no other process can change.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import pytest

from gradio_protocol.jobs.channel import SHARED
from gradio_protocol.jobs.contact import Contact
from gradio_protocol.jobs.messages import Completed, Delivery, Queued, Started
from gradio_protocol.jobs.orders import Await, Enter, Joined, Listen, Unjoined
from gradio_protocol.jobs.session import Session
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import ECHO, sample_app
from tests.support.session_harness import EVENTS

FEW, MANY = 100, 400
DONE = Completed(data=("x",))


class Office:
    """Many jobs on one session, without a `SessionHarness`, whose bookkeeping would count too."""

    def __init__(self, jobs: int, *, joined: bool = True) -> None:
        self.contact = Contact(sample_app(heartbeat=True), now=0.0)
        self.session = Session(self.contact, entropy=b"entropy")
        self.tickets = [self.session.enrol() for _ in range(jobs)]
        self.epoch = 0
        for ticket in self.tickets:
            self.session.ask(Enter(ticket=ticket, fn_index=ECHO, direct=False), 0.0)
        if joined:
            self.join()

    def join(self, *, early: bool = False) -> None:
        """Each join has its reply; the messages of the next event may be there before that."""
        for ticket in self.tickets:
            if early and self.epoch:
                self.say(ticket, Queued())
            for order in self.session.ask(Joined(ticket=ticket, event_id=str(ticket)), 0.0):
                if isinstance(order, Listen) and order.stream.key == SHARED:
                    self.epoch = order.epoch
                    self.session.opened(SHARED, self.epoch, Head(status=200, headers=EVENTS))

    def say(self, ticket: int, message: Queued | Started | Completed) -> None:
        self.session.deliver(SHARED, self.epoch, [Delivery(str(ticket), message)])


def joining(jobs: int) -> None:
    """The replies come, each after a message of its event."""
    Office(jobs, joined=False).join(early=True)


def joining_in_vain(jobs: int) -> None:
    """All joins but the last are refused."""
    office = Office(jobs, joined=False)
    for ticket in office.tickets[:-1]:
        office.session.ask(Unjoined(ticket=ticket), 0.0)


def ending(jobs: int) -> None:
    """All wait, and all get their last message, the newest first."""
    office = Office(jobs)
    for ticket in reversed(office.tickets):
        office.session.ask(Await(ticket=ticket), 0.0)
        office.say(ticket, DONE)
        office.session.release(ticket)


def cancelling(jobs: int) -> None:
    """All are cancelled while they are queued, and the server is told of each."""
    office = Office(jobs)
    for ticket in office.tickets:
        office.session.cancel(ticket)
        office.session.release(ticket)
    for ticket in office.tickets:
        office.session.dismissed(str(ticket))
    for ticket in office.tickets:
        office.say(ticket, Completed(data=None))


def calls(work: Callable[[int], None], jobs: int) -> int:
    """How many functions are called for so many jobs; each turn of a generator is one more."""
    with counting() as count:
        work(jobs)
    return count[0]


@contextmanager
def counting() -> Generator[list[int], None, None]:
    count = [0]

    def note(frame: FrameType, event: str, argument: object) -> None:
        count[0] += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        yield count
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("work", [joining, joining_in_vain, ending, cancelling])
def test_a_job_costs_the_same_among_few_and_among_many(work: Callable[[int], None]) -> None:
    calls(work, 1)  # what is done once
    few, many = calls(work, FEW) / FEW, calls(work, MANY) / MANY
    assert many < 1.1 * few

"""`jobs.session`: what a job costs does not depend on how many others there are.

Costs are counted in calls of Python functions, which no clock and no other process can change.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import pytest

from gradio_protocol.jobs.app_tracker import AppTracker
from gradio_protocol.jobs.event_stream import SHARED
from gradio_protocol.jobs.messages import Completed, EventMessage, Queued, Started
from gradio_protocol.jobs.orders import (
    JoinAccepted,
    JoinFailed,
    NextMessage,
    OpenStream,
    RequestJoin,
)
from gradio_protocol.jobs.session import Session
from gradio_protocol.wire.exchange import Head
from tests.support.sample_apps import ECHO, sample_app
from tests.support.session_harness import EVENTS

FEW, MANY = 100, 400
DONE = Completed(data=("x",))


class Office:
    """Many jobs on one session, without a `SessionHarness`, whose bookkeeping would count too."""

    def __init__(self, jobs: int, *, joined: bool = True) -> None:
        self.tracker = AppTracker(sample_app(heartbeat=True), now=0.0)
        self.session = Session(self.tracker, entropy=b"entropy")
        self.job_ids = [self.session.add_job() for _ in range(jobs)]
        self.stream_id = 0
        for job_id in self.job_ids:
            self.session.ask(job_id, RequestJoin(fn_index=ECHO, direct=False), 0.0)
        if joined:
            self.join()

    def join(self, *, early: bool = False) -> None:
        """Each join has its reply; the messages of the next event may be there before that."""
        for job_id in self.job_ids:
            if early and self.stream_id:
                self.say(job_id, Queued())
            for order in self.session.ask(job_id, JoinAccepted(event_id=str(job_id)), 0.0):
                if isinstance(order, OpenStream) and order.key == SHARED:
                    self.stream_id = order.stream_id
                    self.session.stream_opened(self.stream_id, Head(status=200, headers=EVENTS))

    def say(self, job_id: int, message: Queued | Started | Completed) -> None:
        self.session.receive(self.stream_id, [EventMessage(str(job_id), message)])


def joining(jobs: int) -> None:
    """The replies come, each after a message of its event."""
    Office(jobs, joined=False).join(early=True)


def joining_in_vain(jobs: int) -> None:
    """All joins but the last are refused."""
    office = Office(jobs, joined=False)
    for job_id in office.job_ids[:-1]:
        office.session.ask(job_id, JoinFailed(), 0.0)


def ending(jobs: int) -> None:
    """All wait, and all get their last message, the newest first."""
    office = Office(jobs)
    for job_id in reversed(office.job_ids):
        office.session.ask(job_id, NextMessage(), 0.0)
        office.say(job_id, DONE)
        office.session.finish_job(job_id)


def cancelling(jobs: int) -> None:
    """All are cancelled while they are queued, and the server is told of each."""
    office = Office(jobs)
    for job_id in office.job_ids:
        office.session.cancel(job_id)
        office.session.finish_job(job_id)
    for job_id in office.job_ids:
        office.session.cancel_finished(str(job_id))
    for job_id in office.job_ids:
        office.say(job_id, Completed(data=None))


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

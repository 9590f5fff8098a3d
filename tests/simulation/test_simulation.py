"""Whole calls against a scripted server, in every generation: hypothesis chooses what happens when.

However messages, replies, cuts and cancels interleave: every job ends; its outputs come in order
and once; a cancelled job harms no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_protocol.errors import AppError, GradioError, JobCancelled, RemoteError, TransportFailed
from gradio_protocol.jobs.job_state import Outputs, Stage
from tests.simulation.driver import Caller, Client
from tests.simulation.move import Move
from tests.simulation.server import FAILS, OUTPUTS, Server, result
from tests.support.examples import examples
from tests.support.sample_apps import COUNT, ECHO, KEEP, sample_app

VERSIONS = [
    "4.7.1",
    "4.14.0",
    "4.17.0",
    "4.19.2",
    "4.22.0",
    "4.29.0",
    "4.44.1",
    "5.20.1",
    "6.2.0",
    "6.31.0",
]
MOST_MOVES = 2000
EXAMPLES = examples(12)


@dataclass(frozen=True)
class Plan:
    """One job to be submitted."""

    fn_index: int
    value: str
    isolated: bool
    resubmit: bool


PLANS = st.lists(
    st.builds(
        Plan,
        fn_index=st.sampled_from([ECHO, COUNT, KEEP]),
        value=st.sampled_from(["x", FAILS]),
        isolated=st.sampled_from([False, False, False, True]),
        resubmit=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


class Story:
    """One run of the simulation."""

    def __init__(self, version: str, *, stateful: bool) -> None:
        app = sample_app(version, stateful=stateful)
        self.server = Server(app)
        self.client = Client(app, self.server)
        self.callers: list[Caller] = []

    def moves(self) -> list[Move]:
        return [*self.client.moves(), *self.server.moves()]

    def make(self, move: Move) -> None:
        move.make()
        self.client.check()

    def submit(self, plan: Plan) -> None:
        self.callers.append(
            self.client.submit(
                plan.fn_index, plan.value, isolated=plan.isolated, resubmit=plan.resubmit
            )
        )
        self.client.check()

    def run_out(self) -> None:
        """Let everything happen that is under way, and nothing more go wrong."""
        for turn in range(MOST_MOVES):
            moves = [move for move in self.moves() if not move.harm]
            if not moves:
                return
            self.make(moves[turn * 7 % len(moves)])
        raise AssertionError("it does not come to an end")


def play(
    version: str,
    plans: list[Plan],
    schedule: bytes,
    harms: tuple[str, ...] = (),
    *,
    stateful: bool = False,
) -> Story:
    """A story in which only these things go wrong."""
    story = Story(version, stateful=stateful)
    coming = list(plans)
    for choice in schedule:
        moves = [move for move in story.moves() if not move.harm or move.name in harms]
        chosen = choice % (len(moves) + 1)
        if chosen < len(moves):
            story.make(moves[chosen])
        elif coming:
            story.submit(coming.pop())
    for plan in coming:
        story.submit(plan)
    story.run_out()
    return story


def outputs(caller: Caller) -> list[object]:
    reader, found = Outputs(caller.state), list[object]()
    while reader.advance():
        found.append(reader.value())
    return found


def expected(caller: Caller) -> list[Any]:
    """All outputs of a job that nothing has gone wrong with."""
    if caller.endpoint.index == COUNT:
        return OUTPUTS
    return [] if caller.value == FAILS else [caller.value]


def check_end(caller: Caller) -> None:
    """What holds for every job, whatever went wrong."""
    assert caller.ended, "a job hangs"
    shown = outputs(caller)
    assert shown == expected(caller)[: len(shown)]
    finals = [view for view in caller.state.snapshots if view.stage.is_final]
    assert len(finals) == 1
    if isinstance(caller.outcome, GradioError):
        assert caller.state.snapshot.stage in (Stage.FAILED, Stage.CANCELLED)
    else:
        assert caller.outcome == result(caller.endpoint.index, caller.value)
        assert caller.cancelled or shown == expected(caller)


def check_success(caller: Caller) -> None:
    """What holds for a job that nothing has gone wrong with."""
    if caller.value == FAILS:
        assert isinstance(caller.outcome, AppError)
    else:
        assert not isinstance(caller.outcome, Exception), caller.outcome
    assert outputs(caller) == expected(caller)


VERSION = pytest.mark.parametrize("version", VERSIONS)
SCHEDULES = st.binary(max_size=100)


@VERSION
@EXAMPLES
@given(plans=PLANS, schedule=SCHEDULES)
def test_every_job_of_an_undisturbed_world_succeeds(
    version: str, plans: list[Plan], schedule: bytes
) -> None:
    for caller in play(version, plans, schedule).callers:
        check_end(caller)
        check_success(caller)


@VERSION
@EXAMPLES
@given(plans=PLANS, schedule=SCHEDULES)
def test_a_cancelled_job_harms_no_other(version: str, plans: list[Plan], schedule: bytes) -> None:
    story = play(version, plans, schedule, ("cancel",))
    for caller in story.callers:
        check_end(caller)
        if not caller.cancelled:
            check_success(caller)


@VERSION
@EXAMPLES
@given(plans=PLANS, schedule=SCHEDULES, stateful=st.booleans())
def test_whatever_goes_wrong_every_job_ends(
    version: str, plans: list[Plan], schedule: bytes, stateful: bool
) -> None:
    harms = ("cancel", "cut", "silence", "notice late", "refuse", "no connection", "reply lost")
    for caller in play(version, plans, schedule, harms, stateful=stateful).callers:
        check_end(caller)
        if isinstance(caller.outcome, Exception):
            assert isinstance(
                caller.outcome, AppError | JobCancelled | RemoteError | TransportFailed
            )


@VERSION
@EXAMPLES
@given(plans=PLANS, schedule=SCHEDULES, stateful=st.booleans())
def test_after_any_losses_a_session_can_be_used_again(
    version: str, plans: list[Plan], schedule: bytes, stateful: bool
) -> None:
    story = play(
        version, plans, schedule, ("cancel", "cut", "silence", "notice late"), stateful=stateful
    )
    for _ in range(2):
        story.submit(Plan(fn_index=COUNT, value="x", isolated=False, resubmit=False))
        story.run_out()
    check_success(story.callers[-1])

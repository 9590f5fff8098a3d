"""Whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from gradio_protocol.client.job_limiter import JobLimiter


@dataclass(frozen=True)
class Flow:
    """As much of a flow as turns are concerned with."""

    job_id: int


def taken(turns: JobLimiter[Flow], count: int) -> list[Flow]:
    """So many flows that were added; those after the first two have to wait."""
    flows = [Flow(job_id) for job_id in range(1, count + 1)]
    assert [turns.add(flow) for flow in flows] == [True, True, *[False] * (count - 2)]
    return flows


def test_only_so_many_begin() -> None:
    turns = JobLimiter[Flow](2)
    flows = taken(turns, 4)
    assert list(turns) == flows
    assert [turns.get(flow.job_id) for flow in flows] == flows
    assert turns.get(5) is None


def test_who_has_waited_longest_is_next() -> None:
    turns = JobLimiter[Flow](2)
    one, two, three, four = taken(turns, 4)
    assert turns.remove(two) is three
    assert turns.remove(one) is four
    assert turns.remove(three) is None
    assert list(turns) == [four]


def test_who_has_ended_gives_a_turn_on_once() -> None:
    turns = JobLimiter[Flow](2)
    one, *_ = taken(turns, 4)
    assert turns.remove(one) is not None
    assert turns.remove(one) is None


def test_who_waits_can_withdraw() -> None:
    turns = JobLimiter[Flow](2)
    one, _, three, four = taken(turns, 4)
    assert turns.withdraw(three)
    assert not turns.withdraw(three)
    assert turns.get(three.job_id) is None
    assert turns.remove(one) is four


def test_who_has_begun_cannot_withdraw() -> None:
    turns = JobLimiter[Flow](2)
    one, *_ = taken(turns, 3)
    assert not turns.withdraw(one)
    assert turns.get(one.job_id) is one


def test_a_free_place_is_taken_at_once() -> None:
    turns = JobLimiter[Flow](2)
    one, two = taken(turns, 2)
    assert turns.remove(one) is None
    assert turns.add(Flow(3))
    assert not turns.add(Flow(4))
    assert list(turns) == [two, Flow(3), Flow(4)]

"""Whose turn it is."""

from __future__ import annotations

from gradio_protocol.client.job_limiter import JobLimiter


def taken(turns: JobLimiter, count: int) -> None:
    """So many jobs are added; those after the first two have to wait."""
    begun = [turns.add(job_id) for job_id in range(1, count + 1)]
    assert begun == [True, True, *[False] * (count - 2)]


def test_who_has_waited_longest_is_next() -> None:
    turns = JobLimiter(2)
    taken(turns, 4)
    assert turns.remove(2) == 3
    assert turns.remove(1) == 4
    assert turns.remove(3) is None


def test_who_has_ended_gives_a_turn_on_once() -> None:
    turns = JobLimiter(2)
    taken(turns, 4)
    assert turns.remove(1) == 3
    assert turns.remove(1) is None
    assert turns.remove(2) == 4


def test_who_waits_can_withdraw() -> None:
    turns = JobLimiter(2)
    taken(turns, 4)
    assert turns.withdraw(3)
    assert not turns.withdraw(3)
    assert turns.remove(1) == 4


def test_who_has_begun_cannot_withdraw() -> None:
    turns = JobLimiter(2)
    taken(turns, 3)
    assert not turns.withdraw(1)
    assert turns.remove(1) == 3


def test_a_free_place_is_taken_at_once() -> None:
    turns = JobLimiter(2)
    taken(turns, 2)
    assert turns.remove(1) is None
    assert turns.add(3)
    assert not turns.add(4)
    assert turns.remove(2) == 4

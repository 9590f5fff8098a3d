"""`client.map_window`: which input is taken when, what is made again, and which outcome is next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable
from datetime import datetime
from itertools import count
from math import inf
from typing import Any

import pytest

from gradio_protocol.client.map_window import (
    CollectCall,
    MappedCall,
    MapStep,
    MapWindow,
    SubmitCall,
    WaitForJobs,
    YieldOutcome,
    map_calls,
)
from gradio_protocol.errors import AppError, InvalidArguments, JobCancelled, QueueError
from gradio_protocol.jobs.job_state import JobState, Raised, Returned
from gradio_protocol.present.async_job import BaseAsyncJob
from tests.support.stub_job import StubJob

FULL = QueueError("the queue is full")


def window(inputs: Iterable[object], room: int = 2, **how: Any) -> MapWindow[StubJob]:
    return MapWindow[StubJob](inputs, room, **how)


def submitted(window: MapWindow[StubJob], now: float = 0) -> MappedCall[StubJob]:
    """The call that is to be submitted next, which is done."""
    step = window.next(now)
    assert isinstance(step, SubmitCall)
    step.call.job = StubJob()
    return step.call


def waiting(step: MapStep[StubJob] | None) -> tuple[tuple[object, ...], float]:
    """For which jobs a step waits, and for how long."""
    assert isinstance(step, WaitForJobs)
    return step.jobs, step.seconds


def ended(window: MapWindow[StubJob], call: MappedCall[StubJob]) -> None:
    """Let the job of a call end, and the window notice."""
    assert call.job is not None
    call.job.ended = True
    step = window.next(0)
    assert isinstance(step, CollectCall)
    assert step.call is call
    assert step.job is call.job


def test_an_input_is_taken_only_when_there_is_room() -> None:
    numbers = count()
    mapped = window(numbers)
    first, second = submitted(mapped), submitted(mapped)
    assert (first.args, second.args) == ((0,), (1,))
    assert waiting(mapped.next(0)) == (mapped.jobs, inf)
    ended(mapped, first)
    first.end("zero")
    assert mapped.next(0) == YieldOutcome("zero")
    assert next(numbers) == 2


def test_results_wait_for_those_of_earlier_inputs() -> None:
    mapped = window("ab")
    first, second = submitted(mapped), submitted(mapped)
    ended(mapped, second)
    second.end("B")
    assert waiting(mapped.next(0)) == ((first.job,), inf)
    ended(mapped, first)
    first.end("A")
    assert [mapped.next(0) for _ in range(3)] == [YieldOutcome("A"), YieldOutcome("B"), None]


def test_results_without_an_order_come_as_they_are_there() -> None:
    mapped = window("ab", ordered=False)
    first, second = submitted(mapped), submitted(mapped)
    ended(mapped, second)
    second.end("B")
    assert mapped.next(0) == YieldOutcome("B")
    assert mapped.jobs == (first.job,)


def test_results_may_come_with_the_places_of_their_inputs() -> None:
    mapped = window("ab", ordered=False, indexed=True)
    first, second = submitted(mapped), submitted(mapped)
    ended(mapped, second)
    second.end("B")
    assert mapped.next(0) == YieldOutcome((1, "B"))
    ended(mapped, first)
    first.end("A")
    assert mapped.next(0) == YieldOutcome((0, "A"))


@pytest.mark.parametrize(
    ("given", "args", "kwargs"),
    [
        ("ab", ("ab",), {}),
        ([1], ([1],), {}),
        (("a", 1), ("a", 1), {}),
        ({"text": "a"}, (), {"text": "a"}),
    ],
)
def test_an_input_is_a_value_or_a_tuple_or_a_mapping(
    given: object, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    call = submitted(window([given]))
    assert (call.args, call.kwargs) == (args, kwargs)


def test_an_error_is_raised_when_it_is_its_turn() -> None:
    mapped, error = window("ab"), AppError("no")
    first, second = submitted(mapped), submitted(mapped)
    ended(mapped, second)
    mapped.fail(second, error, 0)
    assert waiting(mapped.next(0)) == ((first.job,), inf)
    ended(mapped, first)
    first.end("A")
    assert mapped.next(0) == YieldOutcome("A")
    with pytest.raises(AppError) as caught:
        mapped.next(0)
    assert caught.value is error


def test_an_error_is_an_outcome_for_a_caller_who_wants_it() -> None:
    mapped, error = window("a", return_exceptions=True), AppError("no")
    mapped.fail(submitted(mapped), error, 0)
    assert mapped.next(0) == YieldOutcome(error)


def test_a_refused_call_is_made_again_after_a_pause_in_which_no_other_is_made() -> None:
    mapped = window("abc")
    first, second = submitted(mapped), submitted(mapped)
    mapped.fail(first, FULL, 10)
    assert waiting(mapped.next(10)) == ((second.job,), 1)
    assert waiting(mapped.next(10.75)) == ((second.job,), 0.25)
    assert submitted(mapped, 11) is first
    mapped.fail(first, FULL, 11)
    assert waiting(mapped.next(11)) == ((second.job,), 2)


def test_pauses_grow_to_a_limit_and_refusals_have_an_end() -> None:
    mapped, pauses, now = window("a"), list[float](), 0.0
    call = submitted(mapped)
    while not call.has_ended:
        mapped.fail(call, FULL, now)
        if not call.has_ended:
            step = mapped.next(now)
            assert isinstance(step, WaitForJobs)
            pauses.append(step.seconds)
            now += step.seconds
            assert submitted(mapped, now) is call
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    with pytest.raises(QueueError):
        mapped.next(now)


def test_the_jobs_under_way_can_be_cancelled() -> None:
    mapped = window("abc")
    first, second = submitted(mapped), submitted(mapped)
    jobs = mapped.jobs
    ended(mapped, first)
    first.end("A")
    mapped.cancel()
    assert [job.cancelled for job in jobs] == [False, True]
    assert second.job is jobs[1]


def test_there_must_be_room_for_one() -> None:
    with pytest.raises(InvalidArguments, match="concurrency: expected at least 1, got 0"):
        window("a", 0)


# --- in an async driver --------------------------------------------------------------------------


class AsyncJob(BaseAsyncJob):
    """A job that ends while somebody waits."""

    def __init__(self, outcome: object) -> None:
        super().__init__(JobState.unbound(), 0)
        self._outcome = outcome

    def cancel(self) -> bool:
        return self.end(JobCancelled("no longer wanted"))

    def end(self, outcome: object) -> bool:
        error = isinstance(outcome, Exception)
        changed = self._job_state.apply(
            Raised(error=outcome) if error else Returned(value=outcome)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        )
        for callback in self._take_callbacks():
            callback()
        return changed

    def begin(self) -> None:
        self.end(self._outcome)

    async def until(self, ready: Callable[[], bool]) -> None:
        assert ready(), "a map waits for all of its jobs together"

    def _stamp(self, time: float) -> datetime:
        raise AssertionError("a map shows no status")


class Waiter:
    """Lets the oldest job end when there is nothing else to do."""

    def __init__(self) -> None:
        self.jobs: list[AsyncJob] = []
        self.woken: list[object] = []
        self.waits: list[float] = []

    def now(self) -> float:
        return sum(seconds for seconds in self.waits if seconds < inf)

    def wake(self, job: object) -> None:
        self.woken.append(job)

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.jobs:
            self.jobs.pop(0).begin()

    def submit(self, outcome: object) -> AsyncJob:
        if outcome == "wrong":
            raise InvalidArguments("wrong")
        self.jobs.append(AsyncJob(outcome))
        return self.jobs[-1]


def run(work: Awaitable[Any]) -> Any:
    """Run a coroutine that never waits for anything outside."""
    steps: Generator[Any, Any, Any] = work.__await__()
    with pytest.raises(StopIteration) as stopped:
        next(steps)
    return stopped.value.value


async def everything(mapped: MapWindow[AsyncJob], waiter: Waiter) -> list[Any]:
    return [outcome async for outcome in map_calls(mapped, waiter.submit, waiter)]


def test_an_async_driver_waits_and_gives_each_outcome() -> None:
    waiter = Waiter()
    mapped = MapWindow[AsyncJob](["a", "wrong", AppError("no"), "b"], 2, return_exceptions=True)
    first, second, third, last = run(everything(mapped, waiter))
    assert (first, last) == ("a", "b")
    assert (type(second), type(third)) == (InvalidArguments, AppError)
    assert len(waiter.woken) == 3


def test_an_async_driver_cancels_what_is_under_way_when_it_is_left() -> None:
    waiter = Waiter()
    calls = map_calls(MapWindow[AsyncJob](count(), 3), waiter.submit, waiter)
    assert run(anext(calls)) == 0
    left = [*waiter.jobs]
    run(calls.aclose())
    assert [job.cancelled() for job in left] == [True, True]

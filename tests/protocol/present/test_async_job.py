"""`present.async_job`: what a job is to those who wait for it, whatever the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from datetime import datetime
from typing import Any

import pytest

from gradio_protocol.app.dialect import Edits
from gradio_protocol.errors import AppError, JobCancelled
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import JobState, JobUpdate, Raised, Returned
from gradio_protocol.jobs.messages import Generated
from gradio_protocol.jobs.status import Status
from gradio_protocol.present.async_job import BaseAsyncJob
from gradio_protocol.present.updates import OutputUpdate, StatusUpdate
from tests.support.notebook import Notebook
from tests.support.sample_apps import COUNT, sample_app

NO = AppError("no")
CANCELLED = Raised(error=JobCancelled("no longer wanted"))


class Job(BaseAsyncJob):
    """A job whose waits bring the next updates."""

    def __init__(self, *coming: JobUpdate) -> None:
        super().__init__(JobState(sample_app().endpoints[COUNT], History(Edits.NONE)), 0)
        self._coming = [*coming]

    async def until(self, ready: Callable[[], bool]) -> None:
        while not (ready() or self.done()):
            self.take(self._coming.pop(0))

    def take(self, update: JobUpdate) -> None:
        self._job_state.apply(update)
        self._record_snapshots(len(self._times))
        for callback in self._take_callbacks():
            callback()

    def cancel(self) -> bool:
        self.take(CANCELLED)
        return self.cancelled()

    def _stamp(self, time: float) -> datetime:
        return datetime(2026, 1, 1, second=int(time))  # noqa: DTZ001


def output(text: str) -> Generated:
    return Generated(data=(text,))


def run(work: Awaitable[Any]) -> Any:
    """Run a coroutine that never waits for anything outside."""
    steps: Generator[Any, Any, Any] = work.__await__()
    with pytest.raises(StopIteration) as stopped:
        next(steps)
    return stopped.value.value


def test_its_result_is_waited_for() -> None:
    job = Job(output("a"), Returned(value="A"))
    assert (job.running(), job.done(), job.cancelled()) == (True, False, False)
    assert job.status().code is Status.STARTING
    assert repr(job) == "<Job /count STARTING>"
    assert {"result", "updates"} <= {*dir(job)}
    assert {"until", "add_result_callbacks"} & {*dir(job)} == set()
    assert run(job.result()) == "A"
    assert run(job.exception()) is None
    assert (job.running(), job.done(), job.outputs()) == (False, True, ["a"])
    assert job.status().time == datetime(2026, 1, 1, second=2)  # noqa: DTZ001


def test_its_error_is_raised_after_its_outputs() -> None:
    job = Job(output("a"), Raised(error=NO))
    assert run(anext(job)) == "a"
    with pytest.raises(AppError):
        run_raising(anext(job))
    assert run(job.exception()) is NO
    with pytest.raises(AppError):
        run_raising(job.result())


def run_raising(work: Awaitable[Any]) -> None:
    """Run a coroutine that raises."""
    next(work.__await__())


def test_each_iteration_begins_with_the_first_output_and_a_cancel_ends_it() -> None:
    job = Job(output("a"), output("b"), CANCELLED)
    assert [run(outputs(job)) for _ in range(2)] == [["a", "b"]] * 2


async def outputs(job: Job) -> list[Any]:
    return [each async for each in job]


def test_its_updates_are_all_views_and_outputs_in_order() -> None:
    async def collected() -> list[Any]:
        updates = job.updates()
        assert aiter(updates) is updates
        return [each async for each in updates]

    job = Job(output("a"), Returned(value="a"))
    seen = run(collected())
    kinds = [StatusUpdate, StatusUpdate, OutputUpdate, StatusUpdate]
    assert [type(each) for each in seen] == kinds
    times = [each.time for each in seen if isinstance(each, StatusUpdate)]
    assert times == [datetime(2026, 1, 1, second=second) for second in range(3)]  # noqa: DTZ001
    assert aiter(outputs := aiter(job)) is outputs


def test_a_block_cancels_it() -> None:
    async def block() -> None:
        async with job as same:
            assert same is job

    job = Job()
    run(block())
    assert job.cancelled()


def test_callbacks_are_called_once_at_its_end_or_at_once() -> None:
    called: list[Any] = []
    job = Job()
    job.add_done_callback(called.append)
    job.add_result_callbacks(called.append)
    job.take(output("a"))
    assert called == []
    job.take(Returned(value="A"))
    assert called == [job, "A"]
    job.take(CANCELLED)
    job.add_done_callback(called.append)
    assert called == [job, "A", job]


def test_callbacks_for_results_get_them_spread_and_no_errors() -> None:
    called: list[Any] = []

    def take(*values: Any) -> None:
        called.append(values)

    for end in (Returned(value=("a", 1)), Raised(error=NO)):
        job = Job()
        job.add_result_callbacks([take, take])
        job.take(end)
    assert called == [("a", 1)] * 2


def test_a_notebook_follows_it() -> None:
    notebook = Notebook()
    job = Job()
    job._show_card(notebook)
    job.take(output("a"))
    job.take(Returned(value="A"))
    job._show_card(notebook)
    assert notebook.values == [None, "a", "A", "A"]
    assert "succeeded after 2.0\N{NO-BREAK SPACE}s" in job._repr_html_()

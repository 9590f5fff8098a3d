"""`present.card`: what a notebook shows of a job, and when it is drawn again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from gradio_protocol.app.dialect import Edits
from gradio_protocol.errors import AppError, JobCancelled
from gradio_protocol.jobs.history import History
from gradio_protocol.jobs.job_state import JobState, JobUpdate, Raised, Returned
from gradio_protocol.jobs.messages import Generated, Progressed, ProgressUnit, Queued, Started
from gradio_protocol.present.card import JobCard
from tests.support.notebook import Notebook
from tests.support.sample_apps import COUNT, sample_app


def job(*updates: JobUpdate) -> JobState:
    state = JobState(sample_app().endpoints[COUNT], History(Edits.NONE))
    for update in updates:
        state.apply(update)
    return state


def output(value: Any) -> Generated:
    return Generated(data=(value,))


@pytest.mark.parametrize(
    ("updates", "line"),
    [
        ([], "starting"),
        ([Queued(rank=1, size=5, eta=3.0)], "queue: 2 of 5, about 3 s"),
        ([Started(eta=None)], "processing"),
        ([output("a"), output("b")], "iterating, 2 outputs"),
        ([Returned()], "succeeded after 2.5\N{NO-BREAK SPACE}s"),
        ([Raised(error=AppError("no"))], "failed after 2.5\N{NO-BREAK SPACE}s"),
        ([Raised(error=JobCancelled("no"))], "cancelled after 2.5\N{NO-BREAK SPACE}s"),
    ],
)
def test_a_card_says_how_far_the_job_is(updates: list[JobUpdate], line: str) -> None:
    card = JobCard(job(*updates), 10.0).html(12.5)
    assert f"<code>/count</code> {line}</div>" in card


def test_only_a_word_that_is_too_wide_breaks() -> None:
    # JupyterLab's own style for a <pre> is `word-break: break-all`.
    card = JobCard(job(output("some words")), 0).html(1)
    assert "word-break: normal; overflow-wrap: anywhere" in card


def test_steps_are_a_bar() -> None:
    steps = (ProgressUnit(index=3, length=4, desc="walking"),)
    card = JobCard(job(Progressed(steps=steps)), 0).html(1)
    assert 'aria-valuenow="3" aria-valuemax="4"' in card
    assert "width: 75.0%" in card
    assert "progressbar" not in JobCard(job(Started(eta=None)), 0).html(1)


@pytest.mark.parametrize(
    ("updates", "value"),
    [
        ([output("first"), output("second")], "second"),
        ([output({"a": [1]})], "{&#x27;a&#x27;: [1]}"),
        ([output("part"), Returned(value=("whole", 1))], "(&#x27;whole&#x27;, 1)"),
        ([output("<b>"), Raised(error=JobCancelled("stop"))], "&lt;b&gt;"),
        ([output("part"), Raised(error=AppError("a < b"))], "AppError: a &lt; b"),
        ([output("x" * 2_000)], "x" * 2_000),
        ([output("x" * 2_001)], "x" * 2_000 + "…"),
    ],
)
def test_a_card_shows_the_latest_value(updates: list[JobUpdate], value: str) -> None:
    assert JobCard(job(*updates), 0).html(1).endswith(f">{value}</pre></div>")


@pytest.mark.parametrize("updates", [[], [Returned(value=None)]])
def test_a_job_without_a_value_shows_none(updates: list[JobUpdate]) -> None:
    assert "<pre" not in JobCard(job(*updates), 0).html(1)


def test_a_notebook_is_kept_up_to_date() -> None:
    state, notebook = job(), Notebook()
    card = JobCard(state, 0.0)
    card.update(0.0)  # it is on no page
    card.show(notebook, 0.0)
    state.apply(output("a"))
    card.update(0.01)  # the first output, and with it a new stage
    state.apply(output("b"))
    card.update(0.02)  # too soon after it was drawn
    card.update(0.15)
    state.apply(output("c"))
    card.update(0.2)
    state.apply(Returned(value="d"))
    card.update(0.21)
    card.update(0.22)  # nothing has changed
    assert notebook.values == [None, "a", "b", "d"]
    assert notebook.texts == [
        "<Job /count STARTING>",
        "<Job /count RUNNING>",
        "<Job /count RUNNING>",
        "<Job /count SUCCEEDED>",
    ]


def test_a_function_that_starts_is_shown_at_once() -> None:
    state, notebook = job(Queued(rank=0, size=1, eta=None)), Notebook()
    card = JobCard(state, 0.0)
    card.show(notebook, 0.0)
    state.apply(Started(eta=None))
    card.update(0.01)
    (handle,) = notebook.handles
    assert "processing</div>" in handle.shown[-1]["text/html"]


def test_a_card_may_be_on_the_page_twice() -> None:
    notebook = Notebook()
    card = JobCard(job(output("a")), 0.0)
    card.show(notebook, 0.0)
    card.show(notebook, 1.0)
    assert [len(handle.shown) for handle in notebook.handles] == [2]


def test_a_terminal_gets_the_repr() -> None:
    with pytest.raises(NotImplementedError):
        JobCard(job(), 0.0).show(SimpleNamespace(get_ipython=object), 0.0)


def test_a_page_that_fails_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    state, notebook = job(), Notebook()
    card = JobCard(state, 0.0)
    card.show(notebook, 0.0)

    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError("gone")

    monkeypatch.setattr(notebook.handles[0], "update", fail)
    state.apply(Returned(value="a"))
    with pytest.raises(OSError, match="gone"):
        card.update(1.0)
    card.update(2.0)
    assert notebook.values == [None]

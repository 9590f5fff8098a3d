"""`jobs.session`: what jobs ask about the app, and endpoints that were rendered."""

from __future__ import annotations

from gradio_protocol.errors import JobCancelled
from gradio_protocol.jobs.messages import Completed
from gradio_protocol.jobs.orders import (
    AppRefreshed,
    EndReason,
    JoinGranted,
    LookUpUploads,
    RecordUploads,
    RefreshApp,
    RefreshNeeded,
)
from tests.support.sample_apps import dependency, sample_app
from tests.support.session_harness import harness

# --- questions about the app -------------------------------------------------------------------


def test_questions_about_the_app_go_to_the_contact() -> None:
    d = harness()
    job_id, new = d.session.add_job(), sample_app(app_id="2")
    assert d.ask(job_id, LookUpUploads(digests=("d",))) == (None,)
    d.ask(job_id, RecordUploads(paths=(("d", "/d"),)))
    assert d.ask(job_id, LookUpUploads(digests=("d",))) == ("/d",)
    assert d.ask(job_id, RefreshApp(app=d.app)) == RefreshNeeded()
    assert d.ask(job_id, AppRefreshed(app=new)) is new
    entry = d.enter(job_id)
    assert isinstance(entry, JoinGranted)
    assert entry.app is new


def test_a_job_that_waits_to_hear_of_the_app_can_be_cancelled() -> None:
    d = harness()
    finder, waiting = d.session.add_job(), d.session.add_job()
    d.ask(finder, RefreshApp(app=d.app))
    assert d.ask(waiting, RefreshApp(app=d.app)) is None
    d.cancel(waiting)
    assert isinstance(d.gone(waiting), JobCancelled)


def test_if_the_flow_that_finds_out_ends_the_next_one_does() -> None:
    d = harness()
    finder, waiting = d.session.add_job(), d.session.add_job()
    d.ask(finder, RefreshApp(app=d.app))
    d.ask(waiting, RefreshApp(app=d.app))
    d.release(finder)
    assert d.last(waiting) == RefreshNeeded()


# --- rendered endpoints ------------------------------------------------------------------------


def test_what_was_rendered_for_a_session_can_be_called_from_it_only() -> None:
    d = harness()
    other = harness()
    job_id = d.joined("a")
    d.open()
    rendering = {
        "render_id": 1,
        "components": [],
        "dependencies": [dependency(10, "double", components=[1], rendered_in=1)],
    }
    d.say("a", Completed(data=("x",), rendering=rendering))  # type: ignore[arg-type]
    assert [e.name for e in d.session.endpoints] == ["/echo", "/count", "/keep", "/double"]
    assert other.session.endpoints is other.app.endpoints
    assert isinstance(d.next(job_id), Completed)


def test_a_new_hash_has_nothing_rendered() -> None:
    d = harness("4.29.0")
    d.joined("a")
    d.joined("b")
    d.open()
    rendering = {"render_id": 1, "components": [], "dependencies": [dependency(10, "double")]}
    d.say("a", Completed(data=("x",), rendering=rendering))  # type: ignore[arg-type]
    assert len(d.session.endpoints) == 4
    d.end(EndReason.BROKEN)
    assert len(d.session.endpoints) == 3

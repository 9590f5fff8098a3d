"""Jobs in a notebook: a card that follows the job, whichever client runs it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from gradio_client_httpx import Client
from tests.drivers import asyncio_rig, trio_rig
from tests.drivers.asyncio_rig import in_loop
from tests.support.gradio_server import FakeGradio
from tests.support.latch import PATIENCE
from tests.support.notebook import Notebook


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    notebook = Notebook()
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    return notebook


def display(job: Any) -> None:
    """Do what a notebook does with the value of a cell."""
    job._ipython_display_()


def test_a_card_follows_a_job_of_threads(
    client: Client, fake: FakeGradio, notebook: Notebook
) -> None:
    job = client.submit(1, api_name="/slow")
    display(job)
    fake.holds.until_blocking(lambda _: True, 1)
    fake.holds[0].release()
    assert job.result(PATIENCE) == "slept 1"
    notebook.wait_for("<Job /slow SUCCEEDED>")
    assert (notebook.values[0], notebook.values[-1]) == (None, "slept 1")
    assert "<code>/slow</code> succeeded after" in job._repr_html_()


@in_loop
async def test_a_card_follows_a_job_of_asyncio(notebook: Notebook) -> None:
    async with asyncio_rig.rig() as (client, fake):
        job = client.submit(1, api_name="/slow")
        display(job)
        await asyncio.to_thread(fake.holds.until_blocking, lambda _: True, 1)
        fake.holds[0].release()
        assert await job == "slept 1"
        assert notebook.texts[-1] == "<Job /slow SUCCEEDED>"
        assert (notebook.values[0], notebook.values[-1]) == (None, "slept 1")
        assert "<code>/slow</code> succeeded after" in job._repr_html_()


@pytest.mark.trio
async def test_a_card_follows_a_job_of_trio(notebook: Notebook) -> None:
    async with trio_rig.rig() as (client, fake):
        job = client.submit(1, api_name="/slow")
        display(job)
        await fake.holds.until(lambda _: True, 1)
        fake.holds[0].release()
        assert await job.result() == "slept 1"
        assert notebook.texts[-1] == "<Job /slow SUCCEEDED>"
        assert (notebook.values[0], notebook.values[-1]) == (None, "slept 1")


def test_a_card_of_a_job_that_has_ended_says_how_long_it_took(
    client: Client, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit("hello", api_name="/echo")
    assert job.result(PATIENCE) == "hello"
    monkeypatch.setattr("time.time", lambda: job._times[-1] + 60)
    display(job)
    assert notebook.handles[0].shown[-1]["text/html"] == job._repr_html_()


def test_a_page_that_is_gone_does_not_harm_the_job(
    client: Client, fake: FakeGradio, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit(1, api_name="/slow")
    display(job)
    monkeypatch.setattr(notebook.handles[0], "update", None)
    fake.holds.until_blocking(lambda _: True, 1)
    fake.holds[0].release()
    assert job.result(PATIENCE) == "slept 1"


def test_a_forked_child_leaves_the_page_to_its_parent(client: Client, notebook: Notebook) -> None:
    job = client.submit(1, api_name="/slow")
    display(job)
    assert job._card is not None
    job.after_fork()
    assert job._card is None

"""What the scenarios are played with: every driver, and pauses that do not last."""

from __future__ import annotations

import pytest

from gradio_client_httpx.aio import runner as asyncio_runner
from gradio_client_trio import runner
from gradio_protocol.flows import retry
from gradio_protocol.jobs import event_stream
from tests.conformance.drivers import DRIVERS
from tests.conformance.subject import Subject
from tests.support.latch import PATIENCE


@pytest.fixture(scope="module", params=DRIVERS)
def subject(request: pytest.FixtureRequest) -> Subject:
    """Each driver in turn."""
    name: str = request.param
    return DRIVERS[name]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses before another attempt last no time; how long they are is tested in the core."""
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(event_stream, "MAX_PAUSE", 0.01)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers may take its time to do so, while a client is closed."""
    for each in (asyncio_runner, runner):
        monkeypatch.setattr(each, "GRACE", PATIENCE)

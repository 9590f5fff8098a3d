"""`client.commands`: what a driver may know of an action without looking into it."""

from __future__ import annotations

from math import inf

import pytest

from gradio_protocol.client.commands import RunAction
from gradio_protocol.flows.actions import Download, IOAction, Send, Sleep
from gradio_protocol.wire.exchange import Request

GET = Request(method="GET", url="https://example.com/x")


@pytest.mark.parametrize(
    ("action", "is_brief"),
    [
        (Send(request=GET), True),
        (Send(request=GET, total_timeout=5.0), True),
        (Send(request=GET, total_timeout=inf), False),
        (Download(request=GET, name="x", limit=None), False),
        (Sleep(seconds=1), False),
    ],
)
def test_a_request_is_brief_unless_it_lasts_as_long_as_a_job(
    action: IOAction, is_brief: bool
) -> None:
    assert RunAction(action_id=1, action=action).is_brief_request is is_brief

"""The building blocks of clients: some are imported when they are first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_type_hints

import pytest

from gradio_protocol import ClientProtocol, SpaceCopy, clients
from gradio_protocol.app import telemetry
from gradio_protocol.client import connecting, map_window
from gradio_protocol.present import async_job, card, endpoints, progress


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (telemetry, ["report_use"]),
        (connecting, ["ActionPerformer", "connect_client"]),
        (map_window, ["MapWindow", "map_calls"]),
        (map_window, ["CollectCall", "SubmitCall", "WaitForJobs", "YieldOutcome"]),
        (async_job, ["BaseAsyncJob"]),
        (card, ["JobCard"]),
        (endpoints, ["BoundEndpoint", "Endpoints"]),
        (progress, ["Progress", "ProgressBar"]),
    ],
)
def test_a_name_is_that_of_the_module_that_defines_it(module: object, names: list[str]) -> None:
    for name in names:
        assert getattr(clients, name) is getattr(module, name)


def test_every_public_name_is_there_and_shown_to_who_looks_for_it() -> None:
    assert all(hasattr(clients, name) for name in clients.__all__)
    assert set(clients.__all__) <= set(dir(clients))


@pytest.mark.parametrize("function", [ClientProtocol.connect, clients.connect_client])
def test_the_types_of_a_signature_can_be_resolved(function: Callable[..., object]) -> None:
    assert SpaceCopy | None == get_type_hints(function)["copy"]


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match=r"'gradio_protocol\.clients' .* 'nothing'"):
        _ = clients.nothing  # type: ignore[attr-defined]

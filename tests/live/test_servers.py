"""The servers that the live tests talk to are what they are said to be."""

from __future__ import annotations

import signal

import httpx
import pytest

from tests.support.latch import PATIENCE
from tests.support.live import DidNotStart, LiveServer, live


def test_each_server_is_of_the_version_it_was_asked_to_be(any_tour: LiveServer) -> None:
    config = httpx.get(f"{any_tour.url}config", timeout=PATIENCE).json()
    assert config["version"].strip() == any_tour.version


def test_the_tour_answers_a_direct_call(any_tour: LiveServer) -> None:
    config = httpx.get(f"{any_tour.url}config", timeout=PATIENCE).json()
    run = any_tour.url.rstrip("/") + config.get("api_prefix", "") + "/run/echo"
    assert httpx.post(run, json={"data": ["hello"]}, timeout=PATIENCE).json()["data"] == ["hello"]


def test_a_server_that_cannot_start_says_why(tour: LiveServer) -> None:
    taken = int(tour.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(DidNotStart, match="port"), live(tour.version, port=taken):
        pass


def test_a_stopped_server_takes_its_processes_with_it() -> None:
    with live("6.31.0") as server:
        server.stop(with_signal=signal.SIGTERM)
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url, timeout=PATIENCE)

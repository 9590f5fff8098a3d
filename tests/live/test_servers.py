"""The servers that the live tests talk to are what they are said to be."""

from __future__ import annotations

import signal

import httpx
import pytest

from tests.support.latch import PATIENCE
from tests.support.live import DidNotStart, LiveServer, live


def test_each_server_is_of_the_version_it_was_asked_to_be(each_reference_app: LiveServer) -> None:
    config = httpx.get(f"{each_reference_app.url}config", timeout=PATIENCE).json()
    assert config["version"].strip() == each_reference_app.version


def test_the_app_answers_a_direct_call(each_reference_app: LiveServer) -> None:
    config = httpx.get(f"{each_reference_app.url}config", timeout=PATIENCE).json()
    run = each_reference_app.url.rstrip("/") + config.get("api_prefix", "") + "/run/echo"
    assert httpx.post(run, json={"data": ["hello"]}, timeout=PATIENCE).json()["data"] == ["hello"]


def test_a_server_that_cannot_start_says_why(reference_app: LiveServer) -> None:
    taken = int(reference_app.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(DidNotStart, match="port"), live(reference_app.version, port=taken):
        pass


def test_a_stopped_server_takes_its_processes_with_it() -> None:
    with live("6.31.0") as server:
        server.stop(with_signal=signal.SIGTERM)
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url, timeout=PATIENCE)

"""`connect_client` connects in the task of its caller, or copies a Space in place of that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gradio_protocol import (
    ClientProtocol,
    GradioError,
    InvalidArguments,
    IOAction,
    SpaceCopy,
    Target,
    Transferred,
    TransportFailed,
)
from gradio_protocol.clients import connect_client
from gradio_protocol.flows.retry import RetryPolicy
from gradio_protocol.wire.headers import HUB
from tests.support.scripted import Driver, reply, web

RUNTIME = reply({"stage": "RUNNING", "hardware": {"current": "cpu-basic"}})
SPACES = {f"GET {HUB}/api/spaces/{space}/runtime": RUNTIME for space in ("them/app", "me/app")}


class Performer:
    """Answers actions without waiting."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def perform(self, action: IOAction, on_transfer: Callable[[Transferred], None]) -> object:
        on_transfer(Transferred(done=0, total=1, upload=False))
        answer = self._driver.answer(action)
        if isinstance(answer, GradioError):
            raise answer
        return answer


def connecting(driver: Driver, src: str, copy: SpaceCopy | None = None) -> ClientProtocol:
    """A client that connects, or copies its Space, as far as that goes."""
    policy = RetryPolicy(max_retries=0)
    protocol = ClientProtocol(Target(src=src, token="t", policy=policy), entropy=bytes(16))
    with pytest.raises(StopIteration):  # it has returned: nothing waits
        connect_client(protocol, Performer(driver), lambda: 0.0, copy).send(None)
    return protocol


def test_what_comes_of_copying_is_told_and_nothing_is_connected() -> None:
    protocol = connecting(
        web({**SPACES, f"GET {HUB}/api/whoami-v2": reply({"name": "me"})}), "them/app", SpaceCopy()
    )
    assert not protocol.is_connected()
    assert protocol.copied is not None
    assert protocol.copied.name == "me/app"


def test_what_copying_has_failed_with_is_raised() -> None:
    with pytest.raises(InvalidArguments, match="them/app"):
        connecting(web({}), "them/app", SpaceCopy())


def test_an_action_that_fails_is_reported() -> None:
    driver = web({"GET http://here/config": TransportFailed("nothing answers")})
    with pytest.raises(TransportFailed, match="nothing answers"):
        connecting(driver, "http://here")

"""A client may copy a Space in place of connecting to it."""

from __future__ import annotations

import pytest

from gradio_protocol import ClientProtocol, InvalidArguments, RunAction, SpaceCopy, Target
from gradio_protocol.wire.headers import HUB
from tests.support.scripted import Driver, reply, web

RUNTIME = reply({"stage": "RUNNING", "hardware": {"current": "cpu-basic"}})
SPACES = {f"GET {HUB}/api/spaces/{space}/runtime": RUNTIME for space in ("them/app", "me/app")}


def copying(driver: Driver) -> ClientProtocol:
    """A client whose Space is copied, as far as that goes."""
    protocol = ClientProtocol(Target(src="them/app", token="t"), entropy=bytes(16))
    protocol.connect(SpaceCopy())
    while isinstance(command := protocol.next_command(0), RunAction):
        protocol.action_succeeded(command.action_id, driver.answer(command.action))
    return protocol


def test_what_comes_of_copying_is_told_and_nothing_is_connected() -> None:
    protocol = copying(web({**SPACES, f"GET {HUB}/api/whoami-v2": reply({"name": "me"})}))
    assert not protocol.is_connected()
    assert protocol.copied is not None
    assert protocol.copied.name == "me/app"


def test_what_copying_has_failed_with_is_raised() -> None:
    protocol = copying(web({}))
    with pytest.raises(InvalidArguments, match="them/app"):
        protocol.is_connected()
    assert protocol.copied is None

"""`client.session_handle`: a session that is opened when it is needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gradio_protocol.client.session_handle import SessionHandle
from gradio_protocol.errors import InvalidArguments
from tests.support.in_memory import InMemoryDriver


def shared() -> Any:
    """What a driver's client shares, of a connected protocol."""
    driver = InMemoryDriver()
    return SimpleNamespace(protocol=driver.core, runner=driver.core)


def test_a_session_is_opened_at_its_first_use_and_stays() -> None:
    of = shared()
    handle, other = SessionHandle(of), SessionHandle(of)
    assert handle.session_hash == handle.session_hash != other.session_hash
    assert [endpoint.name for endpoint in handle.endpoints]


def test_a_reset_session_has_another_hash() -> None:
    handle = SessionHandle(shared())
    before = handle.session_hash
    handle.reset()
    assert handle.session_hash != before


def test_a_closed_session_says_so() -> None:
    of = shared()
    unused, used = SessionHandle(of), SessionHandle(of)
    session_id = used.session_id
    for handle in (unused, used):
        handle.close()
        with pytest.raises(InvalidArguments, match="the session was closed"):
            assert handle.session_id
    with pytest.raises(InvalidArguments, match="the session was closed"):
        of.protocol.reset_session(session_id)

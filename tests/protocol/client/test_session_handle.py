"""The session of a client: opened when it is needed, in the runner that there is."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_protocol import Endpoint, InvalidArguments
from gradio_protocol.client.session_handle import SessionHandle


class Lock:
    """A lock that knows whether it is held."""

    def __init__(self) -> None:
        self.is_held = False

    def __enter__(self) -> None:
        assert not self.is_held
        self.is_held = True

    def __exit__(self, *_: object) -> None:
        self.is_held = False


class Runner:
    """A runner, which is the protocol too, and wants its lock held where that is needed."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.said: list[str] = []
        self.protocol: Any = self

    def open_session(self) -> int:
        assert self.lock.is_held
        self.said.append("open")
        return len(self.said)

    def endpoints(self, session_id: int) -> tuple[Endpoint, ...]:
        assert self.lock.is_held
        return ()

    def session_hash(self, session_id: int) -> str:
        assert self.lock.is_held
        return f"hash {session_id}"

    def reset_session(self, session_id: int) -> None:
        self.said.append(f"reset {session_id}")

    def close_session(self, session_id: int) -> None:
        self.said.append(f"close {session_id}")


class Shared:
    """What all views of a client share."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.lock = Lock()


def test_a_session_is_opened_once_and_only_when_it_is_needed() -> None:
    runner = Runner()
    session = SessionHandle(Shared(runner))
    assert runner.said == []
    assert (session.session_id, session.session_hash, session.endpoints) == (1, "hash 1", ())
    session.reset()
    session.close()
    session.close()
    assert runner.said == ["open", "reset 1", "close 1"]


def test_another_runner_gets_another_session() -> None:
    first, second = Runner(), Runner()
    second.said.append("something else")
    shared = Shared(first)
    session = SessionHandle(shared)
    assert session.session_id == 1
    shared.runner = second
    assert session.session_id == 2
    session.close()
    assert (first.said, second.said[1:]) == (["open"], ["open", "close 2"])


def test_a_session_that_was_closed_is_not_opened_again() -> None:
    runner = Runner()
    session = SessionHandle(Shared(runner))
    session.close()
    with pytest.raises(InvalidArguments, match="closed"):
        _ = session.session_id
    # It was opened, as it may be by a thread while another one closes it, and closed again.
    assert runner.said == ["open", "close 1"]

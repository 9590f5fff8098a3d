"""How often a driver calls the core: for each chunk of a stream, twice at most."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import ClientProtocol
from gradio_protocol.jobs.event_stream import StreamReader
from tests.conformance.rig import rigged
from tests.conformance.subject import Subject

REPORTS = [name for name in vars(ClientProtocol) if name.startswith(("action_", "stream_"))]
ABOUT_CHUNKS = ("receive_data", "receive_messages", "feed")


class Crossings:
    """Counts the calls that come from outside the core, by method."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: Counter[str] = Counter()
        self.chunks = 0
        self._inside = threading.local()
        for name in (*REPORTS, "receive_data", "receive_messages", "take_answers"):
            monkeypatch.setattr(ClientProtocol, name, self._counted(ClientProtocol, name))
        monkeypatch.setattr(StreamReader, "feed", self._counted(StreamReader, "feed"))

    def _counted(self, owner: type, name: str) -> Any:
        method = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.chunks += name == "feed"
            depth = getattr(self._inside, "depth", 0)
            self.calls[name] += depth == 0
            self._inside.depth = depth + 1
            try:
                return method(*args, **kwargs)
            finally:
                self._inside.depth = depth

        return call


@pytest.mark.parametrize("version", ["4.7.1", "6.31.0"])
def test_a_chunk_of_a_stream_crosses_two_calls_at_most(
    subject: Subject, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossings = Crossings(monkeypatch)
    with rigged(subject, version, tmp_path) as rig:
        for _ in range(5):
            assert rig.client.submit(20, api_name="/count").iterated().outputs == [*range(20)]
    about_chunks = sum(crossings.calls[name] for name in ABOUT_CHUNKS)
    assert 5 <= crossings.chunks <= about_chunks <= 2 * crossings.chunks
    assert crossings.calls["take_answers"] == 0

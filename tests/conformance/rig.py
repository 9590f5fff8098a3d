"""A client, a fake server, the fault proxy between them; and what must hold after a fault."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gradio_protocol import GradioError
from tests.conformance.stages import PRIVATE, FakeStage, staged
from tests.conformance.subject import ClientUnderTest, JobUnderTest, Options, Subject
from tests.support.fault_proxy import FaultProxy, fault_proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """All of it."""

    stage: FakeStage
    proxy: FaultProxy
    client: ClientUnderTest
    version: str

    @property
    def stream(self) -> str:
        """What the address of a stream contains."""
        return "queue/join" if self.version == PRIVATE else "queue/data"


@contextmanager
def rigged(
    subject: Subject,
    version: str,
    folder: Path,
    *,
    max_retries: int = 2,
    stream_idle_timeout: float | None = None,
    **settings: Any,
) -> Generator[Rig]:
    """A rig for the length of a block."""
    options = Options(
        downloads=folder / "downloads",
        max_retries=max_retries,
        stream_idle_timeout=stream_idle_timeout,
    )
    with (
        staged(version, folder, **settings) as stage,
        fault_proxy(stage.url) as proxy,
        subject.open(proxy.url, options) as client,
    ):
        yield Rig(stage=stage, proxy=proxy, client=client, version=version)


def fails(job: JobUnderTest, *kinds: type[GradioError]) -> GradioError:
    """The job has one error, of one of these kinds, for its result and for its iteration."""
    with pytest.raises(kinds) as caught:
        job.result()
    assert job.iterated().error is caught.value
    return caught.value


def usable(client: ClientUnderTest) -> None:
    """The client does all it did before: a call, a generator, several jobs at once."""
    assert client.predict("still here", api_name="/echo") == "still here"
    counts = [client.submit(3, api_name="/count") for _ in range(3)]
    assert [job.iterated().outputs for job in counts] == [[0, 1, 2]] * 3
    assert [job.result() for job in counts] == [2, 2, 2]


def came(stage: FakeStage, route: str) -> int:
    """How many requests the server has had for a route."""
    return len(stage.fake.requests(route))


def in_other_order(functions: Sequence[Any]) -> list[Any]:
    """The same functions, so that every index means another one."""
    return [*functions[1:], functions[0]]

"""What a driver is to the scenarios: a small blocking interface, the same for every driver.

A scenario opens a client with `Subject.open` and sees only this. Rules: every wait has an end and
fails the test by `NeverHappened`; a cancelled job raises `JobCancelled` from `result`, whatever
the driver raises by itself; iterating never raises, it gives what came and the error that ended
it. To bring another driver, write these three classes for it and add it to `drivers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from gradio_protocol import OutputUpdate, StatusUpdate

Update: TypeAlias = StatusUpdate | OutputUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a client is opened; each driver has all of these under names of its own."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str | None = None
    auth: tuple[str, str] | None = None
    downloads: Path | None = None
    "where files go; None: files stay the server's objects"
    max_download_size: int | None = None
    max_retries: int = 2
    stream_idle_timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterated:
    """What iterating a job gave, to its end."""

    outputs: list[Any]
    error: BaseException | None


PLAIN = Options()


class JobUnderTest(Protocol):
    """One job."""

    def result(self) -> Any:
        """The result, or its error."""
        ...

    def iterated(self) -> Iterated:
        """All outputs, from the first one on, when the last one has come."""
        ...

    def outputs(self) -> list[Any]:
        """What has come until now."""
        ...

    def updates(self) -> list[Update]:
        """Every update, in order, when the last one has come."""
        ...

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        """Wait until this many of the job's updates are wanted ones."""
        ...

    def cancel(self) -> bool:
        """Call it off; says whether it was not over yet."""
        ...


class ClientUnderTest(Protocol):
    """One client, connected."""

    @property
    def session_hash(self) -> str:
        """What the server knows the client by."""
        ...

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        """Call and wait."""
        ...

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> JobUnderTest:
        """Call in the background."""
        ...

    def alone(self) -> ClientUnderTest:
        """The same, but each job has a session of its own."""
        ...

    def describe(self) -> str:
        """The endpoints, for people."""
        ...

    def reset_session(self) -> None:
        """Be another visitor from now on."""
        ...

    def close(self) -> None:
        """End everything."""
        ...


class Subject(Protocol):
    """A driver."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    def open(self, url: str, options: Options = PLAIN) -> AbstractContextManager[ClientUnderTest]:
        """A client, connected for the length of a block; raises what connecting raises."""
        ...

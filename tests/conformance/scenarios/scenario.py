"""What a scenario is: a function that any driver must pass, against any copy of the reference app.

It runs against the fake server and against real ones alike. Where a real app would take its time,
the fake holds still until the scenario says `stage.go_on()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from gradio_protocol import OutputUpdate, Status
from tests.conformance.subject import ClientUnderTest, Update


class Stage(Protocol):
    """Where a scenario is played."""

    @property
    def folder(self) -> Path:
        """Scratch space."""
        ...

    @property
    def downloads(self) -> Path:
        """Where the client saves files."""
        ...

    @property
    def stands_still(self) -> bool:
        """True where slow functions wait for `go_on`; on a real app they only take their time."""
        ...

    def go_on(self) -> None:
        """From now on nothing stands still."""
        ...


Version: TypeAlias = tuple[int, ...]
Where: TypeAlias = Callable[[Version], bool]
Play: TypeAlias = Callable[[ClientUnderTest, Stage], None]


def everywhere(version: Version) -> bool:
    return True


def queued(version: Version) -> bool:
    """Where calls wait in a queue; the fake server of 3.50.1 has none."""
    return version != (3, 50, 1)


def crowded(version: Version) -> bool:
    """Where jobs may wait together: 3.4 asks one twice for its arguments, and loses it."""
    return queued(version) and version >= (3, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario."""

    play: Play
    where: Where
    "the versions to which it applies"

    @property
    def name(self) -> str:
        return self.play.__name__

    @property
    def title(self) -> str:
        """Its statement, for people."""
        return self.name.replace("_", " ")


class Scenarios(list[Scenario]):
    """A list that functions add themselves to, as a decorator."""

    def __call__(self, where: Where = everywhere) -> Callable[[Play], Play]:
        def add(play: Play) -> Play:
            self.append(Scenario(play=play, where=where))
            return play

        return add

    def at(self, version: Version) -> list[Scenario]:
        """Those that apply to a version."""
        return [scenario for scenario in self if scenario.where(version)]


def is_status(*codes: Status) -> Callable[[Update], bool]:
    """A condition for `JobUnderTest.until`."""
    return lambda update: not isinstance(update, OutputUpdate) and update.code in codes


def is_output(update: Update) -> bool:
    """Likewise."""
    return isinstance(update, OutputUpdate)


RUNNING = is_status(Status.PROCESSING, Status.ITERATING)
"The server has started the job."
JOINING = is_status(Status.JOINING_QUEUE)
"The job asks to be let in."
QUEUED = is_status(Status.IN_QUEUE)
"The server has accepted the job."

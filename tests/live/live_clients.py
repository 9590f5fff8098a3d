"""The players of the live tests: one client of each driver for each real server."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.conformance.drivers import DRIVERS
from tests.conformance.subject import ClientUnderTest, Options
from tests.support.live import Fleet

NARROW = {"CONCURRENCY": "1"}
"Settings of an app that runs one job of each function at a time."


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStage:
    """A real app: it goes on by itself."""

    url: str
    folder: Path

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"

    @property
    def stands_still(self) -> bool:
        return False

    def go_on(self) -> None:
        pass


class LiveClients:
    """Clients that are kept from test to test: no scenario may leave one worse than it was."""

    def __init__(self, fleet: Fleet, folder: Path, running: ExitStack) -> None:
        self._fleet = fleet
        self._folder = folder
        self._running = running
        self.on = cache(self._made)

    def start_servers(self, wide: Iterable[str], narrow: Iterable[str]) -> None:
        """Start the servers of these versions, two at a time; narrow ones run one job at a time."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            starting = [pool.submit(self._fleet.server, version) for version in wide]
            starting += [pool.submit(self._fleet.server, version, **NARROW) for version in narrow]
            for start in starting:
                start.result()

    def stage(self, version: str, **settings: str) -> LiveStage:
        return LiveStage(url=self._fleet.server(version, **settings).url, folder=self._folder)

    def _made(
        self, driver: str, version: str, **settings: str
    ) -> tuple[LiveStage, ClientUnderTest]:
        stage = self.stage(version, **settings)
        opened = DRIVERS[driver].open(stage.url, Options(downloads=stage.downloads))
        return stage, self._running.enter_context(opened)

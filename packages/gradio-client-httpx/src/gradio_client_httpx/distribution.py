"""Metadata for `importlib.metadata` of a package that stands in for one not installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from typing import Any


def find_distributions(
    context: DistributionFinder.Context, name: str, version: str, folder: Path
) -> Iterable[Distribution]:
    """Return the distribution if `context` asks for it and the real one is not installed."""
    asked = context.name
    if asked is not None and asked.lower().replace("-", "_") != name:
        return []
    real = MetadataPathFinder.find_distributions(DistributionFinder.Context(name=name))
    return [] if any(real) else [_Standin(name, version, folder)]


class _Standin(Distribution):
    def __init__(self, name: str, version: str, folder: Path) -> None:
        self._texts = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "top_level.txt": name,
        }
        self._folder = folder

    def read_text(self, filename: Any) -> str | None:
        return self._texts.get(str(filename))

    def locate_file(self, path: Any) -> Any:
        return self._folder.parent / path

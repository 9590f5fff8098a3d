"""Real Gradio servers: one virtual environment for each version, made when first asked for.

An old Gradio runs only with the dependencies of its own day, so each version has a day after which
nothing may be newer. `python -m scripts.environments.servers VERSION…` makes them and prints their
Pythons, one a line; without a version it makes those that `scripts/test` plays on.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import BootstrapFailed
from scripts.environments import virtualenv

NEWEST = "6.31.0"
USUAL = ("4.19.2", "4.44.1", "5.50.0", NEWEST)
"""What the live tests play on, unless they play on every version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """How one version of Gradio is installed."""

    day: str
    """Nothing newer than this day is installed."""
    extras: tuple[str, ...] = ()
    """What the version needs and does not ask for."""
    python: str = "3.11"
    """The Python the version was written for."""


RELEASES = {
    # Up to 3.36 it imports pkg_resources, which setuptools brings.
    "3.4.1": Release(day="2022-10-12", extras=("setuptools",)),
    "3.16.2": Release(day="2023-01-18", extras=("setuptools",)),
    "3.23.0": Release(day="2023-03-23", extras=("setuptools",)),
    "3.36.1": Release(day="2023-07-09", extras=("setuptools",)),
    "3.41.2": Release(day="2023-08-27"),
    "3.50.2": Release(day="2023-10-21"),
    "4.0.2": Release(day="2023-11-02"),
    "4.5.0": Release(day="2023-11-22"),
    "4.7.1": Release(day="2023-11-25"),
    "4.8.0": Release(day="2023-12-07"),
    "4.9.0": Release(day="2023-12-15"),
    "4.14.0": Release(day="2024-01-12"),
    "4.16.0": Release(day="2024-01-28"),
    "4.17.0": Release(day="2024-02-08"),
    "4.19.2": Release(day="2024-02-24"),
    "4.20.1": Release(day="2024-03-08"),
    "4.21.0": Release(day="2024-03-11"),
    "4.22.0": Release(day="2024-03-21"),
    "4.29.0": Release(day="2024-05-05"),
    "4.37.2": Release(day="2024-06-30"),
    "4.44.1": Release(day="2024-10-02"),
    "5.0.2": Release(day="2024-10-13"),
    "5.20.1": Release(day="2025-03-08"),
    "5.50.0": Release(day="2025-11-23"),
    "6.0.2": Release(day="2025-12-04"),
    "6.10.0": Release(day="2026-03-26"),
    NEWEST: Release(day="2026-11-20", python=sys.executable),
}


def ensure(version: str) -> Path:
    """The Python of an environment that has this version of Gradio, made if there is none.

    Raises BootstrapFailed where it cannot be fetched, and KeyError for a version not in RELEASES.
    """
    it = RELEASES[version]
    wanted = (f"gradio=={version}", *it.extras)
    return virtualenv.ensure(f"gradio-{version}", wanted, day=it.day, python=it.python)


def main(versions: list[str]) -> int:
    """Make the servers that the command line names."""
    for version in versions or USUAL:
        try:
            print(ensure(version), flush=True)
        except KeyError:
            print(
                f"scripts.environments.servers: no day is known for Gradio {version}",
                file=sys.stderr,
            )
            return 1
        except BootstrapFailed as failure:
            print(f"scripts.environments.servers: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What can happen next between the client and the server of a simulation, which has no time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """One thing that can happen now."""

    name: str
    make: Callable[[], None]
    harm: bool = False
    "It need not happen: a cut, a cancel, a failure of the network."

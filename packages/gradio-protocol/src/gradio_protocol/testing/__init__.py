"""Tools to test a driver: a server to talk to and scenarios to pass, both without I/O.

`ScriptedServer` answers the bytes of clients with the bytes of a small Gradio app, over any
transport. A scenario asks the driver's user for one step at a time, as a flow asks a driver for
actions. The guide "Test your driver" shows both. A driver that passes handles all commands and all
but the rare actions; the project's own suite, `tests/conformance`, covers every dialect and has
many more scenarios.
"""

from .app import VERSIONS
from .scenarios import (
    SCENARIOS,
    AnyStep,
    CancelAfterFirst,
    Collect,
    Predict,
    Scenario,
    ScenarioRun,
    Steps,
    Transform,
)
from .server import Output, ScriptedServer

__all__ = [
    "SCENARIOS",
    "VERSIONS",
    "AnyStep",
    "CancelAfterFirst",
    "Collect",
    "Output",
    "Predict",
    "Scenario",
    "ScenarioRun",
    "ScriptedServer",
    "Steps",
    "Transform",
]

"""For whoever writes a driver: a server to talk to, and scenarios to pass, both without I/O.

`ScriptedServer` turns the bytes of clients into the bytes of a small Gradio app, so that any
transport can serve it. A scenario is a conversation with the driver's user, as a flow is one with
the driver: it asks for a `Deed`, and is given what came of it. The guide "Test your driver" shows
both at work. Whoever passes obeys all orders and performs all actions but the rare ones; the
project's own suite, `tests/conformance`, has every dialect and many more scenarios.
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

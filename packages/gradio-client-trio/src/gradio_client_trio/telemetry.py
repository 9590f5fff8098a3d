"""One word to Hugging Face that this package was used with a Space; never with which one.

Sent by huggingface_hub, which has conventions for it; nobody waits for it, and its failure is
nobody's. Silent where any of the usual variables says so.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from gradio_protocol import telemetry_allowed

from ._version import __version__


def report() -> None:
    """Send the word, if it is wanted; in a thread that nobody waits for."""
    if not telemetry_allowed(os.environ):
        return
    with contextlib.suppress(Exception):
        import huggingface_hub.utils

        hub: Any = huggingface_hub.utils
        name = "gradio-client-trio"
        hub.send_telemetry(f"{name}/connected", library_name=name, library_version=__version__)

"""One word to Hugging Face that this package was used with a Space; never with which one.

Sent by huggingface_hub, which has conventions for it; nobody waits for it, and its failure is
nobody's. Silent where any of the usual variables says so.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from ._version import __version__

_OFF = ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_OFFLINE")
_TRUE = ("1", "on", "yes", "true")
_FALSE = ("0", "off", "no", "false")


def is_wanted() -> bool:
    """Whether no variable of the environment objects."""
    gradio = os.environ.get("GRADIO_ANALYTICS_ENABLED", "true").lower()
    said = (os.environ.get(name, "").lower() for name in _OFF)
    return gradio not in _FALSE and not any(word in _TRUE for word in said)


def report() -> None:
    """Send the word, if it is wanted; in a thread that nobody waits for."""
    if not is_wanted():
        return
    with contextlib.suppress(Exception):
        import huggingface_hub.utils

        hub: Any = huggingface_hub.utils
        name = "gradio-client-trio"
        hub.send_telemetry(f"{name}/connected", library_name=name, library_version=__version__)

"""Reports to Hugging Face that this package was used with some Space, without naming it.

huggingface_hub sends the report, by its own conventions. A failure is ignored. Environment
variables such as `HF_HUB_DISABLE_TELEMETRY` turn it off.
"""

from __future__ import annotations

import os
from importlib import import_module

from gradio_protocol.clients import report_use

from ._version import __version__

_LIBRARY = "gradio-client-trio"


def report() -> None:
    """Send the report if the environment allows it. Blocks; ignores all errors."""
    report_use(os.environ, lambda: import_module("huggingface_hub.utils"), _LIBRARY, __version__)

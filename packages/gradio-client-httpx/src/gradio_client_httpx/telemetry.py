"""Reports to Hugging Face that this package was used with some Space, without naming it.

huggingface_hub sends the report, by its own conventions. A failure is ignored. Environment
variables such as `HF_HUB_DISABLE_TELEMETRY` turn it off.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from gradio_protocol import telemetry_allowed

from ._version import __version__


def report() -> None:
    """Send the report if the environment allows it. Blocks; ignores all errors."""
    if not telemetry_allowed(os.environ):
        return
    with contextlib.suppress(Exception):
        import huggingface_hub.utils

        hub: Any = huggingface_hub.utils
        name = "gradio-client-httpx"
        hub.send_telemetry(f"{name}/connected", library_name=name, library_version=__version__)

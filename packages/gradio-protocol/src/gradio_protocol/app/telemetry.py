"""Reports usage to Hugging Face, by the rules of its own libraries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

_OFF = ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_OFFLINE")
_TRUE = ("1", "on", "yes", "true")
_FALSE = ("0", "off", "no", "false")


def telemetry_allowed(environ: Mapping[str, str]) -> bool:
    """Whether the environment allows telemetry.

    GRADIO_ANALYTICS_ENABLED and the variables of huggingface_hub can forbid it.
    """
    gradio = environ.get("GRADIO_ANALYTICS_ENABLED", "true").lower()
    values = (environ.get(name, "").lower() for name in _OFF)
    return gradio not in _FALSE and not any(word in _TRUE for word in values)


def report_use(
    environ: Mapping[str, str], load_hub: Callable[[], Any], library: str, version: str
) -> None:
    """Report that this library was used with some Space, if the environment allows it.

    `load_hub` imports `huggingface_hub.utils`, which sends the report. Blocks; ignores all errors.
    """
    if telemetry_allowed(environ):
        with suppress(Exception):
            hub = load_hub()
            hub.send_telemetry(
                f"{library}/connected", library_name=library, library_version=version
            )

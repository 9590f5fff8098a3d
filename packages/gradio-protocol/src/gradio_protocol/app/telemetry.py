"""Whether Hugging Face may be told that a client was used: as its own libraries decide it."""

from __future__ import annotations

from collections.abc import Mapping

_OFF = ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_OFFLINE")
_TRUE = ("1", "on", "yes", "true")
_FALSE = ("0", "off", "no", "false")


def telemetry_allowed(environ: Mapping[str, str]) -> bool:
    """Whether neither GRADIO_ANALYTICS_ENABLED nor a variable of Hugging Face's forbids it."""
    gradio = environ.get("GRADIO_ANALYTICS_ENABLED", "true").lower()
    said = (environ.get(name, "").lower() for name in _OFF)
    return gradio not in _FALSE and not any(word in _TRUE for word in said)

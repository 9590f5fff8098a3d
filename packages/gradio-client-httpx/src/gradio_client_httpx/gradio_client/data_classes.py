"""Replaces `gradio_client.data_classes`; see `compat`."""

from typing import Any

from gradio_client_httpx.compat import look_up
from gradio_protocol import FileData

__all__ = ["FileData"]


def __getattr__(name: str) -> Any:
    return look_up(__name__, name)

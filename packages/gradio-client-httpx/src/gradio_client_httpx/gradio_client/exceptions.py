"""Replaces `gradio_client.exceptions`; see `compat`."""

from typing import Any

from gradio_client_httpx.compat import look_up
from gradio_protocol import AppError, AuthenticationError, ValidationError

__all__ = ["AppError", "AuthenticationError", "ValidationError"]


def __getattr__(name: str) -> Any:
    return look_up(__name__, name)

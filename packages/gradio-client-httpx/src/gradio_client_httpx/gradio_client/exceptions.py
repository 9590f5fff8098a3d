"""Replaces `gradio_client.exceptions`; see `compat`."""

from gradio_client_httpx.compat import make_getattr
from gradio_protocol import AppError, AuthenticationError, ValidationError

__all__ = ["AppError", "AuthenticationError", "ValidationError"]

__getattr__ = make_getattr(__name__)

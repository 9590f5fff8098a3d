"""Replaces `gradio_client.exceptions`; see `compat`."""

from gradio_client_httpx.compat import Getattr, make_getattr
from gradio_protocol import AppError, AuthenticationError, ValidationError

__all__ = ["AppError", "AuthenticationError", "ValidationError"]

__getattr__: Getattr = make_getattr(__name__)

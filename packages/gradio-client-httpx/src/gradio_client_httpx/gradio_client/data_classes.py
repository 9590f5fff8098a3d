"""Replaces `gradio_client.data_classes`; see `compat`."""

from gradio_client_httpx.compat import Getattr, make_getattr
from gradio_protocol import FileData

__all__ = ["FileData"]

__getattr__: Getattr = make_getattr(__name__)

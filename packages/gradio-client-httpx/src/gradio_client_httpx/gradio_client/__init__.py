"""Replaces `gradio_client` after `install_as_gradio_client()`; see `compat`."""

from typing import Any

from gradio_client_httpx.compat import RELEASE, look_up
from gradio_client_httpx.files import file, handle_file
from gradio_client_httpx.loadable import LoadableClient as Client
from gradio_protocol import FileData

__version__ = RELEASE
__all__ = ["Client", "FileData", "__version__", "file", "handle_file"]


def __getattr__(name: str) -> Any:
    return look_up(__name__, name)

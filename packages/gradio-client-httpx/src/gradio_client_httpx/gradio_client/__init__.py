"""Replaces `gradio_client` after `install_as_gradio_client()`; see `compat`."""

from gradio_client_httpx.compat import RELEASE, Getattr, make_getattr
from gradio_client_httpx.files import file, handle_file
from gradio_client_httpx.loadable import LoadableClient as Client
from gradio_protocol import FileData

__version__ = RELEASE
__all__ = ["Client", "FileData", "__version__", "file", "handle_file"]

__getattr__: Getattr = make_getattr(__name__)

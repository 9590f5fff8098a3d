"""A client of Gradio apps for threads and asyncio: `gradio_protocol` over httpx."""

import logging

from gradio_protocol import client_exports

# All of its names are public here too.
from gradio_protocol.client_exports import *  # noqa: F403 # pyright: ignore[reportWildcardImportFromLibrary]

from ._version import __version__
from .aio.client import AsyncClient
from .aio.job import AsyncJob
from .blocking import BlockingCallWarning
from .client import Client
from .compat import install_as_gradio_client
from .files import file, handle_file
from .job import Job

__all__ = [
    "AsyncClient",
    "AsyncJob",
    "BlockingCallWarning",
    "Client",
    "Job",
    "__version__",
    "file",
    "handle_file",
    "install_as_gradio_client",
]
__all__ += client_exports.__all__

# Without a handler, the logging module would print warnings to standard error.
logging.getLogger(__name__).addHandler(logging.NullHandler())

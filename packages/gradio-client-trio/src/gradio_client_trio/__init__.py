"""A client of Gradio apps for trio: `gradio_protocol` over h11, in one nursery."""

import logging

from gradio_protocol import client_exports

# All of its names are public here too.
from gradio_protocol.client_exports import *  # noqa: F403 # pyright: ignore[reportWildcardImportFromLibrary]

from ._version import __version__
from .client import Client
from .files import file, handle_file
from .http import Timeout
from .job import Job

__all__ = ["Client", "Job", "Timeout", "__version__", "file", "handle_file"]
__all__ += client_exports.__all__

# Without a handler, the logging module would print warnings to standard error.
logging.getLogger(__name__).addHandler(logging.NullHandler())

"""A client of Gradio apps for threads and asyncio: `gradio_protocol` over httpx."""

import logging

from gradio_protocol import (
    AppChanged,
    AppError,
    AuthenticationError,
    FileData,
    FileFailed,
    GradioError,
    InvalidArguments,
    JobCancelled,
    OutputUpdate,
    ProgressUnit,
    QueueError,
    RemoteError,
    ServerStopped,
    SessionNotFound,
    SpaceDuplicationError,
    SpaceUnavailable,
    Status,
    StatusUpdate,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)

from ._version import __version__
from .aio.client import AsyncClient
from .aio.job import AsyncJob
from .blocking import BlockingCallWarning
from .client import Client
from .compat import install_as_gradio_client
from .files import file, handle_file
from .job import Job

__all__ = [
    "AppChanged",
    "AppError",
    "AsyncClient",
    "AsyncJob",
    "AuthenticationError",
    "BlockingCallWarning",
    "Client",
    "FileData",
    "FileFailed",
    "GradioError",
    "InvalidArguments",
    "Job",
    "JobCancelled",
    "OutputUpdate",
    "ProgressUnit",
    "QueueError",
    "RemoteError",
    "ServerStopped",
    "SessionNotFound",
    "SpaceDuplicationError",
    "SpaceUnavailable",
    "Status",
    "StatusUpdate",
    "StreamLost",
    "TooManyRequestsError",
    "TransportFailed",
    "ValidationError",
    "__version__",
    "file",
    "handle_file",
    "install_as_gradio_client",
]

# Without a handler, the logging module would print warnings to standard error.
logging.getLogger(__name__).addHandler(logging.NullHandler())

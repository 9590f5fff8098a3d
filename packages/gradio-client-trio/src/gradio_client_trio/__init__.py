"""A client of Gradio apps for trio: `gradio_protocol` over h11, in one nursery."""

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
from .client import Client
from .files import file, handle_file
from .http import Timeout
from .job import Job

__all__ = [
    "AppChanged",
    "AppError",
    "AuthenticationError",
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
    "Timeout",
    "TooManyRequestsError",
    "TransportFailed",
    "ValidationError",
    "__version__",
    "file",
    "handle_file",
]

# Without a handler, the logging module would print warnings to standard error.
logging.getLogger(__name__).addHandler(logging.NullHandler())

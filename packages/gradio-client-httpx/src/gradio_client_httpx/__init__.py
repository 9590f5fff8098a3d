"""A blocking client of Gradio apps: threads and httpx around `gradio_protocol`."""

from gradio_protocol import (
    AppChanged,
    AppError,
    AuthenticationError,
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
    Status,
    StatusUpdate,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)

from ._version import __version__
from .client import Client
from .job import Job

__all__ = [
    "AppChanged",
    "AppError",
    "AuthenticationError",
    "Client",
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
    "Status",
    "StatusUpdate",
    "StreamLost",
    "TooManyRequestsError",
    "TransportFailed",
    "ValidationError",
    "__version__",
]

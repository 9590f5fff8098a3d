"""The public names of every client: the package of a driver passes all of them on to its users."""

from .app.files import FileData
from .errors import (
    AppChanged,
    AppError,
    AuthenticationError,
    ExecutorFailed,
    FileFailed,
    GradioError,
    InvalidArguments,
    JobCancelled,
    QueueError,
    RemoteError,
    ServerStopped,
    SessionNotFound,
    SpaceDuplicationError,
    SpaceUnavailable,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)
from .jobs.messages import ProgressUnit
from .jobs.status import Status
from .present.updates import OutputUpdate, StatusUpdate

__all__ = [
    "AppChanged",
    "AppError",
    "AuthenticationError",
    "ExecutorFailed",
    "FileData",
    "FileFailed",
    "GradioError",
    "InvalidArguments",
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
]

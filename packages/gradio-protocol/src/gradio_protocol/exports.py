"""The public names, and where each is at home; users find them in `gradio_protocol` itself."""

from ._version import __version__
from .app.access import Access, App
from .app.config import Config, Visibility
from .app.describe import as_html, doc, signature, view
from .app.dialect import Dialect
from .app.endpoint import Endpoint, Parameter, Return, find_endpoint
from .app.files import FileData, Inline, LocalFile, WebFile, file_at, file_data, walk
from .app.telemetry import telemetry_allowed
from .client.commands import AbortAction, CloseStream, Command, NotifyJob, OpenStream, RunAction
from .client.protocol import BoundCall, ClientProtocol
from .errors import (
    AppChanged,
    AppError,
    AuthenticationError,
    FileFailed,
    GradioError,
    InvalidArguments,
    JobCancelled,
    QueueError,
    RemoteError,
    ServerStopped,
    SessionNotFound,
    SpaceUnavailable,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
    causes,
    proxy_address,
)
from .flows.actions import (
    AnyIO,
    BodyLimit,
    Download,
    FileFacts,
    InspectFile,
    ReadFile,
    SaveBytes,
    Saved,
    Send,
    Sleep,
)
from .flows.connect import Target
from .flows.options import Changes, Options
from .flows.retry import RetryPolicy
from .jobs.job_state import JobState, JobView, Outputs, Raised, Stage, Transferred
from .jobs.messages import EventMessage, Logged, ProgressUnit
from .jobs.orders import KEEPALIVE
from .jobs.progress import Progress, ProgressTicker
from .jobs.status import Status
from .jobs.stream_reader import StreamReader
from .jobs.updates import OutputUpdate, StatusUpdate, current_status, status_update
from .wire.exchange import FileSlice, Head, Headers, Origin, Request, Response, is_address, origin
from .wire.headers import HUB, redact

__all__ = [
    "HUB",
    "KEEPALIVE",
    "AbortAction",
    "Access",
    "AnyIO",
    "App",
    "AppChanged",
    "AppError",
    "AuthenticationError",
    "BodyLimit",
    "BoundCall",
    "Changes",
    "ClientProtocol",
    "CloseStream",
    "Command",
    "Config",
    "Dialect",
    "Download",
    "Endpoint",
    "EventMessage",
    "FileData",
    "FileFacts",
    "FileFailed",
    "FileSlice",
    "GradioError",
    "Head",
    "Headers",
    "Inline",
    "InspectFile",
    "InvalidArguments",
    "JobCancelled",
    "JobState",
    "JobView",
    "LocalFile",
    "Logged",
    "NotifyJob",
    "OpenStream",
    "Options",
    "Origin",
    "OutputUpdate",
    "Outputs",
    "Parameter",
    "Progress",
    "ProgressTicker",
    "ProgressUnit",
    "QueueError",
    "Raised",
    "ReadFile",
    "RemoteError",
    "Request",
    "Response",
    "RetryPolicy",
    "Return",
    "RunAction",
    "SaveBytes",
    "Saved",
    "Send",
    "ServerStopped",
    "SessionNotFound",
    "Sleep",
    "SpaceUnavailable",
    "Stage",
    "Status",
    "StatusUpdate",
    "StreamLost",
    "StreamReader",
    "Target",
    "TooManyRequestsError",
    "Transferred",
    "TransportFailed",
    "ValidationError",
    "Visibility",
    "WebFile",
    "__version__",
    "as_html",
    "causes",
    "current_status",
    "doc",
    "file_at",
    "file_data",
    "find_endpoint",
    "is_address",
    "origin",
    "proxy_address",
    "redact",
    "signature",
    "status_update",
    "telemetry_allowed",
    "view",
    "walk",
]

"""The public names, and where each is at home; users find them in `gradio_protocol` itself."""

from ._version import __version__
from .app.access import Access, App
from .app.config import Config
from .app.dialect import Dialect
from .app.endpoint import Endpoint, Parameter, Return
from .app.files import FileData, Inline, LocalFile, WebFile, file_argument
from .app.telemetry import telemetry_allowed
from .client.base import BaseClient
from .client.commands import AbortAction, CloseStream, Command, NotifyJob, OpenStream, RunAction
from .client.config import DEFAULT_FOLDER, ClientConfig
from .client.map_window import (
    CollectCall,
    MapWindow,
    SubmitCall,
    WaitForJobs,
    YieldOutcome,
    map_calls,
)
from .client.protocol import BoundCall, ClientProtocol
from .client.session_handle import SessionHandle
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
    SpaceDuplicationError,
    SpaceUnavailable,
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
    causes,
    file_errors,
    proxy_address,
)
from .flows.actions import (
    PARTIAL_PREFIX,
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
from .flows.duplicate import CopiedSpace, SpaceCopy
from .flows.options import Changes, Options
from .flows.retry import RetryPolicy
from .jobs.job_state import JobState, JobView, Outputs, Raised, Stage, Transferred
from .jobs.messages import EventMessage, Logged, ProgressUnit
from .jobs.orders import KEEPALIVE
from .jobs.status import Status
from .jobs.stream_reader import StreamReader
from .present.async_job import BaseAsyncJob
from .present.endpoints import BoundEndpoint, Endpoints
from .present.progress import UNCOUNTED, Progress, ProgressTicker
from .present.updates import (
    OutputUpdate,
    StatusUpdate,
    all_outputs,
    current_status,
    spread,
    status_update,
)
from .wire.exchange import FileSlice, Head, Headers, Origin, Request, Response, is_address, origin
from .wire.headers import redact

__all__ = [
    "DEFAULT_FOLDER",
    "KEEPALIVE",
    "PARTIAL_PREFIX",
    "UNCOUNTED",
    "AbortAction",
    "Access",
    "AnyIO",
    "App",
    "AppChanged",
    "AppError",
    "AuthenticationError",
    "BaseAsyncJob",
    "BaseClient",
    "BodyLimit",
    "BoundCall",
    "BoundEndpoint",
    "Changes",
    "ClientConfig",
    "ClientProtocol",
    "CloseStream",
    "CollectCall",
    "Command",
    "Config",
    "CopiedSpace",
    "Dialect",
    "Download",
    "Endpoint",
    "Endpoints",
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
    "MapWindow",
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
    "SessionHandle",
    "SessionNotFound",
    "Sleep",
    "SpaceCopy",
    "SpaceDuplicationError",
    "SpaceUnavailable",
    "Stage",
    "Status",
    "StatusUpdate",
    "StreamLost",
    "StreamReader",
    "SubmitCall",
    "Target",
    "TooManyRequestsError",
    "Transferred",
    "TransportFailed",
    "ValidationError",
    "WaitForJobs",
    "WebFile",
    "YieldOutcome",
    "__version__",
    "all_outputs",
    "causes",
    "current_status",
    "file_argument",
    "file_errors",
    "is_address",
    "map_calls",
    "origin",
    "proxy_address",
    "redact",
    "spread",
    "status_update",
    "telemetry_allowed",
]

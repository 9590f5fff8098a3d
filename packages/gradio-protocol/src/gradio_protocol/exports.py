"""The public names, and where each is at home; users find them in `gradio_protocol` itself."""

from ._version import __version__
from .app.access import Access, App
from .app.config import Config, Visibility
from .app.describe import as_html, doc, signature, view
from .app.dialect import Dialect
from .app.endpoint import Endpoint, Parameter, Return, find
from .app.files import FileData, Inline, LocalFile, file_at, file_data, walk
from .app.telemetry import telemetry_allowed
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
    StreamLost,
    TooManyRequestsError,
    TransportFailed,
    ValidationError,
)
from .flows.actions import (
    AnyAction,
    AnyIO,
    Done,
    Download,
    FileFacts,
    Flow,
    Inspect,
    Meter,
    ReadFile,
    SaveBytes,
    Saved,
    Send,
    Sleep,
    Steps,
    Tell,
)
from .flows.attempt import Call
from .flows.call import call
from .flows.check import check_app
from .flows.connect import Target, connect
from .flows.dispatcher import Dispatcher, Perform, Work
from .flows.leave import dismiss
from .flows.options import Changes, Options
from .flows.retry import RetryPolicy
from .flows.turns import Turns
from .jobs.contact import Contact
from .jobs.diff import History
from .jobs.messages import Delivery, Logged, ProgressUnit
from .jobs.orders import (
    AnyQuestion,
    CheckApp,
    Dismiss,
    Ending,
    Leave,
    Listen,
    Opening,
    Order,
    Question,
    Resume,
    Stream,
    StreamKind,
)
from .jobs.progress import Progress, Ticker
from .jobs.reader import StreamReader
from .jobs.session import Session
from .jobs.stage import (
    Cancelled,
    JobLife,
    JobView,
    News,
    Outputs,
    Raised,
    Returned,
    Stage,
    Status,
    Transferred,
)
from .jobs.updates import OutputUpdate, StatusUpdate, status_update
from .wire.exchange import FileSlice, Head, Headers, Origin, Request, Response, is_address, origin
from .wire.headers import HUB, redact

__all__ = [
    "HUB",
    "Access",
    "AnyAction",
    "AnyIO",
    "AnyQuestion",
    "App",
    "AppChanged",
    "AppError",
    "AuthenticationError",
    "Call",
    "Cancelled",
    "Changes",
    "CheckApp",
    "Config",
    "Contact",
    "Delivery",
    "Dialect",
    "Dismiss",
    "Dispatcher",
    "Done",
    "Download",
    "Ending",
    "Endpoint",
    "FileData",
    "FileFacts",
    "FileFailed",
    "FileSlice",
    "Flow",
    "GradioError",
    "Head",
    "Headers",
    "History",
    "Inline",
    "Inspect",
    "InvalidArguments",
    "JobCancelled",
    "JobLife",
    "JobView",
    "Leave",
    "Listen",
    "LocalFile",
    "Logged",
    "Meter",
    "News",
    "Opening",
    "Options",
    "Order",
    "Origin",
    "OutputUpdate",
    "Outputs",
    "Parameter",
    "Perform",
    "Progress",
    "ProgressUnit",
    "Question",
    "QueueError",
    "Raised",
    "ReadFile",
    "RemoteError",
    "Request",
    "Response",
    "Resume",
    "RetryPolicy",
    "Return",
    "Returned",
    "SaveBytes",
    "Saved",
    "Send",
    "ServerStopped",
    "Session",
    "SessionNotFound",
    "Sleep",
    "Stage",
    "Status",
    "StatusUpdate",
    "Steps",
    "Stream",
    "StreamKind",
    "StreamLost",
    "StreamReader",
    "Target",
    "Tell",
    "Ticker",
    "TooManyRequestsError",
    "Transferred",
    "TransportFailed",
    "Turns",
    "ValidationError",
    "Visibility",
    "Work",
    "__version__",
    "as_html",
    "call",
    "check_app",
    "connect",
    "dismiss",
    "doc",
    "file_at",
    "file_data",
    "find",
    "is_address",
    "origin",
    "redact",
    "signature",
    "status_update",
    "telemetry_allowed",
    "view",
    "walk",
]

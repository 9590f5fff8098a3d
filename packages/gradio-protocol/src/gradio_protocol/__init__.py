"""Gradio's protocol without I/O: what to say to a server, and what its answers mean.

A driver performs flows (`connect`, `call`, `dismiss`), obeys the orders of a `Session`, and hands
`News` to each job's `JobLife`; the guide "Write a driver" tells how. Nothing here opens a socket
or a file, looks at a clock, draws a random number, starts a thread or keeps a lock.
"""

from ._version import __version__
from .app.access import Access, App, session_hash
from .app.config import Config, Visibility
from .app.describe import as_dict, as_html, as_text, doc, signature
from .app.dialect import Dialect
from .app.endpoint import Endpoint, Parameter, Return, find
from .app.files import Inline, LocalFile, adopted, safe_name
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
    Done,
    Download,
    FileFacts,
    Flow,
    Inspect,
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
from .flows.connect import Target, connect
from .flows.leave import dismiss
from .flows.retry import RetryPolicy
from .jobs.contact import Contact
from .jobs.diff import History
from .jobs.messages import Delivery, Logged, ProgressUnit
from .jobs.orders import (
    AnyQuestion,
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
from .wire.headers import HUB, TokenSource, redact

__all__ = [
    "HUB",
    "Access",
    "AnyAction",
    "AnyQuestion",
    "App",
    "AppChanged",
    "AppError",
    "AuthenticationError",
    "Call",
    "Cancelled",
    "Config",
    "Contact",
    "Delivery",
    "Dialect",
    "Dismiss",
    "Done",
    "Download",
    "Ending",
    "Endpoint",
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
    "News",
    "Opening",
    "Order",
    "Origin",
    "OutputUpdate",
    "Outputs",
    "Parameter",
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
    "TokenSource",
    "TooManyRequestsError",
    "Transferred",
    "TransportFailed",
    "ValidationError",
    "Visibility",
    "__version__",
    "adopted",
    "as_dict",
    "as_html",
    "as_text",
    "call",
    "connect",
    "dismiss",
    "doc",
    "find",
    "is_address",
    "origin",
    "redact",
    "safe_name",
    "session_hash",
    "signature",
    "status_update",
]

"""Building blocks, beyond the protocol, for a client with the same API as ours.

The clients for threads, asyncio and trio share their configuration, what follows from it, endpoints
as callables, `map` and the progress bar. A driver that only calls endpoints needs none of these.
"""

# ruff: noqa: PLC0414 - `X as X` tells type checkers that a name is public

from .app.telemetry import report_use as report_use
from .client.base import BaseClient as BaseClient
from .client.config import DEFAULT_FOLDER as DEFAULT_FOLDER
from .client.config import ClientConfig as ClientConfig
from .client.connecting import ActionPerformer as ActionPerformer
from .client.connecting import connect_client as connect_client
from .client.map_window import CollectCall as CollectCall
from .client.map_window import MapWindow as MapWindow
from .client.map_window import SubmitCall as SubmitCall
from .client.map_window import WaitForJobs as WaitForJobs
from .client.map_window import YieldOutcome as YieldOutcome
from .client.map_window import map_calls as map_calls
from .flows.actions import OnTransfer as OnTransfer
from .flows.actions import PageBuffer as PageBuffer
from .flows.actions import meter_upload as meter_upload
from .present.async_job import BaseAsyncJob as BaseAsyncJob
from .present.async_job import call_with_result as call_with_result
from .present.card import JobCard as JobCard
from .present.endpoints import BoundEndpoint as BoundEndpoint
from .present.endpoints import Endpoints as Endpoints
from .present.progress import Progress as Progress
from .present.progress import ProgressBar as ProgressBar
from .present.tracebacks import short_traceback as short_traceback
from .present.updates import UpdateReader as UpdateReader

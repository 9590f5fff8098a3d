"""Building blocks, beyond the protocol, for a client with the same API as ours.

The clients for threads, asyncio and trio share their configuration, what follows from it, endpoints
as callables, `map` and the progress bar. A driver that only calls endpoints needs none of these.
What only some programs need is imported when it is first used.
"""

# ruff: noqa: PLC0415 - `__getattr__` imports what is asked for

import typing

from .client.base import BaseClient
from .client.config import DEFAULT_FOLDER, ClientConfig
from .flows.actions import OnTransfer, PageBuffer, meter_upload
from .present.endpoints import BoundEndpoint, Endpoints
from .present.tracebacks import short_traceback
from .present.updates import UpdateReader, call_with_result

if typing.TYPE_CHECKING:
    from .app.telemetry import report_use
    from .client.connecting import ActionPerformer, connect_client
    from .client.map_window import (
        CollectCall,
        MapWindow,
        SubmitCall,
        WaitForJobs,
        YieldOutcome,
        map_calls,
    )
    from .present.async_job import BaseAsyncJob
    from .present.card import JobCard
    from .present.progress import Progress, ProgressBar
else:

    def __getattr__(name: str) -> object:
        match name:
            case "report_use":
                from .app import telemetry as module
            case "ActionPerformer" | "connect_client":
                from .client import connecting as module
            case "MapWindow" | "map_calls":
                from .client import map_window as module
            case "CollectCall" | "SubmitCall" | "WaitForJobs" | "YieldOutcome":
                from .client import map_window as module
            case "BaseAsyncJob":
                from .present import async_job as module
            case "JobCard":
                from .present import card as module
            case "Progress" | "ProgressBar":
                from .present import progress as module
            case _:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(module, name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "DEFAULT_FOLDER",
    "ActionPerformer",
    "BaseAsyncJob",
    "BaseClient",
    "BoundEndpoint",
    "ClientConfig",
    "CollectCall",
    "Endpoints",
    "JobCard",
    "MapWindow",
    "OnTransfer",
    "PageBuffer",
    "Progress",
    "ProgressBar",
    "SubmitCall",
    "UpdateReader",
    "WaitForJobs",
    "YieldOutcome",
    "call_with_result",
    "connect_client",
    "map_calls",
    "meter_upload",
    "report_use",
    "short_traceback",
]

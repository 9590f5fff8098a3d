"""Makes the calls of `Client.map`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, wait
from typing import Any, assert_never

from gradio_protocol.clients import CollectCall, MapWindow, SubmitCall, WaitForJobs, YieldOutcome

from .job import Job


def map_calls(window: MapWindow[Job], submit: Callable[..., Job]) -> Generator[Any, None, None]:
    """Yield the outcomes of the calls of a window, which `submit` begins."""
    try:
        while (step := window.next(time.monotonic())) is not None:
            match step:
                case SubmitCall(call=call):
                    try:
                        call.job = submit(*call.args, **call.kwargs)
                    except Exception as error:  # noqa: BLE001 - the outcome of this input
                        window.fail(call, error, time.monotonic())
                case CollectCall(call=call, job=job):
                    try:
                        call.end(job.result())
                    except Exception as error:  # noqa: BLE001 - the outcome of this input
                        window.fail(call, error, time.monotonic())
                case YieldOutcome(outcome=outcome):
                    yield outcome
                case WaitForJobs(jobs=(), seconds=seconds):
                    time.sleep(seconds)
                case WaitForJobs(jobs=jobs, seconds=seconds):
                    wait(jobs, min(seconds, threading.TIMEOUT_MAX), FIRST_COMPLETED)
                case _:
                    assert_never(step)
    finally:
        window.cancel()

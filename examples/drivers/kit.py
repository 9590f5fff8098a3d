"""Plays the scenarios of `gradio_protocol.testing` with the two example drivers.

To play them with your own driver, write a `perform` for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import assert_never

import sockets
import streams

import gradio_protocol as gp
from gradio_protocol.testing import (
    AnyStep,
    CancelAfterFirst,
    Collect,
    Predict,
    Scenario,
    ScenarioRun,
    Transform,
)


def play(scenario: Scenario, perform: Callable[[AnyStep], object]) -> None:
    """Play a scenario. Raises AssertionError if the driver does not pass it."""
    run = ScenarioRun(scenario)
    step = run.start()
    while step is not None:
        try:
            reply = perform(step)
        except gp.GradioError as error:
            step = run.fail(error)
        else:
            step = run.resume(reply)


async def play_async(scenario: Scenario, perform: Callable[[AnyStep], Awaitable[object]]) -> None:
    """Play a scenario with an asynchronous driver. Raises AssertionError if it does not pass."""
    run = ScenarioRun(scenario)
    step = run.start()
    while step is not None:
        try:
            reply = await perform(step)
        except gp.GradioError as error:
            step = run.fail(error)
        else:
            step = run.resume(reply)


def perform(client: sockets.Client, step: AnyStep, folder: Path) -> object:
    """Perform a step with the blocking driver; `folder` is for the files that it uploads."""
    match step:
        case Predict():
            return client.predict(*step.args, api_name=step.api_name)
        case Collect():
            jobs = [client.submit(*args, api_name=step.api_name) for args in step.calls]
            return [[*job] for job in jobs]
        case CancelAfterFirst():
            job = client.submit(*step.args, api_name=step.api_name)
            first = next(iter(job))
            job.cancel()
            return first
        case Transform():
            path = folder / step.name
            path.write_bytes(step.content)
            result = client.predict(gp.LocalFile(str(path)), api_name=step.api_name)
            return Path(str(result)).read_bytes()
        case _:
            assert_never(step)


async def perform_async(client: streams.Client, step: AnyStep, folder: Path) -> object:
    """Perform a step with the asyncio driver; `folder` is for the files that it uploads."""
    match step:
        case Predict():
            return await client.predict(*step.args, api_name=step.api_name)
        case Collect():
            jobs = [client.submit(*args, api_name=step.api_name) for args in step.calls]
            return await asyncio.gather(*map(collect_outputs, jobs))
        case CancelAfterFirst():
            job = client.submit(*step.args, api_name=step.api_name)
            first = await anext(aiter(job))
            job.cancel()
            return first
        case Transform():
            path = folder / step.name
            await asyncio.to_thread(path.write_bytes, step.content)
            result = await client.predict(gp.LocalFile(str(path)), api_name=step.api_name)
            return await asyncio.to_thread(Path(str(result)).read_bytes)
        case _:
            assert_never(step)


async def collect_outputs(job: streams.Job) -> list[object]:
    """Return all outputs of a job."""
    return [output async for output in job]

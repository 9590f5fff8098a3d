"""Playing the scenarios of `gradio_protocol.testing` with the two examples.

To play them with a driver of your own, write your `perform`.
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
    """Play a scenario. Raises AssertionError if it is not passed."""
    scene = ScenarioRun(scenario)
    deed = scene.start()
    while deed is not None:
        try:
            reply = perform(deed)
        except gp.GradioError as error:
            deed = scene.fail(error)
        else:
            deed = scene.resume(reply)


async def play_async(scenario: Scenario, perform: Callable[[AnyStep], Awaitable[object]]) -> None:
    """The same, where a driver is asynchronous."""
    scene = ScenarioRun(scenario)
    deed = scene.start()
    while deed is not None:
        try:
            reply = await perform(deed)
        except gp.GradioError as error:
            deed = scene.fail(error)
        else:
            deed = scene.resume(reply)


def perform(client: sockets.Client, deed: AnyStep, folder: Path) -> object:
    """A deed by the blocking example; its files are in a folder, and so are those of deeds."""
    match deed:
        case Predict():
            return client.predict(*deed.args, api_name=deed.api_name)
        case Collect():
            jobs = [client.submit(*args, api_name=deed.api_name) for args in deed.calls]
            return [[*job] for job in jobs]
        case CancelAfterFirst():
            job = client.submit(*deed.args, api_name=deed.api_name)
            first = next(iter(job))
            job.cancel()
            return first
        case Transform():
            path = folder / deed.name
            path.write_bytes(deed.content)
            result = client.predict(gp.LocalFile(str(path)), api_name=deed.api_name)
            return Path(str(result)).read_bytes()
        case _:
            assert_never(deed)


async def perform_async(client: streams.Client, deed: AnyStep, folder: Path) -> object:
    """A deed by the example on asyncio, likewise."""
    match deed:
        case Predict():
            return await client.predict(*deed.args, api_name=deed.api_name)
        case Collect():
            jobs = [client.submit(*args, api_name=deed.api_name) for args in deed.calls]
            return await asyncio.gather(*map(collected, jobs))
        case CancelAfterFirst():
            job = client.submit(*deed.args, api_name=deed.api_name)
            first = await anext(aiter(job))
            job.cancel()
            return first
        case Transform():
            path = folder / deed.name
            await asyncio.to_thread(path.write_bytes, deed.content)
            result = await client.predict(gp.LocalFile(str(path)), api_name=deed.api_name)
            return await asyncio.to_thread(Path(str(result)).read_bytes)
        case _:
            assert_never(deed)


async def collected(job: streams.Job) -> list[object]:
    """All outputs of a job."""
    return [output async for output in job]

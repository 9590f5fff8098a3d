"""A client that is awaited, at work: ours for asyncio or for trio; see `blocking.py`.

`python -m scripts.benchmarks.workers.awaited LOOP TASK ADDRESS OPTIONS` prints one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from scripts.benchmarks.workers.meter import Figures, Meter, finish, since_start

WARMING = 3
"""Calls before the clock starts: connections, caches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What differs between event loops."""

    make_client: Callable[..., Any]
    handle_file: Callable[[str], Any]
    sleep: Callable[[float], Awaitable[object]]
    within: Callable[[float], contextlib.AbstractAsyncContextManager[Any]]
    """A block that raises when so many seconds are over."""
    run: Callable[[Callable[[], Awaitable[None]]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One client and what it is asked to do."""

    loop: Loop
    client: Any
    options: dict[str, Any]
    make_client: Callable[[], Any]

    async def cold(self) -> Figures:
        """Import, connect, one result."""
        await self.client.predict("hello", api_name="/echo")
        return since_start()

    async def echo(self) -> Figures:
        """One call after the other."""
        await self.warm()

        async def echo(_: int) -> bool:
            return bool(await self.client.predict("hello", api_name="/echo") == "hello")

        return await self.repeat(echo)

    async def flight(self) -> Figures:
        """All calls at once."""
        await self.warm()
        jobs, meter = self.options["jobs"], Meter()
        made = [self.client.submit(f"{number}", api_name="/echo") for number in range(jobs)]
        done = 0
        for number, job in enumerate(made):
            with contextlib.suppress(Exception):
                async with self.loop.within(max(0.001, self.left(meter))):
                    done += await job.result() == f"{number}"
            meter.look()
        return meter.read(wanted=jobs, done=done)

    async def stream(self) -> Figures:
        """The outputs of one generator, each looked at."""
        await self.warm()
        wanted, meter, done = self.options["outputs"], Meter(), 0
        async for _ in self.client.submit(wanted, api_name=self.options["endpoint"]):
            done += 1
            if self.left(meter) < 0:
                break
        return meter.read(wanted=wanted, done=min(done, wanted))

    async def result(self) -> Figures:
        """The outputs of one generator, of which the last is wanted."""
        await self.warm()
        wanted, meter = self.options["outputs"], Meter()
        async with self.loop.within(self.options["patience"]):
            await self.client.submit(wanted, api_name=self.options["endpoint"]).result()
        return meter.read(wanted=wanted, done=wanted)

    async def upload(self) -> Figures:
        """Files, one after the other."""
        await self.warm()

        async def upload(number: int) -> bool:
            file = self.loop.handle_file(f"{self.options['files']}/{number}.bin")
            return bool(await self.client.predict(file, api_name="/size"))

        return await self.repeat(upload)

    async def download(self) -> Figures:
        """Files, one after the other."""
        await self.warm()
        size = self.options["size"]

        async def download(_: int) -> bool:
            path: str = await self.client.predict(size, api_name="/download")
            return os.path.getsize(path) == int(size)  # noqa: ASYNC240  # nothing else is going on

        return await self.repeat(download)

    async def clients(self) -> Figures:
        """Clients, each with a call of its own; all stay open."""
        await self.warm()
        async with contextlib.AsyncExitStack() as every:

            async def call(_: int) -> bool:
                client = await every.enter_async_context(self.make_client())
                return bool(await client.predict("hello", api_name="/echo") == "hello")

            return await self.repeat(call)

    async def idle(self) -> Figures:
        """A client that has nothing to do."""
        await self.warm()
        meter = Meter()
        await self.loop.sleep(self.options["seconds"])
        return meter.read(wanted=1, done=1)

    async def repeat(self, call: Callable[[int], Awaitable[bool]]) -> Figures:
        """Time each of the calls, until patience ends; a call says whether it did what it must."""
        jobs, meter, done = self.options["jobs"], Meter(), 0
        for number in range(jobs):
            with meter.one():
                done += await call(number)
            if self.left(meter) < 0:
                break
        return meter.read(wanted=jobs, done=done)

    async def warm(self) -> None:
        for _ in range(WARMING):
            await self.client.predict("hello", api_name="/echo")

    def left(self, meter: Meter) -> float:
        """Seconds of patience."""
        return float(self.options["patience"] - meter.seconds())


def with_asyncio() -> Loop:
    """asyncio, imported only where it is used."""
    import asyncio  # noqa: PLC0415

    import gradio_client_httpx  # noqa: PLC0415

    return Loop(
        make_client=gradio_client_httpx.AsyncClient,
        handle_file=gradio_client_httpx.handle_file,
        sleep=asyncio.sleep,
        within=asyncio.timeout,
        run=lambda main: asyncio.run(main()),  # type: ignore[arg-type]
    )


def with_trio() -> Loop:
    """trio, imported only where it is used."""
    import trio  # noqa: PLC0415

    import gradio_client_trio  # noqa: PLC0415

    @contextlib.asynccontextmanager
    async def within(seconds: float) -> Any:
        with trio.fail_after(seconds):
            yield

    return Loop(
        make_client=gradio_client_trio.Client,
        handle_file=gradio_client_trio.handle_file,
        sleep=trio.sleep,
        within=within,
        run=trio.run,
    )


def main(loop_name: str, task: str, address: str, given: str) -> None:
    """Do the task and say what it took."""
    loop = {"asyncio": with_asyncio, "trio": with_trio}[loop_name]()
    options = json.loads(given)

    more = {"download_files": options["folder"]} if "folder" in options else {}
    make_client = partial(
        loop.make_client,
        address,
        max_workers=max(40, options.get("jobs", 0)),
        verbose=False,
        analytics_enabled=False,
        **more,
    )

    async def work() -> None:
        async with make_client() as client:
            worker = Worker(loop=loop, client=client, options=options, make_client=make_client)
            finish(await getattr(worker, task)())

    loop.run(work)


if __name__ == "__main__":
    main(*sys.argv[1:])

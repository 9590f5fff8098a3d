"""The asyncio client as a `Subject`: its loop runs on a thread, and the scenario waits outside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from gradio_client_httpx import AsyncClient, AsyncJob
from tests.conformance.subject import PLAIN, Iterated, Options, Update
from tests.support.latch import PATIENCE, Ledger, NeverHappened

T = TypeVar("T")


class Loop:
    """An event loop on a thread of its own, seen from the scenario's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def do(self, function: Callable[[], T]) -> T:
        """Call a plain function there."""

        async def call() -> T:
            return function()

        return self.wait(call(), "a call")

    def wait(self, work: Coroutine[Any, Any, T], what: str) -> T:
        """Wait for a coroutine there, but not for ever."""
        return outcome(self.start(work), what)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let a coroutine run there until the client has gone."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)


def outcome(future: Future[T], what: str) -> T:
    """What a future brings, but not after an eternity."""
    try:
        return future.result(PATIENCE)
    except TimeoutError as error:
        if future.done():
            raise
        raise NeverHappened(f"{what} has no end after {PATIENCE:g} s") from error


class CoroutinesSubject:
    """The asyncio client."""

    name = "asyncio"

    @contextmanager
    def open(self, url: str, options: Options = PLAIN) -> Generator[CoroutinesClient]:
        opened: Future[CoroutinesClient] = Future()
        ended: Future[None] = Future()
        leave = asyncio.Event()

        async def live() -> None:
            loop = Loop(asyncio.get_running_loop())
            async with _client(url, options) as client:
                opened.set_result(CoroutinesClient(client, loop, leave))
                await leave.wait()
            await all_ended()

        def run() -> None:
            try:
                ended.set_result(asyncio.run(live()))
            except BaseException as error:  # noqa: BLE001  # the test's thread raises it
                (ended if opened.done() else opened).set_exception(error)

        threading.Thread(target=run, name="asyncio client", daemon=True).start()
        client = outcome(opened, "opening a client")
        try:
            yield client
        finally:
            client.loop.start(client.leave())
            outcome(ended, "the client's loop")


async def all_ended() -> None:
    """Fail if a task of the client has outlived it: only those of the scenario may be left."""
    left = [task for task in asyncio.all_tasks() if "gradio_client_httpx" in repr(task)]
    assert left == []


def _client(url: str, options: Options) -> AsyncClient:
    return AsyncClient(
        url,
        token=options.token,
        auth=options.auth,
        headers=options.headers,
        download_files=str(options.downloads) if options.downloads else False,
        max_download_size=options.max_download_size,
        max_retries=options.max_retries,
        stream_idle_timeout=options.stream_idle_timeout,
        max_workers=2000,
        verbose=False,
        analytics_enabled=False,
    )


class CoroutinesClient:
    """Its client."""

    def __init__(self, client: AsyncClient, loop: Loop, leave: asyncio.Event) -> None:
        self._client = client
        self.loop = loop
        self._leave = leave

    def __repr__(self) -> str:
        return repr(self._client)

    @property
    def session_hash(self) -> str:
        return self._client.session_hash

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        return self.submit(*args, api_name=api_name, **kwargs).result()

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> CoroutinesJob:
        def start() -> AsyncJob:
            return self._client.submit(*args, api_name=api_name, headers=headers, **kwargs)

        return CoroutinesJob(self.loop.do(start), self.loop)

    def alone(self) -> CoroutinesClient:
        return CoroutinesClient(self._client.with_options(isolated=True), self.loop, self._leave)

    def describe(self) -> str:
        return str(self._client.view_api(print_info=False, return_format="str"))

    def reset_session(self) -> None:
        self.loop.do(self._client.reset_session)

    def close(self) -> None:
        self.loop.wait(self._client.aclose(), "closing")

    async def leave(self) -> None:
        """Leave the client's block, soon."""
        self._leave.set()


class CoroutinesJob:
    """Its job."""

    def __init__(self, job: AsyncJob, loop: Loop) -> None:
        self._job = job
        self._loop = loop
        self._seen: Ledger[Update] | None = None

    def result(self) -> Any:
        return self._loop.wait(self._job.result(), f"{self._job}")

    def iterated(self) -> Iterated:
        return self._loop.wait(self._iterate(), f"the iteration of {self._job}")

    def outputs(self) -> list[Any]:
        return self._loop.do(self._job.outputs)

    def updates(self) -> list[Update]:
        return self._loop.wait(self._updates(), f"the updates of {self._job}")

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        if self._seen is None:
            self._seen = Ledger(f"updates of {self._job}")
            self._loop.start(self._watch(self._seen))
        self._seen.until_blocking(wanted, times)

    def cancel(self) -> bool:
        return self._loop.do(self._job.cancel)

    async def _iterate(self) -> Iterated:
        outputs: list[Any] = []
        try:
            async for output in self._job:
                outputs.append(output)  # noqa: PERF401  # what came before an error counts
        except Exception as error:  # noqa: BLE001  # the scenario judges it
            return Iterated(outputs=outputs, error=error)
        return Iterated(outputs=outputs, error=None)

    async def _updates(self) -> list[Update]:
        return [update async for update in self._job.updates()]

    async def _watch(self, seen: Ledger[Update]) -> None:
        async for update in self._job.updates():
            seen.append(update)

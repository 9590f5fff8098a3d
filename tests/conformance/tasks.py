"""The trio driver as a `Subject`: its loop runs on a thread, and the scenario waits outside."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import trio

from gradio_client_trio import Client, Job
from gradio_protocol import GradioError
from tests.conformance.subject import PLAIN, Iterated, Options, Update
from tests.support.latch import PATIENCE, Ledger, NeverHappened

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The trio program that a client lives in, seen from the scenario's thread."""

    token: trio.lowlevel.TrioToken
    nursery: trio.Nursery

    def do(self, function: Callable[[], T]) -> T:
        """Call a plain function there."""
        return trio.from_thread.run_sync(function, trio_token=self.token)

    def wait(self, function: Callable[[], Awaitable[T]], what: str) -> T:
        """Wait for an async function there, but not for ever."""

        async def bounded() -> T:
            with trio.move_on_after(PATIENCE):
                return await function()
            raise NeverHappened(f"{what} has no end after {PATIENCE:g} s")

        return trio.from_thread.run(bounded, trio_token=self.token)

    def start(self, function: Callable[[], Awaitable[None]]) -> None:
        """Let an async function run there until the client has gone."""
        self.do(lambda: self.nursery.start_soon(function))


class TasksSubject:
    """The trio driver."""

    name = "trio"

    @contextmanager
    def open(self, url: str, options: Options = PLAIN) -> Generator[TasksClient]:
        opened: Future[TasksClient] = Future()
        ended: Future[None] = Future()
        leave = trio.Event()

        async def live() -> None:
            async with trio.open_nursery() as nursery:
                loop = Loop(token=trio.lowlevel.current_trio_token(), nursery=nursery)
                try:
                    async with _client(url, options) as client:
                        opened.set_result(TasksClient(client, loop))
                        await leave.wait()
                except GradioError as error:
                    opened.set_exception(error)
                nursery.cancel_scope.cancel()

        def run() -> None:
            try:
                ended.set_result(trio.run(live))
            except BaseException as error:  # noqa: BLE001  # the test's thread raises it
                (ended if opened.done() else opened).set_exception(error)

        threading.Thread(target=run, name="trio client", daemon=True).start()
        client = opened.result(PATIENCE)
        try:
            yield client
        finally:
            with suppress(trio.RunFinishedError):
                client.loop.do(leave.set)
            ended.result(PATIENCE)


def _client(url: str, options: Options) -> Client:
    return Client(
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


class TasksClient:
    """Its client."""

    def __init__(self, client: Client, loop: Loop) -> None:
        self._client = client
        self.loop = loop

    def __repr__(self) -> str:
        return repr(self._client)

    @property
    def session_hash(self) -> str:
        return self._client.session_hash

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        return self.submit(*args, api_name=api_name, **kwargs).result()

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> TasksJob:
        def start() -> Job:
            return self._client.submit(*args, api_name=api_name, headers=headers, **kwargs)

        return TasksJob(self.loop.do(start), self.loop)

    def alone(self) -> TasksClient:
        return TasksClient(self._client.with_options(isolated=True), self.loop)

    def describe(self) -> str:
        return str(self._client.view_api(print_info=False, return_format="str"))

    def reset_session(self) -> None:
        self.loop.do(self._client.reset_session)

    def close(self) -> None:
        self.loop.wait(self._client.aclose, "closing")


class TasksJob:
    """Its job."""

    def __init__(self, job: Job, loop: Loop) -> None:
        self._job = job
        self._loop = loop
        self._seen: Ledger[Update] | None = None

    def result(self) -> Any:
        return self._loop.wait(self._job.result, f"{self._job}")

    def iterated(self) -> Iterated:
        return self._loop.wait(self._iterate, f"the iteration of {self._job}")

    def outputs(self) -> list[Any]:
        return self._loop.do(self._job.outputs)

    def updates(self) -> list[Update]:
        return self._loop.wait(self._updates, f"the updates of {self._job}")

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        if self._seen is None:
            self._seen = Ledger(f"updates of {self._job}")
            self._loop.start(self._watch)
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

    async def _watch(self) -> None:
        assert self._seen is not None
        async for update in self._job.updates():
            self._seen.append(update)

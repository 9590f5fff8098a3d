"""The drivers of the guide as `Subject`s, and which scenarios they claim.

They offer less than the packages do: no description, no session hash, no headers of one call.
Another visitor is another client.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, TypeVar

import sockets
import streams

import gradio_protocol as gp
from gradio_protocol.app.files import Inline
from gradio_protocol.flows.retry import RetryPolicy
from tests.conformance.scenarios.calling import CALLING
from tests.conformance.scenarios.cancelling import CANCELLING, NARROW
from tests.conformance.scenarios.scenario import Scenario
from tests.conformance.subject import Iterated, Options, Update
from tests.conformance.threads import in_time
from tests.support.latch import PATIENCE, NeverHappened

T = TypeVar("T")
NOTHING = Options()
TLS = ssl.create_default_context()
"Made once, for it costs more than most scenarios."

LACKING = {
    "a_new_session_begins_with_new_state",
    "headers_of_one_call_go_with_that_call",
    "the_description_names_the_endpoints",
    "a_job_alone_that_is_called_off_while_it_joins_does_not_run_on",
}
"Scenarios that need what neither example offers."

CLAIMED: list[Scenario] = [
    scenario for scenario in (*CALLING, *CANCELLING, *NARROW) if scenario.name not in LACKING
]


def target(url: str, options: Options) -> gp.Target:
    """What the options say of the app."""
    return gp.Target(
        src=url,
        headers=tuple(options.headers.items()),
        token=options.token,
        auth=options.auth,
        policy=RetryPolicy(max_retries=options.max_retries),
        stream_idle_timeout=options.stream_idle_timeout,
    )


def values(args: Iterable[Any]) -> list[Any]:
    """Paths, bytes and open files, as the core names them."""
    return [value(arg) for arg in args]


def value(arg: Any) -> Any:
    match arg:
        case Path():
            return gp.LocalFile(str(arg))
        case bytes():
            return Inline("bytes", arg)
        case BufferedReader():
            return Inline(Path(arg.name).name, arg.read())
        case _:
            return arg


class Watch:
    """Goes through what becomes known of a job."""

    def __init__(self, state: gp.JobState) -> None:
        self._state = state
        self._outputs = gp.Outputs(state)
        self._taken = 0

    def more(self) -> Iterator[Update]:
        """What became known since the last time."""
        for view in self._state.snapshots[self._taken :]:
            self._taken += 1
            yield gp.status_update(view, None)
            while self._outputs.taken < view.outputs and self._outputs.advance():
                yield gp.OutputUpdate(outputs=[self._outputs.value()])


def outputs(state: gp.JobState) -> list[Any]:
    """What a job has given until now."""
    found: list[Any] = []
    given = gp.Outputs(state)
    while given.advance():
        found.append(given.value())
    return found


class Lacking:
    """What neither client offers."""

    @property
    def session_hash(self) -> str:
        raise AssertionError("no scenario that the examples claim asks for it")

    def describe(self) -> str:
        raise AssertionError("no scenario that the examples claim asks for it")


class SocketsSubject:
    """The blocking one."""

    name = "sockets"

    @contextmanager
    def open(self, url: str, options: Options = NOTHING) -> Generator[SocketsClient]:
        with ExitStack() as clients:

            def another() -> sockets.Client:
                client = sockets.Client(target(url, options), options.downloads, TLS)
                return clients.enter_context(client)

            yield SocketsClient(another)


class SocketsClient(Lacking):
    """Its client."""

    def __init__(self, another: Callable[[], sockets.Client]) -> None:
        self._another = another
        self._client = another()

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        def predict() -> Any:
            return self._client.predict(*values(args), api_name=api_name, **kwargs)

        return in_time(predict, "a prediction")

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> SocketsJob:
        assert headers is None
        job = self._client.submit(*values(args), api_name=api_name, **kwargs)
        return SocketsJob(job, self._client)

    def reset_session(self) -> None:
        self._client = self._another()

    def close(self) -> None:
        self._client.__exit__()


class SocketsJob:
    """Its job."""

    def __init__(self, job: sockets.Job, client: sockets.Client) -> None:
        self._job = job
        self._client = client

    def result(self) -> Any:
        return in_time(self._job.result, "the result")

    def iterated(self) -> Iterated:
        return in_time(self._iterated, "the iteration")

    def outputs(self) -> list[Any]:
        return outputs(self._job.state)

    def updates(self) -> list[Update]:
        return in_time(lambda: self._updates(lambda _: False, 1), "the last update")

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        seen = in_time(lambda: self._updates(wanted, times), "an update")
        assert sum(map(wanted, seen)) >= times

    def cancel(self) -> bool:
        return in_time(self._job.cancel, "cancelling")

    def _iterated(self) -> Iterated:
        found: list[Any] = []
        error = None
        try:
            with suppress(gp.JobCancelled):
                for output in self._job:
                    found.append(output)  # noqa: PERF402 - what came before an error counts
        except Exception as raised:  # noqa: BLE001  # the scenario judges it
            error = raised
        return Iterated(outputs=found, error=error)

    def _updates(self, wanted: Callable[[Update], bool], times: int) -> list[Update]:
        """Every update from the first one on, to the last one, or so many that are wanted."""
        state, found = self._job.state, list[Update]()
        watch = Watch(state)
        while True:
            found += watch.more()
            if state.snapshot.stage.is_final or sum(map(wanted, found)) >= times:
                return found
            self._client.wait()


class StreamsSubject:
    """The one on asyncio, whose loop runs on a thread of its own."""

    name = "streams"

    @contextmanager
    def open(self, url: str, options: Options = NOTHING) -> Generator[StreamsClient]:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            thread = threading.Thread(target=loop.run_forever, daemon=True)
            thread.start()
            with ExitStack() as ending:
                ending.callback(thread.join)
                ending.callback(loop.call_soon_threadsafe, loop.stop)

                def another() -> streams.Client:
                    client = streams.Client(target(url, options), options.downloads, TLS)
                    waited(loop, client.__aenter__())
                    ending.callback(lambda: waited(loop, client.__aexit__()))
                    return client

                yield StreamsClient(another, loop)


def waited(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns in a loop of another thread."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result(PATIENCE)
    except TimeoutError as error:
        if future.done():
            raise
        future.cancel()
        raise NeverHappened(f"{work} has no end after {PATIENCE:g} s") from error


class StreamsClient(Lacking):
    """Its client."""

    def __init__(
        self, another: Callable[[], streams.Client], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._another = another
        self._client = another()
        self._loop = loop

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        given = values(args)
        return waited(self._loop, self._client.predict(*given, api_name=api_name, **kwargs))

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> StreamsJob:
        assert headers is None

        async def begin() -> streams.Job:
            return self._client.submit(*values(args), api_name=api_name, **kwargs)

        return StreamsJob(waited(self._loop, begin()), self._client, self._loop)

    def reset_session(self) -> None:
        self._client = self._another()

    def close(self) -> None:
        waited(self._loop, self._client.__aexit__())


class StreamsJob:
    """Its job."""

    def __init__(
        self, job: streams.Job, client: streams.Client, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._job = job
        self._client = client
        self._loop = loop

    def result(self) -> Any:
        return waited(self._loop, self._job.result())

    def iterated(self) -> Iterated:
        return waited(self._loop, self._iterated())

    def outputs(self) -> list[Any]:
        return outputs(self._job.state)

    def updates(self) -> list[Update]:
        return waited(self._loop, self._updates(lambda _: False, 1))

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        seen = waited(self._loop, self._updates(wanted, times))
        assert sum(map(wanted, seen)) >= times

    def cancel(self) -> bool:
        async def cancel() -> bool:
            return self._job.cancel()

        return waited(self._loop, cancel())

    async def _iterated(self) -> Iterated:
        found: list[Any] = []
        error = None
        try:
            with suppress(gp.JobCancelled):
                async for output in self._job:
                    found.append(output)  # noqa: PERF401 - what came before an error counts
        except Exception as raised:  # noqa: BLE001  # the scenario judges it
            error = raised
        return Iterated(outputs=found, error=error)

    async def _updates(self, wanted: Callable[[Update], bool], times: int) -> list[Update]:
        """Every update from the first one on, to the last one, or so many that are wanted."""
        state, found = self._job.state, list[Update]()
        watch = Watch(state)
        while True:
            found += watch.more()
            if state.snapshot.stage.is_final or sum(map(wanted, found)) >= times:
                return found
            await self._client.changed.wait()

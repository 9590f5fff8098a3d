"""The drivers of the guide as `Subject`s, and which scenarios they claim.

They offer less than the packages do: no description, no other visitor, no headers of one call;
and the blocking one shows outputs, not what else becomes known of a job.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeVar, cast

import sockets
import streams

import gradio_protocol as gp
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
    "a_reset_session_harms_no_job_of_the_old_one",
    "bytes_and_open_files_go_up_as_files",
    "headers_of_one_call_go_with_that_call",
    "state_is_kept_from_call_to_call",
    "the_description_names_the_endpoints",
    "what_does_not_fit_the_endpoint_is_never_sent",
}
"Scenarios that need what neither example offers, or a job that fails before it begins."
WATCHING = {
    "a_plain_job_outlives_a_generator_that_is_cancelled",
    "a_running_job_ends_at_once",
    "jobs_of_other_functions_go_on",
    "log_lines_come_in_order",
    "progress_comes_in_order",
    "the_updates_of_a_job_tell_its_whole_life",
}
"Scenarios that look at a job's status; so do all in which it waits in the queue."


def claimed(*, watching: bool) -> list[Scenario]:
    """The scenarios that an example claims."""
    without = LACKING if watching else LACKING | WATCHING
    known = (*CALLING, *CANCELLING, *NARROW) if watching else (*CALLING, *CANCELLING)
    return [scenario for scenario in known if scenario.name not in without]


def target(url: str, options: Options) -> gp.Target:
    """What the options say of the app."""
    return gp.Target(
        src=url,
        headers=tuple(options.headers.items()),
        token=options.token,
        auth=options.auth,
    )


def files(value: object) -> object:
    """A path is written as a `LocalFile`."""
    return gp.LocalFile(fspath(cast("PathLike[str]", value))) if isinstance(value, Path) else value


class Lacking:
    """What neither client offers."""

    @property
    def session_hash(self) -> str:
        raise NotImplementedError  # no scenario that the examples claim asks for it

    def describe(self) -> str:
        raise NotImplementedError  # no scenario that the examples claim asks for it

    def reset_session(self) -> None:
        raise NotImplementedError  # no scenario that the examples claim asks for it


class SocketsSubject:
    """The blocking one."""

    name = "sockets"

    @contextmanager
    def open(self, url: str, options: Options = NOTHING) -> Generator[SocketsClient]:
        with sockets.Client(target(url, options), options.downloads, TLS) as client:
            yield SocketsClient(client)


class SocketsClient(Lacking):
    """Its client."""

    def __init__(self, client: sockets.Client) -> None:
        self._client = client

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        return self.submit(*args, api_name=api_name, **kwargs).result()

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> SocketsJob:
        assert headers is None
        given = [files(arg) for arg in args]
        return SocketsJob(self._client.outputs(*given, api_name=api_name, **kwargs))

    def close(self) -> None:
        self._client.close()


class SocketsJob:
    """A call of its client: it begins when somebody waits for it."""

    def __init__(self, steps: Generator[object, None, object]) -> None:
        self._steps = steps
        self._outputs: list[Any] = []
        self._value: object = None
        self._error: Exception | None = None
        self._over = False

    def result(self) -> Any:
        in_time(self._finish, "the result")
        if self._error is not None:
            raise self._error
        return self._value

    def iterated(self) -> Iterated:
        in_time(self._finish, "the iteration")
        error = None if isinstance(self._error, gp.JobCancelled) else self._error
        return Iterated(outputs=self._outputs, error=error)

    def outputs(self) -> list[Any]:
        return list(self._outputs)

    def updates(self) -> list[Update]:
        raise NotImplementedError  # no scenario that the examples claim asks for it

    def until(self, wanted: Callable[[Update], bool], times: int = 1) -> None:
        def seen() -> int:
            return sum(wanted(gp.OutputUpdate(outputs=[each])) for each in self._outputs)

        while not self._over and seen() < times:
            in_time(self._advance, "the next output")
        assert seen() >= times

    def cancel(self) -> bool:
        if self._over:
            return False
        self._over, self._error = True, gp.JobCancelled("the iteration was left")
        in_time(self._steps.close, "leaving")
        return True

    def _finish(self) -> None:
        while not self._over:
            self._advance()

    def _advance(self) -> None:
        try:
            self._outputs.append(next(self._steps))
        except StopIteration as end:
            self._over, self._value = True, end.value
        except Exception as error:  # noqa: BLE001  # the scenario judges it
            self._over, self._error = True, error


class StreamsSubject:
    """The one on asyncio, whose loop runs on a thread of its own."""

    name = "streams"

    @contextmanager
    def open(self, url: str, options: Options = NOTHING) -> Generator[StreamsClient]:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            thread = threading.Thread(target=loop.run_forever, daemon=True)
            thread.start()
            client = streams.Client(target(url, options), options.downloads, TLS)
            try:
                waited(loop, client.__aenter__())
                try:
                    yield StreamsClient(client, loop)
                finally:
                    waited(loop, client.__aexit__())
            finally:
                loop.call_soon_threadsafe(loop.stop)
                thread.join()


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

    def __init__(self, client: streams.Client, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def predict(self, *args: Any, api_name: str, **kwargs: Any) -> Any:
        given = [files(arg) for arg in args]
        return waited(self._loop, self._client.predict(*given, api_name=api_name, **kwargs))

    def submit(
        self, *args: Any, api_name: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> StreamsJob:
        assert headers is None

        async def begin() -> streams.Job:
            given = [files(arg) for arg in args]
            return self._client.submit(*given, api_name=api_name, **kwargs)

        return StreamsJob(waited(self._loop, begin()), self._loop)

    def close(self) -> None:
        waited(self._loop, self._client.__aexit__())


class StreamsJob:
    """Its job."""

    def __init__(self, job: streams.Job, loop: asyncio.AbstractEventLoop) -> None:
        self._job = job
        self._loop = loop

    def result(self) -> Any:
        return waited(self._loop, self._job.result())

    def iterated(self) -> Iterated:
        return waited(self._loop, self._iterated())

    def outputs(self) -> list[Any]:
        outputs = gp.Outputs(self._job.life)
        found: list[Any] = []
        while outputs.advance():
            found.append(outputs.value())
        return found

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
        outputs: list[Any] = []
        error = None
        try:
            with suppress(gp.JobCancelled):
                async for output in self._job:
                    outputs.append(output)  # noqa: PERF401 - what came before an error counts
        except Exception as raised:  # noqa: BLE001  # the scenario judges it
            error = raised
        return Iterated(outputs=outputs, error=error)

    async def _updates(self, wanted: Callable[[Update], bool], times: int) -> list[Update]:
        """Every update from the first one on, to the last one, or so many that are wanted."""
        seen: list[Update] = []
        outputs, life = gp.Outputs(self._job.life), self._job.life
        taken = 0
        while True:
            for view in life.views[taken:]:
                taken += 1
                seen.append(gp.status_update(view, None))
                while outputs.taken < view.outputs and outputs.advance():
                    seen.append(gp.OutputUpdate(outputs=[outputs.value()]))
            if life.view.stage.final or sum(map(wanted, seen)) >= times:
                return seen
            await self._job.changed()

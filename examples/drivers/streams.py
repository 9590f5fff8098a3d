"""A whole driver on asyncio's streams, `ssl` and `h11`: any number of jobs, in one loop.

    async with Client("http://127.0.0.1:7860", Path("downloads")) as client:
        await client.predict("hello", api_name="/echo")
        async for output in client.submit(3, api_name="/count"): ...

Each action and each stream has a task. Each request opens a connection of its own; see `exchange`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from secrets import token_bytes
from typing import Self, assert_never
from weakref import WeakValueDictionary

import h11

import gradio_protocol as gp

CHUNK, TIMEOUT, GRACE = 2**16, 60.0, 2.0
"Bytes of one read; seconds between two reads, where the core sets no limit; seconds to close."


class Client:
    """A client of one app, for an `async with` block; it saves files only if it has a `folder`."""

    def __init__(
        self, src: str | gp.Target, folder: Path | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.core = gp.ClientProtocol(src, entropy=token_bytes(16))
        self.core.options = replace(self.core.options, download=folder is not None)
        self._folder, self._tls = folder or Path(), tls or ssl.create_default_context()
        self._tasks: set[asyncio.Task[None]] = set()
        self._actions = WeakValueDictionary[int, asyncio.Task[None]]()
        self._streams = WeakValueDictionary[int, asyncio.Task[None]]()
        self._session_id = 0
        self.changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        try:
            self.core.connect()
            self.obey()
            while not self.core.is_connected():
                await self.changed.wait()
            self._session_id = self.core.open_session()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.core.close()
        self.obey()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while not self.core.is_closed():
                    await self.changed.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def predict(self, *args: object, api_name: str | None = None, **kwargs: object) -> object:
        """Call an endpoint and return its result. Cancelling this cancels the job."""
        job = self.submit(*args, api_name=api_name, **kwargs)
        try:
            return await job.result()
        finally:
            job.cancel()

    def submit(self, *args: object, api_name: str | None = None, **kwargs: object) -> Job:
        """Start to call an endpoint; return its job at once."""
        bound = self.core.bind(self._session_id, args, kwargs, api_name=api_name)
        job = Job(self, *self.core.submit(bound))
        self.obey()
        return job

    def obey(self) -> None:
        """Obey commands until there are none, and wake all tasks that wait for a change."""
        while command := self.core.next_command(time.monotonic()):
            match command:
                case gp.RunAction():
                    self._actions[command.action_id] = self._spawn(self._run(command))
                case gp.AbortAction():
                    self._cancel(self._actions.pop(command.action_id, None))
                case gp.OpenStream(stream_id=n, is_socket=True):  # called directly instead (3.x)
                    self.core.stream_closed(n, gp.RemoteError("no WebSockets here", status=501))
                case gp.OpenStream():
                    self._streams[command.stream_id] = self._spawn(self._read(command))
                case gp.CloseStream():
                    self._cancel(self._streams.pop(command.stream_id, None))
                case gp.NotifyJob():
                    pass  # all waiting tasks are woken below
                case _:
                    assert_never(command)
        self.changed.set()
        self.changed = asyncio.Event()

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _cancel(self, task: asyncio.Task[None] | None) -> None:
        # The task may be the one that runs this code. It is then cancelled at its next await.
        if task is not None:
            task.cancel()

    async def _run(self, command: gp.RunAction) -> None:
        try:
            reply = await self._reply(command.action)
        except Exception as error:  # noqa: BLE001 - a bug, too, must not leave its job waiting
            self.core.action_failed(command.action_id, error)
        else:
            self.core.action_succeeded(command.action_id, reply)
        self.obey()

    async def _reply(self, action: gp.IOAction) -> object:
        match action:
            case gp.Send() | gp.Download():
                return await self._exchange(action)
            case gp.SaveBytes():
                return await self._save(action.name, iter_chunk(action.data))
            case gp.InspectFile() | gp.ReadFile():
                return await asyncio.to_thread(inspect, action)
            case gp.Sleep():
                return await asyncio.sleep(action.seconds, None)
            case _:
                assert_never(action)

    async def _exchange(self, action: gp.Send | gp.Download) -> gp.Response | gp.Saved:
        async with aclosing(
            exchange(action.request, self._tls, *action.timeouts(TIMEOUT))
        ) as reply:
            head = await anext(reply)
            assert isinstance(head, gp.Head)
            meter = gp.BodyLimit(action, head)
            body = (meter(part) async for part in reply if isinstance(part, bytes))
            if isinstance(action, gp.Download) and action.takes(head):
                return await self._save(action.name, body)
            return head.with_body(b"".join([chunk async for chunk in body]))

    async def _save(self, name: str, chunks: AsyncIterator[bytes]) -> gp.Saved:
        """Save the chunks in a folder named by their digest; an error leaves no partial file."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=self._folder) as partial:
            digest = hashlib.sha256()
            with await asyncio.to_thread(open, Path(partial, name), "wb") as file:
                async for chunk in chunks:
                    digest.update(chunk)
                    await asyncio.to_thread(file.write, chunk)
            place = self._folder / digest.hexdigest() / name
            place.parent.mkdir(exist_ok=True)
            os.replace(Path(partial, name), place)
        return gp.Saved(path=str(place))

    async def _read(self, command: gp.OpenStream) -> None:
        """Read a stream to its end and report its data."""
        await asyncio.sleep(command.delay)
        stream_id, idle = command.stream_id, command.idle_timeout

        def report() -> None:
            self.core.stream_silent(stream_id)
            self.obey()

        try:
            async with aclosing(exchange(command.request, self._tls, idle, inf, report)) as reply:
                async for part in reply:
                    if isinstance(part, gp.Head):
                        self.core.stream_opened(stream_id, part)
                    else:
                        self.core.receive_data(stream_id, part)
                    self.obey()
        except Exception as error:  # noqa: BLE001 - as above
            self.core.stream_closed(stream_id, error)
        else:
            self.core.stream_closed(stream_id)
        self.obey()


class Job:
    """One prediction: iterate over its outputs, await its result, or cancel it."""

    def __init__(self, client: Client, job_id: int, state: gp.JobState) -> None:
        self.state, self._client, self._job_id = state, client, job_id

    async def result(self) -> object:
        """Return what the app's function returned. Raises the job's error, or JobCancelled."""
        while not self.state.snapshot.stage.is_final:
            await self._client.changed.wait()
        return self.state.result()

    def cancel(self) -> bool:
        """Cancel the job; return whether it was still running."""
        cancelled = self._client.core.cancel(self._job_id)
        self._client.obey()
        return cancelled

    async def __aiter__(self) -> AsyncGenerator[object, None]:
        outputs = gp.Outputs(self.state)
        while outputs.taken < self.state.snapshot.outputs or not self.state.snapshot.stage.is_final:
            if outputs.advance():
                yield outputs.value()
            else:
                await self._client.changed.wait()
        self.state.result()


async def exchange(
    request: gp.Request,
    tls: ssl.SSLContext,
    idle: float,
    total_timeout: float,
    on_silence: Callable[[], None] | None = None,
) -> AsyncGenerator[gp.Head | bytes, None]:
    """Send the request; yield the reply's head and the chunks of its body.

    Raises TransportFailed after `idle` seconds without data, or after `total_timeout` seconds.
    With `on_silence`, calls that after each `idle` seconds without data, and reads on.
    """
    http, where = h11.Connection(h11.CLIENT), gp.origin(request.url)
    until = time.monotonic() + total_timeout
    with translate_errors(request, connected=False):
        async with asyncio.timeout(TIMEOUT):
            secure = tls if where.scheme == "https" else None
            reader, writer = await asyncio.open_connection(where.host, where.port, ssl=secure)
    try:
        events = iter_events(request)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            with translate_errors(request):
                writer.write(http.send(event) or b"")
                await asyncio.wait_for(writer.drain(), TIMEOUT)
        with translate_errors(request):
            while not isinstance(came := http.next_event(), h11.EndOfMessage):
                if isinstance(came, h11.Response):
                    yield gp.Head.of(request, came.status_code, came.headers)
                elif isinstance(came, h11.Data):
                    yield bytes(came.data)
                elif came is h11.NEED_DATA:
                    try:
                        async with asyncio.timeout(min(idle, until - time.monotonic())):
                            data = await reader.read(CHUNK)
                    except TimeoutError:
                        if on_silence is None:
                            raise
                        on_silence()
                    else:
                        http.receive_data(data)
    finally:
        writer.transport.abort()


@contextmanager
def translate_errors(request: gp.Request, *, connected: bool = True) -> Generator[None]:
    """Raise failures of the network, and of the server's HTTP, as TransportFailed."""
    try:
        yield
    except (OSError, UnicodeError, h11.ProtocolError) as error:
        target, late = gp.origin(request.url), isinstance(error, TimeoutError)
        raise gp.transport_error(target, error, connected=connected, late=late) from error


def iter_events(request: gp.Request) -> Iterator[h11.Event]:
    """Yield a request as h11 sends it; raise FileFailed for a file that has changed."""
    yield h11.Request(method=request.method, target=request.target, headers=request.encoded)
    for part in request.body:
        if isinstance(part, bytes):
            yield h11.Data(data=part)
            continue
        with open(part.path, "rb") as file:
            for _ in range(0, part.size, CHUNK):
                part.check(os.fstat(file.fileno()))
                yield h11.Data(data=file.read(CHUNK))
    yield h11.EndOfMessage()


async def iter_chunk(data: bytes) -> AsyncIterator[bytes]:
    """Yield `data` as the only chunk."""
    yield data


def inspect(action: gp.InspectFile | gp.ReadFile) -> gp.FileFacts | bytes:
    """Read a file, or find out its size, modification time and digest."""
    with open(action.path, "rb") as file:
        if isinstance(action, gp.ReadFile):
            action.check(len(data := file.read(action.limit + 1)))
            return data
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return gp.FileFacts.of(os.fstat(file.fileno()), digest)

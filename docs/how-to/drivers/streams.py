"""A whole driver on asyncio streams and `h11`: as many jobs at once as you like.

    async with Client("http://127.0.0.1:7860") as client:
        await client.predict("hello", api_name="/echo")
        async for output in client.submit(3, api_name="/count"): ...

Each job has a task, and so has each stream; a flow that waits for its session is a future in a
table. No call of the session contains an `await`, so that it needs no lock. Each request has a
connection of its own: that is what to improve first, and only `parts` knows of it.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing, closing
from math import inf
from pathlib import Path
from secrets import token_bytes
from typing import Self, TypeVar, assert_never

from disk import CHUNK, Partial, perform
from http11 import Exchange, Part, network, whole

import gradio_protocol as gp

T = TypeVar("T")
TIMEOUT = 60.0
"Seconds until the next bytes, where the core leaves that to the driver."
GRACE = 2.0
"Seconds in which a client that is left may still tell the server so."


class Client:
    """A connection to one app, from `async with` to the end of its block.

    Entering raises what `connect` raises; leaving ends all jobs, also on the server. Files are
    downloaded to `folder`; without one they stay the server's file objects.
    """

    def __init__(
        self, src: str | gp.Target, folder: Path | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._target = gp.Target(src=src) if isinstance(src, str) else src
        self._folder, self._download = folder or Path(), folder is not None
        self._tls = tls or ssl.create_default_context()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: dict[int, asyncio.Future[object]] = {}
        self._streams: dict[tuple[int, int], asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        app = await self._performed(gp.Flow(gp.connect(self._target)), lambda _: None)
        self._contact = gp.Contact(app, time.monotonic())
        self._session = gp.Session(self._contact, entropy=token_bytes(16))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._obey(self._session.close())
        self._obey(self._contact.close())
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=GRACE)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def predict(self, *args: object, api_name: str | None = None, **kwargs: object) -> object:
        """Call an endpoint; returns its result. Cancelling this calls the job off."""
        job = self.submit(*args, api_name=api_name, **kwargs)
        try:
            return await job.result()
        finally:
            job.cancel()

    def submit(self, *args: object, api_name: str | None = None, **kwargs: object) -> Job:
        """Begin to call an endpoint; returns the job at once."""
        app = self._contact.app
        endpoint = gp.find(self._session.endpoints, api_name)
        spec = gp.Call(
            data=endpoint.bind(args, kwargs),
            ticket=self._session.enrol(),
            app=app,
            endpoint=endpoint,
            target=self._target,
            policy=gp.RetryPolicy(entropy=token_bytes(16)),
            download=self._download,
        )
        life = gp.JobLife(endpoint, gp.History(app.dialect.edits))
        job = Job(life, lambda: self._obey(self._session.cancel(spec.ticket)))
        self._spawn(self._run(job, spec))
        return job

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, job: Job, spec: gp.Call) -> None:
        try:
            job.value = await self._performed(gp.Flow(gp.call(spec)), job.tell)
            job.tell(gp.Returned())
        except (gp.JobCancelled, asyncio.CancelledError):
            job.tell(gp.Cancelled())
        except Exception as error:  # noqa: BLE001 - whatever it is, the job has to end with it
            job.tell(gp.Raised(error=error))
        finally:
            self._obey(self._session.release(spec.ticket))

    async def _performed(self, flow: gp.Flow[T], tell: Callable[[gp.News], None]) -> T:
        """Perform a flow to its end."""
        step = flow.start()
        while not isinstance(step, gp.Done):
            reply: object = None
            try:
                match step:
                    case gp.Tell():
                        tell(step.news)
                    case gp.Question():
                        reply = await self._answer(step)
                    case gp.Sleep():
                        await asyncio.sleep(step.seconds)
                    case gp.Send() | gp.Download():
                        reply = await self._exchange(step)
                    case gp.Inspect() | gp.ReadFile() | gp.SaveBytes():
                        reply = await asyncio.to_thread(perform, step, self._folder)
                    case _:
                        assert_never(step)
            except gp.GradioError as error:
                step = flow.fail(error)
            else:
                step = flow.resume(reply)
        return step.value

    async def _exchange(self, action: gp.Send | gp.Download) -> gp.Response | gp.Saved:
        patience = action.patience if isinstance(action, gp.Send) else None
        exchange = Exchange(action.request, action.check)
        reply = parts(exchange, self._tls, TIMEOUT if patience is None else None)
        with network(action.request):
            async with asyncio.timeout(None if patience == inf else patience), aclosing(reply):
                head = await anext(reply)
                assert isinstance(head, gp.Head)
                chunks = (part async for part in reply if isinstance(part, bytes))
                if isinstance(action, gp.Download) and action.takes(head):
                    return await self._saved(action.name, chunks)
                return whole(head, b"".join([chunk async for chunk in chunks]))

    async def _saved(self, name: str, chunks: AsyncIterator[bytes]) -> gp.Saved:
        with closing(await asyncio.to_thread(Partial, self._folder)) as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
            return await asyncio.to_thread(file.saved, name)

    async def _answer(self, question: gp.AnyQuestion) -> object:
        answer = asyncio.get_running_loop().create_future()
        self._answers[question.ticket] = answer
        self._obey(self._session.ask(question, time.monotonic()))
        return await answer

    def _obey(self, orders: Iterable[gp.Order]) -> None:
        for order in orders:
            match order:
                case gp.Resume():
                    answer = self._answers.pop(order.ticket)
                    if not answer.done():
                        answer.set_result(order.reply)
                case gp.Listen():
                    name = (order.stream.key, order.epoch)
                    self._streams[name] = self._spawn(self._read(order))
                case gp.Leave():
                    if stream := self._streams.pop((order.key, order.epoch), None):
                        stream.cancel()
                case gp.Dismiss():
                    self._spawn(self._dismiss(order))
                case _:
                    assert_never(order)

    async def _dismiss(self, order: gp.Dismiss) -> None:
        await self._performed(gp.Flow(gp.dismiss(order)), lambda _: None)
        self._obey(self._session.dismissed(order.event_id))

    async def _read(self, order: gp.Listen) -> None:
        """Read one opening of a stream, and report what it says."""
        stream, epoch, reader = order.stream, order.epoch, None
        ending, why = gp.Ending.FINISHED, None
        await asyncio.sleep(order.after)
        try:
            async with aclosing(parts(Exchange(stream.request), self._tls, stream.idle)) as reply:
                async for part in reply:
                    match part:
                        case gp.Head():
                            opening = self._session.opened(stream.key, epoch, part)
                            self._obey(opening.orders)
                            if not opening.read:
                                return
                            reader = gp.StreamReader(stream.kind, self._contact.app.dialect)
                        case bytes() if reader:
                            deliveries = reader.feed(part)
                            self._obey(self._session.deliver(stream.key, epoch, deliveries))
                        case _:
                            pass
        except gp.GradioError as error:
            silent = isinstance(error.__cause__, TimeoutError)
            broken = gp.Ending.SILENT if silent else gp.Ending.CUT
            ending, why = broken if reader else gp.Ending.REFUSED, error
        self._streams.pop((stream.key, epoch), None)
        self._obey(self._session.ended(stream.key, epoch, ending, why))


class Job:
    """One prediction: iterate its outputs, await its result, or call it off."""

    def __init__(self, life: gp.JobLife, call_off: Callable[[], None]) -> None:
        self.life = life
        self.value: object = None
        self._call_off = call_off
        self._changed = asyncio.Event()

    async def result(self) -> object:
        """What the app's function returned. Raises JobCancelled, or the job's error."""
        while not self.life.view.stage.final:
            await self.changed()
        if self.life.view.stage is gp.Stage.CANCELLED:
            raise gp.JobCancelled("the job was cancelled")
        if self.life.view.error is not None:
            raise self.life.view.error
        return self.value

    async def __aiter__(self) -> AsyncGenerator[object, None]:
        outputs = gp.Outputs(self.life)
        while True:
            while outputs.advance():
                yield outputs.value()
            if self.life.view.stage.final:
                break
            await self.changed()
        await self.result()

    def cancel(self) -> bool:
        """Call the job off; returns whether it was not over yet."""
        over = self.life.view.stage.final
        self.tell(gp.Cancelled())
        self._call_off()
        return not over

    async def changed(self) -> None:
        """Wait for news."""
        await self._changed.wait()

    def tell(self, news: gp.News) -> None:
        """Take news in."""
        if self.life.apply(news):
            self._changed.set()
            self._changed = asyncio.Event()


async def parts(
    exchange: Exchange, tls: ssl.SSLContext, patience: float | None
) -> AsyncGenerator[Part, None]:
    """Connect, send, and give what comes of the reply; None: as long as a wait may last."""
    request, where = exchange.request, gp.origin(exchange.request.url)
    secure = tls if where.scheme == "https" else None
    with network(request, connected=False):
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(where.host, where.port, ssl=secure)
    try:
        sent = exchange.sent()
        while (data := await asyncio.to_thread(next, sent, None)) is not None:
            with network(request):
                async with asyncio.timeout(TIMEOUT):
                    writer.write(data)
                    await writer.drain()
        while True:
            with network(request):
                async with asyncio.timeout(patience):
                    came = exchange.received(await reader.read(CHUNK))
            for part in came:
                if part is None:
                    return
                yield part
    finally:
        writer.transport.abort()

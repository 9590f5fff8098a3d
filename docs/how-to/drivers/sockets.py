"""A whole driver on `socket`, `ssl` and `h11`: blocking, on one thread.

    with Client("http://127.0.0.1:7860") as client:
        client.predict("hello", api_name="/echo")
        for output in client.outputs(3, api_name="/count"): ...

While a flow waits for an answer, its thread reads the streams that may bring one. Each request
has a connection of its own: that is what to improve first, and only `Connection` knows of it.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain
from math import inf
from pathlib import Path
from secrets import token_bytes
from typing import Self, TypeVar, assert_never, cast

from disk import CHUNK, perform, save
from http11 import Exchange, Part, network, whole

import gradio_protocol as gp

T = TypeVar("T")
TIMEOUT = 60.0
"Seconds until the next bytes, where the core leaves that to the driver."


class Client:
    """A connection to one app. Raises what `connect` raises.

    Files are downloaded to `folder`; without one they stay the server's file objects.
    """

    def __init__(
        self, src: str | gp.Target, folder: Path | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._target = gp.Target(src=src) if isinstance(src, str) else src
        self._folder, self._download = folder or Path(), folder is not None
        self._tls = tls or ssl.create_default_context()
        self._answers: dict[int, object] = {}
        self._streams: dict[int, Stream] = {}
        app = returned(self._performed(gp.Flow(gp.connect(self._target))))
        self._contact = gp.Contact(app, time.monotonic())
        self._session = gp.Session(self._contact, entropy=token_bytes(16))

    def predict(self, *args: object, api_name: str | None = None, **kwargs: object) -> object:
        """Call an endpoint; returns its result."""
        return returned(self.outputs(*args, api_name=api_name, **kwargs))

    def outputs(
        self, *args: object, api_name: str | None = None, **kwargs: object
    ) -> Generator[object, None, object]:
        """Call an endpoint; gives each output as it comes. Whoever leaves calls the job off."""
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
        outputs, news = gp.Outputs(life), self._performed(gp.Flow(gp.call(spec)))
        try:
            while True:
                life.apply(next(news))
                while outputs.advance():
                    yield outputs.value()
        except StopIteration as end:
            return end.value
        finally:
            self._obey(self._session.cancel(spec.ticket))
            self._obey(self._session.release(spec.ticket))

    def close(self) -> None:
        """Leave: the server ends what has not ended."""
        self._obey(self._session.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _performed(self, flow: gp.Flow[T]) -> Generator[gp.News, None, T]:
        """Perform a flow to its end; gives the news that it tells."""
        step = flow.start()
        while not isinstance(step, gp.Done):
            reply: object = None
            try:
                match step:
                    case gp.Tell():
                        yield step.news
                    case gp.Question():
                        reply = self._answer(step)
                    case gp.Sleep():
                        time.sleep(step.seconds)
                    case gp.Send() | gp.Download():
                        reply = self._exchange(step)
                    case gp.Inspect() | gp.ReadFile() | gp.SaveBytes():
                        reply = perform(step, self._folder)
                    case _:
                        assert_never(step)
            except gp.GradioError as error:
                step = flow.fail(error)
            else:
                step = flow.resume(reply)
        return step.value

    def _exchange(self, action: gp.Send | gp.Download) -> gp.Response | gp.Saved:
        patience = action.patience if isinstance(action, gp.Send) else None
        exchange = Exchange(action.request, action.check)
        with closing(Connection(exchange, self._tls, patience)) as connection:
            head, chunks = connection.reply()
            if isinstance(action, gp.Download) and action.takes(head):
                return save(action.name, chunks, self._folder)
            return whole(head, b"".join(chunks))

    def _answer(self, question: gp.AnyQuestion) -> object:
        self._obey(self._session.ask(question, time.monotonic()))
        while question.ticket not in self._answers:
            self._hear()
        return self._answers.pop(question.ticket)

    def _obey(self, orders: Iterable[gp.Order]) -> None:
        for order in orders:
            match order:
                case gp.Resume():
                    self._answers[order.ticket] = order.reply
                case gp.Listen():
                    self._listen(order)
                case gp.Leave():
                    self._close(order.key)
                case gp.Dismiss():
                    returned(self._performed(gp.Flow(gp.dismiss(order))))
                    self._obey(self._session.dismissed(order.event_id))
                case _:
                    assert_never(order)

    def _listen(self, order: gp.Listen) -> None:
        time.sleep(order.after)
        try:
            self._streams[order.stream.key] = Stream(order, self._tls)
        except gp.GradioError as error:
            refused, key = gp.Ending.REFUSED, order.stream.key
            self._obey(self._session.ended(key, order.epoch, refused, error))

    def _close(self, key: int) -> None:
        if stream := self._streams.pop(key, None):
            stream.close()

    def _hear(self) -> None:
        """Wait until a stream has something to say, or was silent for too long."""
        streams = list(self._streams.values())
        first = min(streams, key=lambda stream: stream.due)
        pause = None if first.due == inf else max(first.due - time.monotonic(), 0.0)
        ready = select.select(streams, (), (), pause)[0]
        self._obey(self._read(ready[0]) if ready else self._ended(first, gp.Ending.SILENT))

    def _read(self, stream: Stream) -> list[gp.Order]:
        """Report what has come."""
        stream.due = time.monotonic() + stream.idle
        key, epoch, orders = stream.key, stream.epoch, list[gp.Order]()
        try:
            for part in stream.received():
                match part:
                    case gp.Head():
                        opening = self._session.opened(key, epoch, part)
                        orders += opening.orders
                        if not opening.read:
                            self._close(key)
                            break
                        stream.reader = gp.StreamReader(stream.kind, self._contact.app.dialect)
                    case bytes() if stream.reader:
                        orders += self._session.deliver(key, epoch, stream.reader.feed(part))
                    case _:
                        orders += self._ended(stream, gp.Ending.FINISHED)
        except gp.GradioError as error:
            ending = gp.Ending.CUT if stream.reader else gp.Ending.REFUSED
            orders += self._ended(stream, ending, error)
        return orders

    def _ended(
        self, stream: Stream, ending: gp.Ending, why: gp.GradioError | None = None
    ) -> list[gp.Order]:
        self._close(stream.key)
        return self._session.ended(stream.key, stream.epoch, ending, why)


class Connection:
    """A connection for one exchange. When it is made, the request is sent."""

    def __init__(self, exchange: Exchange, tls: ssl.SSLContext, patience: float | None) -> None:
        self._exchange, where = exchange, gp.origin(exchange.request.url)
        with network(exchange.request, connected=False):
            self._socket = socket.create_connection((where.host, where.port), TIMEOUT)
            if where.scheme == "https":
                self._socket = tls.wrap_socket(self._socket, server_hostname=where.host)
        self.fileno, self.close = self._socket.fileno, self._socket.close
        try:
            for data in exchange.sent():
                with network(exchange.request):
                    self._socket.sendall(data)
        except BaseException:
            self.close()
            raise
        self._socket.settimeout(None if patience == inf else patience or TIMEOUT)

    def received(self) -> list[Part]:
        """Wait for bytes; what of the reply they bring."""
        with network(self._exchange.request):
            return self._exchange.received(self._socket.recv(CHUNK))

    def reply(self) -> tuple[gp.Head, Iterator[bytes]]:
        """The head of the reply, and its body as it comes."""
        parts = chain.from_iterable(iter(self.received, None))
        return cast("gp.Head", next(parts)), cast("Iterator[bytes]", iter(parts.__next__, None))


class Stream(Connection):
    """One opening of a stream; `select` takes it for its socket."""

    def __init__(self, order: gp.Listen, tls: ssl.SSLContext) -> None:
        super().__init__(Exchange(order.stream.request), tls, None)
        self.key, self.kind, self.epoch = order.stream.key, order.stream.kind, order.epoch
        self.idle = inf if order.stream.idle is None else order.stream.idle
        self.due = time.monotonic() + self.idle
        self.reader: gp.StreamReader | None = None


def returned(steps: Generator[object, None, T]) -> T:
    """What a generator returns in the end."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return cast("T", end.value)

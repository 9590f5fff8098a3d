"""The trio driver's HTTP under cancellation: at every stop, over plain streams and TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import pytest
import trio
import trustme

from gradio_client_trio.http import Http
from gradio_protocol import Request
from tests.support import loopback as support
from tests.support.latch import Latch
from tests.support.loopback import loopback


def asking(method: str, url: str) -> Request:
    return Request(method=method, url=url)


async def answer(request: support.Request, connection: support.Connection) -> None:
    await connection.reply(200, request.target.encode())


class Sockets(trio.abc.SocketFactory):
    """Every socket that trio opened for the test's own task."""

    def __init__(self) -> None:
        self.opened: list[trio.socket.SocketType] = []

    def socket(
        self,
        family: int = -1,
        type: int = -1,  # noqa: A002  # trio's name for it
        proto: int = -1,
    ) -> trio.socket.SocketType:
        self.opened.append(trio.socket.from_stdlib_socket(socket.socket(family, type, proto)))
        return self.opened[-1]


class CancelAt(trio.abc.Instrument):
    """Cancel a scope when its task, or one below it, has stopped for the n-th time."""

    def __init__(self, task: trio.lowlevel.Task, scope: trio.CancelScope, stop: int) -> None:
        self._task, self._scope, self._left = task, scope, stop

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        if self._task in ancestry(task):
            self._left -= 1
            if self._left == 0:
                self._scope.cancel()


def ancestry(task: trio.lowlevel.Task) -> Iterator[trio.lowlevel.Task]:
    yield task
    if task.parent_nursery is not None:
        yield from ancestry(task.parent_nursery.parent_task)


@contextmanager
def cancelled_at(stop: int) -> Generator[trio.CancelScope, None, None]:
    scope = trio.CancelScope()
    instrument = CancelAt(trio.lowlevel.current_task(), scope, stop)
    trio.lowlevel.add_instrument(instrument)
    try:
        with scope:
            yield scope
    finally:
        trio.lowlevel.remove_instrument(instrument)


async def one_of_each(client: Http, url: str) -> None:
    """A new connection, the same again, and a stream beside a request."""
    for path in ("a", "b"):
        assert (await client.send(asking("POST", url + path))).body == b"/" + path.encode()
    async with client.stream(asking("GET", url + "c"), idle_timeout=9) as reply:
        await client.send(asking("GET", url + "d"), total_timeout=9)
        assert [piece async for piece in reply] == [b"/c"]


def both_sides(authority: Any) -> tuple[ssl.SSLContext, ssl.SSLContext]:  # as trustme is typed
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    client = ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.trio
@pytest.mark.parametrize("secure", [False, True])
async def test_a_cancellation_anywhere_leaves_no_socket_and_a_useful_client(secure: bool) -> None:
    tls, verify = both_sides(trustme.CA()) if secure else (None, False)
    stop, caught = 0, True
    async with loopback(answer, tls=tls) as server:
        while caught:
            stop += 1
            sockets = Sockets()
            trio.socket.set_custom_socket_factory(sockets)
            client = Http(trust_env=False, max_connections=1, verify=verify)
            with cancelled_at(stop) as scope:
                await one_of_each(client, server.url)
            caught = scope.cancelled_caught
            # A POST is never repeated: it would fail, or be told something else, on a used one.
            assert (await client.send(asking("POST", f"{server.url}e"))).body == b"/e"
            await client.aclose()
            assert [each.fileno() for each in sockets.opened] == [-1] * len(sockets.opened)
    assert stop > 10


@pytest.mark.trio
async def test_a_cancelled_exchange_is_over_for_the_server_at_once() -> None:
    asked, left = Latch(), Latch()

    async def silent(request: support.Request, connection: support.Connection) -> None:
        asked.set()
        await connection.gone()
        left.set()

    async with (
        loopback(silent) as server,
        aclosing(Http(trust_env=False)) as client,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(client.send, asking("GET", server.url))
        await asked.wait()
        nursery.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await left.wait()


@pytest.mark.trio
async def test_a_stream_that_is_left_is_closed() -> None:
    left = Latch()

    async def endless(request: support.Request, connection: support.Connection) -> None:
        await connection.head()
        await connection.chunk(b"one")
        await connection.gone()
        left.set()

    async with loopback(endless) as server, aclosing(Http(trust_env=False)) as client:
        async with client.stream(asking("GET", server.url)) as reply:
            async for _ in reply:
                break
        await left.wait()

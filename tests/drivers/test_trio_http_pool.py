"""The trio driver's connections: which are kept, which are used again, which are closed."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing

from gradio_client_trio.http import Http, Timeout
from gradio_protocol import Request, TransportFailed
from tests.support import loopback as support
from tests.support.latch import Latch
from tests.support.loopback import Loopback, loopback

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(slots=True, kw_only=True)
class Peers:
    """A server in memory: what each connection says, one piece for each request on it."""

    said: list[list[bytes]]
    "By connection; an empty piece is the end, and after the last one there is silence."
    made: int = 0
    closed: list[int] = field(default_factory=list[int])
    "Which connections were closed, in this order."

    async def dial(self, host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        number, pieces = self.made, iter(self.said[self.made])

        async def speak() -> None:
            match next(pieces, None):
                case b"":
                    await theirs.send_eof()
                case bytes(piece):
                    await theirs.send_all(piece)
                case None:
                    pass

        ours.send_stream.send_all_hook = speak
        ours.send_stream.close_hook = lambda: self.closed.append(number)
        self.made += 1
        return ours

    def http(self) -> Http:
        return Http(trust_env=False, dial=self.dial)


def asking(method: str = "GET", url: str = "http://a/") -> Request:
    return Request(method=method, url=url)


async def answer(request: support.Request, connection: support.Connection) -> None:
    await connection.reply(200, b"ok")


@asynccontextmanager
async def served(
    handler: support.Handler, **options: object
) -> AsyncGenerator[tuple[Loopback, Http], None]:
    async with (
        loopback(handler) as server,
        aclosing(Http(trust_env=False, **options)) as client,  # type: ignore[arg-type]  # any
    ):
        yield server, client


# --- keeping -------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_connection_is_used_again_within_four_seconds(
    autojump_clock: trio.testing.MockClock,
) -> None:
    peers = Peers(said=[[OK, OK]])
    client = peers.http()
    await client.send(asking())
    await trio.sleep(3.9)
    await client.send(asking("POST"))
    assert peers.made == 1


@pytest.mark.trio
async def test_a_connection_that_rested_four_seconds_is_closed(
    autojump_clock: trio.testing.MockClock,
) -> None:
    peers = Peers(said=[[OK, OK], [OK]])
    client = peers.http()
    await client.send(asking())
    await trio.sleep(4)
    await client.send(asking())
    assert peers.made == 2
    assert peers.closed == [0]


@pytest.mark.trio
async def test_the_youngest_connection_leaves_first() -> None:
    peers = Peers(said=[[OK, OK], [OK, OK]])
    client = peers.http()
    async with client.stream(asking()) as older:
        async with client.stream(asking()) as younger:
            assert [piece async for piece in younger] == [b"ok"]
        assert [piece async for piece in older] == [b"ok"]
    async with client.stream(asking("POST")):
        pass
    assert peers.closed == [0]  # it came back last, left again, and was not read


@pytest.mark.trio
@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
    ],
)
async def test_only_a_clean_boundary_is_kept(said: bytes) -> None:
    peers = Peers(said=[[said], [OK]])
    client = peers.http()
    for _ in range(2):
        assert (await client.send(asking())).body == b"ok"
    assert peers.closed == [0]


@pytest.mark.trio
async def test_a_connection_that_the_server_closed_meanwhile_is_not_used() -> None:
    closed = Latch()

    async def once(request: support.Request, connection: support.Connection) -> None:
        await connection.reply(200)
        await connection.cut()
        closed.set()

    async with served(once) as (server, client):
        await client.send(asking(url=server.url))
        await closed.wait()
        await client.send(asking("POST", server.url))
        assert len(server.requests) == 2


@pytest.mark.trio
async def test_origins_do_not_share_connections() -> None:
    peers = Peers(said=[[OK], [OK]])
    client = peers.http()
    await client.send(asking())
    await client.send(asking(url="http://a:81/"))
    assert peers.made == 2


@pytest.mark.trio
async def test_after_the_end_nothing_is_kept() -> None:
    peers = Peers(said=[[OK], [OK]])
    client = peers.http()
    async with client.stream(asking()) as reply:
        await client.send(asking())
        await client.aclose()
        assert peers.closed == [1]
        assert [piece async for piece in reply] == [b"ok"]
    assert peers.closed == [1, 0]


# --- trying again --------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_get_is_asked_again_where_a_rested_connection_had_ended() -> None:
    peers = Peers(said=[[OK, b""], [OK]])
    client = peers.http()
    for _ in range(2):
        assert (await client.send(asking())).body == b"ok"
    assert peers.closed == [0]


@pytest.mark.trio
@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("POST", b""),  # it may have been done
        ("GET", b"no http\r\n\r\n"),  # it was answered
    ],
)
async def test_what_may_have_been_done_is_not_asked_again(method: str, said: bytes) -> None:
    peers = Peers(said=[[OK, said]])
    client = peers.http()
    await client.send(asking())
    with pytest.raises(TransportFailed):
        await client.send(asking(method))
    assert (peers.made, peers.closed) == (1, [0])


@pytest.mark.trio
async def test_a_new_connection_that_ends_is_not_asked_again() -> None:
    peers = Peers(said=[[b""]])
    with pytest.raises(TransportFailed):
        await peers.http().send(asking())


@pytest.mark.trio
async def test_a_get_that_was_too_slow_is_not_asked_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    peers = Peers(said=[[OK]])
    client = peers.http()
    await client.send(asking())
    with pytest.raises(TransportFailed, match="did not answer in time"):
        await client.send(asking())


# --- the bound -----------------------------------------------------------------------------------


@pytest.mark.trio
async def test_requests_wait_for_one_another_beyond_the_bound() -> None:
    out = most = 0

    async def count(request: support.Request, connection: support.Connection) -> None:
        nonlocal out, most
        out += 1
        most = max(most, out)
        await trio.testing.wait_all_tasks_blocked()
        out -= 1
        await connection.reply(200)

    async with served(count, max_connections=3) as (server, client):
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(client.send, asking(url=server.url))
        assert len(server.requests) == 10
        assert most == len(server.connections) == 3


@pytest.mark.trio
async def test_waiting_for_a_connection_has_a_deadline(
    autojump_clock: trio.testing.MockClock,
) -> None:
    peers = Peers(said=[[]])
    timeout = Timeout(pool=2, read=9)
    client = Http(trust_env=False, dial=peers.dial, max_connections=1, timeout=timeout)

    async def hold() -> None:
        with pytest.raises(TransportFailed):
            await client.send(asking())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(TransportFailed, match="were in use for 2 s") as caught:
            await client.send(asking())
        assert (trio.current_time(), caught.value.connected) == (2, False)


@pytest.mark.trio
async def test_streams_take_nothing_from_the_bound() -> None:
    peers = Peers(said=[[b"HTTP/1.1 200 OK\r\n\r\n"], [b"HTTP/1.1 200 OK\r\n\r\n"], [OK]])
    client = Http(trust_env=False, dial=peers.dial, max_connections=1)
    async with client.stream(asking()), client.stream(asking()):
        assert (await client.send(asking())).body == b"ok"


@pytest.mark.trio
async def test_what_has_patience_of_its_own_takes_nothing_from_the_bound() -> None:
    peers = Peers(said=[[], [OK]])
    client = Http(trust_env=False, dial=peers.dial, max_connections=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send, asking())
        await trio.testing.wait_all_tasks_blocked()
        assert (await client.send(asking(), total_timeout=5)).body == b"ok"
        nursery.cancel_scope.cancel()


# --- reaching ------------------------------------------------------------------------------------

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


class Names(trio.abc.HostnameResolver):
    """Every name has two addresses, and the server only one of them."""

    async def getaddrinfo(
        self,
        host: bytes | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002  # trio's name for it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        kind = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""
        return [(*kind, (address, int(port or 0))) for address in (ELSEWHERE, HERE)]

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        raise AssertionError("to connect, only addresses are looked up")


class Sockets(trio.abc.SocketFactory):
    """Sockets for which one of the two addresses is a black hole; `waits` is told of each fall."""

    def __init__(self, waits: Callable[[], None]) -> None:
        self._waits = waits

    def socket(
        self,
        family: int = -1,
        type: int = -1,  # noqa: A002  # trio's name for it
        proto: int = -1,
    ) -> trio.socket.SocketType:
        made = trio.socket.from_stdlib_socket(socket.socket(family, type, proto))
        connect = made.connect

        async def hesitate(address: Any) -> None:
            if address[0] == ELSEWHERE:
                self._waits()
                await trio.sleep_forever()
            await connect(address)

        made.connect = hesitate  # type: ignore[method-assign]
        return made


@pytest.mark.trio
async def test_a_name_with_an_address_that_refuses_is_reached_by_the_other() -> None:
    trio.socket.set_custom_hostname_resolver(Names())
    async with served(answer) as (server, client):
        reply = await client.send(asking(url=f"http://two.test:{server.port}/"))
    assert reply.body == b"ok"


@pytest.mark.trio
async def test_a_name_with_an_address_that_is_silent_is_reached_by_the_other_soon(
    mock_clock: trio.testing.MockClock,
) -> None:
    async with served(answer) as (server, client):
        trio.socket.set_custom_hostname_resolver(Names())
        trio.socket.set_custom_socket_factory(Sockets(partial(mock_clock.jump, 0.5)))
        reply = await client.send(asking(url=f"http://two.test:{server.port}/"))
        assert reply.body == b"ok"
        assert trio.current_time() == 0.5  # half a second was enough

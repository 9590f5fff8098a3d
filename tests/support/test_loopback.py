"""The loopback server does what a test tells it to, and no more."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

import h11
import httpx
import pytest
import trio
import trustme

from tests.support.latch import PATIENCE, Gate, Latch
from tests.support.loopback import Connection, Loopback, Request, loopback, threaded


async def echo(request: Request, connection: Connection) -> None:
    await connection.reply_json(200, {"target": request.target, "body": request.body.decode()})


async def exchange(server: Loopback, data: bytes) -> bytes:
    """Send these bytes, read until the server closes; a reset reads as `RESET`."""
    stream = await trio.open_tcp_stream("127.0.0.1", server.port)
    async with stream:
        await stream.send_all(data)
        got = b""
        try:
            while piece := await stream.receive_some():
                got += piece
        except trio.BrokenResourceError:
            return got + b"RESET"
        return got


GET = b"GET /a?b=c HTTP/1.1\r\nhost: x\r\n\r\n"
LAST = b"GET /z HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@pytest.mark.trio
async def test_one_connection_serves_many_requests() -> None:
    async with loopback(echo) as server:
        got = await exchange(server, GET + LAST)
    assert got.count(b"HTTP/1.1 200") == 2
    assert [request.path for request in server.requests] == ["/a", "/z"]
    assert server.requests[0].query == {"b": "c"}
    assert len(server.connections) == 1


@pytest.mark.trio
async def test_the_body_goes_out_in_the_chunks_of_the_handler() -> None:
    async def chunks(request: Request, connection: Connection) -> None:
        await connection.head(200, [("content-type", "text/event-stream")])
        await connection.chunk(b"abc")
        await connection.chunk(b"de")
        await connection.end()

    async with loopback(chunks) as server:
        got = await exchange(server, LAST)
    assert got.endswith(b"\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")


@pytest.mark.trio
async def test_a_head_request_gets_no_body() -> None:
    async with loopback(echo) as server:
        got = await exchange(server, LAST.replace(b"GET", b"HEAD"))
    assert got.endswith(b"\r\n\r\n")


@pytest.mark.trio
async def test_a_cut_ends_the_body_without_a_terminating_chunk() -> None:
    async def cut(request: Request, connection: Connection) -> None:
        await connection.head()
        await connection.chunk(b"abc")
        await connection.cut()

    async with loopback(cut) as server:
        got = await exchange(server, GET)
    assert got.endswith(b"3\r\nabc\r\n")


@pytest.mark.trio
async def test_a_reset_breaks_the_clients_read() -> None:
    async def reset(request: Request, connection: Connection) -> None:
        await connection.reset()

    async with loopback(reset) as server:
        assert await exchange(server, GET) == b"RESET"


@pytest.mark.trio
async def test_raw_bytes_arrive_as_they_are() -> None:
    async def garbage(request: Request, connection: Connection) -> None:
        await connection.raw(b"\x00not http\xff")

    async with loopback(garbage) as server:
        assert await exchange(server, GET) == b"\x00not http\xff"


@pytest.mark.trio
async def test_after_half_closing_the_server_still_listens() -> None:
    left = Latch("the client left")

    async def half(request: Request, connection: Connection) -> None:
        await connection.head()
        await connection.half_close()
        await connection.gone()
        left.set()

    async with loopback(half) as server:
        got = await exchange(server, GET)
        assert got.startswith(b"HTTP/1.1 200")
        await left.wait()


@pytest.mark.trio
async def test_a_handler_notices_that_its_client_left() -> None:
    left = Latch("the client left")

    async def stream(request: Request, connection: Connection) -> None:
        await connection.head()
        async with connection.present():
            await trio.Event().wait()
        left.set()

    async with loopback(stream) as server:
        async with await trio.open_tcp_stream("127.0.0.1", server.port) as client:
            await client.send_all(GET)
            assert await client.receive_some()
        await left.wait()


@pytest.mark.trio
async def test_what_is_no_http_is_refused_and_noted() -> None:
    async with loopback(echo) as server:
        got = await exchange(server, b"\x00\x01\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400")
    assert len(server.refused) == 1


@pytest.mark.trio
async def test_a_handler_that_raises_fails_the_test() -> None:
    async def broken(request: Request, connection: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(BaseExceptionGroup) as caught:
        async with loopback(broken) as server:
            await exchange(server, GET)
    assert caught.group_contains(ZeroDivisionError)


@pytest.mark.trio
async def test_a_handler_that_breaks_http_fails_the_test() -> None:
    async def broken(request: Request, connection: Connection) -> None:
        await connection.head(200, [("content-length", "2")])
        await connection.chunk(b"more than two bytes")

    with pytest.raises(BaseExceptionGroup) as caught:
        async with loopback(broken) as server:
            await exchange(server, GET)
    assert caught.group_contains(h11.LocalProtocolError)


def test_a_blocking_test_has_a_server_on_a_thread() -> None:
    with threaded(echo) as server, httpx.Client(timeout=PATIENCE) as client:
        assert client.post(server.url + "x", content=b"hi").json() == {"target": "/x", "body": "hi"}


def test_a_gate_holds_the_server_until_the_test_opens_it() -> None:
    gate = Gate("halfway")

    async def halting(request: Request, connection: Connection) -> None:
        await connection.head()
        await connection.chunk(b"before ")
        await gate.passed()
        await connection.chunk(b"after")
        await connection.end()

    with threaded(halting) as server, httpx.stream("GET", server.url, timeout=PATIENCE) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"before "
        gate.reached.wait_blocking()
        gate.open()
        assert b"".join(pieces) == b"after"


def test_a_stopped_server_resets_its_clients_and_starts_again_on_its_port() -> None:
    with threaded(echo) as server, httpx.Client(timeout=PATIENCE) as client:
        url = server.url
        assert client.get(url).status_code == 200
        server.do(server.stop)
        with pytest.raises(httpx.TransportError):
            client.get(url)
        server.do(server.start)
        assert client.get(url).status_code == 200


def test_a_stopped_server_refuses_connections() -> None:
    with threaded(echo) as server:
        server.do(server.stop)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def test_an_error_in_the_server_surfaces_in_the_blocking_test() -> None:
    async def broken(request: Request, connection: Connection) -> None:
        raise ZeroDivisionError

    surfaces, refusals = pytest.raises(BaseExceptionGroup), suppress(httpx.TransportError)
    with surfaces as caught, threaded(broken) as server, refusals:
        httpx.get(server.url, timeout=PATIENCE)
    assert caught.group_contains(ZeroDivisionError)


def test_the_server_can_speak_tls() -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.tempfile() as chain:
        server_side.load_cert_chain(chain)
    client_side = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    with threaded(echo, tls=server_side) as server:
        assert httpx.get(server.url, verify=client_side, timeout=PATIENCE).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url, timeout=PATIENCE)

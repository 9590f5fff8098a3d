"""The fault proxy harms what it was told to harm, at the byte where it was told to."""

from __future__ import annotations

import socket
from collections.abc import Generator

import httpx
import pytest

from tests.support.fault_proxy import (
    FaultProxy,
    answered,
    cut_after,
    fault_proxy,
    garbled,
    half_close_after,
    in_pieces,
    rechunked,
    reset_after,
    stall_after,
    wait_after,
    with_status,
)
from tests.support.latch import PATIENCE, Gate
from tests.support.loopback import Connection, Loopback, Request, threaded

EVENTS = [b'data: {"n":1}\n\n', b'data: {"n":2}\n\n']
HEAD = b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
BODY = b"f\r\n" + EVENTS[0] + b"\r\nf\r\n" + EVENTS[1] + b"\r\n0\r\n\r\n"


async def stream(request: Request, connection: Connection) -> None:
    """Two events to whoever sends anything, in two chunks."""
    await connection.head()
    for event in EVENTS:
        await connection.chunk(event)
    await connection.end()


@pytest.fixture(scope="module")
def server() -> Generator[Loopback, None, None]:
    with threaded(stream) as server:
        yield server


@pytest.fixture
def proxy(server: Loopback) -> Generator[FaultProxy, None, None]:
    with fault_proxy(server.url) as proxy:
        yield proxy


def opened(proxy: FaultProxy, path: str = "/") -> socket.socket:
    port = int(proxy.url.rstrip("/").rpartition(":")[2])
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode())
    return client


def received(client: socket.socket) -> bytes:
    """Everything until the other side closes."""
    got = b""
    with client:
        while data := client.recv(65536):
            got += data
    return got


def test_nothing_happens_to_what_no_rule_names(proxy: FaultProxy) -> None:
    proxy.on("elsewhere", down=cut_after(0))
    assert received(opened(proxy)) == HEAD + BODY


def test_the_server_is_asked_to_close_after_the_request(
    proxy: FaultProxy, server: Loopback
) -> None:
    received(opened(proxy))
    assert server.requests[-1].header("connection") == "close"


@pytest.mark.parametrize("count", [0, 1, len(HEAD), len(HEAD) + 20, len(HEAD + BODY) - 5])
def test_a_cut_lets_exactly_the_counted_bytes_pass(proxy: FaultProxy, count: int) -> None:
    proxy.on("/", down=cut_after(count))
    assert received(opened(proxy)) == (HEAD + BODY)[:count]


def test_what_the_client_sends_can_be_cut_too(proxy: FaultProxy, server: Loopback) -> None:
    before = len(server.requests)
    proxy.on("/", up=cut_after(10))
    assert received(opened(proxy)) == b""
    assert len(server.requests) == before


def test_a_reset_breaks_the_clients_read(proxy: FaultProxy) -> None:
    proxy.on("/", down=reset_after(len(HEAD)))
    with pytest.raises(ConnectionResetError):
        received(opened(proxy))


def test_after_a_half_close_the_client_may_still_speak(proxy: FaultProxy) -> None:
    proxy.on("/", down=half_close_after(len(HEAD)))
    client = opened(proxy)
    with client:
        got = b""
        while data := client.recv(65536):
            got += data
        client.sendall(b"still here")
    assert got == HEAD


def test_a_stalled_direction_falls_silent(proxy: FaultProxy) -> None:
    proxy.on("/", down=stall_after(len(HEAD)))
    with opened(proxy) as client:
        got = b""
        while len(got) < len(HEAD):
            got += client.recv(65536)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
    assert got == HEAD


def test_the_rest_waits_for_the_test(proxy: FaultProxy) -> None:
    gate = Gate("in the middle of the body")
    proxy.on("/", down=wait_after(len(HEAD), gate))
    client = opened(proxy)
    gate.reached.wait_blocking()
    gate.open()
    assert received(client) == HEAD + BODY


def test_pieces_of_any_size_add_up(proxy: FaultProxy) -> None:
    proxy.on("/", down=in_pieces(1, 2, 7))
    assert received(opened(proxy)) == HEAD + BODY


def test_garbage_takes_the_place_of_as_many_bytes(proxy: FaultProxy) -> None:
    proxy.on("/", down=garbled(len(HEAD) + 3, b"\xff\xfe"))
    expected = bytearray(HEAD + BODY)
    expected[len(HEAD) + 3 : len(HEAD) + 5] = b"\xff\xfe"
    assert received(opened(proxy)) == bytes(expected)


def test_the_status_can_be_another(proxy: FaultProxy) -> None:
    proxy.on("/", down=with_status(502))
    assert httpx.get(proxy.url, timeout=PATIENCE).status_code == 502


def test_the_proxy_can_answer_itself(proxy: FaultProxy, server: Loopback) -> None:
    before = len(server.requests)
    proxy.on("/", down=answered(307, "location: http://elsewhere.example/"))
    reply = httpx.get(proxy.url, timeout=PATIENCE)
    assert (reply.status_code, reply.headers["location"]) == (307, "http://elsewhere.example/")
    assert len(server.requests) == before


def test_comments_come_between_the_events(proxy: FaultProxy) -> None:
    proxy.on("/", down=rechunked(lambda chunk: [b": ping\n\n", chunk]))
    assert httpx.get(proxy.url, timeout=PATIENCE).content == b"".join(
        b": ping\n\n" + event for event in EVENTS
    )


def test_chunks_are_divided_anew(proxy: FaultProxy) -> None:
    proxy.on("/", down=rechunked(lambda chunk: [chunk[:3], chunk[3:]]))
    with httpx.stream("GET", proxy.url, timeout=PATIENCE) as reply:
        assert b"".join(reply.iter_raw()) == b"".join(EVENTS)


def test_a_rule_holds_as_often_as_it_says(proxy: FaultProxy) -> None:
    proxy.on("/", down=cut_after(0), times=2)
    assert [received(opened(proxy)) for _ in range(3)] == [b"", b"", HEAD + BODY]


def test_a_rule_can_name_a_connection_by_its_number(proxy: FaultProxy) -> None:
    proxy.on(1, down=cut_after(0))
    assert [received(opened(proxy)) for _ in range(3)] == [HEAD + BODY, b"", HEAD + BODY]
    assert [passage.number for passage in proxy.passages] == [0, 1, 2]

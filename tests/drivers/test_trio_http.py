"""The trio driver's HTTP: what goes out, and what comes back."""

from __future__ import annotations

import os
from contextlib import aclosing
from pathlib import Path
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPINTVL

import pytest
import trio
import trio.testing

from gradio_client_trio.dial import enable_keepalive
from gradio_client_trio.http import Http
from gradio_protocol import (
    FileFailed,
    FileSlice,
    InvalidArguments,
    RemoteError,
    Request,
    Send,
    TransportFailed,
)
from tests.support import loopback as support
from tests.support.latch import Latch
from tests.support.loopback import loopback


def http(**options: object) -> Http:
    return Http(trust_env=False, **options)  # type: ignore[arg-type]  # any of its options


def get(server: support.Loopback | str, path: str = "") -> Request:
    return Request(method="GET", url=(server if isinstance(server, str) else server.url) + path)


def slice_of(path: Path) -> FileSlice:
    facts = path.stat()
    return FileSlice(path=str(path), size=facts.st_size, mtime_ns=facts.st_mtime_ns)


async def echo(request: support.Request, connection: support.Connection) -> None:
    await connection.reply(200, request.body)


# --- what goes out -------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_request_goes_out_with_no_more_than_http_demands() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        headers = (("X-One", "1"), ("x-two", "caf\xe9"))
        await client.send(Request(method="POST", url=f"{server.url}a%20b?c=d", headers=headers))
        (seen,) = server.requests
    assert seen.target == "/a%20b?c=d"
    assert seen.headers == (
        ("host", f"127.0.0.1:{server.port}"),
        ("content-length", "0"),
        ("x-one", "1"),
        ("x-two", "caf\xe9"),
    )


@pytest.mark.trio
async def test_a_host_of_the_request_replaces_ours() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        await client.send(Request(method="GET", url=server.url, headers=(("Host", "elsewhere"),)))
        hosts = [value for name, value in server.requests[0].headers if name == "host"]
        assert hosts == ["elsewhere"]


@pytest.mark.trio
async def test_an_address_without_a_path_asks_for_the_root() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        await client.send(get(server.url.rstrip("/")))
        assert server.requests[0].target == "/"


@pytest.mark.trio
async def test_a_secret_that_cannot_be_sent_is_not_shown() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        for value in ("hush\r\nX: y", "hush\u20ac"):
            request = Request(method="GET", url=server.url, headers=(("A", value),))
            with pytest.raises(InvalidArguments) as caught:
                await client.send(request)
            assert "hush" not in str(caught.value)
            assert caught.value.__suppress_context__
        assert not server.requests.items


@pytest.mark.trio
async def test_a_path_beyond_ascii_is_encoded() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        await client.send(get(f"{server.url}\xe9 1"))
        assert server.requests[0].target == "/%C3%A9%201"


@pytest.mark.trio
async def test_a_host_that_can_have_no_address_is_refused() -> None:
    with pytest.raises(TransportFailed) as caught:
        await http().send(get("http://\xe9..example/"))
    assert not caught.value.connected


@pytest.mark.trio
async def test_bytes_and_files_are_sent_as_one_body(tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    path = tmp_path / "f"
    path.write_bytes(content)
    async with loopback(echo) as server, aclosing(http()) as client:
        body = (b"before", slice_of(path), b"after")
        reply = await client.send(Request(method="POST", url=server.url, body=body))
    assert reply.body == b"before" + content + b"after"
    assert server.requests[0].header("content-length") == str(len(content) + 11)


@pytest.mark.trio
async def test_an_empty_file_is_a_body_of_no_bytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.touch()
    async with loopback(echo) as server, aclosing(http()) as client:
        reply = await client.send(
            Request(method="POST", url=server.url, body=(slice_of(path), b"!"))
        )
    assert reply.body == b"!"


@pytest.mark.trio
@pytest.mark.parametrize("change", ["shorter", "longer", "newer", "gone"])
async def test_a_file_that_changed_before_it_was_sent_sends_nothing(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    part = slice_of(path)
    match change:
        case "shorter" | "longer":
            path.write_bytes(b"1" if change == "shorter" else b"123456")
        case "newer":
            os.utime(path, ns=(part.mtime_ns, part.mtime_ns + 1000))
        case _:
            path.unlink()
    async with loopback(echo) as server, aclosing(http()) as client:
        with pytest.raises(FileFailed, match=r"f': No such|f' changed while"):
            await client.send(Request(method="POST", url=server.url, body=(part,)))
        assert not server.requests.items


@pytest.mark.trio
@pytest.mark.parametrize(("size", "told"), [(100_000, "became shorter"), (3_000_000, "changed")])
async def test_a_file_that_changes_while_it_is_sent_breaks_the_exchange_off(
    tmp_path: Path, size: int, told: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(2_000_000))

    async def dial(host: str, port: int) -> trio.abc.Stream:
        ours, _ = trio.testing.memory_stream_pair()

        async def meddle() -> None:
            os.truncate(path, size)

        ours.send_stream.send_all_hook = meddle
        return ours

    request = Request(method="POST", url="http://a/", body=(slice_of(path),))
    with pytest.raises(FileFailed, match=told):
        await http(dial=dial).send(request)


# --- what comes back -----------------------------------------------------------------------------


@pytest.mark.trio
async def test_every_status_is_a_reply() -> None:
    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.raw(
            b"HTTP/1.1 503 No\r\nX-A: caf\xe9\r\nset-cookie: a=b\r\ncontent-length: 5\r\n\r\nlater"
        )

    async with loopback(answer) as server, aclosing(http()) as client:
        reply = await client.send(get(server, "x"))
    assert (reply.status, reply.body, reply.url) == (503, b"later", f"{server.url}x")
    assert reply.header("x-a") == "caf\xe9"
    assert reply.header("Set-Cookie") == "a=b"


@pytest.mark.trio
async def test_a_redirect_is_not_followed() -> None:
    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.reply(302, b"", [("location", "/elsewhere")])

    async with loopback(answer) as server, aclosing(http()) as client:
        assert (await client.send(get(server))).status == 302
        assert len(server.requests) == 1


@pytest.mark.trio
async def test_the_head_of_a_head_is_a_whole_reply() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        request = Request(method="HEAD", url=server.url)
        assert [(await client.send(request)).status for _ in range(2)] == [200, 200]
        assert len(server.connections) == 1


@pytest.mark.trio
async def test_what_is_informational_is_passed_over() -> None:
    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        await connection.raw(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        await connection.raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n!")

    async with loopback(answer) as server, aclosing(http()) as client:
        assert (await client.send(get(server))).body == b"!"


@pytest.mark.trio
async def test_a_stream_is_read_as_it_comes() -> None:
    read = Latch()

    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.head()
        await connection.chunk(b"one")
        await read.wait()
        await connection.chunk(b"two")
        await connection.end()

    async with (
        loopback(answer) as server,
        aclosing(http()) as client,
        client.stream(get(server)) as reply,
    ):
        assert reply.head.status == 200
        assert await anext(reply) == b"one"
        read.set()
        assert [piece async for piece in reply] == [b"two"]
        assert [piece async for piece in reply] == []


@pytest.mark.trio
async def test_a_body_may_be_as_long_as_its_limit() -> None:
    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.reply(201, bytes(11))

    async with loopback(answer) as server, aclosing(http()) as client:
        exact, short = (Send(request=get(server), limit=limit) for limit in (11, 10))
        assert len((await client.send(exact.request, check=exact.check)).body) == 11
        with pytest.raises(RemoteError, match="longer than 10 bytes"):
            await client.send(short.request, check=short.check)


@pytest.mark.trio
async def test_a_server_that_has_read_enough_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(1_000_000))

    async def dial(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        await theirs.send_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")

        async def refuse() -> None:
            raise trio.BrokenResourceError

        ours.send_stream.send_all_hook = refuse
        dialled.append(ours)
        return ours

    dialled: list[trio.abc.Stream] = []
    client = http(dial=dial)
    request = Request(method="POST", url="http://a/", body=(slice_of(path),))
    assert (await client.send(request)).body == b"no"
    await client.send(request)
    assert len(dialled) == 2  # half a request was left on the first


@pytest.mark.trio
async def test_the_system_sees_to_it_that_the_peer_of_a_connection_is_there() -> None:
    made: list[trio.SocketStream] = []

    async def remembered(host: str, port: int) -> trio.abc.Stream:
        made.append(await trio.open_tcp_stream(host, port))
        return made[-1]

    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.reply(200, b"")

    async with loopback(answer) as server, aclosing(http(dial=remembered)) as client:
        await client.send(get(server.url))
        (stream,) = made
        options = ((SOL_SOCKET, SO_KEEPALIVE), (IPPROTO_TCP, TCP_KEEPINTVL))
        assert [stream.getsockopt(*option) for option in options] == [1, 15]


@pytest.mark.trio
async def test_a_connection_that_is_no_tcp_is_left_as_it_is() -> None:
    one, other = trio.socket.socketpair()
    with one, other:
        enable_keepalive(one)

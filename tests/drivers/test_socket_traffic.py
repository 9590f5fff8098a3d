"""Each driver's reader of WebSocket frames, on random traffic of wsproto's server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

import trio
import trio.testing
from hypothesis import given

from gradio_client_httpx.websocket import WebSocket
from gradio_client_trio.http import Http
from gradio_protocol import Request
from tests.support.examples import examples
from tests.support.socket_traffic import Traffic, answers_to, check, traffic

UPGRADE = (("connection", "Upgrade"), ("upgrade", "websocket"))
REQUEST = Request(method="GET", url="http://a/queue/join", headers=UPGRADE)
HEAD = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n"


@given(traffic())
def test_the_reader_of_httpx_understands_all_traffic(random: Traffic) -> None:
    heard = list[bytes]()

    def receive(message: bytes) -> list[str]:
        heard.append(message)
        return answers_to(message)

    socket = WebSocket(receive)
    sent = b"".join(map(socket.feed, random.pieces))
    assert socket.is_closed
    assert socket.error is None
    check(random, heard, sent)


@examples(40)
@given(traffic())
def test_the_reader_of_trio_understands_all_traffic(random: Traffic) -> None:
    heard = list[bytes]()

    def receive(message: bytes) -> list[str]:
        heard.append(message)
        return answers_to(message)

    check(random, heard, trio.run(exchanged, random, receive))


async def exchanged(random: Traffic, receive: Callable[[bytes], list[str]]) -> bytes:
    """What the driver sends during this traffic, after its request."""
    ours, theirs = trio.testing.memory_stream_pair()
    sent = bytearray()

    async def dial(host: str, port: int) -> trio.abc.Stream:
        return ours

    async def serve() -> None:
        while not sent.endswith(b"\r\n\r\n"):
            sent.extend(await theirs.receive_some())
        sent.clear()
        await theirs.send_all(HEAD)
        for piece in random.pieces:
            await trio.testing.wait_all_tasks_blocked()
            await theirs.send_all(piece)
        async for data in theirs:
            sent.extend(data)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        async with (
            aclosing(Http(trust_env=False, dial=dial)) as client,
            client.stream(REQUEST) as reply,
        ):
            await reply.exchange_messages(receive)
    return bytes(sent)

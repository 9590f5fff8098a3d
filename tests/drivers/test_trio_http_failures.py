"""The trio driver's HTTP: how a failure of the network is reported, and when time is up."""

from __future__ import annotations

from contextlib import aclosing, suppress
from functools import partial
from math import inf
from pathlib import Path

import h11
import pytest
import trio
import trio.testing

from gradio_client_trio.dial import Dial, dial
from gradio_client_trio.http import Http, Timeout
from gradio_client_trio.pool import HEAD_LIMIT, PAGE, WRITE
from gradio_protocol import FileSlice, Request, TransportFailed
from tests.support import loopback as support
from tests.support.loopback import loopback

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def http(**options: object) -> Http:
    return Http(trust_env=False, **options)  # type: ignore[arg-type]  # any of its options


def get(url: str) -> Request:
    return Request(method="GET", url=url)


def saying(*replies: bytes, ended: bool = False) -> Dial:
    """A dial to a peer that has said all this before it was asked, and says nothing more."""

    async def dial(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        for reply in replies:
            await theirs.send_all(reply)
        if ended:
            await theirs.send_eof()
        kept.append(theirs)
        return ours

    kept: list[trio.abc.Stream] = []
    return dial


async def fails(client: Http, request: Request) -> TransportFailed:
    with pytest.raises(TransportFailed) as caught:
        await client.send(request)
    return caught.value


async def echo(request: support.Request, connection: support.Connection) -> None:
    await connection.reply(200, request.body)


@pytest.mark.trio
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-whatever\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + bytes(HEAD_LIMIT).replace(b"\0", b"x"),
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1234",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n1234\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a length\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nset-cookie : secret\r\n\r\n",
    ],
)
async def test_a_reply_that_is_no_whole_http_is_a_failure(said: bytes) -> None:
    failure = await fails(http(dial=saying(said, ended=True)), get("http://a/secret?q=secret"))
    assert isinstance(failure.__cause__, h11.RemoteProtocolError)
    assert failure.connected
    assert "http://a " in str(failure)
    assert "secret" not in str(failure)


@pytest.mark.trio
async def test_a_reset_is_a_failure_of_the_network() -> None:
    async def answer(request: support.Request, connection: support.Connection) -> None:
        await connection.head(200, [("content-length", "9")])
        await connection.reset()

    async with loopback(answer) as server, aclosing(http()) as client:
        failure = await fails(client, get(server.url))
    assert isinstance(failure.__cause__, ConnectionResetError | trio.BrokenResourceError)


@pytest.mark.trio
async def test_nobody_listening_means_that_nothing_was_sent() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        await server.stop()
        failure = await fails(client, get(server.url))
    assert not failure.connected
    assert isinstance(failure.__cause__, OSError)
    assert "refused" in str(failure)


@pytest.mark.trio
async def test_what_a_block_raises_is_left_alone() -> None:
    async with loopback(echo) as server, aclosing(http()) as client:
        with pytest.raises(OSError, match="disk"):
            async with client.stream(get(server.url)):
                raise OSError("disk")


# --- deadlines -----------------------------------------------------------------------------------


@pytest.mark.trio
async def test_a_connection_must_be_made_in_time(autojump_clock: trio.testing.MockClock) -> None:
    async def dial(host: str, port: int) -> trio.abc.Stream:
        await trio.sleep_forever()
        raise AssertionError

    failure = await fails(http(dial=dial, timeout=Timeout(connect=3)), get("http://a/"))
    assert (trio.current_time(), failure.connected) == (3, False)
    assert isinstance(failure.__cause__, trio.TooSlowError)


@pytest.mark.trio
async def test_a_request_must_be_taken_in_time(autojump_clock: trio.testing.MockClock) -> None:
    async def dial(host: str, port: int) -> trio.abc.Stream:
        return trio.testing.lockstep_stream_pair()[0]

    failure = await fails(http(dial=dial, timeout=Timeout(write=5)), get("http://a/"))
    assert trio.current_time() == 5
    assert isinstance(failure.__cause__, trio.TooSlowError)


@pytest.mark.trio
async def test_each_piece_of_a_long_body_has_a_deadline_of_its_own(
    autojump_clock: trio.testing.MockClock,
) -> None:
    pieces: list[int] = []

    async def dial(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        await theirs.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        ours.send_stream.send_all_hook = partial(trio.sleep, 4)
        return ours

    request = Request(method="POST", url="http://a/", body=(bytes(10 * WRITE),))
    client = http(dial=dial, timeout=Timeout(write=5))
    assert (await client.send(request, on_sent=pieces.append)).status == 200
    assert (trio.current_time(), pieces) == (40, [WRITE] * 10)


@pytest.mark.trio
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1234"])
@pytest.mark.parametrize(("total_timeout", "waited"), [(None, 7), (100.0, 100), (3.0, 3)])
async def test_a_reply_must_come_in_time(
    autojump_clock: trio.testing.MockClock, said: bytes, total_timeout: float | None, waited: float
) -> None:
    client = http(dial=saying(said), timeout=Timeout(read=7))
    with pytest.raises(TransportFailed, match="in time") as caught:
        await client.send(get("http://a/"), total_timeout=total_timeout)
    assert trio.current_time() == waited
    assert isinstance(caught.value.__cause__, trio.TooSlowError)


@pytest.mark.trio
async def test_patience_is_for_all_of_a_reply_where_a_deadline_is_for_each_read(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def dial(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        nursery.start_soon(dripping, theirs)
        return ours

    async def dripping(peer: trio.abc.Stream) -> None:
        with suppress(trio.BrokenResourceError):  # until it is given up
            await peer.send_all(CHUNKED)
            for _ in range(9):
                await trio.sleep(1)
                await peer.send_all(b"1\r\n.\r\n")
            await peer.send_all(b"0\r\n\r\n")

    async with trio.open_nursery() as nursery:
        timeout = Timeout(read=2)
        assert (await http(dial=dial, timeout=timeout).send(get("http://a/"))).body == b"." * 9
        began = trio.current_time()
        with pytest.raises(TransportFailed, match="in time"):
            await http(dial=dial, timeout=timeout).send(get("http://a/"), total_timeout=5)
        assert trio.current_time() == began + 5


@pytest.mark.trio
async def test_a_stream_may_be_as_silent_as_its_deadline_says(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with http(dial=saying(CHUNKED)).stream(get("http://a/"), idle_timeout=20) as reply:
        with pytest.raises(TransportFailed) as caught:
            await anext(reply)
    assert trio.current_time() == 20
    assert isinstance(caught.value.__cause__, trio.TooSlowError)


@pytest.mark.trio
async def test_chunks_that_come_together_are_handed_on_together() -> None:
    pieces: list[bytes] = []
    said = CHUNKED + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    async with http(dial=saying(said)).stream(get("http://a/")) as reply:
        await reply.read_into(pieces.append)
    assert pieces == [b"ab"]


@pytest.mark.trio
async def test_chunks_before_a_malformed_one_are_handed_on() -> None:
    pieces: list[bytes] = []
    said = CHUNKED + b"1\r\na\r\nnot a length\r\n"
    async with http(dial=saying(said)).stream(get("http://a/")) as reply:
        with pytest.raises(TransportFailed):
            await reply.read_into(pieces.append)
    assert pieces == [b"a"]


@pytest.mark.trio
async def test_a_stream_of_which_nobody_hears_the_silence_must_begin_in_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    with pytest.raises(TransportFailed) as caught:
        async with http(dial=saying()).stream(get("http://a/"), idle_timeout=20):
            pass
    assert trio.current_time() == 20
    assert caught.value.late


@pytest.mark.trio
async def test_a_stream_that_is_fed_says_each_time_that_it_was_silent(
    autojump_clock: trio.testing.MockClock,
) -> None:
    pieces: list[bytes] = []
    silences: list[float] = []

    def silent() -> None:
        silences.append(trio.current_time())

    client = http(dial=saying(CHUNKED, b"1\r\na\r\n"))
    async with client.stream(get("http://a/"), idle_timeout=16, on_silence=silent) as reply:
        with trio.move_on_after(50):
            await reply.read_into(pieces.append)
    assert pieces == [b"a"]
    assert silences == [16, 32, 48]


@pytest.mark.trio
async def test_a_stream_goes_on_after_silences_before_its_head_and_in_its_body(
    autojump_clock: trio.testing.MockClock,
) -> None:
    pieces: list[bytes] = []
    silences: list[float] = []
    ours, theirs = trio.testing.memory_stream_pair()

    async def dial(host: str, port: int) -> trio.abc.Stream:
        return ours

    async def speak() -> None:
        for said in (CHUNKED, b"1\r\na\r\n", b"0\r\n\r\n"):
            await trio.sleep(25)
            await theirs.send_all(said)

    def silent() -> None:
        silences.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(speak)
        async with http(dial=dial).stream(
            get("http://a/"), idle_timeout=16, on_silence=silent
        ) as reply:
            await reply.read_into(pieces.append)
    assert pieces == [b"a"]
    assert silences == [16, 41, 66]


@pytest.mark.trio
async def test_a_loop_that_stood_still_makes_no_stream_silent(
    mock_clock: trio.testing.MockClock,
) -> None:
    pieces: list[bytes] = []
    ours, theirs = trio.testing.memory_stream_pair()

    async def dial(host: str, port: int) -> trio.abc.Stream:
        return ours

    async def speak() -> None:
        await trio.testing.wait_all_tasks_blocked()
        for last in (b"", b"0\r\n\r\n"):
            await theirs.send_all(b"1\r\na\r\n" + last)
            mock_clock.jump(1000)  # before the reader can run
            await trio.testing.wait_all_tasks_blocked()

    await theirs.send_all(CHUNKED)
    async with (
        http(dial=dial).stream(get("http://a/"), idle_timeout=90) as reply,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(speak)
        await reply.read_into(pieces.append)
    assert pieces == [b"a", b"a"]


@pytest.mark.trio
async def test_a_slow_disk_is_not_a_slow_network(
    mock_clock: trio.testing.MockClock, tmp_path: Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(3 * PAGE))
    facts = path.stat()
    file = FileSlice(path=str(path), size=facts.st_size, mtime_ns=facts.st_mtime_ns)
    async with aclosing(http(dial=saying(b"HTTP/1.1 204 No\r\n\r\n"))) as client:
        request = Request(method="POST", url="http://a/", body=(file,))
        reply = await client.send(request, on_sent=lambda _: mock_clock.jump(1000))
    assert reply.status == 204


@pytest.mark.trio
async def test_a_stream_without_a_deadline_waits(autojump_clock: trio.testing.MockClock) -> None:
    client = http(timeout=Timeout(read=1), dial=saying(b"HTTP/1.1 200 OK\r\n\r\n"))
    async with client.stream(get("http://a/")) as reply:
        with trio.move_on_after(86_400) as scope:
            await anext(reply)
    assert scope.cancelled_caught


@pytest.mark.trio
async def test_a_whole_exchange_is_a_checkpoint_without_deadlines_too() -> None:
    timeout = Timeout(connect=inf, read=inf, write=inf, pool=inf)
    client = http(dial=saying(b"HTTP/1.1 204 No\r\n\r\n" * 2), timeout=timeout)
    with trio.testing.assert_checkpoints():
        await client.send(get("http://a/"))


@pytest.mark.trio
async def test_an_interrupt_while_a_name_is_connected_to_is_no_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(error: BaseException, *_: object) -> None:
        await trio.lowlevel.checkpoint()
        raise BaseExceptionGroup("of trio's nursery", [error])

    monkeypatch.setattr(trio, "open_tcp_stream", partial(fail, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        await dial("localhost", 1)
    monkeypatch.setattr(trio, "open_tcp_stream", partial(fail, ValueError()))
    with pytest.raises(ExceptionGroup):
        await dial("localhost", 1)


@pytest.mark.trio
async def test_a_head_may_be_as_slow_as_a_body_but_not_silent_for_longer(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def dial(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        nursery.start_soon(hinting, theirs)
        return ours

    async def hinting(peer: trio.abc.Stream) -> None:
        for said in (b"HTTP/1.1 103 Early Hints\r\n", b"\r\n", b"HTTP/1.1 200 OK\r\n"):
            await trio.sleep(4)
            await peer.send_all(said)

    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        failure = await fails(http(dial=dial, timeout=Timeout(read=5)), get("http://peer.test/"))
        assert failure.late
        assert trio.current_time() == began + 3 * 4 + 5
